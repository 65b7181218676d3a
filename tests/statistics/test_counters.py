"""The counts on the disk."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from picode.assistant.usage.statistics import DailyCount
from picode.io.counters import KEPT_DAYS, SqliteCounters


def open_tallies(folder: Path, day: date = date(2026, 3, 1)) -> SqliteCounters:
    return SqliteCounters(lambda: folder, lambda: day)


async def test_counts_add_up_over_servers_and_restarts(tmp_path: Path) -> None:
    for _ in range(2):
        one, other = open_tallies(tmp_path), open_tallies(tmp_path)
        for tallies in (one, other, one):
            tallies.add("python", "p", "m", "shown")
        one.close()
        other.close()
    reader = open_tallies(tmp_path)
    assert await reader.read(1) == [DailyCount("python", "p", "m", "shown", 6)]
    reader.close()


async def test_days_are_told_apart_and_old_ones_go(tmp_path: Path) -> None:
    for day in (date(2025, 1, 1), date(2026, 2, 20), date(2026, 3, 1)):
        tallies = open_tallies(tmp_path, day)
        tallies.add("python", "p", "m", "shown")
        tallies.close()
    reader = open_tallies(tmp_path)
    sums = [sum(each.count for each in await reader.read(days)) for days in (1, 10, KEPT_DAYS)]
    reader.close()
    assert sums == [1, 2, 2]


async def test_only_the_user_may_read_them(tmp_path: Path) -> None:
    tallies = open_tallies(tmp_path)
    await tallies.read(1)
    tallies.close()
    assert (tmp_path / "statistics.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "damage", [b"no database at all, but long enough to be taken for one", b"SQLite format 3\0" + b"\xff" * 4096]
)
async def test_a_damaged_file_is_kept_beside_a_new_one(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "statistics.db").write_bytes(damage)
    tallies = open_tallies(tmp_path)
    tallies.add("python", "p", "m", "shown")
    assert await tallies.read(1) == [DailyCount("python", "p", "m", "shown", 1)]
    tallies.close()
    assert (tmp_path / "statistics.damaged.db").read_bytes() == damage


async def test_a_newer_file_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite3.connect(tmp_path / "statistics.db") as database:
        database.execute("PRAGMA user_version = 99")
    before = (tmp_path / "statistics.db").read_bytes()
    tallies = open_tallies(tmp_path)
    tallies.add("python", "p", "m", "shown")
    assert await tallies.read(1) == []
    tallies.close()
    assert "newer release" in caplog.text
    with sqlite3.connect(tmp_path / "statistics.db") as database:
        assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    assert len(before) > 0


async def test_a_folder_that_can_t_be_used_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tallies = open_tallies(tmp_path / "missing")
    for _ in range(3):
        tallies.add("python", "p", "m", "shown")
    assert await tallies.read(1) == []
    tallies.close()
    tallies.add("python", "p", "m", "shown")  # closed: nobody hears
    assert len(caplog.records) == 1
