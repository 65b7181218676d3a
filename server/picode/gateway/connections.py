"""Connections that have not sent a whole request header yet: how long each may take, and how many there may be.

uvicorn waits for a header without a limit, and so would hold the descriptors of everybody who connects and sends nothing, or a
byte now and then (slowloris). Bodies, and who sends them, are `gate`'s.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 15.0
"""From the connection, or from the first byte of a further request on it, to the header's end."""

MOST_OF_AN_ADDRESS = 64
"""Half-open connections of one address. A reverse proxy sends whole headers at once, and needs few."""

MOST = 512
"""Half-open connections of all addresses."""


class HalfOpenConnections:
    """The connections of one process that wait for a header. Beyond a limit, the one that has waited longest is closed."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[BoundedConnection]] = {}
        self._count = 0

    def add(self, connection: BoundedConnection) -> None:
        mine = self._waiting.setdefault(connection.address, deque())
        mine.append(connection)
        self._count += 1
        if len(mine) > MOST_OF_AN_ADDRESS:
            mine[0].close()
        elif self._count > MOST:
            max(self._waiting.values(), key=len)[0].close()

    def remove(self, connection: BoundedConnection) -> None:
        mine = self._waiting.get(connection.address)
        if mine is None or connection not in mine:
            return
        mine.remove(connection)
        self._count -= 1
        if not mine:
            del self._waiting[connection.address]


_half_open = HalfOpenConnections()


class BoundedConnection(H11Protocol):
    """A connection of uvicorn's that ends if a request's header takes too long."""

    address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = None
        self.address = self.client[0] if self.client else ""
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_request():
            self._waited()
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._waited()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._in_request():  # a pipelined request whose header was there already
            self._waited()

    def close(self) -> None:
        """Closes the connection without an answer: no request has been read yet."""
        self._waited()
        self.transport.abort()

    def _in_request(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _wait(self) -> None:
        if self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(HEADER_SECONDS, self.close)
            _half_open.add(self)

    def _waited(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
            _half_open.remove(self)
