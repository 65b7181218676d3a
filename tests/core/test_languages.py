"""The one table of languages."""

from __future__ import annotations

import importlib
from collections import Counter

import pytest

from picode.core.comments import as_comment, comment_at
from picode.core.languages import LANGUAGES, language, language_of
from picode.syntax.grammar import parser_of

PATHS = {
    "app.py": "python", "/p/App.PYI": "python", "C:\\p\\a.Ts": "typescript", "a.d.ts": "typescript", "a.tsx": "typescriptreact",
    "a.jsx": "javascriptreact", "a.mjs": "javascript", "a.h": "c", "a.hh": "cpp", "a.cs": "csharp", "a.sh": "shellscript",
    "a.kt": "kotlin", "README.md": "markdown", "a.yml": "yaml", "a.tex": "latex", "a.swift": "swift", "a.sql": "sql",
    "": "", "py": "", ".py": "", "Makefile": "", "a.unknown": "", "dir.py/file": "", "a.py.": "", "a.py ": "",
}  # fmt: skip


@pytest.mark.parametrize(("path", "expected"), PATHS.items())
def test_the_extension_tells_the_language(path: str, expected: str) -> None:
    assert language_of(path) == expected


def test_no_extension_and_no_identifier_is_there_twice() -> None:
    extensions = Counter(extension for row in LANGUAGES.values() for extension in row.extensions)
    assert not {extension for extension, count in extensions.items() if count > 1}
    assert all(extension == extension.lower() and extension.startswith(".") for extension in extensions)
    assert {name: row.id for name, row in LANGUAGES.items()} == {name: name for name in LANGUAGES}
    assert len(extensions) > 60


@pytest.mark.parametrize("name", [name for name, row in LANGUAGES.items() if row.grammar])
def test_each_grammar_is_installed(name: str) -> None:
    module, function = LANGUAGES[name].grammar or ("", "")
    assert hasattr(importlib.import_module(module), function)
    assert parser_of(name) is not None


@pytest.mark.parametrize("name", [*LANGUAGES, "unknown"])
def test_what_is_written_as_a_comment_is_found_as_one(name: str) -> None:
    row = language(name)
    assert row.line_comment or row.block_comment
    comment = as_comment("add it", name)
    assert "add it" in comment
    assert comment_at(["x\n", f"  {comment}\n", "y\n"], 1, name) == (1, 1)
    assert comment_at(["x\n", f"  {comment}\n", "y\n"], 0, name) is None
