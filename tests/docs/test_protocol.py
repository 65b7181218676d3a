"""docs/protocol.md names each command and each message that is PiCode's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from picode.lsp import extensions, server

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text("utf-8")

COMMANDS = [name for name, _ in server.COMMANDS]
MESSAGES = [value for name, value in vars(extensions).items() if name.isupper() and str(value).startswith("picode/")]


def test_there_is_something_to_look_for() -> None:
    assert len(COMMANDS) > 10
    assert len(MESSAGES) > 4


@pytest.mark.parametrize("name", COMMANDS + MESSAGES)
def test_a_name_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE
