"""What providers are used in a day, on disk."""

from __future__ import annotations

import asyncio
import stat
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from picode.assistant.ports import Used
from picode.io.ledger import KEPT_DAYS, DailyLedger

TODAY = date(2026, 5, 4)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[DailyLedger]:
    ledger = DailyLedger(lambda: tmp_path, lambda: TODAY)
    yield ledger
    ledger.close()


async def test_it_adds_up_by_provider(ledger: DailyLedger) -> None:
    assert await ledger.used("openai") == Used()
    ledger.add("openai", 100, 0.5)
    ledger.add("mistral", 7, 0.0)
    ledger.add("openai", 20, 0.25)
    assert await ledger.used("openai") == Used(120, 0.75)
    assert await ledger.used("openai") == Used(120, 0.75)
    assert await ledger.used("mistral") == Used(7, 0.0)


async def test_several_servers_write_and_each_knows_of_all(ledger: DailyLedger, tmp_path: Path) -> None:
    others = [DailyLedger(lambda: tmp_path, lambda: TODAY) for _ in range(4)]
    for _ in range(100):
        for other in (ledger, *others):
            other.add("openai", 1, 0.01)
    for other in others:
        other.close()
    async with asyncio.timeout(5):
        used = await ledger.used("openai")
    assert used.tokens == 500
    assert used.cost == pytest.approx(5.0)


async def test_a_restart_forgets_nothing(ledger: DailyLedger, tmp_path: Path) -> None:
    ledger.add("openai", 100, 0.5)
    ledger.close()
    again = DailyLedger(lambda: tmp_path, lambda: TODAY)
    assert await again.used("openai") == Used(100, 0.5)
    again.close()


async def test_midnight_begins_at_zero_and_old_days_are_thrown_away(tmp_path: Path) -> None:
    today = TODAY
    ledger = DailyLedger(lambda: tmp_path, lambda: today)
    for day in range(KEPT_DAYS + 5):
        today = TODAY + timedelta(days=day)
        assert await ledger.used("openai") == Used()
        ledger.add("openai", 100, 0.5)
        assert await ledger.used("openai") == Used(100, 0.5)
    ledger.close()
    assert KEPT_DAYS <= len(list(tmp_path.iterdir())) <= KEPT_DAYS + 1


@pytest.mark.parametrize(
    "line",
    [
        b"\n", b"[]\n", b"\xff\xfe\n", b'{"provider": "openai"}\n', b'{"provider": "openai", "tokens": -5, "cost": 0}\n',
        b'{"provider": "openai", "tokens": 5, "cost": NaN}\n', b'{"provider": "openai", "tokens": 1e999, "cost": 0}\n',
        b"[" * 100_000 + b"\n", b'{"provider": "openai", "tokens": 900, "cost"',
    ],
)  # fmt: skip
async def test_a_broken_line_costs_no_more_than_itself(ledger: DailyLedger, tmp_path: Path, line: bytes) -> None:
    ledger.add("openai", 1, 0.0)
    assert await ledger.used("openai") == Used(1, 0.0)
    with next(tmp_path.iterdir()).open("ab") as file:
        file.write(line)
    assert await ledger.used("openai") == Used(1, 0.0)
    if line.endswith(b"\n"):
        ledger.add("openai", 2, 0.0)
        assert await ledger.used("openai") == Used(3, 0.0)


async def test_where_nothing_can_be_written_this_server_still_counts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    ledger = DailyLedger(lambda: tmp_path / "file", lambda: TODAY)
    ledger.add("openai", 1, 0.5)
    ledger.add("openai", 1, 0.5)
    assert await ledger.used("openai") == Used(2, 1.0)
    ledger.close()
    assert caplog.text.count("can't be kept") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="has no such modes")
async def test_nobody_else_may_read_it(ledger: DailyLedger, tmp_path: Path) -> None:
    ledger.add("openai", 1, 0.5)
    await ledger.used("openai")
    assert stat.S_IMODE(next(tmp_path.iterdir()).stat().st_mode) == 0o600
