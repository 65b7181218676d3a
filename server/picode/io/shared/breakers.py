"""Which models fail, shared by all machines of a server, for the port `BreakerBoard`.

The pause of a model is the time to live of its entry, because the clocks of machines differ.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from picode.io.shared.link import SharedLink, key

if TYPE_CHECKING:
    from redis.asyncio import Redis

_KEPT_SECONDS = 600
"""How long failures are kept."""

_LONGEST_WAIT = 120.0
_MOST = 1000


class SharedBreakers:
    """The board on one server."""

    def __init__(self, link: SharedLink) -> None:
        self._link = link

    async def read(self, account: str, model: str) -> tuple[int, float] | None:
        """See `picode.assistant.ports.BreakerBoard`."""
        if not self._link.configured:
            return None
        failures, wait = _names(account, model)

        async def look(client: Redis) -> list[object]:
            async with client.pipeline(transaction=False) as work:
                work.get(failures)
                work.pttl(wait)
                return list(await work.execute())

        found = await self._link.ask(look, after_writes=True)
        if found is None:
            return None
        count, left = found
        number = int(count) if isinstance(count, bytes) and count.isdigit() else 0
        seconds = left / 1000 if isinstance(left, int) and left > 0 else 0.0
        return min(number, _MOST), min(seconds, _LONGEST_WAIT)

    def write(self, account: str, model: str, failures: int, wait: float) -> None:
        """See `picode.assistant.ports.BreakerBoard`."""
        count, until = _names(account, model)

        async def tell(client: Redis) -> None:
            async with client.pipeline(transaction=True) as work:
                if failures:
                    work.set(count, failures, ex=_KEPT_SECONDS)
                else:
                    work.delete(count)
                if wait > 0:
                    work.set(until, 1, px=max(1, int(wait * 1000)))
                else:
                    work.delete(until)
                await work.execute()

        self._link.later(tell)


def _names(account: str, model: str) -> tuple[str, str]:
    """The keys of a model's entries. Accounts are hashed: they can be long, and are private."""
    digest = hashlib.sha256(f"{account} {model}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return key("failures", digest), key("pause", digest)
