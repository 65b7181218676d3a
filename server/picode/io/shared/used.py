"""What providers were used today by all machines that share a server, for the port `Ledger`."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from picode.assistant.ports import Ledger, Used
from picode.assistant.usage.events import CallEnded, UsageEvent
from picode.io.shared.link import SharedLink, key

if TYPE_CHECKING:
    from redis.asyncio import Redis

_KEPT_SECONDS = 3 * 86_400


class SharedLedger:
    """Sums on the server, beside `own`, the ledger of this machine. `today` is the date by the user's clock."""

    def __init__(self, own: Ledger, link: SharedLink, today: Callable[[], date] = date.today) -> None:
        self._own = own
        self._link = link
        self._today = today

    def record(self, event: UsageEvent) -> None:
        """See `picode.assistant.usage.events.Record`. The own ledger is told elsewhere."""
        if isinstance(event, CallEnded):
            for each in event.attempts:
                tokens = each.usage.input_tokens + each.usage.output_tokens
                if tokens:
                    self._add(self._name(each.provider), tokens, each.cost or 0.0)

    async def used(self, provider: str) -> Used:
        """See `picode.assistant.ports.Ledger`. While the server is out of reach, what this machine has used."""
        own = await self._own.used(provider)
        name = self._name(provider)

        async def look(client: Redis) -> list[bytes | None]:
            return await cast("Awaitable[list[bytes | None]]", client.hmget(name, ["tokens", "cost"]))

        found = await self._link.ask(look, after_writes=True)
        shared = Used(int(_number(found[0])), _number(found[1])) if found else Used()
        return Used(max(own.tokens, shared.tokens), max(own.cost, shared.cost))

    def _add(self, name: str, tokens: int, cost: float) -> None:
        async def count(client: Redis) -> None:
            async with client.pipeline(transaction=True) as work:
                work.hincrby(name, "tokens", tokens)
                work.hincrbyfloat(name, "cost", cost)
                work.expire(name, _KEPT_SECONDS)
                await work.execute()

        self._link.later(count)

    def _name(self, provider: str) -> str:
        return key("used", self._today().isoformat(), provider)


def _number(value: Any) -> float:
    """What another program may have written, as an amount; 0 where it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0.0
    return number if math.isfinite(number) and number >= 0 else 0.0
