"""What becomes of suggestions."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from picode.assistant.usage import statistics
from picode.assistant.usage.events import SuggestionOutcome, UsageEvent
from picode.assistant.usage.rows import UsageRow
from picode.assistant.usage.statistics import ENOUGH, FOLLOWED, Made, Statistics, still_there
from picode.assistant.usage.summaries import SuggestionSummary, suggestions, unwanted


class Memory:
    """A record of usage that knows earlier `rows`."""

    def __init__(self, *rows: UsageRow) -> None:
        self.events: list[SuggestionOutcome] = []
        self.rows = list(rows)

    def record(self, event: UsageEvent) -> None:
        assert isinstance(event, SuggestionOutcome)
        self.events.append(event)

    @property
    def counts(self) -> Counter[str]:
        return Counter(each.outcome for each in self.events)

    async def read(self, days: int) -> list[UsageRow]:
        return self.rows


def row(language: str, outcome: str, count: int, bound: int | None = None, model: str = "m") -> UsageRow:
    return UsageRow("2026-03-01", "suggestion", "p", model, "", language, outcome, bound, count)


def made(number: int = 1, *, source: str = "", language: str = "python", seconds: float | None = None) -> Made:
    return Made(str(number), source or str(number), "u", language, "p", "m", "x = 1\n    y = 2", seconds)


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def counting(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> Statistics:
    monkeypatch.setattr(statistics, "VISIBLE", 0.02)
    monkeypatch.setattr(statistics, "LATER", 0.02)
    return Statistics(memory.record, memory.read, lambda: True)


async def test_what_stays_on_screen_counts_as_shown(counting: Statistics, memory: Memory) -> None:
    counting.made(made())
    assert memory.counts == {}
    await asyncio.sleep(0.05)
    assert memory.counts == {"shown": 1}


async def test_what_is_replaced_at_once_does_not(counting: Statistics, memory: Memory) -> None:
    counting.made(made(1))
    counting.made(made(2))
    counting.nothing("u")
    await asyncio.sleep(0.05)
    assert memory.counts == {}


async def test_one_answer_counts_once_however_long_it_is_typed_along(counting: Statistics, memory: Memory) -> None:
    for number in range(3):
        counting.made(made(number, source="one"))
        counting.shown(str(number))
    counting.accepted("2", lambda uri: None)
    counting.accepted("2", lambda uri: None)
    assert memory.counts == {"shown": 1, "accepted": 1}


@pytest.mark.parametrize(
    ("document", "what"),
    [("x = 1\r\n  y = 2\r\n", "kept"), ("a\ny = 2\n", "kept"), ("nothing", "changed"), (None, None)],
)
async def test_after_a_while_it_is_looked_what_is_left(
    counting: Statistics, memory: Memory, document: str | None, what: str | None
) -> None:
    counting.made(made())
    counting.accepted("1", lambda uri: document)
    await asyncio.sleep(0.05)
    assert {each for each in memory.counts if each in ("kept", "changed")} == ({what} if what else set())


async def test_taking_a_part_counts_as_that(counting: Statistics, memory: Memory) -> None:
    counting.made(made())
    counting.partly_accepted("1", 3)
    counting.partly_accepted("1", 5)
    assert memory.counts == {"shown": 1, "partly": 1}


async def test_what_is_not_known_is_not_counted(counting: Statistics, memory: Memory) -> None:
    assert not counting.shown("9")
    assert not counting.accepted("9", lambda uri: None)
    assert not counting.partly_accepted("9", 1)
    assert memory.counts == {}


async def test_turned_off_nothing_is_counted(memory: Memory) -> None:
    silent = Statistics(memory.record, memory.read, lambda: False)
    silent.made(made(seconds=1.0))
    silent.shown("1")
    assert memory.counts == {}


async def test_how_long_it_took_is_counted(counting: Statistics, memory: Memory) -> None:
    counting.made(made(1, seconds=0.3))
    counting.made(made(2, seconds=None))
    assert [(each.outcome, each.seconds) for each in memory.events] == [("made", 0.3)]
    await counting.close()


class TestQuiet:
    async def test_a_language_where_nothing_is_taken_becomes_quiet_and_comes_back(self, counting: Statistics) -> None:
        for number in range(ENOUGH):
            assert counting.backoff("python") == number / ENOUGH
            counting.made(made(number))
            counting.shown(str(number))
        counting.shown("0")
        assert counting.backoff("python") == 1
        assert counting.backoff("go") == 0
        counting.accepted(str(ENOUGH - 1), lambda uri: None)
        assert counting.backoff("python") == 0
        await counting.close()

    async def test_typing_along_a_suggestion_is_wanting_it(self, counting: Statistics, memory: Memory) -> None:
        counting.made(made(1))
        counting.shown("1")
        counting.made(replace(made(2, source="1"), typed=FOLLOWED - 1))
        assert counting.backoff("python") > 0
        for typed in (FOLLOWED, FOLLOWED + 1):
            counting.made(replace(made(typed, source="1"), typed=typed))
        assert counting.backoff("python") == 0
        assert memory.counts == {"shown": 1, "typed": 1}
        await counting.close()

    @pytest.mark.parametrize("taken", ["accepted", "partly", "typed"])
    async def test_it_goes_on_where_the_last_session_ended(self, taken: str) -> None:
        shown = [row("python", "shown", 2 * ENOUGH), row("go", "shown", 2 * ENOUGH)]
        memory = Memory(*shown, row("go", taken, 1, model="n"))
        counting = Statistics(memory.record, memory.read, lambda: True)
        counting.begin()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert (counting.backoff("python"), counting.backoff("go")) == (1, 0)
        counting.asked_by_hand("python")
        assert counting.backoff("python") == 0
        await counting.close()


@pytest.mark.parametrize(
    ("suggestion", "document", "there"),
    [
        ("a\nb", "a\nb\n", True),
        ("a\nb", "    a\n", True),
        ("alpha\nbeta\ngamma", "alpha\n", False),
        ("total = 1", "x = total = 1;", True),
        ("", "", True),
    ],
)
def test_still_there(suggestion: str, document: str, there: bool) -> None:
    assert still_there(suggestion, document) is there


def test_sums() -> None:
    rows = [
        row("go", "shown", 3),
        row("python", "shown", 10),
        row("python", "accepted", 4),
        row("python", "typed", 2),
        row("python", "kept", 3),
        row("python", "made", 9, 100),
        row("python", "made", 1, 12_800),
    ]
    assert suggestions(rows) == [
        SuggestionSummary("python", "p", "m", 10, 4, 0, 2, 3, 0, 100, 12800),
        SuggestionSummary("go", "p", "m", 3, 0, 0, 0, 0, 0, None, None),
    ]
    assert unwanted(rows) == {"go": 3}
