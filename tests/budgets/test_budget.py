"""The daily ceilings: who is still asked, and what an answer counts for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from picode.assistant.ports import Used
from picode.assistant.routing.budget import Budgets, Ceiling
from picode.core.errors import ConfigurationError, RateLimited
from picode.core.messages import Chat, Fill, Message, Request, Snippet, Usage
from picode.providers.catalog import Provider


@dataclass(frozen=True)
class PerMillion:
    input: float
    output: float
    cached: float | None


class Paper:
    """A ledger in memory."""

    def __init__(self, used: Used | None = None) -> None:
        self.now = used or Used()

    async def used(self, provider: str) -> Used:
        return self.now


CLOUD = Provider(name="cloud", title="Cloud", base_url="https://cloud.test/v1")
LOCAL = Provider(name="local", title="Local", base_url="http://127.0.0.1:1/v1", local=True)
ASKED = Request("known", Fill("x" * 300, "y" * 50, snippets=(Snippet("a.py", "z" * 50),)), max_tokens=10)
"""100 tokens."""


def budgets(ledger: Paper) -> Budgets:
    known = PerMillion(input=2.0, output=10.0, cached=0.5)
    uncached = PerMillion(input=2.0, output=10.0, cached=None)
    return Budgets(ledger, lambda provider, model: {"known": known, "uncached": uncached}.get(model))


@pytest.mark.parametrize(
    ("ceiling", "used", "allowed"),
    [
        (Ceiling(), Used(10**9, 1e6), True),
        (Ceiling(tokens=1000), Used(900, 0), True),
        (Ceiling(tokens=1000), Used(901, 0), False),
        (Ceiling(tokens=0), Used(), False),
        (Ceiling(cost=1.0), Used(0, 0.9998), True),
        (Ceiling(cost=1.0), Used(0, 0.9999), False),
        (Ceiling(tokens=1000, cost=1.0), Used(0, 2.0), False),
    ],
)
async def test_a_request_that_would_go_beyond_the_ceiling_is_not_sent(
    ceiling: Ceiling, used: Used, allowed: bool
) -> None:
    hold = budgets(Paper(used)).hold(CLOUD, ASKED, ceiling)
    if allowed:
        async with hold:
            return
    with pytest.raises(RateLimited) as refused:
        await hold.__aenter__()
    assert refused.value.retryable is False
    assert "picode.providers.cloud.daily" in refused.value.remedy


async def test_a_ceiling_in_dollars_without_a_known_price_asks_for_one_in_tokens() -> None:
    unknown = Request("unknown", ASKED.prompt, max_tokens=10)
    with pytest.raises(ConfigurationError, match="dailyTokens"):
        await budgets(Paper()).hold(CLOUD, unknown, Ceiling(cost=1.0)).__aenter__()
    async with budgets(Paper()).hold(LOCAL, unknown, Ceiling(cost=0.0)):
        pass


async def test_requests_at_the_same_time_stay_below_the_ceiling_together() -> None:
    ours, ceiling = budgets(Paper(Used(750, 0))), Ceiling(tokens=1000)
    async with ours.hold(CLOUD, ASKED, ceiling), ours.hold(CLOUD, ASKED, ceiling):
        with pytest.raises(RateLimited):
            await ours.hold(CLOUD, ASKED, ceiling).__aenter__()
    async with ours.hold(CLOUD, ASKED, ceiling):
        pass  # what is over is in the ledger, or was nothing


async def test_what_a_request_has_used_counts_until_its_call_is_recorded() -> None:
    ours, ceiling = budgets(Paper()), Ceiling(tokens=1000)
    async with ours.hold(CLOUD, ASKED, ceiling) as reservation:
        reservation.settle(Usage(850, 50), 0.0)
        async with ours.hold(CLOUD, ASKED, ceiling), ours.hold(LOCAL, ASKED, ceiling):
            with pytest.raises(RateLimited):
                await ours.hold(CLOUD, ASKED, ceiling).__aenter__()


@pytest.mark.parametrize(
    ("model", "usage", "characters", "tokens", "cost"),
    [
        ("known", Usage(1000, 100), 5, 1100, (1000 * 2 + 100 * 10) / 1e6),
        ("known", Usage(1000, 100, 800), 5, 1100, (200 * 2 + 800 * 0.5 + 100 * 10) / 1e6),
        ("uncached", Usage(1000, 100, 800), 5, 1100, (1000 * 2 + 100 * 10) / 1e6),
        ("known", Usage(10, 0, 800), 0, 10, 10 * 0.5 / 1e6),
        ("known", Usage(), 40, 110, (100 * 2 + 10 * 10) / 1e6),
        ("known", Usage(1000, 0), 40, 1010, (1000 * 2 + 10 * 10) / 1e6),
        ("unknown", Usage(1000, 100), 5, 1100, 0.0),
    ],
)
def test_what_an_answer_counts_for(model: str, usage: Usage, characters: int, tokens: int, cost: float) -> None:
    request = Request(model, ASKED.prompt, max_tokens=10)
    counted, dollars = budgets(Paper()).account(CLOUD, request, usage, characters)
    assert (counted.input_tokens + counted.output_tokens, dollars or 0.0) == (tokens, pytest.approx(cost))


def test_a_conversation_counts_with_all_its_turns() -> None:
    turns: Any = (Message("system", "s" * 40), Message("user", "u" * 60))
    counted, dollars = budgets(Paper()).account(LOCAL, Request("m", Chat(turns), max_tokens=10), Usage(), 100)
    assert (counted.input_tokens + counted.output_tokens, dollars) == (50, 0.0)
