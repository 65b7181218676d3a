"""The connection to the shared server. Its methods do not raise, and wait for a quarter of a second at most."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from picode.core.errors import redact
from picode.io.secret_files import secret_in

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger(__name__)
T = TypeVar("T")

VERSION = 1
"""Part of every key. Increased whenever the meaning of an entry changes."""

TIMEOUT_S = 0.25
"""How long a request may take. A server in the same network answers within 2 ms."""

_REST_SECONDS = 3.0
"""Between two attempts to reach the server."""

_CONNECT_SECONDS = 1.0
_QUEUE = 1000


def key(*parts: str) -> str:
    """The key of an entry.

    >>> key("rate", "ada")
    'picode:1:rate:ada'
    """
    return ":".join(("picode", str(VERSION), *parts))


class SharedLink:
    """`url` gives the setting in force; when it changes, the next request goes to the new server. User name and password come
    from the environment only."""

    def __init__(
        self, url: Callable[[], str], ca_file: Callable[[], str] = str, environ: Mapping[str, str] = os.environ
    ) -> None:
        self._url = url
        self._ca_file = ca_file
        self._environ = environ
        self._password = ""
        self._client: Redis | None = None
        self._made_for = ""
        self._rests_until = float("-inf")
        self._away = False
        self._writes: asyncio.Queue[Callable[[Redis], Awaitable[Any]]] = asyncio.Queue(_QUEUE)
        self._writer: asyncio.Task[None] | None = None

    @property
    def configured(self) -> bool:
        """Whether the settings name a server."""
        return bool(self._url())

    async def ask(self, work: Callable[[Redis], Awaitable[T]], *, after_writes: bool = False) -> T | None:
        """The result of `work`; None if the server can't be reached in time. `after_writes` first waits for the writes that are
        still queued."""
        client = await self._connected()
        if client is None:
            return None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                if after_writes:
                    await self._writes.join()
                found = await work(client)
        except Exception as error:
            self._failed(error)
            return None
        self._reached()
        return found

    def later(self, work: Callable[[Redis], Awaitable[Any]]) -> None:
        """Queues `work`, a write. It is dropped while the server can't be reached."""
        if not self.configured or time.monotonic() < self._rests_until:
            return
        with contextlib.suppress(asyncio.QueueFull):
            self._writes.put_nowait(work)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    async def close(self) -> None:
        """Waits a second for queued writes, and closes the connection."""
        if self._writer is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._writes.join(), 1.0)
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self._disconnect()

    async def _write(self) -> None:
        while True:
            work = await self._writes.get()
            try:
                await self.ask(work)
            finally:
                self._writes.task_done()

    async def _connected(self) -> Redis | None:
        url = self._url()
        if url != self._made_for:
            await self._disconnect()
            self._made_for, self._rests_until, self._away = url, float("-inf"), False
        if not url or time.monotonic() < self._rests_until:
            return None
        if self._client is None:
            try:
                self._client = await asyncio.to_thread(self._make, url)
            except Exception as error:
                self._failed(error)
        return self._client

    def _make(self, url: str) -> Redis:
        """Runs in a thread: the import takes a while."""
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        self._password = secret_in(self._environ, "PICODE_REDIS_PASSWORD")
        secure: dict[str, Any] = (
            {"ssl_ca_certs": self._ca_file()} if urlsplit(url).scheme == "rediss" and self._ca_file() else {}
        )
        return Redis.from_url(
            url,
            username=secret_in(self._environ, "PICODE_REDIS_USERNAME") or None,
            password=self._password or None,
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 1),  # a connection that was closed while it was idle
            health_check_interval=30,
            **secure,
        )

    async def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                await client.aclose()

    def _reached(self) -> None:
        if self._away:
            self._away = False
            log.info("the shared server at %s is back", self._place)

    def _failed(self, error: Exception) -> None:
        self._rests_until = time.monotonic() + _REST_SECONDS
        if self._away:
            return
        self._away = True
        if isinstance(error, ImportError):
            why = "picode[redis] is not installed"
        else:  # some hold the address that could not be reached, none the password
            why = redact(f"{type(error).__name__} {error}".strip())
            why = why.replace(self._password, "[key]") if self._password else why
        log.warning("the shared server at %s can't be reached (%s); working on our own", self._place, why)

    @property
    def _place(self) -> str:
        return urlsplit(self._made_for).netloc
