"""The user's daily ceilings: what a provider may still be asked today, and what an answer has used up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from picode.assistant.ports import Ledger, Used
from picode.core.errors import ConfigurationError, RateLimited
from picode.core.messages import Request, Usage
from picode.providers.catalog import Provider

_CHARACTERS = 4
"""To a token, where the provider does not count for us. Tokenizers of code models average 3 to 4."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that a provider may be used in a day: tokens in and out, and US dollars."""

    tokens: int | None = None
    cost: float | None = None


class Price(Protocol):
    """US dollars for a million tokens; `cached` is for input that the provider had read before."""

    @property
    def input(self) -> float: ...
    @property
    def output(self) -> float: ...
    @property
    def cached(self) -> float | None: ...


Prices = Callable[[str, str], Price | None]
"""The price of a model, by the names of provider and model; None where it is not known."""


class Budgets:
    """Holds the ledger against the ceilings."""

    def __init__(self, ledger: Ledger, prices: Prices) -> None:
        self._ledger = ledger
        self._prices = prices
        self._under_way: dict[str, Used] = defaultdict(Used)

    @asynccontextmanager
    async def hold(self, provider: Provider, request: Request, ceiling: Ceiling) -> AsyncIterator[None]:
        """Held while `request` is under way: until its use is written down, its prompt counts for others that would be sent.

        Raises `RateLimited` where `request` would go beyond what is allowed for today, `ConfigurationError` where a
        ceiling in dollars can't be kept because nobody knows the model's price.
        """
        if ceiling.tokens is None and ceiling.cost is None:
            yield
            return
        tokens = request.size // _CHARACTERS
        cost = self.cost(provider, request.model, Usage(input_tokens=tokens))
        if cost is None and ceiling.cost is not None:
            raise ConfigurationError(
                f"The price of {request.model} at {provider.title} is not known, so its daily cost can't be limited.",
                f"Set picode.providers.{provider.name}.dailyTokens instead of dailyCost.",
            )
        own = Used(tokens, cost or 0.0)
        used = await self._ledger.used(provider.name)
        after = used.plus(self._under_way[provider.name]).plus(own)
        if ceiling.tokens is not None and after.tokens > ceiling.tokens:
            raise _reached(provider, f"{ceiling.tokens:,} tokens", "dailyTokens")
        if ceiling.cost is not None and after.cost > ceiling.cost:
            raise _reached(provider, f"${ceiling.cost:,.2f}", "dailyCost")
        self._under_way[provider.name] = self._under_way[provider.name].plus(own)
        try:
            yield
        finally:
            self._under_way[provider.name] = self._under_way[provider.name].less(own)

    def settle(self, provider: Provider, request: Request, usage: Usage, characters: int) -> tuple[Usage, float | None]:
        """An answer has come, or a part of it: `characters` long, and `usage` by the provider's count. Where that says
        nothing, the tokens are estimated. Gives what was written down, and what it cost where the price is known."""
        counted = Usage(
            usage.input_tokens or request.size // _CHARACTERS,
            usage.output_tokens or characters // _CHARACTERS,
            usage.cached_tokens,
        )
        cost = self.cost(provider, request.model, counted)
        self._ledger.add(provider.name, counted.input_tokens + counted.output_tokens, cost or 0.0)
        return counted, cost

    def cost(self, provider: Provider, model: str, usage: Usage) -> float | None:
        """US dollars for `usage` by the published price; None where none is known."""
        if provider.local:
            return 0.0
        price = self._prices(provider.name, model)
        if price is None:
            return None
        cached = min(usage.cached_tokens, usage.input_tokens)
        fresh = usage.input_tokens - cached
        cached_price = price.cached if price.cached is not None else price.input
        return (fresh * price.input + cached * cached_price + usage.output_tokens * price.output) / 1e6


def _reached(provider: Provider, limit: str, setting: str) -> RateLimited:
    return RateLimited(
        provider.title,
        f"your limit of {limit} a day is reached.",
        f"Raise picode.providers.{provider.name}.{setting}, or wait until midnight.",
        retryable=False,
    )
