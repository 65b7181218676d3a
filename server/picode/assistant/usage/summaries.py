"""The views of usage: sums over rows for `picode stats`, and how welcome suggestions are in each language."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from picode.assistant.usage.events import Found
from picode.assistant.usage.rows import UsageRow

NOT_ASKED: tuple[Found, ...] = ("typed_through", "memory", "in_flight", "disk")
"""Where a text is found without a request of its own."""

WANTED = ("accepted", "partly", "typed")
"""Outcomes that show that the user wanted a suggestion."""


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """What one model was used for one feature. `input`, `cached` and `output` are tokens. `cost` is in US dollars, without the
    `unpriced` requests. `median` and `late` (95 %) are milliseconds of whole answers, rounded up to a bound of `BOUNDS`."""

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
    """What the caches saved: `requests` that were answered from them, beside `asked` that needed a model, and the `tokens` and
    `cost` (US dollars) of that many requests of the same model on average."""

    requests: int
    asked: int
    tokens: int
    cost: float

    @property
    def share(self) -> float:
        """The part of all requests that was answered from caches, from 0 to 1."""
        return self.requests / (self.requests + self.asked) if self.requests else 0.0


@dataclass(frozen=True, slots=True)
class SuggestionSummary:
    """What became of the suggestions of one model in one language: a count for each `Outcome`, and the times as in
    `ModelUsage`, of the model's answers."""

    language: str
    provider: str
    model: str
    shown: int
    accepted: int
    partly: int
    typed: int
    kept: int
    changed: int
    median: int | None
    late: int | None


def model_usage(rows: Iterable[UsageRow]) -> list[ModelUsage]:
    """One line for each provider, model and feature that has been asked, those with most requests first."""
    lines = []
    for key, group in _by_model(rows).items():
        asked = [row for row in group if row.kind in ("request", "unsent")]
        if not asked:
            continue
        times = times_of(asked)
        line = ModelUsage(
            *key,
            requests=sum(row.count for row in asked if row.kind == "request"),
            answers=sum(times.values()),
            errors=sum(row.errors for row in asked),
            input=sum(row.input for row in asked),
            cached=sum(row.cached for row in asked),
            output=sum(row.output for row in asked),
            cost=sum((row.cost or 0.0 for row in asked), 0.0),
            unpriced=sum(row.unpriced for row in asked),
            median=quantile(times, 0.5),
            late=quantile(times, 0.95),
        )
        lines.append(line)
    return sorted(lines, key=lambda each: (-each.requests, each.provider, each.model, each.feature))


def saved(rows: Sequence[UsageRow]) -> Saved:
    """What the caches saved, over all models."""
    requests = asked = 0
    tokens = cost = 0.0
    usage = {(each.provider, each.model, each.feature): each for each in model_usage(rows)}
    for key, group in _by_model(rows).items():
        found = found_where(group)
        asked += found.pop("none")
        requests += (served := sum(found.values()))
        if (model := usage.get(key)) and model.requests:
            tokens += served * (model.input + model.output) / model.requests
            cost += served * model.cost / model.requests
    return Saved(requests, asked, round(tokens), cost)


def found_where(rows: Iterable[UsageRow]) -> dict[str, int]:
    """How often a text was found where, by `Found`."""
    counts: dict[str, int] = dict.fromkeys((*NOT_ASKED, "none"), 0)
    for row in rows:
        if row.kind == "lookup" and row.outcome in counts:
            counts[row.outcome] += row.count
    return counts


def suggestions(rows: Iterable[UsageRow]) -> list[SuggestionSummary]:
    """One line for each language and model, those most shown first."""
    lines = []
    found = (row for row in rows if row.kind == "suggestion")
    for key, group in _grouped(found, lambda row: (row.language, row.provider, row.model)).items():
        counts: Counter[str] = Counter()
        for row in group:
            counts[row.outcome] += row.count
        times = times_of(group)
        line = SuggestionSummary(
            *key,
            shown=counts["shown"],
            accepted=counts["accepted"],
            partly=counts["partly"],
            typed=counts["typed"],
            kept=counts["kept"],
            changed=counts["changed"],
            median=quantile(times, 0.5),
            late=quantile(times, 0.95),
        )
        lines.append(line)
    return sorted(lines, key=lambda each: (-each.shown, each.language, each.provider, each.model))


def unwanted(rows: Iterable[UsageRow]) -> dict[str, int]:
    """How many suggestions were shown in each language in which none was wanted."""
    found: dict[str, int] = defaultdict(int)
    wanted = set()
    for row in rows:
        if row.outcome == "shown":
            found[row.language] += row.count
        elif row.outcome in WANTED:
            wanted.add(row.language)
    return {language: count for language, count in found.items() if language not in wanted}


def times_of(rows: Iterable[UsageRow]) -> Mapping[int, int]:
    """How many durations fell into the class below each bound, in milliseconds."""
    counts: Counter[int] = Counter()
    for row in rows:
        if row.bound is not None:
            counts[row.bound] += row.count
    return counts


def quantile(times: Mapping[int, int], share: float) -> int | None:
    """The bound, in milliseconds, that `share` of the durations do not exceed; None without any."""
    total, reached = sum(times.values()), 0
    for bound, count in sorted(times.items()):
        reached += count
        if total and reached >= share * total:
            return bound
    return None


_Key = tuple[str, str, str]


def _by_model(rows: Iterable[UsageRow]) -> Mapping[_Key, list[UsageRow]]:
    return _grouped(
        (row for row in rows if row.kind != "suggestion"), lambda row: (row.provider, row.model, row.feature)
    )


def _grouped(rows: Iterable[UsageRow], key: Callable[[UsageRow], _Key]) -> Mapping[_Key, list[UsageRow]]:
    groups: dict[_Key, list[UsageRow]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups
