"""What files define and import, one small file a language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.syntax.grammar import LANGUAGES, LARGEST
from picode.syntax.outline import Outline, imports_of, outline, patterns
from picode.syntax.outline.names import names_in

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
    # Without a grammar of their own: by pattern.
    "swift": (
        "public final class Cart: Base {\n    let rate: Double\n    init(rate: Double) { self.rate = rate }\n"
        "    func total(_ net: Double) -> Double {\n        let inner = 1\n        return net\n    }\n}\n"
        "enum Kind {\n    case food\n    case book(Int)\n}\n",
        [
            (
                "Cart",
                "public final class Cart: Base\n    let rate: Double\n    init(rate: Double) { self.rate = rate }\n"
                "    func total(_ net: Double) -> Double",
            ),
            ("Cart.rate", "let rate: Double"),
            ("Cart.init", "init(rate: Double) { self.rate = rate }"),
            ("Cart.total", "func total(_ net: Double) -> Double"),
            ("Kind", "enum Kind\n    case food\n    case book(Int)"),
            ("Kind.food", "case food"),
            ("Kind.book", "case book(Int)"),
        ],
    ),
    "scala": (
        "object Tax {\n  def withTax(net: Double): Double = net\n}\ncase class Rate(percent: Double)\n",
        [
            ("Tax", "object Tax\n    def withTax(net: Double): Double = net"),
            ("Tax.withTax", "def withTax(net: Double): Double = net"),
            ("Rate", "case class Rate(percent: Double)"),
        ],
    ),
    "elixir": (
        "defmodule Shop.Tax do\n  def with_tax(net, rate) do\n    net * rate\n  end\nend\n",
        [
            ("Shop.Tax", "defmodule Shop.Tax\n    def with_tax(net, rate)"),
            ("Shop.Tax.with_tax", "def with_tax(net, rate)"),
        ],
    ),
    "sql": (
        "create table if not exists shop.orders (\n  id bigint\n);\nselect 1;\nCREATE VIEW v AS\nSELECT 1;\n",
        [("orders", "create table if not exists shop.orders (\n  id bigint\n);"), ("v", "CREATE VIEW v AS")],
    ),
    "proto": (
        'syntax = "proto3";\nmessage Rate {\n  double percent = 1;\n}\n',
        [("Rate", "message Rate {\n  double percent = 1;\n}")],
    ),
    "graphql": (
        "type Cart {\n  id: ID!\n}\nscalar Date\n",
        [("Cart", "type Cart {\n  id: ID!\n}"), ("Date", "scalar Date")],
    ),
    "css": (
        ":root {\n  --accent: #c00;\n}\n.price, .tag {\n  color: red;\n}\n",
        [("--accent", "--accent: #c00;"), (".price, .tag", ".price, .tag {\n  color: red;\n}")],
    ),
    "haskell": (
        "withTax :: Double -> Double\nwithTax net = net\ndata Rate = Rate\n  { percent :: Double }\n",
        [("withTax", "withTax :: Double -> Double"), ("Rate", "data Rate = Rate\n  { percent :: Double }")],
    ),
    "vue": (
        '<template>\n  <b/>\n</template>\n<script setup lang="ts">\nconst props = defineProps<{\n  amount: number\n}>()\n'
        "function total(net: number) {}\n</script>\n",
        [
            ("default", "defineProps<{\n  amount: number\n}>()\nfunction total(net: number) {}"),
            ("props", "props = defineProps<{\n  amount: number\n}>()"),
            ("total", "function total(net: number)"),
        ],
    ),
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
    (
        "rust",
        "mod tax;\npub use crate::money::{self, rates::{Rate as R, Kind}, with_tax};\nuse super::*;\n",
        [
            ("self::tax", ("tax",), ("*",)),
            ("crate::money", ("money",), ("*",)),
            ("crate::money::rates", ("R",), ("Rate",)),
            ("crate::money::rates", ("Kind",), ("Kind",)),
            ("crate::money", ("with_tax",), ("with_tax",)),
            ("super", ("*",), ("*",)),
        ],
    ),
    ("java", "import static a.B.c;\nimport a.*;\n", [("a.B", ("B",), ("B",)), ("a", ("*",), ("*",))]),
    ("kotlin", "import a.b as c\n", [("a.b", ("c",), ("b",))]),
    (
        "scala",
        "import a.{B, C => D}\nimport e._\n",
        [("a", ("B",), ("B",)), ("a", ("D",), ("C",)), ("e", ("*",), ("*",))],
    ),
    ("csharp", "using A.B;\nusing C = D.E;\n", [("A.B", ("*",), ("*",)), ("D.E", ("C",), ("*",))]),
    ("swift", "@testable import Shop\n", [("Shop", ("*",), ("*",))]),
    (
        "php",
        "use A\\{B, C as D};\nuse E\\F;\n",
        [("A", ("B",), ("B",)), ("A", ("D",), ("C",)), ("E\\F", ("F",), ("F",))],
    ),
    ("php", "require __DIR__ . '/a/b.php';\n", [("./a/b.php", ("*",), ("*",))]),
    ("ruby", "require_relative 'a'\nrequire 'b/c'\n", [("./a", ("*",), ("*",)), ("b/c", ("*",), ("*",))]),
    ("lua", "local a = require('b.c')\nrequire 'd'\n", [("b.c", ("a",), ("*",)), ("d", ("*",), ("*",))]),
    (
        "javascript",
        "const a = require('./b');\nimport './c.css';\n",
        [("./c.css", ("*",), ("*",)), ("./b", ("a",), ("*",))],
    ),
    (
        "shellscript",
        'source "${BASH_SOURCE%/*}/a.sh"\n. ./b.sh\n',
        [("./a.sh", ("*",), ("*",)), ("././b.sh", ("*",), ("*",))],
    ),
    (
        "elixir",
        "alias A.{B, C}\nalias D.E, as: F\n",
        [("A", ("B",), ("B",)), ("A", ("C",), ("C",)), ("D.E", ("F",), ("E",))],
    ),
    ("dart", "import 'package:a/b.dart' as c;\n", [("package:a/b.dart", ("c",), ("*",))]),
    (
        "haskell",
        "import qualified A.B as C\nimport D (e, F(..))\n",
        [("A.B", ("C",), ("*",)), ("D", ("e",), ("e",)), ("D", ("F",), ("F",))],
    ),
    ("proto", 'import public "a/b.proto";\n', [("a/b.proto", ("*",), ("*",))]),
    ("html", '<link rel="stylesheet" href="/a.css?v=1">\n', [("/a.css", ("*",), ("*",))]),
    ("scss", "@use 'a/b';\n@import url(c.css);\n", [("a/b", ("*",), ("*",)), ("c.css", ("*",), ("*",))]),
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


_SLOW = (
    "import ",
    "from a import (",
    "use a::{",
    'x = "',
    "\\",
    "({[",
    "<script\n",
    "@a(",
    "import {a",
    "/*",
    " ",
    "\n",
    "a.b ",
    "class ",
)
_SLOW += (
    "<link ",
    "def a(",
    "@import ",
    ".a ",
    "a, ",
    "defineProps<",
    "public ",
    "export import type ",
    "// ",
    "'",
    "let a\n",
    "   \n{",
)


@pytest.mark.parametrize("fragment", _SLOW)
def test_text_made_to_be_slow_is_not(fragment: str) -> None:
    """Quadratic work on so much of it would take longer than a test may."""
    text = (fragment * LARGEST)[: LARGEST // 4]
    for language in ("python", "typescript", "rust", "vue", "html", *patterns.LANGUAGES):
        names_in(text, language)
        imports_of(text, language)
        if language not in ("python", "typescript", "rust"):  # trees have their own bounds
            outline(text, language)
