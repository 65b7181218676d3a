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
    window = open_window("x = 1\n")
    for session in SESSIONS:
        upstream.will_write(session.written)
        path = project / session.file
        path.write_text(session.above, "utf-8")
        window.open_file(session.file)
        window.wait_for(screen.editor_of(session.file), "the editor")
        window.press("Control+End")
        window.type(session.typed)
        window.wait_for_ghost_text()
        window.screenshot(f"auto-closing-{path.stem}")
        window.press("Tab")
        wait_until(
            lambda path=path, session=session: path.read_text("utf-8").rstrip("\n") == session.document,
            20,
            f"{session.document!r} on the disk",
        )
        assert is_sound(session.document, session.language)
    assert window.messages == []
