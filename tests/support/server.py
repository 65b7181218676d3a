"""`picode server` as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import httpx2
import psutil

from support.children import end_with_parent
from support.gateway import new_client

WAIT = 30.0


class ServerRun:
    """`async with ServerRun({...}, "--workers", "2") as server: await server.post(...)`. Settings go into a file of its own."""

    def __init__(self, home: Path, settings: dict[str, Any], *arguments: str, **environment: str) -> None:
        config = home / "config"
        config.mkdir(parents=True, exist_ok=True)
        (config / "config.json").write_text(json.dumps(settings))
        self._command = (sys.executable, "-m", "picode", "server", *arguments)
        self.environment = {
            **os.environ,
            "PICODE_CONFIG_DIR": str(config),
            "PICODE_DATA_DIR": str(home / "data"),
            "PICODE_ANSWERS_DIR": str(home / "answers"),
            "PICODE_LISTS_DIR": str(home / "lists"),
            **environment,
        }
        self.home = home
        self.log: list[str] = []
        self.url = ""
        self.token = ""

    async def __aenter__(self) -> ServerRun:
        self.process = await asyncio.create_subprocess_exec(
            *self._command,
            env=self.environment,
            stderr=asyncio.subprocess.PIPE,
            stdin=asyncio.subprocess.DEVNULL,
            preexec_fn=end_with_parent,
        )
        self._reading = asyncio.create_task(self._read())
        try:
            async with asyncio.timeout(WAIT):
                while not self.url:
                    assert self.process.returncode is None, "".join(self.log)
                    await asyncio.sleep(0.02)
            self.token = json.loads((self.home / "data" / "gateway-tokens.json").read_text())["default"]
            self.client = self.new_client()
            await self.ready()
        except BaseException:
            await self._kill()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()
        await self._kill()

    async def _kill(self) -> None:
        if self.process.returncode is None:
            children = psutil.Process(self.process.pid).children(recursive=True)
            self.process.kill()
            for child in children:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
        await self.process.wait()
        self._reading.cancel()

    def new_client(self) -> httpx2.AsyncClient:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        return new_client(self.url, headers)

    async def ready(self) -> None:
        """Waits until requests are answered."""
        async with asyncio.timeout(WAIT):
            while True:
                with contextlib.suppress(httpx2.TransportError):
                    if (await self.client.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.05)

    async def post(self, path: str, body: Any) -> httpx2.Response:
        """On a connection of its own, so that any worker may answer."""
        async with self.new_client() as client:
            return await client.post(path, json=body)

    def workers(self) -> list[psutil.Process]:
        """The processes that serve, where there are several."""
        return [child for child in psutil.Process(self.process.pid).children() if _serves(child)]

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def exited(self, within: float = WAIT) -> int:
        return await asyncio.wait_for(self.process.wait(), within)

    async def _read(self) -> None:
        stream = self.process.stderr
        assert stream is not None
        while line := (await stream.readline()).decode():
            self.log.append(line)
            if found := re.match(r"PiCode serves at (http://\S+:\d+),", line):
                self.url = found[1]


def _serves(child: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


def asking(base_url: str, **more: Any) -> dict[str, Any]:
    """Settings with which everything is asked of the server at `base_url`."""
    row = {"baseUrl": base_url, "dialect": "openai_chat", "fill": "openai_completions", "model": "m"}
    return {"inline": {"provider": "upstream"}, "providers": {"upstream": row}, **more}
