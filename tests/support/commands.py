"""Commands of `picode`, run as processes that need not import it anew (`command_runner`)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from support.children import end_with_parent

_SCRIPT = str(Path(__file__).with_name("command_runner.py"))


class CommandRunner:
    """`async with CommandRunner(folder) as picode: code, said = await picode("audit", "--json")`; `said` is all output."""

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._environ = {**os.environ, **(environ or {})}

    async def __aenter__(self) -> CommandRunner:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            _SCRIPT,
            cwd=self._folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._environ,
            limit=2**24,
            preexec_fn=end_with_parent,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.kill()
        await self._process.wait()

    async def __call__(self, *arguments: str, **environ: str) -> tuple[int, str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([arguments, environ]).encode() + b"\n")
        code, said = json.loads(await asyncio.wait_for(self._process.stdout.readline(), 120))
        return code, said
