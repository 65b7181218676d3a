"""Other programs, asked for their version."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Mapping

_VERSION = re.compile(r"\d{1,9}(?:\.\d{1,9}){1,8}")


def locate(names: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """The first of `names` that is on the PATH."""
    return next((found for name in names if (found := shutil.which(name, path=environ.get("PATH")))), None)


async def output_of(*command: str, environ: Mapping[str, str], seconds: float = 10.0) -> str:
    """What a program prints on standard output; empty where it fails or takes too long. It gets no input."""
    pipe, none = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=none, stdout=pipe, stderr=none, env=dict(environ)
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(seconds):
            told, _ = await process.communicate()
    except TimeoutError:
        return ""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return told.decode("utf-8", "replace") if process.returncode == 0 else ""


def version_in(text: str) -> tuple[int, ...]:
    """The first version in `text`, as numbers; empty where there is none."""
    found = _VERSION.search(text)
    return tuple(map(int, found[0].split("."))) if found else ()


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
