"""What models cost, for the daily ceilings and for `picode provider show`. An estimate: the invoice is the provider's.

Only what the provider itself publishes, with the day it was read. Where a price depends on the hour or on the prompt's
length, it is the dearer hour, and a prompt as short as ours are. What is not here is not known, and never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens, on the day `as_of`. `cached` is for input that the provider had read before; None
    where that costs the same, or is not published. `source` is the page that says so."""

    input: float
    output: float
    cached: float | None
    as_of: date
    source: str


def _table(source: str, as_of: date, rows: Mapping[str, tuple[float, ...]]) -> dict[str, Price]:
    return {
        model: Price(row[0], row[1], row[2] if len(row) > 2 else None, as_of, source) for model, row in rows.items()
    }


PRICES: Mapping[str, Mapping[str, Price]] = {
    "openai": _table(
        "https://developers.openai.com/api/docs/pricing",
        date(2026, 11, 5),
        {
            "gpt-4.1": (2.00, 8.00, 0.50),
            "gpt-4.1-mini": (0.40, 1.60, 0.10),
            "gpt-6-sol": (2.00, 10.00, 0.20),
            "gpt-6-luna": (0.10, 0.50, 0.01),
            "gpt-5.4-mini": (0.75, 4.50, 0.075),
            "gpt-5.4-nano": (0.20, 1.25, 0.02),
            "gpt-5-nano": (0.05, 0.40, 0.005),
            "gpt-4o": (2.50, 10.00, 1.25),
            "gpt-4o-mini": (0.15, 0.60, 0.075),
        },
    ),
    "anthropic": _table(
        "https://platform.claude.com/docs/en/about-claude/pricing",
        date(2026, 10, 7),
        {
            "claude-opus-5-5": (4.00, 20.00, 0.20),
            "claude-opus-5": (5.00, 25.00, 0.50),
            "claude-opus-4-6": (5.00, 25.00, 0.50),
            "claude-sonnet-5-5": (2.00, 10.00),
            "claude-sonnet-4-5": (3.00, 15.00, 0.30),
            "claude-haiku-5-5": (0.10, 0.50, 0.01),  # up to 100,000 tokens of prompt
            "claude-haiku-4-5": (1.00, 5.00, 0.10),
        },
    ),
    "gemini": _table(
        "https://ai.google.dev/gemini-api/docs/pricing",
        date(2026, 10, 7),
        {
            "gemini-3.8-flash": (1.50, 7.50, 0.15),  # half of it until the end of 2026
            "gemini-3.5-flash-lite": (0.30, 2.50),
        },
    ),
    "mistral": _table(
        "https://mistral.ai/pricing",
        date(2026, 5, 22),
        {"mistral-medium-latest": (1.50, 7.50), "mistral-medium-3-5": (1.50, 7.50), "codestral-latest": (0.30, 0.90)},
    ),
    "deepseek": _table(
        "https://api-docs.deepseek.com/quick_start/pricing",
        date(2026, 11, 15),
        {"deepseek-flash": (0.30, 1.20, 0.006), "deepseek-v4-pro": (1.32, 3.96, 0.044)},  # peak hours
    ),
    "xai": _table(
        "https://docs.x.ai/developers/models",
        date(2026, 7, 13),
        {
            "grok-4.5": (2.00, 6.00, 0.50),
            "grok-4.3": (1.25, 2.50),
            "grok-4.20-reasoning": (1.25, 2.50, 0.20),
            "grok-4.20-non-reasoning": (1.25, 2.50, 0.20),
        },
    ),
    "groq": _table("https://console.groq.com/docs/models", date(2026, 5, 19), {"openai/gpt-oss-120b": (0.15, 0.60)}),
    "together": _table(
        "https://docs.together.ai/docs/serverless-models", date(2026, 5, 19), {"openai/gpt-oss-120b": (0.15, 0.60)}
    ),
    "perplexity": _table(  # each request costs a fee for its search besides
        "https://docs.perplexity.ai/getting-started/pricing",
        date(2025, 9, 1),
        {
            "sonar": (1.00, 1.00),
            "sonar-pro": (3.00, 15.00),
            "sonar-reasoning-pro": (2.00, 8.00),
            "sonar-deep-research": (2.00, 8.00),
        },
    ),
}

_DATED = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4})(?=$|-(?:non-)?reasoning$)")


def price_of(provider: str, model: str) -> Price | None:
    """The price of `model` at `provider` (names of the catalog); None where it is not known.

    A dated name costs what the name without the date does: providers price a version, not a snapshot of it.

    >>> price_of("openai", "gpt-4.1-mini-2025-04-14") == price_of("openai", "gpt-4.1-mini")
    True
    """
    known = PRICES.get(provider, {})
    return known.get(model) or known.get(_DATED.sub("", model))
