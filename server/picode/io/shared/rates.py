"""Limits the requests of each token of the gateway: in this process, or over all machines that share a server."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, cast

from picode.core.rate import Rate, admit
from picode.io.shared.link import SharedLink, key

if TYPE_CHECKING:
    from redis.asyncio import Redis

# `picode.core.rate.admit` on the server, by the server's clock. Times are in milliseconds.
_SCRIPT = """
local now = redis.call('TIME')
now = now[1] * 1000 + now[2] / 1000
local interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') or 0, now)
local ahead = due + interval
local wait = ahead - tolerance - now
if wait > 0.001 then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.3f', ahead), 'PX', math.ceil(tolerance + interval) + 1000)
return '0'
"""


class LocalLimiter:
    """Counts in this process. `now` gives the time of a monotonic clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._due: dict[str, float] = {}

    async def wait(self, name: str, per_minute: int) -> float:
        """Counts a request of the token `name` and returns 0, or returns how many seconds it comes too early."""
        self._due[name], wait = admit(self._due.get(name, 0.0), self._now(), Rate(per_minute))
        return wait


class SharedLimiter:
    """Counts on the server; in this process while the server is out of reach."""

    def __init__(self, own: LocalLimiter, link: SharedLink) -> None:
        self._own = own
        self._link = link

    async def wait(self, name: str, per_minute: int) -> float:
        """See `LocalLimiter`."""
        if not self._link.configured:
            return await self._own.wait(name, per_minute)
        rate = Rate(per_minute)
        entry = key("rate", hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32])

        async def count(client: Redis) -> bytes:
            times = (str(rate.interval * 1000), str(rate.tolerance * 1000))
            return await cast("Awaitable[bytes]", client.eval(_SCRIPT, 1, entry, *times))

        found = await self._link.ask(count)
        if found is None:
            return await self._own.wait(name, per_minute)
        return max(0.0, float(found)) / 1000
