"""What surrounds the cursor."""

from __future__ import annotations

import pytest

from picode.syntax.scope import enclosing, used_names

from .places import at

INSIDE: list[tuple[str, str, tuple[str, ...]]] = [
    ("class A(B):\n    def f(self, x):\n        y = │\n", "python", ("class A(B):", "def f(self, x):")),
    (
        "class A:\n    def f(self):\n        pass\n\n    def g(self):\n        │\n",
        "python",
        ("class A:", "def g(self):"),
    ),
    ("def f():\n    if x:\n        for y in z:\n            │\n", "python", ("def f():",)),
    ("def f():\n    pass\n\n│\n", "python", ()),
    ("export class A {\n  async m() {\n    │\n  }\n}\n", "typescript", ("export class A {",)),
    ("export async function f(a) {\n  │\n}\n", "typescript", ("export async function f(a) {",)),
    ("impl S {\n    pub fn new() {\n        │\n", "rust", ("impl S {", "pub fn new() {")),
    ("func (s *S) M() {\n\tif x {\n\t\t│\n", "go", ("func (s *S) M() {",)),
    ("│", "python", ()),
    ("def f(:\n  broken = (\n    │\n", "python", ("def f(:",)),
]


@pytest.mark.parametrize(("marked", "language", "headers"), INSIDE)
def test_the_definitions_around_the_cursor(marked: str, language: str, headers: tuple[str, ...]) -> None:
    assert enclosing(at(marked, language)) == headers


def test_names_near_the_cursor_come_first_and_keywords_never() -> None:
    before = "from area import width\n\ndef f(height):\n    total = compute(height)\n    return scale(width(total), "
    marked = before + "│)\nafter = 1\n"
    names = used_names(at(marked))
    assert names[:3] == ("total", "width", "scale")
    assert {"height", "compute", "after", "area"} <= set(names)
    assert not {"return", "def", "from", "import"} & set(names)


def test_there_are_never_too_many() -> None:
    assert len(used_names(at(" ".join(f"name_{number}" for number in range(500))[:390] + " │"), limit=5)) == 5
