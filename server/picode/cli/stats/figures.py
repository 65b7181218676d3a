"""The figures of `picode stats`, and how they are written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from picode.assistant.usage.rows import BOUNDS, LONGER, UsageRow
from picode.assistant.usage.summaries import (
    ModelUsage,
    Saved,
    SuggestionSummary,
    found_where,
    model_usage,
    saved,
    suggestions,
    times_of,
)


@dataclass(frozen=True, slots=True)
class Figures:
    """The days from `first` to `last`. `rows` are those of each day by itself."""

    first: date
    last: date
    rows: Sequence[UsageRow]

    @property
    def suggestions(self) -> list[SuggestionSummary]:
        return suggestions(self.rows)

    @property
    def spent(self) -> list[ModelUsage]:
        return model_usage(self.rows)

    @property
    def saved(self) -> Saved:
        return saved(self.rows)

    @property
    def found(self) -> dict[str, int]:
        return found_where(self.rows)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def outcomes(self, *outcomes: str) -> list[int]:
        """How many suggestions of each day had one of `outcomes`."""
        counts: Counter[str] = Counter()
        for row in self.rows:
            if row.kind == "suggestion" and row.outcome in outcomes:
                counts[row.day] += row.count
        return [counts[day.isoformat()] for day in self.days]

    def daily(self, amount: Callable[[UsageRow], float]) -> dict[str, list[float]]:
        """The sum of `amount` for each provider and day, the provider with most first, without those that have none."""
        sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for row in self.rows:
            if value := amount(row):
                sums[row.provider][row.day] += value
        ranked = sorted(sums, key=lambda provider: (-sum(sums[provider].values()), provider))
        return {provider: [sums[provider][day.isoformat()] for day in self.days] for provider in ranked}

    def times(self) -> list[tuple[str, int]]:
        """How many whole answers took how long, by name of the class."""
        counts = times_of(row for row in self.rows if row.kind == "request")
        return [*((milliseconds(bound), counts[bound]) for bound in BOUNDS), ("longer", counts[LONGER])]

    def as_json(self) -> dict[str, Any]:
        """The sums over all days, for programs."""
        saved = self.saved
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "suggestions": [asdict(each) for each in self.suggestions],
            "spent": [asdict(each) for each in self.spent],
            "saved": {**asdict(saved), "share": round(saved.share, 4)},
            "found": self.found,
        }


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text. The first two columns are words, the others numbers."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def suggestion_table(figures: Figures) -> Table:
    """What became of suggestions, by language and model."""
    heads = ("Language", "Model", "Shown", "Taken", "Whole", "Typed", "Kept", "Median", "95 %")
    rows = [
        (
            each.language or "(none)",
            f"{each.provider} {each.model}".strip(),
            f"{each.shown:,}",
            share(each.accepted + each.partly, each.shown),
            f"{each.accepted:,}",
            f"{each.typed:,}",
            share(each.kept, each.kept + each.changed),
            milliseconds(each.median),
            milliseconds(each.late),
        )
        for each in figures.suggestions
    ]
    return Table(heads, rows)


def model_table(figures: Figures, count: Callable[[int], str] = "{:,}".format) -> Table:
    """What models were used for. `count` writes a number."""
    heads = ("Model", "For", "Asked", "Failed", "In", "Cached", "Out", "Cost", "Median", "95 %")
    rows = [
        (
            f"{each.provider} {each.model}".strip(),
            each.feature,
            count(each.requests),
            count(each.errors) if each.errors else "",
            count(each.input),
            count(each.cached) if each.cached else "",
            count(each.output),
            dollars(each.cost, each.unpriced),
            milliseconds(each.median),
            milliseconds(each.late),
        )
        for each in figures.spent
    ]
    return Table(heads, rows)


def milliseconds(bound: int | None) -> str:
    """A bound of durations; empty if there is none."""
    if bound is None:
        return ""
    return f"≤ {bound} ms" if bound < 1000 else f"≤ {bound / 1000:.3g} s"


def dollars(amount: float, unpriced: int = 0) -> str:
    """A sum of money that lacks the cost of `unpriced` requests."""
    shown = f"${amount:,.2f}" if amount >= 0.1 or not amount else f"${amount:.4f}"
    if unpriced and not amount:
        return "not known"
    return f"≥ {shown}" if unpriced else shown


def share(part: float, whole: float) -> str:
    """A part in per cent; empty if there is no whole."""
    return f"{part / whole:.0%}" if whole else ""


def compact(count: int) -> str:
    """A count in few characters.

    >>> compact(950), compact(1_890_764)
    ('950', '1.9M')
    """
    if count >= 1_000_000:
        return f"{count / 1e6:,.1f}M"
    return f"{count / 1e3:.0f}k" if count >= 10_000 else f"{count:,}"
