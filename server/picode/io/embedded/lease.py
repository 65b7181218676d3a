"""A server's hold on the model's process: while the connection stands, the process stays."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from picode.assistant.ports import Endpoint
from picode.io.embedded import control
from picode.io.embedded.control import Registration

CONNECT_SECONDS = 2.0
SILENCE_SECONDS = 60.0
"""A process that says nothing for so long while it loads is taken for stuck."""
AWAKE_SECONDS = 5.0


class LoadFailed(Exception):
    """The process could not load the model; the text is its own word."""


class Lease:
    """One authenticated control connection. `pid` is the process's, `endpoint` is there when it is ready.

    `farewell` tells, after the end, whether the process ended deliberately, after its idle time.
    """

    def __init__(self, key: str, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.endpoint: Endpoint | None = None
        self.farewell = False
        self._key = key
        self._reader = reader
        self._writer = writer
        self._asking = asyncio.Lock()
        self._asked = 0

    async def until_ready(self, on_loading: Callable[[int, int], None]) -> Endpoint:
        """Waits until the model is loaded; `on_loading(done, total)` gets the bytes read so far.

        Raises `LoadFailed`, `ConnectionError` if the process dies, and `TimeoutError` if it is stuck.
        """
        while True:
            async with asyncio.timeout(SILENCE_SECONDS):
                line = await self._receive()
            match line:
                case {"state": "ready", "url": str(url)}:
                    self.endpoint = Endpoint(url, self._key)
                    return self.endpoint
                case {"state": "failed", "problem": str(problem)}:
                    raise LoadFailed(problem)
                case {"state": "loading", "done": int(done), "total": int(total)}:
                    on_loading(done, total)

    async def touch(self, idle_seconds: float) -> None:
        """Announces a request, and makes sure that the process is there. Raises `ConnectionError` if it is not.

        The answer takes a fraction of a millisecond. Without it, a request could meet a process that has just died.
        """
        async with self._asking:
            self._asked += 1
            self._writer.write(control.encode(ask=self._asked, idle=idle_seconds))
            try:
                async with asyncio.timeout(AWAKE_SECONDS):
                    while (await self._receive()).get("awake") != self._asked:
                        pass
            except TimeoutError as error:
                raise ConnectionResetError("the process does not answer") from error

    async def _receive(self) -> dict[str, Any]:
        line = await control.receive(self._reader)
        if line.get("state") == "stopping":
            self.farewell = True
            raise ConnectionResetError("the process ends")
        return line

    def close(self) -> None:
        self._writer.close()


async def take_lease(registration: Registration, idle_seconds: float) -> Lease:
    """Connects to the registered process, each side proving to the other that it knows the key.

    Raises `ConnectionError` or `TimeoutError` if there is no such process: the registration is stale. A process that
    is loading is deaf for a while, which is why the proof may take longer than the connection.
    """
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", registration.port, limit=control.LINE_LIMIT)
    try:
        nonce = control.make_nonce()
        writer.write(control.encode(nonce=nonce))
        async with asyncio.timeout(SILENCE_SECONDS):
            line = await control.receive(reader)
        control.check(registration.key, "process", nonce, line)
        proof = control.prove(registration.key, "server", str(line.get("nonce", "")))
        writer.write(control.encode(proof=proof, idle=idle_seconds))
        return Lease(registration.key, registration.pid, reader, writer)
    except BaseException:
        writer.close()
        raise


async def try_lease(registration: Registration | None, idle_seconds: float) -> Lease | None:
    """A lease; None where no process is registered, or the one that answers does not know the key."""
    if registration is None or not _is_running(registration.pid):
        return None
    with suppress(OSError, TimeoutError):
        return await take_lease(registration, idle_seconds)
    return None


def _is_running(pid: int) -> bool:
    if os.name == "nt":  # where signal 0 would end it
        return True
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):  # none of that number, or another user's
        return False
    return True
