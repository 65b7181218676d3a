"""A real Redis server of the test's own."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from pathlib import Path

import pytest

from support.children import end_with_parent


class RedisServer:
    """`async with RedisServer(folder) as redis: ...`. It can be stopped and started again, at the same port."""

    def __init__(self, folder: Path, password: str = "") -> None:
        binary = shutil.which("redis-server") or shutil.which("valkey-server")
        if binary is None:
            if os.environ.get("CI") == "true":
                pytest.fail("redis-server is missing: apt-get install redis-server")
            pytest.skip("redis-server is missing (Debian's package of that name)")
        self._binary = binary
        self._folder = folder
        self._password = password
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def __aenter__(self) -> RedisServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        options += ["--dir", str(self._folder), *(["--requirepass", self._password] if self._password else [])]
        self._process = await asyncio.create_subprocess_exec(
            self._binary, *options, stdout=-3, stderr=-3, preexec_fn=end_with_parent
        )
        async with asyncio.timeout(10):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    return

    async def stop(self) -> None:
        """As if the machine had gone."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
