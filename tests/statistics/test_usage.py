"""What models are used for: how it is counted, kept and summed up."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from picode.assistant.usage.events import Attempt, CallEnded, SuggestionOutcome
from picode.assistant.usage.rows import BOUNDS, LONGER, UsageRow, bound_of, request_row
from picode.assistant.usage.summaries import Saved, found_where, model_usage, quantile, saved
from picode.core.errors import ServerFailure
from picode.core.messages import Usage
from picode.io.usage_store import UsageStore

DAY = "2026-03-01"


def rows_of(call: CallEnded) -> list[UsageRow]:
    return [request_row(each, call, DAY, 0.0) for each in call.attempts]


def test_a_question_with_a_failure_before_its_answer() -> None:
    failed = Attempt("first", "m", 0.0, 0.2, error=ServerFailure("First", "fails."))
    answered = Attempt("second", "n", 0.2, 1.0, first_word=0.4, usage=Usage(100, 20, 60), cost=0.002)
    rows = rows_of(CallEnded("inline", "", 0.0, 1.0, [failed, answered], answered, detour=True))
    first, second = sorted(model_usage(rows), key=lambda each: each.provider)
    assert (first.requests, first.answers, first.errors, first.unpriced) == (1, 0, 1, 0)
    assert (second.requests, second.answers, second.errors) == (1, 1, 0)
    assert (second.input, second.cached, second.output, second.cost) == (100, 60, 20, 0.002)
    assert (second.median, second.late) == (1600, 1600)


def test_what_nobody_knows_the_price_of_is_told_apart_from_what_costs_nothing() -> None:
    rows = []
    for model, cost in (("free", 0.0), ("unknown", None)):
        each = Attempt("p", model, 0.0, 1.0, cost=cost)
        rows += rows_of(CallEnded("chat", "", 0.0, 1.0, [each], each))
    assert {each.model: each.unpriced for each in model_usage(rows)} == {"free": 0, "unknown": 1}


def test_savings_are_those_of_the_model_that_would_have_been_asked() -> None:
    def requests(model: str, count: int, **amounts: Any) -> UsageRow:
        return UsageRow(DAY, "request", "p", model, "inline", count=count, **amounts)

    def found(model: str, where: str, count: int) -> UsageRow:
        return UsageRow(DAY, "lookup", "p", model, "inline", outcome=where, count=count)

    rows = [
        requests("dear", 10, input=1000, output=100, cost=1.0),
        found("dear", "memory", 5),
        found("dear", "none", 10),
    ]
    rows += [
        requests("cheap", 10, input=100, output=10),
        found("cheap", "typed_through", 20),
        found("cheap", "none", 10),
    ]
    rows += [found("never asked", "disk", 3)]
    assert saved(rows) == Saved(28, 20, 5 * 110 + 20 * 11, 0.5)
    assert saved(rows).share == pytest.approx(28 / 48)
    assert found_where(rows) == {"typed_through": 20, "memory": 5, "in_flight": 0, "disk": 3, "none": 20}
    assert saved([]) == Saved(0, 0, 0, 0.0)
    assert saved([]).share == 0


@pytest.mark.parametrize(
    ("seconds", "bound"),
    [
        (0, 50),
        (0.05, 50),
        (0.051, 100),
        (0.4, 400),
        (0.401, 800),
        (1.6, 1600),
        (7, 12_800),
        (100, 102_400),
        (999, LONGER),
    ],
)
def test_times_are_told_apart(seconds: float, bound: int) -> None:
    assert bound_of(seconds) == bound


@pytest.mark.parametrize(
    ("times", "median", "late"),
    [
        ({}, None, None),
        ({100: 9, 800: 1}, 100, 800),
        ({LONGER: 1}, 2 * BOUNDS[-1], 2 * BOUNDS[-1]),
        ({50: 100, LONGER: 1}, 50, 50),
    ],
)
def test_the_middle_and_the_late_ones(times: dict[int, int], median: int | None, late: int | None) -> None:
    assert (quantile(times, 0.5), quantile(times, 0.95)) == (median, late)


def open_store(folder: Path, day: date = date(2026, 3, 1)) -> UsageStore:
    return UsageStore(lambda: folder, now=lambda: datetime.combine(day, time(12)).timestamp())


async def test_uses_add_up_over_servers_and_days_are_told_apart(tmp_path: Path) -> None:
    each = Attempt("p", "m", 0.0, 1.0, cost=0.25)
    for day in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 1)):
        store = open_store(tmp_path, day)
        store.record(CallEnded("chat", "", 0.0, 1.0, [each]))
        store.record(SuggestionOutcome("python", "p", "m", "shown"))
        store.close()
    reader = open_store(tmp_path)
    rows = [(row.day, row.kind, row.count, row.cost) for row in await reader.rows(2)]
    assert sorted(rows) == [
        ("2026-02-28", "request", 1, 0.25),
        ("2026-02-28", "suggestion", 1, None),
        ("2026-03-01", "request", 2, 0.5),
        ("2026-03-01", "suggestion", 2, None),
    ]
    assert {row.day for row in await reader.rows(1)} == {"2026-03-01"}
    reader.close()


async def test_counts_of_an_older_release_are_kept(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "statistics.db") as database:
        database.execute(
            "CREATE TABLE tally (day TEXT, language TEXT, provider TEXT, model TEXT, what TEXT, count INTEGER NOT NULL,"
            " PRIMARY KEY (day, language, provider, model, what)) WITHOUT ROWID"
        )
        database.execute("INSERT INTO tally VALUES ('2026-03-01', 'go', 'p', 'm', 'shown', 7)")
        database.execute("PRAGMA user_version = 1")
    database.close()
    store = open_store(tmp_path)
    store.record(CallEnded("inline", "", 0.0, 1.0, [Attempt("p", "m", 0.0, 1.0)]))
    old, new = sorted(await store.rows(1), key=lambda row: row.language, reverse=True)
    assert old == UsageRow(DAY, "suggestion", "p", "m", "", "go", "shown", count=7)
    assert (new.kind, new.count) == ("request", 1)
    store.close()


async def test_uses_of_an_older_release_are_kept_too(tmp_path: Path) -> None:
    uses = {
        "requests": 5,
        "answers": 3,
        "errors": 1,
        "input": 900,
        "cached": 100,
        "output": 50,
        "cost": 0.5,
        "unpriced": 1,
    }
    uses |= {"ms<=400": 2, "ms<=more": 1, "found:none": 4, "found:disk": 2}
    with sqlite3.connect(tmp_path / "statistics.db") as database:
        for table, columns in (("tally", "language TEXT, provider TEXT, model TEXT, what TEXT, count INTEGER"),
                               ("used", "provider TEXT, model TEXT, feature TEXT, what TEXT, amount REAL")):  # fmt: skip
            database.execute(f"CREATE TABLE {table} (day TEXT, {columns})")
        database.execute("INSERT INTO tally VALUES (?, 'go', 'p', 'm', 'ms<=more', 1)", (DAY,))
        for what, amount in uses.items():
            database.execute("INSERT INTO used VALUES (?, 'p', 'm', 'chat', ?, ?)", (DAY, what, amount))
        database.execute("PRAGMA user_version = 2")
    database.close()
    store = open_store(tmp_path)
    store.record(SuggestionOutcome("go", "p", "m", "shown"))
    rows = await store.rows(1)
    store.close()
    (line,) = model_usage(rows)
    assert (line.requests, line.answers, line.errors, line.unpriced) == (5, 3, 1, 1)
    assert (line.input, line.cached, line.output, line.cost) == (900, 100, 50, 0.5)
    assert (line.median, line.late) == (400, LONGER)
    assert found_where(rows)["disk"] == 2
    assert saved(rows).asked == 4
    assert UsageRow(DAY, "suggestion", "p", "m", "", "go", "made", 12_800) in rows
