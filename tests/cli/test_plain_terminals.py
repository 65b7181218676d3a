"""Terminals that can't draw (`TERM=dumb`), or shall not be coloured (`NO_COLOR`): plain lines, and each thing said once."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pexpect
import pytest

from picode.assistant.chat.command_request import Event, Waits
from picode.cli.answering import Shown, show
from support.model_server import Model

from .test_chat import PICODE, TIMEOUT, model

__all__ = ["model"]

ESCAPE = re.compile(r"\x1b")


def shown(*arguments: str, cwd: Path, **environ: str) -> str:
    """All that a command writes to a terminal."""
    child = pexpect.spawn(
        PICODE[0],
        [*PICODE[1:], *arguments],
        cwd=str(cwd),
        env={**os.environ, "TERM": "xterm-256color", **environ},
        timeout=TIMEOUT,
        encoding="utf-8",
        dimensions=(30, 100),
    )
    child.expect(pexpect.EOF)
    return child.before or ""


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"NO_COLOR": "1"}], ids=["dumb", "NO_COLOR"])
def test_waiting_is_said_once_where_no_line_can_be_drawn(model: Model, project: Path, environ: dict[str, str]) -> None:
    model.says = ["It is fine."]
    said = shown("chat", "hello", cwd=project, **environ)
    assert "It is fine." in said
    assert said.startswith("Waiting for the model…\r\n")
    assert said.count("Waiting for the model…") == 1
    assert not re.search("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]|\x1b\\[(1A|2K|\\?25l)", said), "something that moves"
    if "TERM" in environ:
        assert not ESCAPE.search(said)


def test_a_report_has_no_colours(model: Model, project: Path) -> None:
    said = shown("doctor", cwd=project, NO_COLOR="1")
    assert not ESCAPE.search(said)
    too_long = [line for line in said.splitlines() if len(line) > 100 and len(line.split()) > 3]
    assert too_long == [], "the terminal would break a word"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "Trying again"), (0.3, "Trying again"), (0.99, "Trying again"), (1.0, "Waiting 1 s"), (1.2, "Waiting 2 s")],
)
async def test_a_pause_is_never_one_of_no_seconds(
    capsys: pytest.CaptureFixture[str], seconds: float, said: str
) -> None:
    async def events() -> AsyncGenerator[Event]:
        yield Waits("the provider limits requests", seconds)

    await show(events(), Shown())
    assert capsys.readouterr().err == f"{said}: the provider limits requests.\n"
