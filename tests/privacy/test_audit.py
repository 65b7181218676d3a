"""The file of what was sent."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest

from picode.assistant.usage.report import Attempt, Report, Sent
from picode.core.errors import AllProvidersFailed, RateLimited
from picode.core.messages import Usage
from picode.io import audit
from picode.io.audit import AuditLog, Entry

NOW = 1_764_000_000.0


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(lambda: tmp_path, roots=lambda: ["/home/ada/work"], now=lambda: NOW)


def report(*tries: Attempt) -> Report:
    return Report("inline", "r1", 10.0, 20.0, tries)


def a_try(error: BaseException | None = None, first_word: float | None = 12.0, **sent: object) -> Attempt:
    what = Sent("https://api.example", **{"path": "/home/ada/work/src/a.py", "characters": 400, **sent})  # type: ignore[arg-type]
    return Attempt("openai", "m", 11.0, 14.5, first_word, usage=Usage(100, 20), cost=0.25, sent=what, error=error)


def test_a_request_is_a_line_and_is_read_as_it_was(log: AuditLog) -> None:
    log.asked(report(a_try(files=("src/b.py", "src/a.py"), redacted={"JWT": 2})))
    (entry,) = log.read()
    assert entry == Entry(
        at=NOW - 9.0,
        feature="inline",
        provider="openai",
        model="m",
        origin="https://api.example",
        path="src/a.py",
        files=("src/b.py",),
        characters=400,
        tokens_in=100,
        tokens_out=20,
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
    log: AuditLog, error: BaseException | None, first_word: float | None, outcome: str
) -> None:
    log.asked(report(a_try(error, first_word)))
    assert [entry.outcome for entry in log.read()] == [outcome]


def test_what_was_not_asked_is_not_in_it(log: AuditLog, tmp_path: Path) -> None:
    log.asked(report(Attempt("openai", "", 1.0, 1.0, asked=False)))
    log.found("openai", "m", "inline", "disk")
    log.breaker("openai", "m", is_open=True)
    assert log.read() == []
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
def test_nobody_s_home_is_in_it(log: AuditLog, path: str, shown: str) -> None:
    log.asked(report(a_try(path=path)))
    assert [entry.path for entry in log.read()] == [shown]


def test_it_is_the_user_s_alone(log: AuditLog, tmp_path: Path) -> None:
    log.asked(report(a_try()))
    log.close()
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_full_file_is_followed_by_the_next_and_the_oldest_goes(
    log: AuditLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "LARGEST", 600)
    monkeypatch.setattr(audit, "KEPT_FILES", 3)
    for number in range(20):
        log.asked(report(a_try(path=f"{number}.py")))
    entries = log.read()
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"audit-{number:06}.jsonl" for number in (5, 6, 7)]
    assert [entry.path for entry in entries] == [f"{number}.py" for number in range(12, 20)]


def test_two_servers_write_one_log(log: AuditLog, tmp_path: Path) -> None:
    other = AuditLog(lambda: tmp_path, now=lambda: NOW)
    for _ in range(50):
        log.asked(report(a_try()))
        other.asked(report(a_try()))
    other.close()
    assert len(log.read()) == 100
    assert len(list(tmp_path.iterdir())) == 1


def test_only_what_was_written_since_is_read(log: AuditLog) -> None:
    log.asked(report(a_try()))
    assert len(log.read(NOW - 9.5)) == 1
    assert log.read(NOW - 8.5) == []


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"{", b"[]", b"null", b'{"at": "x"}', b'{"at": 1}', b"\xff\n", b"[" * 100_000]
    + [
        json.dumps({**vars_of, "cost": "much"}).encode()
        for vars_of in [{"at": 1, "feature": "f", "provider": "p", "model": "m", "origin": "o"}]
    ],
    ids=lambda line: repr(line[:20]),
)
def test_a_broken_line_costs_no_more_than_itself(log: AuditLog, tmp_path: Path, line: bytes) -> None:
    (tmp_path / "audit-000001.jsonl").write_bytes(line + b"\n")
    log.asked(report(a_try()))
    assert len(log.read()) == 1


def test_where_nothing_can_be_written_it_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "audit-000001.jsonl").mkdir()
    log = AuditLog(lambda: tmp_path)
    for _ in range(3):
        log.asked(report(a_try()))
    log.close()
    assert caplog.text.count("can't be written down") == 1
