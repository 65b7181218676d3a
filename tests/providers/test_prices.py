"""Prices: whose they are, how old they are, and what is not known."""

from __future__ import annotations

from datetime import date

import pytest

from picode.providers.catalog import CATALOG
from picode.providers.prices import PRICES, Price, price_of

ALL = [(provider, model, price) for provider, models in PRICES.items() for model, price in models.items()]


@pytest.mark.parametrize(("provider", "model", "price"), ALL, ids=lambda each: each if isinstance(each, str) else "")
def test_every_price_has_a_known_provider_a_date_and_a_source(provider: str, model: str, price: Price) -> None:
    assert provider in CATALOG
    assert date(2025, 1, 1) < price.as_of <= date.today()
    assert price.source.startswith("https://")
    assert 0 < price.input <= price.output < 100
    assert price.cached is None or 0 < price.cached < price.input


@pytest.mark.parametrize(
    ("model", "same_as"),
    [
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini"),
        ("gpt-4.1", "gpt-4.1"),
    ],
)
def test_a_dated_name_costs_what_the_name_does(model: str, same_as: str) -> None:
    assert price_of("openai", model) == PRICES["openai"][same_as]
    assert price_of("xai", "grok-4.20-0309-non-reasoning") == PRICES["xai"]["grok-4.20-non-reasoning"]
    assert price_of("anthropic", "claude-haiku-4-5-20251001") == PRICES["anthropic"]["claude-haiku-4-5"]


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "gpt-99"), ("openai", "gpt-4.1-mini-x"), ("nobody", "gpt-4.1"), ("groq", "gpt-4.1")],
)
def test_what_is_not_known_is_not_guessed(provider: str, model: str) -> None:
    assert price_of(provider, model) is None
