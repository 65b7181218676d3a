"""An edit that would break what is sound is mended or refused, and protected files are never edited."""

from __future__ import annotations

import pytest

from picode.assistant.chat.command_request import Selection
from picode.assistant.chat.proposal import propose
from picode.core.edits import Proposal, Refused, apply

from .selections import select


def edited(marked: str, code: str, language: str, path: str = "/p/a.py") -> str:
    lines, start, end = select(marked)
    found = propose(Selection("untitled:a", path, language, lines, start, end), f"```{language}\n{code}\n```")
    if isinstance(found, Refused):
        return found.reason
    assert isinstance(found, Proposal)
    return "".join(apply(lines, found.hunks))


ADDS = "The edit would add a syntax error."

CASES = {
    "sound": ("x = ‹1›\n", "f(2)", "python", "x = f(2)\n"),
    "a bracket is missing": ("x = ‹1›\n", "f(2", "python", "x = f(2)\n"),
    "a brace is missing": (
        "if (y) {\n‹  a();\n›}\n",
        "  if (x) {\n    b();",
        "javascript",
        "if (y) {\n  if (x) {\n    b();\n  }\n}\n",
    ),
    "a brace too many": (
        "{\n‹  if (x) {\n    a();\n  }\n›  c();\n}\n",
        "  b();\n  }",
        "javascript",
        "{\n  b();\n  c();\n}\n",
    ),
    "words": ("x = ‹1›\ny = 2\n", "the answer is", "python", ADDS),
    "half of it": ("‹def f():\n    return 1\n›", "def f():\n    return (1 +", "python", ADDS),
    "an error that was there": ("x = (‹1›\n", "2", "python", "x = (2\n"),
    "an error that goes": ("‹x = (1\n›", "x = (1)", "python", "x = (1)\n"),
    "CRLF": ("a = 1\r\n‹x = f(1)\r\ny = 2\r\n›", "x = f(2)\nz = g(y", "python", "a = 1\r\nx = f(2)\r\nz = g(y)\r\n"),
    "the indentation of a block": (
        "def f():\n    ‹return 1›\n",
        "if x:\n    return 2\nreturn 1",
        "python",
        "def f():\n    if x:\n        return 2\n    return 1\n",
    ),
    "a language that is not checked": ("‹x›\n", "((", "markdown", "((\n"),
}  # fmt: skip


@pytest.mark.parametrize(("marked", "code", "language", "after"), CASES.values(), ids=CASES)
def test_what_is_sound_stays_sound(marked: str, code: str, language: str, after: str) -> None:
    assert edited(marked, code, language) == after


@pytest.mark.parametrize("path", ["/p/.git/config", "/p/.vscode/settings.json", "/p/.picode.toml", "/p/.nvim.lua"])
def test_protected_files_are_never_edited(path: str) -> None:
    assert "never edits" in edited("‹x = 1›\n", "x = 2", "ini", path)
