"""One language under each name that editors have for it."""

from __future__ import annotations

import pytest

from picode.core import languages
from picode.core.languages import base_language, document_language, identifier, language
from picode.syntax.lexer import balance
from picode.syntax.lexis import lexis_of

FILETYPES = [
    ("sh", "shellscript"),
    ("bash", "shellscript"),
    ("cs", "csharp"),
    ("make", "makefile"),
    ("objc", "objective-c"),
    ("proto3", "proto"),
    ("ps1", "powershell"),
    ("viml", "vim"),
    ("javascript.jsx", "javascriptreact"),
    ("tsx", "typescriptreact"),
    ("mysql", "sql"),
    ("hcl", "terraform"),
    ("yaml.ansible", "yaml"),
    ("gitcommit", "git-commit"),
    ("dosini", "ini"),
    ("htmldjango", "django-html"),
    ("python", "python"),
    ("html+erb", "html+erb"),
]


@pytest.mark.parametrize(("name", "expected"), FILETYPES)
def test_an_editors_name_gives_the_identifier(name: str, expected: str) -> None:
    assert identifier(name) == expected
    assert document_language(name, "/project/file") == expected


@pytest.mark.parametrize("name", [name for name, _ in FILETYPES] + ["heex", "twig", "mdx", "cuda"])
def test_a_name_has_the_comments_and_the_lexis_of_its_language(name: str) -> None:
    row, base = language(name), language(base_language(name))
    assert (row.line_comment, row.block_comment) == (base.line_comment, base.block_comment)
    assert lexis_of(name) == lexis_of(identifier(name))


def test_a_variant_is_not_judged_by_its_bases_grammar() -> None:
    assert language("heex").grammar is None
    assert language("html").grammar is not None


NO_COMMENTS = {"json", "sass", "plaintext", "text", "restructuredtext", "asciidoc"}


@pytest.mark.parametrize(
    "row",
    [row for row in languages.LANGUAGES.values() if row.line_comment and row.id not in NO_COMMENTS],
    ids=lambda row: row.id,
)
def test_a_bracket_in_a_comment_is_no_bracket(row: languages.Language) -> None:
    assert balance(f"{row.line_comment} 1) :( and [\n", row.id).flaws == 0


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("plaintext", "/a/main.zig", "zig"),
        ("plaintext", "/a/App.vue", "vue"),
        ("", "/a/main.go", "go"),
        ("plaintext", "/a/notes.txt", "plaintext"),
        ("plaintext", "untitled:Untitled-1", "plaintext"),
        ("rust", "/a/odd.py", "rust"),
    ],
)
def test_the_extension_counts_where_the_editor_knows_no_language(name: str, path: str, expected: str) -> None:
    assert document_language(name, path) == expected
