"""The figures of `picode stats`, from what is counted on this machine."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from picode.assistant.usage.model_usage import BOUNDS, Saved, Spent, Use, found_where, saved, spent
from picode.assistant.usage.statistics import DailyCount, Summary, summarise


@dataclass(frozen=True, slots=True)
class Figures:
    """The days from `first` to `last`."""

    first: date
    last: date
    tallies: Sequence[DailyCount]
    """Each day by itself."""
    uses: Sequence[Use]

    @property
    def empty(self) -> bool:
        return not self.tallies and not self.uses

    @property
    def suggestions(self) -> list[Summary]:
        return summarise(self.tallies)

    @property
    def spent(self) -> list[Spent]:
        return spent(self.uses)

    @property
    def saved(self) -> Saved:
        return saved(self.uses)

    @property
    def found(self) -> dict[str, int]:
        return found_where(self.uses)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def outcomes(self, *whats: str) -> list[int]:
        """How many suggestions of each day became one of `whats`."""
        counts: Counter[str] = Counter()
        for each in self.tallies:
            if each.what in whats:
                counts[each.day] += each.count
        return [counts[day.isoformat()] for day in self.days]

    def daily(self, *whats: str) -> dict[str, list[float]]:
        """What each provider was used for each day, those with most first."""
        sums: dict[str, Counter[str]] = defaultdict(Counter)
        for each in self.uses:
            if each.what in whats:
                sums[each.provider][each.day] += each.amount  # type: ignore[assignment]
        ranked = sorted(sums, key=lambda provider: (-sum(sums[provider].values()), provider))
        return {provider: [float(sums[provider][day.isoformat()]) for day in self.days] for provider in ranked}

    def times(self, feature: str = "") -> list[tuple[str, int]]:
        """How many answers took how long; of all features, if none is named."""
        counts: Counter[str] = Counter()
        for each in self.uses:
            if each.what.startswith("ms<=") and feature in ("", each.feature):
                counts[each.what] += int(each.amount)
        return [*((f"≤ {_time(bound)}", counts[f"ms<={bound}"]) for bound in BOUNDS), ("longer", counts["ms<=more"])]

    def as_json(self) -> dict[str, Any]:
        saved = self.saved
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "suggestions": [asdict(each) for each in self.suggestions],
            "spent": [asdict(each) for each in self.spent],
            "saved": {**asdict(saved), "share": round(saved.share, 4)},
            "found": self.found,
        }


def _time(milliseconds: int) -> str:
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.3g} s"


def milliseconds(bound: int | None) -> str:
    """A bound as it is shown; empty where there is none."""
    return "" if bound is None else f"≤ {_time(bound)}"


def dollars(amount: float, unpriced: int = 0) -> str:
    """A sum of money as it is shown; `unpriced` requests are missing in it."""
    shown = f"${amount:,.2f}" if amount >= 0.1 or not amount else f"${amount:.4f}"
    if unpriced and not amount:
        return "not known"
    return f"≥ {shown}" if unpriced else shown


def share(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole else ""


def compact(count: int) -> str:
    """A count as it is shown where there is little room.

    >>> compact(950), compact(1_890_764)
    ('950', '1.9M')
    """
    if count >= 1_000_000:
        return f"{count / 1e6:,.1f}M"
    return f"{count / 1e3:.0f}k" if count >= 10_000 else f"{count:,}"
