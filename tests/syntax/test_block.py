"""One line or several."""

from __future__ import annotations

import pytest

from picode.syntax.block import wants_block

from .places import at

BLOCKS = [
    ("def f():\n    │\n", "python"),
    ("def f(a):│\n", "python"),
    ("def f():\n    a = 1\n    │\n", "python"),
    ("class A:\n    │\n", "python"),
    ("│\n", "python"),
    ("import os\n\n│\n", "python"),
    ("if x:│", "python"),
    ("function f() {│\n", "typescript"),
    ("function f() {\n  │\n}\n", "typescript"),
    ("const x = {\n  │\n}\n", "typescript"),
    ("list.map((x) => {│\n", "typescript"),
    ("func f() {\n\t│\n}\n", "go"),
    ("fn main() {\n    │\n}\n", "rust"),
    ("class A {\n  │\n}", "java"),
    ("// hello\n│\n", "typescript"),
    ("x\n│\n", "plaintext"),
]
LINES = [
    ("x = │\n", "python"),
    ("def f(│):\n", "python"),
    ("def f(a):│\n    return 1\n", "python"),
    ("x = {1:│}\n", "python"),
    ("x = d[1:│\n", "python"),
    ("x = foo(\n    │\n)\n", "python"),
    ('"""doc\n│\n"""', "python"),
    ("# a comment:│\n", "python"),
    ("x = 'a:│'\n", "python"),
    ("foo(a,\n  │\n)", "typescript"),
    ("function f() {│\n  return 1\n}\n", "typescript"),
    ("`text\n│\n`", "typescript"),
    ("x\n│y\n", "plaintext"),
]


@pytest.mark.parametrize(("marked", "language"), BLOCKS)
def test_several_lines_may_be_suggested(marked: str, language: str) -> None:
    assert wants_block(at(marked, language))


@pytest.mark.parametrize(("marked", "language"), LINES)
def test_one_line_is_suggested(marked: str, language: str) -> None:
    assert not wants_block(at(marked, language))


def test_a_line_that_nobody_wrote_costs_nothing() -> None:
    assert wants_block(at("x" * 1_000_000 + "\n│\n"))
