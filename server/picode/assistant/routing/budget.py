"""The user's daily ceilings: whether a provider may be asked once more today, and what an answer costs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from picode.assistant.ports import Ledger, Used
from picode.core.errors import ConfigurationError, RateLimited
from picode.core.messages import Request, Usage
from picode.providers.catalog import Provider

_CHARACTERS = 4
"""Characters of a token, where the provider does not count tokens. Tokenizers of code models average 3 to 4."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that a provider may be used in a day: tokens in and out, and US dollars."""

    tokens: int | None = None
    cost: float | None = None


class Price(Protocol):
    """US dollars for a million tokens; `cached` is for input that the provider has in its prompt cache."""

    @property
    def input(self) -> float: ...
    @property
    def output(self) -> float: ...
    @property
    def cached(self) -> float | None: ...


Prices = Callable[[str, str], Price | None]
"""The price of a model, by the names of provider and model; None if it is unknown."""


@dataclass(eq=False, slots=True)
class Reservation:
    """What one request counts for while its call is not recorded: its prompt, and once it has ended what it used."""

    provider: str
    used: Used

    def settle(self, usage: Usage, cost: float | None) -> None:
        """The request has ended."""
        self.used = Used(usage.input_tokens + usage.output_tokens, cost or 0.0)


class Budgets:
    """Compares what the ledger says, and what is reserved, with the ceilings."""

    def __init__(self, ledger: Ledger, prices: Prices) -> None:
        self._ledger = ledger
        self._prices = prices
        self._reservations: list[Reservation] = []

    @asynccontextmanager
    async def hold(self, provider: Provider, request: Request, ceiling: Ceiling) -> AsyncIterator[Reservation]:
        """A reservation for `request`, held until its call is recorded: so long it counts for other requests.

        Raises `RateLimited` where `request` would exceed a ceiling, `ConfigurationError` where a ceiling in dollars can't be
        enforced because the model's price is unknown.
        """
        tokens = request.size // _CHARACTERS
        cost = self.cost(provider, request.model, Usage(input_tokens=tokens))
        reservation = Reservation(provider.name, Used(tokens, cost or 0.0))
        if ceiling.tokens is not None or ceiling.cost is not None:
            if cost is None and ceiling.cost is not None:
                raise ConfigurationError(
                    f"The price of {request.model} at {provider.title} is not known, so its daily cost can't be limited.",
                    f"Set picode.providers.{provider.name}.dailyTokens instead of dailyCost.",
                )
            await self._check(provider, reservation.used, ceiling)
        self._reservations.append(reservation)
        try:
            yield reservation
        finally:
            self._reservations.remove(reservation)

    async def _check(self, provider: Provider, own: Used, ceiling: Ceiling) -> None:
        after = (await self._ledger.used(provider.name)).plus(own)
        for each in self._reservations:
            after = after.plus(each.used) if each.provider == provider.name else after
        if ceiling.tokens is not None and after.tokens > ceiling.tokens:
            raise _reached(provider, f"{ceiling.tokens:,} tokens", "dailyTokens")
        if ceiling.cost is not None and after.cost > ceiling.cost:
            raise _reached(provider, f"${ceiling.cost:,.2f}", "dailyCost")

    def account(
        self, provider: Provider, request: Request, usage: Usage, characters: int
    ) -> tuple[Usage, float | None]:
        """What an answer, or a part of one, counts for: tokens, and dollars (None: the price is unknown). `usage` is the
        provider's count; where it is zero, tokens are estimated from the prompt and the answer's `characters`."""
        counted = Usage(
            usage.input_tokens or request.size // _CHARACTERS,
            usage.output_tokens or characters // _CHARACTERS,
            usage.cached_tokens,
        )
        return counted, self.cost(provider, request.model, counted)

    def cost(self, provider: Provider, model: str, usage: Usage) -> float | None:
        """US dollars for `usage` by the published price; None if that is unknown. Models on this machine cost nothing."""
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
