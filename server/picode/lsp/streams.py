"""Reading and writing of the client's stream: standard streams, or a TCP connection.

Reading has a thread of its own, so that a cancellation is seen while a handler is busy; writing has one too, so that a client
that does not read does not block the event loop. Both are daemon threads: they end with the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from picode.io.memory import give_back_memory
from picode.lsp.framing import FrameDecoder, Malformed, Oversized
from picode.lsp.parent_process import watch_parent

if TYPE_CHECKING:
    from picode.lsp.server import PiCodeServer

log = logging.getLogger(__name__)

_READ_SIZE = 64 * 1024
_CLOSE_TIMEOUT = 2.0
"""Seconds that closing the assistant may take before the process ends anyway."""


class ThreadWriter:
    """Writes to a file descriptor, in order, without blocking the caller. `on_broken` is called when the reader has gone."""

    def __init__(self, descriptor: int, on_broken: Callable[[], object]) -> None:
        self._descriptor = descriptor
        self._on_broken = on_broken
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="picode-writer", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        self._queue.put(data)

    def close(self, timeout: float = 1.0) -> None:
        """Waits until everything is written, at most `timeout` seconds."""
        self._queue.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while (data := self._queue.get()) is not None:
            view = memoryview(data)
            try:
                while view:
                    view = view[os.write(self._descriptor, view) :]
            except OSError:
                self._on_broken()
                return


class Connection:
    """The incoming side of the client's stream. `ended` is the exit code."""

    def __init__(self, server: PiCodeServer) -> None:
        self._server = server
        self._decoder = FrameDecoder()
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        server.protocol.on_exit = self.end

    def end(self, code: int) -> None:
        """Ends the connection; only the first call counts."""
        if not self.ended.done():
            self.ended.set_result(code)

    def received(self, piece: bytes) -> None:
        for message in self._decoder.feed(piece):
            if self.ended.done():
                return
            if isinstance(message, Oversized):
                self._server.protocol.skipped(message)
            elif isinstance(message, Malformed):
                self._server.protocol.malformed(message.problem)
                if message.fatal:
                    self.end(1)
            else:
                self._server.protocol.receive(message)


def serve_stdio(server: PiCodeServer) -> int:
    """Serves one client on the standard streams. Returns the exit code that LSP specifies."""
    incoming, outgoing = os.dup(0), os.dup(1)
    # The output of a library that prints must not get between two messages.
    os.dup2(2, 1)
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    return asyncio.run(_serve_stdio(server, incoming, outgoing))


async def _serve_stdio(server: PiCodeServer, incoming: int, outgoing: int) -> int:
    loop = asyncio.get_running_loop()
    connection = Connection(server)
    writer = ThreadWriter(outgoing, lambda: loop.call_soon_threadsafe(connection.end, 1))
    server.protocol.set_writer(writer)

    def read() -> None:
        with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: the loop is closed
            while piece := os.read(incoming, _READ_SIZE):
                loop.call_soon_threadsafe(connection.received, piece)
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(connection.end, 1)

    threading.Thread(target=read, name="picode-reader", daemon=True).start()
    return await _until_end(server, connection, writer)


def serve_tcp(server: PiCodeServer, host: str, port: int) -> int:
    """Serves the first client that connects, then ends with it."""
    return asyncio.run(_serve_tcp(server, host, port))


async def _serve_tcp(server: PiCodeServer, host: str, port: int) -> int:
    first: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
        asyncio.get_running_loop().create_future()
    )

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if first.done():
            writer.close()
        else:
            first.set_result((reader, writer))

    listener = await asyncio.start_server(accept, host, port)
    address = listener.sockets[0].getsockname()
    print(f"picode: listening on {address[0]}:{address[1]}", file=sys.stderr, flush=True)  # noqa: T201
    reader, writer = await first
    listener.close()
    connection = Connection(server)
    server.protocol.set_writer(writer)

    async def read() -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(_READ_SIZE):
                connection.received(piece)
        connection.end(1)

    reading = asyncio.create_task(read())
    code = await _until_end(server, connection, writer)
    reading.cancel()
    return code


async def _until_end(server: PiCodeServer, connection: Connection, writer: ThreadWriter | asyncio.StreamWriter) -> int:
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGINT"):
        with contextlib.suppress(NotImplementedError, RuntimeError, AttributeError):  # not on Windows, not in a thread
            loop.add_signal_handler(getattr(signal, name), connection.end, 1)
    watching = asyncio.create_task(watch_parent(lambda: server.process_id, lambda: connection.end(1)))
    tidying = asyncio.create_task(give_back_memory())
    code = await connection.ended
    watching.cancel()
    tidying.cancel()
    try:
        await asyncio.wait_for(server.close(), _CLOSE_TIMEOUT)
    except TimeoutError:
        log.warning("closing took more than %g s", _CLOSE_TIMEOUT)
    writer.close()
    return code
