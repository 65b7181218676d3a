"""What models are used for, day by day: requests, tokens, dollars and times, and what was saved by not asking.

Counted on this machine and nowhere else, for `picode stats`. Names of providers, models and features, and numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from picode.assistant.usage.report import Attempt, Found, Report

BOUNDS = (50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 102_400)
"""Upper bounds of the times that are told apart, in milliseconds."""

NOT_ASKED: tuple[Found, ...] = ("typed_through", "memory", "in_flight", "disk")
"""Where a text is found without a request of its own."""


@dataclass(frozen=True, slots=True)
class Use:
    """One sum of one day (ISO 8601). `what` is `requests`, `answers`, `errors`, `input`, `cached`, `output` (tokens), `cost`
    (in US dollars), `unpriced` (requests whose price nobody knows), `found:memory` and its like, or `ms<=400` for a time."""

    day: str
    provider: str
    model: str
    feature: str
    what: str
    amount: float


class Uses(Protocol):
    """Keeps the sums. Neither fails, or makes anybody wait."""

    def use(self, provider: str, model: str, feature: str, amounts: Mapping[str, float]) -> None: ...
    async def read_uses(self, days: int) -> list[Use]: ...


class UseCounter:
    """Adds up, for the port `Observer`."""

    def __init__(self, uses: Uses, enabled: Callable[[], bool]) -> None:
        self._uses = uses
        self._enabled = enabled

    def asked(self, report: Report) -> None:
        """See `picode.assistant.ports.Observer`."""
        if not self._enabled():
            return
        for each in report.tries:
            amounts = _amounts(each)
            if report.answered and each is report.winner:
                amounts |= {"answers": 1, bound_of(report.ended - report.began): 1}
            self._uses.use(each.provider, each.model, report.feature, amounts)

    def found(self, provider: str, model: str, feature: str, where: Found) -> None:
        """See `picode.assistant.ports.Observer`."""
        if self._enabled():
            self._uses.use(provider, model, feature, {f"found:{where}": 1})

    def breaker(self, provider: str, model: str, *, is_open: bool) -> None:
        """See `picode.assistant.ports.Observer`."""


def _amounts(each: Attempt) -> dict[str, float]:
    usage = each.usage
    amounts: dict[str, float] = {
        "requests": int(each.asked),
        "errors": int(each.error is not None),
        "input": usage.input_tokens,
        "cached": usage.cached_tokens,
        "output": usage.output_tokens,
        "cost": each.cost or 0.0,
        "unpriced": int(each.asked and each.cost is None and each.error is None),
    }
    return {what: amount for what, amount in amounts.items() if amount > 0}


def bound_of(seconds: float) -> str:
    """The name under which a time is counted.

    >>> bound_of(0.3)
    'ms<=400'
    """
    return next((f"ms<={bound}" for bound in BOUNDS if seconds * 1000 <= bound), "ms<=more")


def time_below(sums: Mapping[str, float], share: float) -> int | None:
    """The bound, in milliseconds, that `share` of the times stayed below; None where there are none."""
    total = sum(sums.get(f"ms<={bound}", 0) for bound in (*BOUNDS, "more"))
    reached = 0.0
    for bound in BOUNDS:
        reached += sums.get(f"ms<={bound}", 0)
        if total and reached >= share * total:
            return bound
    return 2 * BOUNDS[-1] if total else None


@dataclass(frozen=True, slots=True)
class Spent:
    """What one model was used for one feature. Times are milliseconds: the bound that half, and 95 %, stayed below. `cost` is
    in US dollars, without the requests whose price nobody knows (`unpriced`)."""

    provider: str
    model: str
    feature: str
    requests: int
    answers: int
    errors: int
    input: int
    cached: int
    output: int
    cost: float
    unpriced: int
    median: int | None
    late: int | None


@dataclass(frozen=True, slots=True)
class Saved:
    """What was not sent, because the text was known already: `requests` of editors that were answered without asking, and
    what they would have used if they were like those that were sent."""

    requests: int
    asked: int
    """How many needed a model."""
    tokens: int
    cost: float

    @property
    def share(self) -> float:
        """Of all requests, those that were answered without asking."""
        return self.requests / (self.requests + self.asked) if self.requests else 0.0


_Key = tuple[str, str, str]


def add_up(uses: Iterable[Use]) -> dict[_Key, Counter[str]]:
    """The sums over all days, by provider, model and feature."""
    sums: dict[_Key, Counter[str]] = defaultdict(Counter)
    for each in uses:
        sums[each.provider, each.model, each.feature][each.what] += each.amount  # type: ignore[assignment]
    return dict(sums)


def spent(uses: Iterable[Use]) -> list[Spent]:
    """One line for each provider, model and feature that was asked, those with most requests first."""
    found = [
        Spent(
            *key,
            int(sums["requests"]),
            int(sums["answers"]),
            int(sums["errors"]),
            int(sums["input"]),
            int(sums["cached"]),
            int(sums["output"]),
            sums["cost"],
            int(sums["unpriced"]),
            time_below(sums, 0.5),
            time_below(sums, 0.95),
        )
        for key, sums in add_up(uses).items()
        if sums["requests"] or sums["errors"]
    ]
    return sorted(found, key=lambda each: (-each.requests, each.provider, each.model, each.feature))


def saved(uses: Iterable[Use]) -> Saved:
    """What was saved, over all models."""
    requests = asked = 0
    tokens = cost = 0.0
    for sums in add_up(uses).values():
        not_sent = sum(int(sums[f"found:{where}"]) for where in NOT_ASKED)
        requests += not_sent
        asked += int(sums["found:none"])
        if sums["requests"]:
            tokens += not_sent * (sums["input"] + sums["output"]) / sums["requests"]
            cost += not_sent * sums["cost"] / sums["requests"]
    return Saved(requests, asked, round(tokens), cost)


def found_where(uses: Iterable[Use]) -> dict[str, int]:
    """How often a text was found where; `none` counts those that a model was asked for."""
    counts: dict[str, int] = dict.fromkeys((*NOT_ASKED, "none"), 0)
    for each in uses:
        where = each.what.removeprefix("found:")
        if where != each.what and where in counts:
            counts[where] += int(each.amount)
    return counts
