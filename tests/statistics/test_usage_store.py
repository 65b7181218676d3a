"""The record of usage on the disk."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import date, datetime, time
from pathlib import Path

import pytest

from picode.assistant.usage.events import SuggestionOutcome
from picode.assistant.usage.rows import UsageRow
from picode.io.usage_file import KEPT_DAYS
from picode.io.usage_store import UsageStore

SHOWN = SuggestionOutcome("python", "p", "m", "shown")


def open_store(folder: Path, day: date = date(2026, 3, 1)) -> UsageStore:
    return UsageStore(lambda: folder, now=lambda: datetime.combine(day, time(12)).timestamp())


def shown(count: int, day: str = "2026-03-01") -> UsageRow:
    return UsageRow(day, "suggestion", "p", "m", "", "python", "shown", count=count)


async def test_counts_add_up_over_servers_and_restarts(tmp_path: Path) -> None:
    for _ in range(2):
        one, other = open_store(tmp_path), open_store(tmp_path)
        for store in (one, other, one):
            store.record(SHOWN)
        one.close()
        other.close()
    reader = open_store(tmp_path)
    assert await reader.rows(1) == [shown(6)]
    reader.close()


async def test_days_are_told_apart_and_old_ones_go(tmp_path: Path) -> None:
    for day in (date(2025, 1, 1), date(2026, 2, 20), date(2026, 3, 1)):
        store = open_store(tmp_path, day)
        store.record(SHOWN)
        store.close()
    reader = open_store(tmp_path)
    sums = [sum(each.count for each in await reader.rows(days)) for days in (1, 10, KEPT_DAYS)]
    reader.close()
    assert sums == [1, 2, 2]


async def test_only_the_user_may_read_them(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.record(SHOWN)
    store.close()
    assert (tmp_path / "statistics.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "damage", [b"no database at all, but long enough to be taken for one", b"SQLite format 3\0" + b"\xff" * 4096]
)
async def test_a_damaged_file_is_kept_beside_a_new_one(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "statistics.db").write_bytes(damage)
    store = open_store(tmp_path)
    store.record(SHOWN)
    assert await store.rows(1) == [shown(1)]
    store.close()
    assert (tmp_path / "statistics.damaged.db").read_bytes() == damage


async def test_a_newer_file_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite3.connect(tmp_path / "statistics.db") as database:
        database.execute("PRAGMA user_version = 99")
    before = (tmp_path / "statistics.db").read_bytes()
    store = open_store(tmp_path)
    store.record(SHOWN)
    assert await store.rows(1) == []
    store.close()
    assert "newer release" in caplog.text
    with sqlite3.connect(tmp_path / "statistics.db") as database:
        assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    assert len(before) > 0


async def test_a_folder_that_can_t_be_used_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = open_store(tmp_path / "missing")
    for _ in range(3):
        store.record(SHOWN)
    assert await store.rows(1) == []
    store.close()
    store.record(SHOWN)  # closed: nobody hears
    assert len(caplog.records) == 1


async def test_what_is_still_readable_in_a_damaged_file_is_taken_over(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    for _ in range(3):
        store.record(SHOWN)
    store.close()
    file = tmp_path / "statistics.db"
    with sqlite3.connect(file) as database:
        (root,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'usage_by_day'").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    database.close()
    whole = bytearray(file.read_bytes())
    whole[(root - 1) * size : root * size] = b"\xff" * size
    file.write_bytes(whole)
    again = open_store(tmp_path)
    again.record(SHOWN)
    assert await again.rows(1) == [shown(4)]
    again.close()
    assert (tmp_path / "statistics.damaged.db").exists()


async def test_a_file_that_is_deleted_meanwhile_is_made_anew(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.record(SHOWN)
    assert await store.rows(1) == [shown(1)]
    for file in tmp_path.iterdir():
        file.unlink()
    store.record(SHOWN)
    assert await store.rows(1) == [shown(1)]
    store.close()


async def test_a_link_in_its_place_is_not_followed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "statistics.db").symlink_to(tmp_path / "elsewhere.db")
    store = open_store(tmp_path)
    store.record(SHOWN)
    store.close()
    assert not (tmp_path / "elsewhere.db").exists()
    assert len(caplog.records) == 1


async def test_events_of_earlier_days_become_one_row_and_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("picode.io.usage_file.TIDY_EVERY", 1)
    for day in (date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)):
        store = open_store(tmp_path, day)
        for _ in range(5):
            store.record(SHOWN)
        store.close()
    with sqlite3.connect(tmp_path / "statistics.db") as database:
        found = database.execute("SELECT day, COUNT(*), SUM(count) FROM usage GROUP BY day").fetchall()
    database.close()
    assert found == [("2026-02-27", 1, 5), ("2026-02-28", 1, 5), ("2026-03-01", 5, 5)]
    reader = open_store(tmp_path)
    assert await reader.rows(3) == [shown(5, "2026-02-27"), shown(5, "2026-02-28"), shown(5)]
    reader.close()


_WRITER = """
import sys
from pathlib import Path
from picode.assistant.usage.events import SuggestionOutcome
from picode.io.usage_store import UsageStore
store = UsageStore(lambda: Path(sys.argv[1]))
while True:
    store.record(SuggestionOutcome("python", "p", "m", "shown"))
    store._submit(lambda: None).result()
    print("written", flush=True)
"""


async def test_what_is_written_survives_kill_9(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    written = 0
    for writer in writers:
        assert writer.stdout is not None
        for _ in range(20):
            assert writer.stdout.readline() == "written\n"
        writer.kill()
        written += 20 + len(writer.stdout.readlines())
        writer.wait()
        writer.stdout.close()
    reader = UsageStore(lambda: tmp_path)
    (row,) = await reader.rows(1)
    reader.close()
    assert written <= row.count <= written + 2  # each may have been killed before it said so
