"""A malicious clone in a real VS Code, in Restricted Mode: no process but the server, and nothing sent where it wants."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from attacks.clones import Canaries
from attacks.malicious import PROGRAMS, Stranger, folders_of, make_malicious
from e2e.nvim.upstream import ScriptedUpstream
from e2e.vscode import install
from e2e.vscode.conftest import OpenWindow
from e2e.vscode.server import Server

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]

AUDITED = Path(__file__).parents[2] / "attacks" / "audited.py"


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    stranger = Stranger()
    yield stranger
    stranger.close()


def test_nothing_of_a_clone_runs_and_nothing_is_sent(
    open_window: OpenWindow,
    tools: install.Toolchain,
    extensions: Path,
    upstream: ScriptedUpstream,
    stranger: Stranger,
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    canaries = Canaries(tmp_path / "canaries")
    make_malicious(project, canaries, stranger.url)
    audit = tmp_path / "audit"
    monkeypatch.setenv("PATH", f"{canaries.folder}:{project / 'bin'}:/usr/bin:/bin")
    settings = {
        "picode.server.command": [sys.executable, str(AUDITED)],
        "picode.providers": {"scripted": {"baseUrl": upstream.url, "fill": "openai_completions"}},
        "picode.cache.enabled": False,
        "picode.inline.provider": "scripted",
        "picode.inline.model": "scripted-model",
    }
    upstream.will_write("return left + right")
    server = Server(tools, extensions, tmp_path / "vscode", settings, environment={"PICODE_TEST_AUDIT": str(audit)})
    try:
        song = _sing(canaries)
        window = open_window("def add(left, right):\n", file="new.py", server=server)
        window.wait_for_text("Restricted Mode")
        window.type("    ret")
        assert window.wait_for_ghost_text() == "urn left + right"
        window.press("Escape")
        window.run_command("PiCode: Write Commit Message")
        window.wait_for_message("runs git only in folders that you trust")
        folders = open_window("def add(left, right):\n", file="new.py", server=server, workspace=_all_folders(project))
        folders.wait_for_text("Restricted Mode")
        folders.type("    ret")
        assert folders.wait_for_ghost_text() == "urn left + right"
        processes = server.language_servers()
        assert len(processes) == 2, "one for each window"
        children = [" ".join(each.cmdline()) for process in processes for each in process.children(recursive=True)]
    finally:
        server.stop()
    port = upstream.url.rpartition(":")[2].partition("/")[0]
    told = [line for line in audit.read_text().splitlines() if not (line.startswith("socket.") and port in line)]
    assert (told, children, canaries.song(), stranger.visits) == ([], [], song, 0)


def _all_folders(clone: Path) -> Path:
    """A workspace of the user's with the clone's root and each of its folders."""
    workspace = clone.parent / "all.code-workspace"
    workspace.write_text(json.dumps({"folders": [{"path": str(folder)} for folder in folders_of(clone)]}))
    return workspace


def _sing(canaries: Canaries) -> str:
    """Puts canaries in place of the usual programs, but for those that VS Code itself is made of. Gives what has been sung."""
    for name in PROGRAMS:
        if name not in ("node", "sh", "bash"):
            canaries.program(name)
    return canaries.song()
