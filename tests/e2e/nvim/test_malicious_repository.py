"""A malicious clone in a real Neovim, before it is trusted: no process but the server, and nothing sent where it wants."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from attacks.clones import Canaries
from attacks.malicious import PROGRAMS, Stranger, folders_of, make_malicious
from e2e.nvim.conftest import Start, enabling, scripted_settings
from e2e.nvim.neovim import eventually
from e2e.nvim.upstream import ScriptedUpstream

pytestmark = pytest.mark.editor

ONE_SERVER = "vim.lsp.config('picode', { reuse_client = function() return true end })"
"""What a user writes who wants one server for all folders. Each folder is one of its workspaces then."""

AUDITED = Path(__file__).parents[2] / "attacks" / "audited.py"


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    stranger = Stranger()
    yield stranger
    stranger.close()


def test_nothing_of_a_clone_runs_and_nothing_is_sent(
    start: Start,
    upstream: ScriptedUpstream,
    stranger: Stranger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    canaries = Canaries(tmp_path / "canaries")
    clone = make_malicious(tmp_path / "malicious", canaries, stranger.url)
    for name in PROGRAMS:
        canaries.program(name)
    audit = tmp_path / "audit"
    monkeypatch.setenv("PICODE_TEST_AUDIT", str(audit))
    upstream.will_write("return 1")
    cmd = [sys.executable, str(AUDITED), "lsp"]
    nvim = start(f"{enabling(scripted_settings(upstream.url), cmd)}\n{ONE_SERVER}", path=[canaries.folder])
    try:
        for folder in folders_of(clone):
            nvim.command(f"cd {folder}")
            nvim.edit(folder / "new.py")
            nvim.wait_for_server()
            nvim.lua("vim.lsp.buf.add_workspace_folder(...)", str(folder))
            asked = len(upstream.prompts)
            nvim.keys("iret")
            if ".git" not in folder.parts:  # what lies in there is shown to no model
                eventually(lambda asked=asked: len(upstream.prompts) > asked, 20, lambda: nvim.evidence)
        nvim.keys("<Esc>")
        nvim.keys(":PiCode /commit<CR>")
        eventually(lambda: "runs git only in folders that you trust" in nvim.evidence, 20, lambda: nvim.evidence)
        nvim.keys("<CR>")
        children = [" ".join(each.cmdline()) for each in psutil.Process(nvim.process.pid).children(recursive=True)]
        workspace = nvim.lua("return vim.lsp.buf.list_workspace_folders()")
    finally:
        nvim.close()
    assert {*map(str, folders_of(clone))} <= {each.rstrip("/") for each in workspace}
    assert children == [" ".join(cmd)], "the server alone"
    port = upstream.url.rpartition(":")[2].partition("/")[0]
    told = [line for line in audit.read_text().splitlines() if not (line.startswith("socket.") and port in line)]
    assert (told, canaries.song(), stranger.visits) == ([], "", 0)
