"""What models are used for: how it is counted, kept and summed up."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from picode.assistant.usage.model_usage import (
    BOUNDS,
    Saved,
    Use,
    UseCounter,
    bound_of,
    found_where,
    saved,
    spent,
    time_below,
)
from picode.assistant.usage.report import Attempt, Report
from picode.assistant.usage.statistics import DailyCount
from picode.core.errors import ServerFailure
from picode.core.messages import Usage
from picode.io.counters import SqliteCounters


class Memory:
    """Implements `picode.assistant.usage.model_usage.Uses`."""

    def __init__(self) -> None:
        self.uses: list[Use] = []

    def use(self, provider: str, model: str, feature: str, amounts: Mapping[str, float]) -> None:
        self.uses += [Use("2026-03-01", provider, model, feature, what, each) for what, each in amounts.items()]

    async def read_uses(self, days: int) -> list[Use]:
        return self.uses


def test_a_question_with_a_failure_before_its_answer() -> None:
    memory = Memory()
    failed = Attempt("first", "m", 0.0, 0.2, error=ServerFailure("First", "fails."))
    answered = Attempt("second", "n", 0.2, 1.0, first_word=0.4, usage=Usage(100, 20, 60), cost=0.002)
    UseCounter(memory, lambda: True).asked(Report("inline", "", 0.0, 1.0, [failed, answered], answered, detour=True))
    first, second = sorted(spent(memory.uses), key=lambda each: each.provider)
    assert (first.requests, first.answers, first.errors, first.unpriced) == (1, 0, 1, 0)
    assert (second.requests, second.answers, second.errors) == (1, 1, 0)
    assert (second.input, second.cached, second.output, second.cost) == (100, 60, 20, 0.002)
    assert (second.median, second.late) == (1600, 1600)


def test_what_nobody_knows_the_price_of_is_told_apart_from_what_costs_nothing() -> None:
    memory = Memory()
    counter = UseCounter(memory, lambda: True)
    for model, cost in (("free", 0.0), ("unknown", None)):
        each = Attempt("p", model, 0.0, 1.0, cost=cost)
        counter.asked(Report("chat", "", 0.0, 1.0, [each], each))
    assert {each.model: each.unpriced for each in spent(memory.uses)} == {"free": 0, "unknown": 1}


def test_savings_are_those_of_the_model_that_would_have_been_asked() -> None:
    def use(model: str, **amounts: float) -> list[Use]:
        return [Use("2026-03-01", "p", model, "inline", what.replace("_of_", ":"), n) for what, n in amounts.items()]

    uses = use("dear", requests=10, input=1000, output=100, cost=1.0, found_of_memory=5, found_of_none=10)
    uses += use("cheap", requests=10, input=100, output=10, found_of_typed_through=20, found_of_none=10)
    uses += use("never asked", found_of_disk=3)
    assert saved(uses) == Saved(28, 20, 5 * 110 + 20 * 11, 0.5)
    assert saved(uses).share == pytest.approx(28 / 48)
    assert found_where(uses) == {"typed_through": 20, "memory": 5, "in_flight": 0, "disk": 3, "none": 20}
    assert saved([]) == Saved(0, 0, 0, 0.0)
    assert saved([]).share == 0


@pytest.mark.parametrize(
    ("seconds", "name"), [(0, "ms<=50"), (0.4, "ms<=400"), (0.401, "ms<=800"), (100, "ms<=102400"), (999, "ms<=more")]
)
def test_times_are_told_apart(seconds: float, name: str) -> None:
    assert bound_of(seconds) == name


@pytest.mark.parametrize(
    ("sums", "median", "late"),
    [
        ({}, None, None),
        ({"ms<=100": 9, "ms<=800": 1}, 100, 800),
        ({"ms<=more": 1}, 2 * BOUNDS[-1], 2 * BOUNDS[-1]),
        ({"ms<=50": 100, "ms<=more": 1}, 50, 50),
    ],
)
def test_the_middle_and_the_late_ones(sums: dict[str, float], median: int | None, late: int | None) -> None:
    assert (time_below(sums, 0.5), time_below(sums, 0.95)) == (median, late)


def open_tallies(folder: Path, day: date = date(2026, 3, 1)) -> SqliteCounters:
    return SqliteCounters(lambda: folder, lambda: day)


async def test_uses_add_up_over_servers_and_days_are_told_apart(tmp_path: Path) -> None:
    for day in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 1)):
        tallies = open_tallies(tmp_path, day)
        tallies.use("p", "m", "chat", {"requests": 1, "cost": 0.25})
        tallies.add("python", "p", "m", "shown")
        tallies.close()
    reader = open_tallies(tmp_path)
    rows = [(each.day, each.what, each.amount) for each in await reader.read_uses(2)]
    assert sorted(rows) == [
        ("2026-02-28", "cost", 0.25),
        ("2026-02-28", "requests", 1),
        ("2026-03-01", "cost", 0.5),
        ("2026-03-01", "requests", 2),
    ]
    assert len(await reader.read_uses(1)) == 2
    assert await reader.read_by_day(2) == [
        DailyCount("python", "p", "m", "shown", 1, "2026-02-28"),
        DailyCount("python", "p", "m", "shown", 2, "2026-03-01"),
    ]
    reader.close()


async def test_counts_of_an_older_release_are_kept(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "statistics.db") as database:
        database.execute(
            "CREATE TABLE tally (day TEXT, language TEXT, provider TEXT, model TEXT, what TEXT, count INTEGER NOT NULL,"
            " PRIMARY KEY (day, language, provider, model, what)) WITHOUT ROWID"
        )
        database.execute("INSERT INTO tally VALUES ('2026-03-01', 'go', 'p', 'm', 'shown', 7)")
        database.execute("PRAGMA user_version = 1")
    tallies = open_tallies(tmp_path)
    tallies.use("p", "m", "inline", {"requests": 1})
    assert await tallies.read(1) == [DailyCount("go", "p", "m", "shown", 7)]
    assert [each.amount for each in await tallies.read_uses(1)] == [1]
    tallies.close()
