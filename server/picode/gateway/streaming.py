"""Answers that arrive bit by bit, and clients that leave meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

T = TypeVar("T")

_MOST_READY = 1000
"""Frames that wait for a client who reads slowly. Until it has read them, no more are made."""

QUIET_SECONDS = 15.0
"""After which a sign of life is sent: proxies close what is silent for a minute."""


class ClientLeft(Exception):
    """Nobody is there any more to be answered."""


async def while_connected(request: Request, work: Awaitable[T]) -> T:
    """What `work` gives. If the client leaves, `work` is cancelled at once, and `ClientLeft` raised when it has ended."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.create_task(_left(request.receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientLeft
        return await working
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.wait((working, leaving))


class EventStream(Response):
    """A stream of server-sent events. `frames` is closed at its end, or as soon as the client leaves. `sign` is a frame that
    means nothing, for times of silence."""

    media_type = "text/event-stream"

    def __init__(
        self, frames: AsyncGenerator[bytes], sign: bytes, headers: Mapping[str, str], quiet: float = QUIET_SECONDS
    ) -> None:
        super().__init__(headers={**headers, "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._frames = frames
        self._sign = sign
        self._quiet = quiet
        self._sent_at = 0.0
        self._ready: list[bytes] = []
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        writing = asyncio.create_task(self._write(send))
        reading = asyncio.create_task(self._read())
        others = [asyncio.create_task(_left(receive)), asyncio.create_task(self._live(send))]
        try:
            await asyncio.wait((writing, *others), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, writing, *others):
                task.cancel()
            await asyncio.wait((reading, writing, *others))
        if not writing.cancelled():
            writing.result()
            if not reading.cancelled():
                reading.result()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _read(self) -> None:
        """Takes the frames as they come; those that come together are sent together."""
        try:
            async with aclosing(self._frames):
                async for frame in self._frames:
                    self._ready.append(frame)
                    self._news.set()
                    if len(self._ready) >= _MOST_READY:
                        self._room.clear()
                        await self._room.wait()
        finally:
            self._ready.append(b"")
            self._news.set()

    async def _write(self, send: Send) -> None:
        ended = False
        while not ended:
            await self._news.wait()
            self._news.clear()
            ready, self._ready = self._ready, []
            self._room.set()
            ended = not ready[-1]
            if frames := b"".join(ready):
                self._sent_at = time.monotonic()
                await send({"type": "http.response.body", "body": frames, "more_body": True})

    async def _live(self, send: Send) -> None:
        self._sent_at = time.monotonic()
        while True:
            silent = time.monotonic() - self._sent_at
            if silent >= self._quiet:
                self._sent_at = time.monotonic()
                await send({"type": "http.response.body", "body": self._sign, "more_body": True})
            await asyncio.sleep(max(0.01, self._quiet - (time.monotonic() - self._sent_at)))


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
