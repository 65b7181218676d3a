"""A malicious clone in a real Neovim, before it is trusted: no process but the server, and nothing sent where it wants."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from attacks.clones import Canaries
from attacks.malicious import PROGRAMS, Stranger, make_malicious
from e2e.nvim.conftest import Start, enabling, scripted_settings
from e2e.nvim.neovim import eventually
from e2e.nvim.upstream import ScriptedUpstream

pytestmark = pytest.mark.editor

AUDITED = Path(__file__).parents[2] / "attacks" / "audited.py"


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    stranger = Stranger()
    yield stranger
    stranger.close()


@pytest.mark.parametrize("folder", ["", "bare", "odd"])
def test_nothing_of_a_clone_runs_and_nothing_is_sent(
    start: Start,
    upstream: ScriptedUpstream,
    stranger: Stranger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    folder: str,
) -> None:
    canaries = Canaries(tmp_path / "canaries")
    clone = make_malicious(tmp_path / "malicious", canaries, stranger.url)
    for name in PROGRAMS:
        canaries.program(name)
    audit = tmp_path / "audit"
    monkeypatch.setenv("PICODE_TEST_AUDIT", str(audit))
    upstream.will_write("return 1")
    cmd = [sys.executable, str(AUDITED), "lsp"]
    nvim = start(enabling(scripted_settings(upstream.url), cmd), path=[canaries.folder])
    try:
        nvim.command(f"cd {clone / folder}")
        nvim.edit(clone / folder / "new.py")
        nvim.wait_for_server()
        nvim.keys("iret")
        eventually(lambda: upstream.prompts, 20, lambda: nvim.evidence)
        nvim.keys("<Esc>")
        nvim.keys(":PiCode /commit<CR>")
        eventually(lambda: "runs git only in folders that you trust" in nvim.evidence, 20, lambda: nvim.evidence)
        nvim.keys("<CR>")
        children = [" ".join(each.cmdline()) for each in psutil.Process(nvim.process.pid).children(recursive=True)]
    finally:
        nvim.close()
    assert children == [" ".join(cmd)], "the server alone"
    port = upstream.url.rpartition(":")[2].partition("/")[0]
    told = [line for line in audit.read_text().splitlines() if not (line.startswith("socket.") and port in line)]
    assert (told, canaries.song(), stranger.visits) == ([], "", 0)
