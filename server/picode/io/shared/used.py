"""What providers are used each day by all who share a server, for the port `Ledger`. The own ledger is kept all the same."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from picode.assistant.ports import Ledger, Used
from picode.io.shared.link import SharedLink, key

if TYPE_CHECKING:
    from redis.asyncio import Redis

_KEPT_SECONDS = 3 * 86_400


class SharedLedger:
    """`own` is the ledger of this machine."""

    def __init__(self, own: Ledger, link: SharedLink, today: Callable[[], date] = date.today) -> None:
        self._own = own
        self._link = link
        self._today = today

    def add(self, provider: str, tokens: int, cost: float) -> None:
        """See `picode.assistant.ports.Ledger`."""
        self._own.add(provider, tokens, cost)
        name = self._name(provider)

        async def count(client: Redis) -> None:
            async with client.pipeline(transaction=True) as work:
                work.hincrby(name, "tokens", tokens)
                work.hincrbyfloat(name, "cost", cost)
                work.expire(name, _KEPT_SECONDS)
                await work.execute()

        self._link.later(count)

    async def used(self, provider: str) -> Used:
        """See `picode.assistant.ports.Ledger`. While the server is out of reach, what this machine has used."""
        own = await self._own.used(provider)
        name = self._name(provider)

        async def look(client: Redis) -> list[bytes | None]:
            return await cast("Awaitable[list[bytes | None]]", client.hmget(name, ["tokens", "cost"]))

        found = await self._link.ask(look, after_writes=True)
        shared = Used(int(_number(found[0])), _number(found[1])) if found else Used()
        return Used(max(own.tokens, shared.tokens), max(own.cost, shared.cost))

    def _name(self, provider: str) -> str:
        return key("used", self._today().isoformat(), provider)


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0.0
    return number if math.isfinite(number) and number >= 0 else 0.0
