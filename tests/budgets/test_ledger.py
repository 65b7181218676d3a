"""What providers are used in a day, on disk."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from picode.assistant.ports import Used
from picode.assistant.usage.events import Attempt, CallEnded
from picode.core.messages import Usage
from picode.io.usage_file import KEPT_DAYS
from picode.io.usage_store import UsageStore

TODAY = date(2026, 5, 4)


def open_ledger(folder: Path) -> UsageStore:
    return UsageStore(lambda: folder, now=lambda: datetime.combine(TODAY, time(12)).timestamp())


def call(provider: str, tokens: int, cost: float) -> CallEnded:
    each = Attempt(provider, "m", 0.0, 1.0, usage=Usage(tokens - tokens // 2, tokens // 2), cost=cost)
    return CallEnded("chat", "", 0.0, 1.0, [each], each)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[UsageStore]:
    ledger = open_ledger(tmp_path)
    yield ledger
    ledger.close()


async def test_it_adds_up_by_provider(ledger: UsageStore) -> None:
    assert await ledger.used("openai") == Used()
    ledger.record(call("openai", 100, 0.5))
    ledger.record(call("mistral", 7, 0.0))
    ledger.record(call("openai", 20, 0.25))
    assert await ledger.used("openai") == Used(120, 0.75)
    assert await ledger.used("openai") == Used(120, 0.75)
    assert await ledger.used("mistral") == Used(7, 0.0)


@pytest.mark.parametrize("statistics", [True, False])
@pytest.mark.parametrize("audit", [True, False])
async def test_the_limits_hold_whatever_else_is_turned_off(tmp_path: Path, statistics: bool, audit: bool) -> None:
    ledger = UsageStore(lambda: tmp_path, statistics=lambda: statistics, audit=lambda: audit)
    ledger.record(call("openai", 100, 0.5))
    assert await ledger.used("openai") == Used(100, 0.5)
    assert len(await ledger.rows(1)) == statistics
    ledger.close()


async def test_several_servers_write_and_each_knows_of_all(ledger: UsageStore, tmp_path: Path) -> None:
    others = [open_ledger(tmp_path) for _ in range(4)]
    for _ in range(100):
        for other in (ledger, *others):
            other.record(call("openai", 1, 0.01))
    for other in others:
        other.close()
    async with asyncio.timeout(5):
        used = await ledger.used("openai")
    assert used.tokens == 500
    assert used.cost == pytest.approx(5.0)


async def test_a_restart_forgets_nothing(ledger: UsageStore, tmp_path: Path) -> None:
    ledger.record(call("openai", 100, 0.5))
    ledger.close()
    again = open_ledger(tmp_path)
    assert await again.used("openai") == Used(100, 0.5)
    again.close()


async def test_midnight_begins_at_zero_and_old_days_are_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("picode.io.usage_file.TIDY_EVERY", 1)
    today = TODAY
    ledger = UsageStore(lambda: tmp_path, now=lambda: datetime.combine(today, time(12)).timestamp())
    for day in range(KEPT_DAYS + 5):
        today = TODAY + timedelta(days=day)
        assert await ledger.used("openai") == Used()
        ledger.record(call("openai", 100, 0.5))
        assert await ledger.used("openai") == Used(100, 0.5)
    days = {row.day for row in await ledger.rows(2 * KEPT_DAYS)}
    ledger.close()
    assert KEPT_DAYS <= len(days) <= KEPT_DAYS + 1


@pytest.mark.parametrize(
    "values",
    [
        "input = -5", "output = 'x' || NULL", "cost = -1", "cost = 1e999", "count = NULL", "cached = -1",
    ],
)  # fmt: skip
async def test_the_table_takes_no_sums_that_can_t_be(ledger: UsageStore, tmp_path: Path, values: str) -> None:
    ledger.record(call("openai", 1, 0.0))
    assert await ledger.used("openai") == Used(1, 0.0)
    database = sqlite3.connect(tmp_path / "statistics.db")
    with pytest.raises(sqlite3.IntegrityError):
        database.execute(f"UPDATE usage SET {values}")
    database.close()
    ledger.record(call("openai", 2, 0.0))
    assert await ledger.used("openai") == Used(3, 0.0)


async def test_where_nothing_can_be_written_this_server_still_counts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    ledger = open_ledger(tmp_path / "file")
    ledger.record(call("openai", 1, 0.5))
    ledger.record(call("openai", 1, 0.5))
    assert await ledger.used("openai") == Used(2, 1.0)
    ledger.close()
    assert caplog.text.count("can't be kept") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="has no such modes")
async def test_nobody_else_may_read_it(ledger: UsageStore, tmp_path: Path) -> None:
    ledger.record(call("openai", 1, 0.5))
    await ledger.used("openai")
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
