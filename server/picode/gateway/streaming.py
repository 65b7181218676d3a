"""Streamed responses, and clients that disconnect before the end."""

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

_BUFFERED_FRAMES = 1000
"""Frames that are buffered for a client that reads slowly. No more are read from the provider until it has read them."""

KEEPALIVE_SECONDS = 15.0
"""Seconds of silence after which a keepalive frame is sent: proxies close connections after a minute of silence."""


class ClientLeft(Exception):
    """The client has closed the connection."""


async def while_connected(request: Request, work: Awaitable[T]) -> T:
    """The result of `work`. If the client disconnects, `work` is cancelled; `ClientLeft` is raised when it has ended."""
    working = asyncio.ensure_future(work)
    disconnecting = asyncio.create_task(_disconnected(request.receive))
    try:
        await asyncio.wait((working, disconnecting), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientLeft
        return await working
    finally:
        for task in (working, disconnecting):
            task.cancel()
        await asyncio.wait((working, disconnecting))


SSE = "text/event-stream"


class EventStream(Response):
    """A stream of events, by its usual type server-sent ones. `frames` is closed at its end, or when the client disconnects.
    `keepalive` is a frame without meaning, which is sent after `quiet` seconds of silence."""

    def __init__(
        self,
        frames: AsyncGenerator[bytes],
        keepalive: bytes,
        headers: Mapping[str, str],
        quiet: float = KEEPALIVE_SECONDS,
        media_type: str = SSE,
    ) -> None:
        super().__init__(headers={**headers, "x-accel-buffering": "no"}, media_type=media_type)
        del self.headers["content-length"]
        self._frames = frames
        self._keepalive = keepalive
        self._quiet = quiet
        self._sent_at = 0.0
        self._buffer: list[bytes] = []
        self._has_frames = asyncio.Event()
        self._has_room = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        writing = asyncio.create_task(self._write(send))
        reading = asyncio.create_task(self._read())
        others = [asyncio.create_task(_disconnected(receive)), asyncio.create_task(self._keep_alive(send))]
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
        """Buffers the frames; those that are buffered together are sent together."""
        try:
            async with aclosing(self._frames):
                async for frame in self._frames:
                    self._buffer.append(frame)
                    self._has_frames.set()
                    if len(self._buffer) >= _BUFFERED_FRAMES:
                        self._has_room.clear()
                        await self._has_room.wait()
        finally:
            self._buffer.append(b"")
            self._has_frames.set()

    async def _write(self, send: Send) -> None:
        ended = False
        while not ended:
            await self._has_frames.wait()
            self._has_frames.clear()
            frames, self._buffer = self._buffer, []
            self._has_room.set()
            ended = not frames[-1]
            if data := b"".join(frames):
                self._sent_at = time.monotonic()
                await send({"type": "http.response.body", "body": data, "more_body": True})

    async def _keep_alive(self, send: Send) -> None:
        self._sent_at = time.monotonic()
        while True:
            silent = time.monotonic() - self._sent_at
            if silent >= self._quiet:
                self._sent_at = time.monotonic()
                await send({"type": "http.response.body", "body": self._keepalive, "more_body": True})
            await asyncio.sleep(max(0.01, self._quiet - (time.monotonic() - self._sent_at)))


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
