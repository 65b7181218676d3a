"""Suggestions where VS Code has closed brackets and quotes by itself: its defaults, real keys, the file on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.closed_pairs import SESSIONS, is_sound
from e2e.nvim.upstream import ScriptedUpstream
from e2e.vscode import screen
from e2e.vscode.conftest import OpenWindow
from e2e.vscode.server import wait_until

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]


def test_what_the_editor_has_closed_is_not_closed_twice(
    open_window: OpenWindow, upstream: ScriptedUpstream, project: Path
) -> None:
    for session in SESSIONS:
        (project / session.file).write_text(session.above, "utf-8")
    window = open_window("x = 1\n")
    for session in SESSIONS:
        upstream.will_write(session.written)
        path = project / session.file
        window.open_file(session.file)
        window.wait_for(screen.editor_of(session.file), "the editor")
        window.press("Control+End")
        window.type(session.typed)
        wait_for_text(path, session.above + session.typed + session.closed)
        window.wait_for_ghost_text()
        window.screenshot(f"auto-closing-{path.stem}")
        window.press("Tab")
        wait_for_text(path, session.document)
        assert is_sound(session.document, session.language)
    assert window.messages == []


def wait_for_text(path: Path, text: str) -> None:
    wait_until(lambda: path.read_text("utf-8").rstrip("\n") == text, 20, f"{text!r} in {path.name}")
