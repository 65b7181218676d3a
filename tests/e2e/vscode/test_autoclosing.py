"""The benchmark's rules for closed brackets and quotes are VS Code's: the same lines, typed key by key in a real window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from e2e.vscode.conftest import OpenWindow
from e2e.vscode.server import wait_until
from holes.typed_lines import TYPED

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]

ENDINGS = {
    "python": "py",
    "javascript": "js",
    "css": "css",
    "rust": "rs",
    "java": "java",
}
OPENERS = "([{\"'`"


@pytest.fixture(scope="session")
def typing(asking: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing but the keys writes: VS Code's own list of completions would take some of them for its entries."""
    return {**asking, "editor.quickSuggestions": False, "editor.suggestOnTriggerCharacters": False}


@pytest.mark.parametrize("language", ENDINGS)
def test_vs_code_closes_brackets_and_quotes_as_the_benchmark_does(
    open_window: OpenWindow, typing: dict[str, Any], language: str
) -> None:
    window = open_window("x\n", file=f"typed.{ENDINGS[language]}", settings=typing)
    for of, line, right, stands in TYPED:
        if of != language or right[:1] in tuple(OPENERS) or "\n" in right:
            continue  # what stands right of the cursor is typed too, and must not be closed itself
        window.press("Control+A")
        window.press("Delete")
        window.type(right, 0.02)
        window.press("Control+Home")
        window.type(line, 0.02)
        wait_until(lambda: window.file.read_text("utf-8") == line + stands, 10, f"{line + stands!r} on the disk")  # noqa: B023
