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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        sending = asyncio.create_task(self._send(send))
        others = [asyncio.create_task(_disconnected(receive)), asyncio.create_task(self._keep_alive(send))]
        try:
            await asyncio.wait((sending, *others), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, *others):
                task.cancel()
            await asyncio.wait((sending, *others))
        if not sending.cancelled():
            sending.result()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send) -> None:
        """Sends each frame as it comes. While the client reads slowly, `send` waits, and so do the frames."""
        async with aclosing(self._frames):
            async for frame in self._frames:
                self._sent_at = time.monotonic()
                await send({"type": "http.response.body", "body": frame, "more_body": True})

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
