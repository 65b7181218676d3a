"""The record of what was sent."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from datetime import date
from pathlib import Path

import pytest

from picode.assistant.usage.events import Attempt, BreakerChanged, CallEnded, LookupDone, Sent
from picode.assistant.usage.rows import UsageRow
from picode.core.errors import AllProvidersFailed, RateLimited
from picode.core.messages import Usage
from picode.io import usage_file
from picode.io.usage_store import UsageStore

NOW = 1_764_000_000.0


@pytest.fixture
def log(tmp_path: Path) -> UsageStore:
    return UsageStore(lambda: tmp_path, statistics=lambda: False, roots=lambda: ["/home/ada/work"], now=lambda: NOW)


def call(*attempts: Attempt) -> CallEnded:
    return CallEnded("inline", "r1", 10.0, 20.0, attempts)


def attempt(error: BaseException | None = None, first_word: float | None = 12.0, **sent: object) -> Attempt:
    what = Sent("https://api.example", **{"path": "/home/ada/work/src/a.py", "characters": 400, **sent})  # type: ignore[arg-type]
    return Attempt("openai", "m", 11.0, 14.5, first_word, usage=Usage(100, 20), cost=0.25, sent=what, error=error)


def test_a_request_is_a_row_and_is_read_as_it_was(log: UsageStore) -> None:
    log.record(call(attempt(files=("src/b.py", "src/a.py"), redacted={"JWT": 2})))
    (entry,) = log.sent()
    assert entry == UsageRow(
        day=date.fromtimestamp(NOW).isoformat(),
        kind="request",
        counted=False,
        at=NOW - 9.0,
        feature="inline",
        provider="openai",
        model="m",
        origin="https://api.example",
        path="src/a.py",
        files=("src/b.py",),
        characters=400,
        input=100,
        output=20,
        redacted={"JWT": 2},
        outcome="answered",
        seconds=3.5,
        cost=0.25,
        request="r1",
    )


@pytest.mark.parametrize(
    ("error", "first_word", "outcome"),
    [
        (None, 12.0, "answered"),
        (None, None, "stopped"),
        (asyncio.CancelledError(), None, "stopped"),
        (RateLimited("X", "quotes: my_code()", status=429), None, "rate limited (429)"),
        (AllProvidersFailed([]), None, "all providers failed"),
        (ValueError("my_code()"), 12.0, "value error"),
    ],
)
def test_how_it_ended_is_told_in_a_few_words(
    log: UsageStore, error: BaseException | None, first_word: float | None, outcome: str
) -> None:
    log.record(call(attempt(error, first_word)))
    assert [entry.outcome for entry in log.sent()] == [outcome]


def test_what_was_not_asked_is_not_in_it(log: UsageStore, tmp_path: Path) -> None:
    log.record(call(Attempt("openai", "", 1.0, 1.0, asked=False)))
    log.record(LookupDone("openai", "m", "inline", "disk"))
    log.record(BreakerChanged("openai", "m", is_open=True))
    assert log.sent() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/ada/work/src/a.py", "src/a.py"),
        ("/home/ada/elsewhere/b.py", "b.py"),
        ("/home/ada/workshop/b.py", "b.py"),
        ("C:\\Users\\ada\\c.py", "c.py"),
        ("src/d.py", "src/d.py"),
        ("git diff", "git diff"),
        ("", ""),
    ],
)
def test_nobody_s_home_is_in_it(log: UsageStore, path: str, shown: str) -> None:
    log.record(call(attempt(path=path)))
    assert [entry.path for entry in log.sent()] == [shown]


def test_it_is_the_user_s_alone(log: UsageStore, tmp_path: Path) -> None:
    log.record(call(attempt()))
    log.close()
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_the_oldest_go_when_it_is_full_and_still_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_file, "MOST_AUDITED", 1700)
    monkeypatch.setattr(usage_file, "TIDY_EVERY", 1)
    log = UsageStore(lambda: tmp_path)
    for number in range(20):
        log.record(call(attempt(path=f"{number}.py")))
    assert [entry.path for entry in log.sent()] == [f"{number}.py" for number in range(10, 20)]
    assert sum(row.count for row in await log.rows(1)) == 20
    log.close()


def test_two_servers_write_one_log(log: UsageStore, tmp_path: Path) -> None:
    other = UsageStore(lambda: tmp_path, now=lambda: NOW)
    for _ in range(50):
        log.record(call(attempt()))
        other.record(call(attempt()))
    other.close()
    assert len(log.sent()) == 100


async def test_turned_off_it_names_no_files(tmp_path: Path) -> None:
    log = UsageStore(lambda: tmp_path, audit=lambda: False)
    log.record(call(attempt(path="secret-plans.py", files=("more-plans.py",))))
    assert log.sent() == []
    assert sum(row.count for row in await log.rows(1)) == 1
    log.close()
    assert b"plans" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_one_request_can_t_fill_it(log: UsageStore) -> None:
    log.record(call(attempt(path="x" * 10_000, files=tuple(f"{number}" * 1000 for number in range(1000)))))
    (entry,) = log.sent()
    assert len(entry.path) + sum(map(len, entry.files)) < 64 * 1024


def test_only_what_was_written_since_is_read(log: UsageStore) -> None:
    log.record(call(attempt()))
    assert len(log.sent(NOW - 9.5)) == 1
    assert log.sent(NOW - 8.5) == []


@pytest.mark.parametrize(
    "values", ["files = '{'", "files = '5'", "files = '" + "[" * 100_000 + "'", "redacted = '[1]'", "redacted = 'null'"],
    ids=lambda values: values[:20],
)  # fmt: skip
def test_a_broken_row_costs_no_more_than_itself(log: UsageStore, tmp_path: Path, values: str) -> None:
    log.record(call(attempt()))
    assert len(log.sent()) == 1
    with sqlite3.connect(tmp_path / "statistics.db") as database:
        database.execute(f"UPDATE usage SET {values}")
    database.close()
    log.record(call(attempt()))
    assert len(log.sent()) == 1


def test_where_nothing_can_be_written_it_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "statistics.db").mkdir()
    log = UsageStore(lambda: tmp_path)
    for _ in range(3):
        log.record(call(attempt()))
    log.close()
    assert caplog.text.count("can't be kept") == 1
