"""Holes that are made in real code: what is taken away is what is missing, and a perfect answer restores it."""

from __future__ import annotations

import random
from functools import cache

import pytest

from benchmarks.holes import KINDS, MAKERS, NOISES, Hole, Kind, generate, going_on, holes_of, noisy, varied
from benchmarks.source import File, Source
from benchmarks.verdicts import Item, assess

CURSOR = "⟪⟫"

PYTHON = '''\
import math


def area(w, h):
    """The area."""
    if w < 0:
        return None

    return w * len("h") * h


class Shape(Base):
    sides = [
        "a",
        "b",
    ]

    def name(
        self,
        upper: bool,
    ) -> str:
        return self.label["name"].upper() + str(upper)
'''
SCRIPT = """\
import { a } from "b";

export function area(w, h) {
  if (!w) {
    return `${h} none`;
  }
  return [w, h].map((each) => {
    return each * 2;
  });
}
"""
GO = 'package p\n\nfunc Area(w, h int) int {\n\tif w < 0 {\n\t\treturn 0\n\t}\n\treturn w * len("é") * h\n}\n'
RUBY = 'class Shape\n  def area(w, h)\n    return 0 if w < 0\n\n    puts "a #{w} b"\n    w * h\n  end\nend\n'
YAML = "jobs:\n  build:\n    runs-on: 'ubuntu'\n    steps:\n      - run: [a, b]\n      - run: make\n"
HTML = '<ul class="list">\n  <li class="item" id="one">\n    <b>One</b>\n  </li>\n</ul>\n'
CSS = "a {\n  color: rgb(1, 2, 3);\n}\n\n.b > c {\n  background: url('x.png');\n}\n"
SHELL = 'area() {\n    local w="$1"\n    if [ -z "$w" ]; then\n        echo "none"\n    fi\n}\n'
TEXTS = {
    "python": PYTHON,
    "javascript": SCRIPT,
    "typescript": SCRIPT,
    "go": GO,
    "ruby": RUBY,
    "yaml": YAML,
    "html": HTML,
    "css": CSS,
    "shellscript": SHELL,
}


@cache
def all_holes(text: str, language: str, kind: Kind) -> list[Hole]:
    """Those that many draws find."""
    source = Source(File(language, f"a.{language}", text))
    return [hole for seed in range(6) for hole in holes_of(source, kind, random.Random(seed))]


# kind, language, file, the cursor's line with the cursor and what stands right of it, and the answer
WRITTEN_OUT: list[tuple[Kind, str, str, str, str]] = [
    ("line", "python", PYTHON, "    return ⟪⟫", 'w * len("h") * h'),
    ("line", "go", GO, '\treturn w * len("é") ⟪⟫', "* h"),
    ("within", "python", PYTHON, '    return w * ⟪⟫("h") * h', "len"),
    ("within", "python", PYTHON, "    if w⟪⟫ 0:", " <"),
    ("block", "python", PYTHON, "    if w < 0:⟪⟫", "\n        return None"),
    ("block", "python", PYTHON, "        ⟪⟫", '"a",\n        "b",'),
    ("block", "python", PYTHON, "    ) -> str:⟪⟫", '\n        return self.label["name"].upper() + str(upper)'),
    ("block", "javascript", SCRIPT, "  if (!w) {⟪⟫", "\n    return `${h} none`;"),
    ("block", "javascript", SCRIPT, "  if (!w) {⟪⟫", "\n    return `${h} none`;\n  }"),
    ("block", "javascript", SCRIPT, "    ⟪⟫", "return each * 2;\n  });"),
    ("block", "ruby", RUBY, "  def area(w, h)⟪⟫", '\n    return 0 if w < 0\n\n    puts "a #{w} b"\n    w * h'),
    ("block", "yaml", YAML, "    steps:⟪⟫", "\n      - run: [a, b]\n      - run: make"),
    ("block", "shellscript", SHELL, '    if [ -z "$w" ]; then⟪⟫', '\n        echo "none"\n    fi'),
    (
        "head",
        "python",
        PYTHON,
        "def area(⟪⟫",
        'w, h):\n    """The area."""\n    if w < 0:\n        return None\n\n    return w * len("h") * h',
    ),
    (
        "head",
        "python",
        PYTHON,
        "    def name(⟪⟫",
        '\n        self,\n        upper: bool,\n    ) -> str:\n        return self.label["name"].upper() + str(upper)',
    ),
    ("head", "go", GO, "\tif w⟪⟫", " < 0 {\n\t\treturn 0\n\t}"),
    ("head", "ruby", RUBY, "  def area(⟪⟫", 'w, h)\n    return 0 if w < 0\n\n    puts "a #{w} b"\n    w * h\n  end'),
    ("head", "html", HTML, '  <li class="⟪⟫', 'item" id="one">\n    <b>One</b>\n  </li>'),
    ("closed", "python", PYTHON, '    return w * len("⟪⟫")', 'h") * h'),
    ("closed", "python", PYTHON, "    return w * len(⟪⟫) * h", '"h")'),
    ("closed", "python", PYTHON, '        return self.label["⟪⟫"]', 'name"].upper() + str(upper)'),
    ("closed", "python", PYTHON, "class Shape(⟪⟫)", "Base):"),
    ("closed", "javascript", SCRIPT, "  if (⟪⟫)", "!w) {\n    return `${h} none`;\n  }"),
    ("closed", "javascript", SCRIPT, "    return `${⟪⟫}`", "h} none`;"),
    ("closed", "javascript", SCRIPT, "  if (!w) {⟪⟫}", "\n    return `${h} none`;\n  }"),
    ("closed", "javascript", SCRIPT, "    ⟪⟫", "return `${h} none`;\n  }"),
    ("closed", "go", GO, '\treturn w * len("⟪⟫")', 'é") * h'),
    ("closed", "yaml", YAML, "    runs-on: '⟪⟫'", "ubuntu'"),
    ("closed", "html", HTML, '  <li class="item" id="⟪⟫"', 'one">'),
    ("closed", "css", CSS, "  background: url(⟪⟫)", "'x.png');"),
    ("closed", "shellscript", SHELL, '    local w="⟪⟫"', '$1"'),
]


