"""Model servers on real sockets that fail in every way a provider can.

A `FaultyServer` goes through a script of behaviours, one for each request; the last one stays for all that follow. A
behaviour is a coroutine function that gets the `Peer` it talks to.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import time
from collections.abc import Awaitable, Callable
from typing import Any

from support.upstream import completion_stream

WAIT = 10.0

Behaviour = Callable[["Peer"], Awaitable[None]]


class Peer:
    """One request of a client, and the connection that it came on."""

    def __init__(
        self, server: FaultyServer, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.request = request
        self._server, self._reader, self._writer = server, reader, writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def head(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        """The head of a response that ends when the connection does."""
        fields = {"content-type": kind, "connection": "close"}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        await self.send(f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode())

    async def say(self, text: str, **choice: Any) -> None:
        """One event of the OpenAI completions API."""
        event = {"choices": [{"index": 0, "text": text, "finish_reason": None, **choice}]}
        await self.send(f"data: {json.dumps(event)}\n\n".encode())

    async def wait_until_gone(self) -> None:
        """Waits for the client to close the connection."""
        with contextlib.suppress(ConnectionError):
            while await self._reader.read(65536):
                pass
        self._server.left.put_nowait(time.monotonic())
        raise ConnectionResetError

    def reset(self) -> None:
        """Ends the connection with RST instead of FIN."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        raise ConnectionResetError

    def end(self) -> None:
        """Ends the connection."""
        raise ConnectionResetError


class FaultyServer:
    """`async with FaultyServer(fails(503), answers("x")) as server: ...`."""

    def __init__(self, *script: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._script = list(script)
        self._tls = tls
        self.connections = 0
        self.requests: list[bytes] = []
        self.times: list[float] = []
        self.left: asyncio.Queue[float] = asyncio.Queue()
        self._asked = asyncio.Condition()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> FaultyServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls, limit=2**20)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()

    @property
    def port(self) -> int:
        return self._server.sockets[0].getsockname()[1]

    @property
    def base_url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/v1"

    async def asked(self, count: int = 1) -> None:
        """Waits until `count` requests have come in all."""
        async with asyncio.timeout(WAIT), self._asked:
            await self._asked.wait_for(lambda: len(self.requests) >= count)

    async def gone(self) -> float:
        """When the client left a connection on which it was owed an answer (on the monotonic clock)."""
        async with asyncio.timeout(WAIT):
            return await self.left.get()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while head := await reader.readuntil(b"\r\n\r\n"):
                    length = next(
                        (
                            int(line.split(b":")[1])
                            for line in head.lower().split(b"\r\n")
                            if line.startswith(b"content-length:")
                        ),
                        0,
                    )
                    request = head + await reader.readexactly(length)
                    self.requests.append(request)
                    self.times.append(time.monotonic())
                    async with self._asked:
                        self._asked.notify_all()
                    behave = self._script.pop(0) if len(self._script) > 1 else self._script[0]
                    await behave(Peer(self, request, reader, writer))
        finally:
            writer.close()
            self._tasks.discard(task)


# Behaviours


def answers(text: str = "1") -> Behaviour:
    """As a provider should; the connection stays open for the next request."""
    body = b"".join(completion_stream(text))

    async def behave(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
        await peer.send(b"content-length: %d\r\n\r\n%b" % (len(body), body))

    return behave


def fails(status: int, body: str = "", **headers: str) -> Behaviour:
    """With a status and a JSON body."""

    async def behave(peer: Peer) -> None:
        await peer.head(status, "application/json", **headers)
        await peer.send(body.encode())
        peer.end()

    return behave


def sends(body: bytes, kind: str = "text/event-stream", **headers: str) -> Behaviour:
    """Status 200, a body, and the end of the connection."""

    async def behave(peer: Peer) -> None:
        await peer.head(200, kind, **headers)
        await peer.send(body)
        peer.end()

    return behave


async def hangs(peer: Peer) -> None:
    """Never sends a byte."""
    await peer.wait_until_gone()


async def stalls(peer: Peer) -> None:
    """Begins an answer and falls silent."""
    await peer.head()
    await peer.say("ret")
    await peer.wait_until_gone()


async def resets(peer: Peer) -> None:
    """Begins an answer and resets the connection."""
    await peer.head()
    await peer.say("ret")
    await asyncio.sleep(0.05)  # else the reset overtakes what was said
    peer.reset()


async def closes(peer: Peer) -> None:
    """Closes the connection without a byte."""
    peer.end()


async def drips(peer: Peer) -> None:
    """A byte at a time, for ever: no pause is long enough to be a stall."""
    await peer.head()
    with contextlib.suppress(ConnectionError):
        while True:
            await peer.send(b":")
            await asyncio.sleep(0.02)
    await peer.wait_until_gone()


def pours(piece: bytes, **headers: str) -> Behaviour:
    """The same bytes, for ever."""

    async def behave(peer: Peer) -> None:
        await peer.head(**headers)
        while True:
            await peer.send(piece)

    return behave


def closed_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class FullBacklog:
    """A listener whose queue is full: the kernel drops what else comes, so that connecting takes for ever."""

    def __enter__(self) -> FullBacklog:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.port = self._listener.getsockname()[1]
        self._fillers = []
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self._fillers.append(filler)
        return self

    def __exit__(self, *_: object) -> None:
        for each in (*self._fillers, self._listener):
            each.close()
