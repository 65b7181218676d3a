"""Suggestions in VS Code, from the keystroke to the file on the disk."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from e2e.nvim.upstream import ScriptedUpstream
from e2e.vscode.conftest import PICODE, OpenWindow
from e2e.vscode.server import wait_until

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]  # the first test installs VS Code


PICTURE = Path(__file__).parents[3] / "docs/images/vscode.png"
"""The picture in the README: `PICODE_UPDATE=1` takes it anew."""

NUMBERS = '''"""Numbers worth knowing."""


def factorial(n):
    """The product of the numbers from 1 to n."""
    return 1 if n == 0 else n * factorial(n - 1)


def fibonacci(n):
    """The n-th Fibonacci number."""
    if n < 2:
        return n
'''


@pytest.mark.embedded
def test_a_suggestion_of_the_embedded_model_is_accepted_with_tab(open_window: OpenWindow, model: Path) -> None:
    settings = {"picode.server.command": PICODE, "picode.embedded.modelPath": str(model), "editor.fontSize": 15}
    window = open_window(NUMBERS, file="numbers.py", settings=settings, trust=True, size=(720, 400), scale=2)
    window.press("Control+B")  # hides the side bar
    window.type("    return ")
    suggestion = window.wait_for_ghost_text(30)
    window.wait_for_status("sparkle")
    window.screenshot(PICTURE if os.environ.get("PICODE_UPDATE") else "ghost-text")
    window.press("Tab")
    expected = f"{NUMBERS}    return {suggestion}"
    wait_until(lambda: window.file.read_text("utf-8").startswith(expected), 10, f"{expected!r} on the disk")
    assert window.messages == []


def test_typing_what_is_suggested_keeps_the_suggestion(open_window: OpenWindow, upstream: ScriptedUpstream) -> None:
    upstream.will_write("return left + right")
    window = open_window("def add(left, right):\n")
    window.type("    ret")
    assert window.wait_for_ghost_text() == "urn left + right"
    asked = len(upstream.prompts)
    window.type("urn le")
    window.wait_for_text("return left \\+ right")
    assert window.ghost_text == "ft + right"
    asked_ahead = [prompt for prompt in upstream.prompts[asked:] if prompt.rstrip().endswith("return left + right")]
    assert upstream.prompts[asked:] == asked_ahead  # for the line that comes after this one, not for this one again


def test_a_suggestion_is_asked_for_by_hand(open_window: OpenWindow, upstream: ScriptedUpstream) -> None:
    upstream.will_write("total = sum(numbers)", "total = 0")
    window = open_window("numbers = [1, 2, 3]\ntotal = ")
    assert window.ghost_text == ""
    window.press("Alt+Backslash")
    assert window.wait_for_ghost_text() == "sum(numbers)"


def test_other_candidates_come_in_turn(open_window: OpenWindow, upstream: ScriptedUpstream) -> None:
    upstream.will_write("total = sum(numbers)", "total = max(numbers)", "total = len(numbers)")
    window = open_window("numbers = [1, 2, 3]\ntotal = ")
    window.press("Alt+Backslash")
    seen = [window.wait_for_ghost_text()]
    for _ in range(3):
        window.press("Alt+BracketRight")
        wait_until(lambda: window.ghost_text not in ("", seen[-1]), 10, f"another candidate than {seen[-1]!r}")
        seen.append(window.ghost_text)
    assert seen[0] == "sum(numbers)"
    assert set(seen) == {"sum(numbers)", "max(numbers)", "len(numbers)"}
    assert seen[3] == seen[0]
    window.press("Alt+BracketRight")
    wait_until(lambda: window.ghost_text == seen[1], 10, f"{seen[1]!r} again")
    window.press("Tab")
    wait_until(lambda: window.file.read_text("utf-8").endswith(f"total = {seen[1]}"), 10, f"{seen[1]!r} on the disk")


def test_the_last_suggestion_is_explained(open_window: OpenWindow, upstream: ScriptedUpstream) -> None:
    upstream.will_write("return left + right")
    window = open_window("def add(left, right):\n")
    window.type("    ret")
    window.wait_for_ghost_text()
    window.run_command("PiCode: Explain Last Suggestion")
    window.wait_for_text("# The last suggestion")
    window.wait_for_text("def add\\(left, right\\):")


def test_what_is_wrong_near_the_cursor_is_told(open_window: OpenWindow, upstream: ScriptedUpstream) -> None:
    upstream.will_write('{"a": 1}')
    window = open_window('{\n  "b": }\n', file="broken.json")
    window.wait_for("document.querySelector('.squiggly-error') !== null", "the editor to report the error")
    window.press("Alt+Backslash")
    wait_until(lambda: any("line 2: error: Value expected" in prompt for prompt in upstream.prompts), 10, "the error")


def test_a_file_that_was_never_saved_has_suggestions(open_window: OpenWindow, upstream: ScriptedUpstream) -> None:
    upstream.will_write("print('hello')")
    window = open_window("x = 1\n")
    window.run_command("File: New Untitled Text File")
    window.wait_for("document.title.startsWith('Untitled-1')", "an untitled file")
    window.type("pri")
    assert window.wait_for_ghost_text() == "nt('hello')"


def test_a_cell_of_a_notebook_has_suggestions(
    open_window: OpenWindow, upstream: ScriptedUpstream, project: Path
) -> None:
    upstream.will_write("return left + right")
    cell = {"cell_type": "code", "metadata": {}, "source": "def add(left, right):\n", "outputs": []}
    notebook = {"cells": [cell], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
    (project / "sums.ipynb").write_text(json.dumps(notebook), "utf-8")
    window = open_window("x = 1\n")
    window.open_file("sums.ipynb")
    window.click(".cell .monaco-editor .view-line")
    window.press("Control+End")
    window.type("    ret")
    assert window.wait_for_ghost_text() == "urn left + right"
