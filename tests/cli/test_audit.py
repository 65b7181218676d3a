"""`picode audit`, run as a user runs it."""

from __future__ import annotations

import json
import time

import pytest

from picode.assistant.usage.events import Attempt, CallEnded, Sent
from picode.core.messages import Usage
from picode.io.folders import state_folder
from picode.io.usage_store import UsageStore

from .test_commands import picode


def send(provider: str, days_ago: float = 0.0, **sent: object) -> None:
    log = UsageStore(state_folder, now=lambda: time.time() - days_ago * 86_400)
    what = Sent(f"https://{provider}.example", **sent)  # type: ignore[arg-type]
    each = Attempt(provider, "m-large", 1.0, 3.5, 2.0, usage=Usage(1200, 34), cost=0.0125, sent=what)
    log.record(CallEnded("inline", "r1", 1.0, 3.5, [each]))
    log.close()


def test_before_anything_was_sent() -> None:
    done = picode("audit")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Nothing was sent to anybody in the last 7 days, as far as is written down.\n"


def test_it_shows_what_was_sent_in_columns() -> None:
    send("mistral", path="src/a.py", files=("src/b.py", "src/c.py"), characters=4321, redacted={"JWT": 2})
    done = picode("audit")
    heads, row = done.stdout.splitlines()
    assert heads.split() == (
        "time feature provider model to file others characters tokens redacted outcome took cost".split()
    )
    assert row.split()[2:] == (
        "inline mistral m-large https://mistral.example src/a.py 2 4,321 1,200+34 2 JWT answered 2.50 s $0.0125".split()
    )


def test_of_one_provider_of_some_days_or_as_json() -> None:
    send("mistral", path="a.py")
    send("openai", path="b.py")
    send("openai", days_ago=3, path="c.py")
    send("openai", days_ago=30, path="d.py")
    assert "d.py" not in picode("audit").stdout
    rows = json.loads(picode("audit", "--provider", "openai", "--days", "5", "--json").stdout)
    assert [row["path"] for row in rows] == ["c.py", "b.py"]
    assert (rows[0]["tokensIn"], rows[0]["outcome"], rows[0]["request"]) == (1200, "answered", "r1")
    assert rows[0]["at"].startswith(time.strftime("%Y-"))
    assert len(json.loads(picode("audit", "--days", "31", "--json").stdout)) == 4
    assert "to openai today" not in picode("audit", "--provider", "openai", "--days", "1").stdout
    assert "Nothing was sent to groq today" in picode("audit", "--provider", "groq", "--days", "1").stdout


@pytest.mark.parametrize("days", ["0", "many"])
def test_a_number_of_days_that_is_none(days: str) -> None:
    done = picode("audit", "--days", days)
    assert done.returncode == 2
    assert "--days" in done.stderr
