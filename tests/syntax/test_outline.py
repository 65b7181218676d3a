"""What files define and import, one small file a language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.syntax.grammar import LANGUAGES, LARGEST
from picode.syntax.outline import Outline, outline

PYTHON = '''\
import os, numpy as np
from .area import (
    width as w,  # a comment
    height,
)

LIMIT = 10

@cached
async def area(a: int,
               b: int = 2) -> int:
    """Text."""
    return a * b

class Shape(Base):
    name: str = ""

    @property
    def sides(self) -> int:
        return 4

if TYPE_CHECKING:
    def helper(): ...
'''

DEFINED: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "python": (
        PYTHON,
        [
            ("LIMIT", "LIMIT = 10"),
            ("area", "@cached\nasync def area(a: int,\n               b: int = 2) -> int:"),
            ("Shape", 'class Shape(Base):\n    name: str = ""\n    @property def sides(self) -> int:'),
            ("Shape.sides", "@property\n    def sides(self) -> int:"),
            ("helper", "def helper():"),
        ],
    ),
    "typescript": (
        "export class A<T> extends B {\n  x = 3;\n  async m(a: number): Promise<void> { return }\n}\n"
        "interface I { a: string; f(x: number): void }\ntype T = 'a' | 'b';\n"
        "export const f = async (x: number) => { return x };\nconst LIMIT = 10;\nfunction g(a: string) {}\n",
        [
            ("A", "class A<T> extends B\n    x = 3\n    async m(a: number): Promise<void>"),
            ("A.m", "async m(a: number): Promise<void>"),
            ("I", "interface I\n    a: string\n    f(x: number): void"),
            ("I.f", "f(x: number): void"),
            ("T", "type T = 'a' | 'b';"),
            ("f", "f = async (x: number) =>"),
            ("LIMIT", "LIMIT = 10"),
            ("g", "function g(a: string)"),
        ],
    ),
    "javascript": (
        "class A { m(a) { return 1 } }\nfunction g(a) {}\n",
        [("A", "class A\n    m(a)"), ("A.m", "m(a)"), ("g", "function g(a)")],
    ),
    "go": (
        "package a\ntype S struct {\n\tA int\n}\nfunc (s *S) M(a int) error {\n\treturn nil\n}\nconst K = 3\n",
        [("S", "type S struct {\n\tA int\n}"), ("M", "func (s *S) M(a int) error"), ("K", "K = 3")],
    ),
    "rust": (
        "pub struct S { a: i32 }\nimpl S {\n    pub fn new(a: i32) -> Self { S { a } }\n}\ntrait T { fn f(&self); }\n",
        [
            ("S", "pub struct S { a: i32 }"),
            ("S", "impl S\n    pub fn new(a: i32) -> Self"),
            ("S.new", "pub fn new(a: i32) -> Self"),
            ("T", "trait T\n    fn f(&self);"),
            ("T.f", "fn f(&self);"),
        ],
    ),
    "java": (
        "class A {\n  int x = 3;\n  A(int x) { }\n  int m(String a) { return 1; }\n}\n",
        [
            ("A", "class A\n    int x = 3;\n    A(int x)\n    int m(String a)"),
            ("A.A", "A(int x)"),
            ("A.m", "int m(String a)"),
        ],
    ),
    "c": (
        "struct S { int a; };\nint *f(int a) { return 0; }\nint g(void);\nint count;\n",
        [("S", "struct S { int a; }"), ("f", "int *f(int a)"), ("g", "int g(void);")],
    ),
    "cpp": (
        "namespace n {\nclass A { public: int m(); int x; };\nint f() { return 1; }\n}\n",
        [("A", "class A\n    int m();\n    int x;"), ("f", "int f()")],
    ),
    "csharp": (
        "namespace N { class A { int x; public int M(int a) { return 1; } } }",
        [("A", "class A\n    int x;\n    public int M(int a)"), ("A.M", "public int M(int a)")],
    ),
    "ruby": ("class A\n  def m(a)\n    a\n  end\nend\n", [("A", "class A\n    def m(a)"), ("A.m", "def m(a)")]),
    "php": (
        "<?php\nclass A { public $x; function m($a) { } }\nfunction f() {}\n",
        [("A", "class A\n    public $x;\n    function m($a)"), ("A.m", "function m($a)"), ("f", "function f()")],
    ),
    "kotlin": (
        "class A(val x: Int) {\n  fun m(a: Int): Int { return 1 }\n}\n",
        [("A", "class A(val x: Int)\n    fun m(a: Int): Int"), ("A.m", "fun m(a: Int): Int")],
    ),
    "lua": ("function f(a)\n  return a\nend\n", [("f", "function f(a)")]),
    "shellscript": ("f() {\n  echo\n}\n", [("f", "f()")]),
}


@pytest.mark.parametrize("language", DEFINED)
def test_definitions_and_their_signatures(language: str) -> None:
    text, expected = DEFINED[language]
    found = [(".".join((*each.parents, each.name)), each.signature) for each in outline(text, language).definitions]
    assert found == expected


IMPORTED: list[tuple[str, str, list[tuple[str, tuple[str, ...], tuple[str, ...]]]]] = [
    (
        "python",
        PYTHON,
        [("os", ("os",), ("os",)), ("numpy", ("np",), ("numpy",)), (".area", ("w", "height"), ("width", "height"))],
    ),
    ("python", "from . import a\nfrom ..b.c import *\n", [(".", ("a",), ("a",)), ("..b.c", ("*",), ("*",))]),
    ("python", "def f(:\n  x = (\nfrom a import b\n", [("a", ("b",), ("b",))]),
    (
        "typescript",
        "import { a as b, type C } from './x';\nimport d, * as e from \"y\";\nimport 'z';\nexport type T = 'a';\n",
        [("./x", ("b", "C"), ("a", "C")), ("y", ("d", "e"), ("d", "*")), ("z", (), ())],
    ),
    ("javascript", "const { a, b: c } = require('./x');\n", [("./x", ("a", "c"), ("a", "b"))]),
    ("go", 'import (\n\t"fmt"\n\tx "a/b"\n)\n', [("fmt", ("fmt",), ("*",)), ("a/b", ("x",), ("*",))]),
    ("rust", "use crate::a::B;\n", [("crate::a::B", ("B",), ("B",))]),
    ("java", "import a.b.C;\n", [("a.b.C", ("C",), ("C",))]),
    ("c", '#include <stdio.h>\n#include "a.h"\n', [("stdio.h", ("*",), ("*",)), ("a.h", ("*",), ("*",))]),
]


@pytest.mark.parametrize(("language", "text", "expected"), IMPORTED)
def test_imports(language: str, text: str, expected: list[tuple[str, tuple[str, ...], tuple[str, ...]]]) -> None:
    assert [(each.module, each.names, each.originals) for each in outline(text, language).imports] == expected


def test_lines_are_those_of_the_file() -> None:
    area = next(each for each in outline(PYTHON, "python").definitions if each.name == "area")
    assert PYTHON.splitlines()[area.line].startswith("async def area")
    assert PYTHON.splitlines()[area.end] == "    return a * b"


def test_a_long_value_is_cut() -> None:
    (found,) = outline(f"TEXT = '{'x' * 5000}'\n", "python").definitions
    assert len(found.signature) < 200


@pytest.mark.parametrize("language", ["", "plaintext", "klingon"])
def test_a_language_without_a_grammar_has_no_outline(language: str) -> None:
    assert outline("def f(): pass", language) == Outline()


def test_a_huge_file_has_none() -> None:
    assert outline("x = 1\n" * LARGEST, "python") == Outline()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_grammar_loads(language: str) -> None:
    from picode.syntax.grammar import parse

    root = parse("x", language)
    assert root is not None
    assert root.end_byte == 1


@given(text=st.text(max_size=200), language=st.sampled_from(LANGUAGES))
def test_no_text_makes_it_fail(text: str, language: str) -> None:
    outline(text, language)
