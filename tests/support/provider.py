"""A model server of our own on a real loopback socket, speaking the OpenAI completions API."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any

from support.upstream import completion_stream

_WAIT = 10.0


class Provider:
    """Answers every request with `says`, after `delay` seconds; or never, when it `hangs`."""

    def __init__(self) -> None:
        self.says = ""
        self.delay = 0.0
        self.hangs = False
        self.requests: list[dict[str, Any]] = []
        self.arrived = self.answered = 0.0
        """When the last request was there, and when its answer was on its way; `time.perf_counter`."""
        self._asked = asyncio.Event()
        self._left: asyncio.Queue[float] = asyncio.Queue()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Provider:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def base_url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def asked(self) -> None:
        """Waits for a request."""
        async with asyncio.timeout(_WAIT):
            await self._asked.wait()
        self._since = time.monotonic()

    async def left(self) -> float:
        """Waits until a client has closed its connection while it was owed an answer; seconds since `asked`."""
        async with asyncio.timeout(_WAIT):
            return await self._left.get() - self._since

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while header := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(header, reader, writer)
        writer.close()

    async def _answer(self, header: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = header.decode("latin-1").split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        self.arrived = time.perf_counter()
        self.requests.append({"path": lines[0].split()[1], "headers": fields, "body": json.loads(body or b"{}")})
        self._asked.set()
        if self.hangs:
            await reader.read()  # returns when the client has gone
            self._left.put_nowait(time.monotonic())
            raise ConnectionResetError
        await asyncio.sleep(self.delay)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for piece in completion_stream(self.says):
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        self.answered = time.perf_counter()