@pytest.mark.parametrize(("kind", "language", "text", "line", "answer"), WRITTEN_OUT)
def test_a_hole_is_found(kind: Kind, language: str, text: str, line: str, answer: str) -> None:
    prefix, right = line.split(CURSOR)
    found = [
        hole
        for hole in all_holes(text, language, kind)
        if hole.line_prefix == prefix and hole.after.split("\n")[0] == right and hole.answer == answer
    ]
    assert found, {(hole.line_prefix, hole.answer) for hole in all_holes(text, language, kind)}
    assert all(hole.expected == text for hole in found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_perfect_answer_restores_the_file(kind: Kind, language: str, newline: str) -> None:
    text = TEXTS[language].replace("\n", newline)
    for hole in all_holes(text, language, kind):
        assert hole.before + hole.answer + hole.rest == text == hole.expected
        assert hole.before + hole.after != text
        closers = "".join(hole.answer[at] for at in hole.closers)
        column = len(hole.line_prefix)
        said, replaced = hole.answer, len(closers)
        if hole.after != closers + hole.rest:
            # Enter has put the closer on a line of its own, where no item reaches: it has to stay.
            assert kind == "closed"
            assert hole.after == text[len(text) - len(hole.after) :]
            said = hole.answer[: len(hole.answer) - (len(hole.after) - len(hole.rest))]
        item = Item(said, column, column + replaced, hole.before.count("\n"))
        finding = assess(hole, item)
        assert (finding.verdict, finding.not_drawn) == ("as it was", ""), hole


def test_nothing_is_asked_for_that_the_editor_closes_itself() -> None:
    text = "print('a')\n"
    assert {hole.answer for hole in all_holes(text, "python", "closed")}.isdisjoint({")", "')"})


def test_the_same_seed_gives_the_same_holes() -> None:
    files = [File(language, f"file.{language}", text) for language, text in TEXTS.items()]
    assert generate(files, 90, 1) == generate(files, 90, 1)
    assert generate(files, 90, 1) != generate(files, 90, 2)


def test_kinds_and_languages_are_balanced() -> None:
    files = [File(language, f"file.{language}", text) for language, text in TEXTS.items()]
    found = [(hole.kind, hole.language) for hole in generate(files, 135, 1)]
    assert {found.count((kind, language)) for kind in MAKERS for language in TEXTS} <= {1, 2, 3}


def test_files_come_with_crlf_and_with_tabs_too() -> None:
    texts = {varied(File("javascript", "a.js", SCRIPT), random.Random(seed)).text for seed in range(60)}
    tabs = SCRIPT.replace("    ", "\t\t").replace("\n  ", "\n\t")
    assert texts == {SCRIPT, SCRIPT.replace("\n", "\r\n"), tabs}
    assert {varied(File("python", "a.py", PYTHON), random.Random(seed)).text for seed in range(60)} == {
        PYTHON,
        PYTHON.replace("\n", "\r\n"),
    }


def a_hole(before: str, after: str, answer: str, rest: str | None = None, language: str = "python") -> Hole:
    rest = after if rest is None else rest
    return Hole("line", language, "a.py", before, after, answer, before + answer + rest)


def test_going_on_says_the_next_six_lines() -> None:
    hole = a_hole("a = ", "\n1\n2\n3\n4\n5\n6\n7\n", "b")
    assert going_on(hole) == "b\n1\n2\n3\n4\n5\n6"
    closed = a_hole("f(", ")\nnext\n", "a)", "\nnext\n")
    assert going_on(closed) == "a)\nnext\n"


@pytest.mark.parametrize(
    ("noise", "says"),
    [
        ("fenced", "```python\nif a:\n        b()\n```"),
        ("echoed", "    if a:\n        b()"),
        ("indented", "if a:\n    b()"),
    ],
)
def test_noise_is_around_the_answer(noise: str, says: str) -> None:
    hole = a_hole("def f():\n    if ", "\n", "a:\n        b()")
    assert noise in NOISES
    assert noisy(hole, noise) == says  # type: ignore[arg-type]
