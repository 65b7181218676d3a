"""Whatever form a model gives its answer, the document becomes what it means, or stays as it is: nothing else of it is lost."""

from __future__ import annotations

import difflib
import html
import json
from collections.abc import Callable
from typing import NamedTuple

import pytest

from .selections import edited


class Place(NamedTuple):
    """A document with a definition selected in it, and that definition with one line changed."""

    language: str
    marked: str
    changed: str

    @property
    def old(self) -> str:
        return self.marked.partition("‹")[2].partition("›")[0].removesuffix("\n")

    @property
    def document(self) -> str:
        return self.marked.replace("‹", "").replace("›", "")

    def after(self, new: str) -> str:
        return self.document.replace(self.old, new)


PYTHON = """import os


def add(a, b):
    \"\"\"Adds.\"\"\"
    if a < b:
        return a + b
    return b


class Box:
    def area(self):
        total = 0
        for side in self.sides:
            total += side
        return total

    def name(self):
        return "box"
"""
ADD = PYTHON[PYTHON.index("def add") : PYTHON.index("\n\nclass")]
AREA = PYTHON[PYTHON.index("    def area") : PYTHON.index("\n    def name")]
NAME = PYTHON[PYTHON.index("    def name") :]
TYPESCRIPT = """import { a } from "./a";

export function add(x: number, y: number): number {
  if (x < y) {
    return x + y;
  }
  return y;
}

export class Box {
  area(): number {
    let total = 0;
    for (const side of this.sides) {
      total += side;
    }
    return total;
  }
}
"""
TS_ADD = TYPESCRIPT[TYPESCRIPT.index("export function") : TYPESCRIPT.index("\nexport class")]
TS_AREA = TYPESCRIPT[TYPESCRIPT.index("  area()") : TYPESCRIPT.rindex("}\n")]
RUBY = 'require "set"\n\nclass Box\n  def add(x)\n    if x\n      x + 1\n    end\n  end\nend\n'
RUBY_ADD = RUBY[RUBY.index("  def") : RUBY.rindex("end\n")]
GO = """package main

import "fmt"

func add(x int) int {
\tif x < 0 {
\t\treturn x + 1
\t}
\treturn x
}

func main() {
\tfmt.Println(add(1))
}
"""
GO_ADD = GO[GO.index("func add") : GO.index("\nfunc main")]


def place(language: str, document: str, selected: str, old: str, new: str) -> Place:
    assert document.count(selected) == 1
    assert selected.count(old) == 1
    return Place(language, document.replace(selected, f"‹{selected}›"), selected.replace(old, new).removesuffix("\n"))


PLACES = {
    "Python, a function": place("python", PYTHON, ADD, "return a + b", "return sum((a, b))"),
    "Python, a method": place("python", PYTHON, AREA, "total += side", "total += side * 2"),
    "Python, the last method": place("python", PYTHON, NAME, '"box"', '"a box"'),
    "TypeScript, a function": place("typescript", TYPESCRIPT, TS_ADD, "x + y;", "sum(x, y);"),
    "TypeScript, the last method": place("typescript", TYPESCRIPT, TS_AREA, "+= side", "+= 2 * side"),
    "Ruby, the last method": place("ruby", RUBY, RUBY_ADD, "x + 1", "x + 2"),
    "Ruby, behind another": place(
        "ruby", RUBY.replace("    end\n  end\nend", "    end\n  end\n\n  def less(x)\n    x - 1\n  end\nend"),
        "  def less(x)\n    x - 1\n  end\n", "x - 1", "x - 2"
    ),
    "Go": place("go", GO, GO_ADD, "x + 1", "x + 2"),
    "Go, CRLF": place("go", GO.replace("\n", "\r\n"), GO_ADD.replace("\n", "\r\n"), "x + 1", "x + 2"),
    "a language without a grammar": place(
        "nim", "proc a() =\n  echo 1\n\nproc b() =\n  echo 2\n  echo 3\n", "proc b() =\n  echo 2\n  echo 3\n", "2", "4"
    ),
}  # fmt: skip

Answer = Callable[[Place, str], str]


def fence(place: Place, code: str) -> str:
    return f"```{place.language}\n{code}\n```"


def lines_of(place: Place) -> list[str]:
    return place.document.replace("\r\n", "\n").split("\n")


def first_line(place: Place) -> int:
    return place.marked[: place.marked.index("‹")].count("\n") + 1


def numbered(form: str) -> Answer:
    def answer(place: Place, new: str) -> str:
        lines = enumerate(new.split("\n"), first_line(place))
        return fence(place, "\n".join(form.format(number=number, line=line) for number, line in lines))

    return answer


def blocks(search: str, replace: str) -> Answer:
    return lambda place, new: f"{search}\n{place.old}\n=======\n{new}\n{replace}\n"


def diff(place: Place, new: str, context: int = 3) -> str:
    after = place.after(new).replace("\r\n", "\n").split("\n")
    return "\n".join(difflib.unified_diff(lines_of(place), after, "a/f", "b/f", lineterm="", n=context))


ENDINGS = {"python": ".py", "typescript": ".ts", "ruby": ".rb", "go": ".go", "nim": ".nim"}


def commented(place: Place, text: str) -> str:
    return f"{'#' if place.language in ('python', 'ruby', 'nim') else '//'} {text}"


MEANT: dict[str, Answer] = {
    "a fence": fence,
    "in Chinese": lambda place, new: f"以下是修改后的代码:\n\n{new}\n\n我修改了代码。",
    "in Chinese, full-width": lambda place, new: f"这是修改后的代码：\n\n{new}",
    "in Japanese": lambda place, new: f"修正したコードは次のとおりです。\n\n{new}\n",
    "in Russian": lambda place, new: f"Вот исправленный код:\n\n{new}\n\nТеперь всё работает.",
    "in Arabic": lambda place, new: f"هذا هو الكود المعدل:\n\n{new}",
    "in German": lambda place, new: f"Hier ist der Code:\n\n{fence(place, new)}\n\nEr ist jetzt kürzer.",
    "the whole file": lambda place, new: fence(place, place.after(new)),
    "with the lines around it": lambda place, new: fence(
        place,
        "\n".join(
            lines_of(place)[first_line(place) - 3 : first_line(place) - 1]
            + new.split("\n")
            + lines_of(place)[first_line(place) - 1 + len(place.old.split("\n")) :][:3]
        ),
    ),
    "quoted": lambda place, new: "\n".join(f"> {line}" for line in fence(place, new).split("\n")),
    "numbers with a colon": numbered("{number}: {line}"),
    "numbers with a bar": numbered("{number:4} | {line}"),
    "numbers with a tab": numbered("{number:6}\t{line}"),
    "JSON": lambda place, new: json.dumps({"code": new}),
    "JSON in a fence": lambda place, new: f"```json\n{json.dumps({'replacement': new, 'explanation': 'x'})}\n```",
    "escaped for HTML": lambda place, new: fence(place, html.escape(new, quote=False)),
    "the file's name above it": lambda place, new: fence(
        place,
        commented(place, f"src/f{ENDINGS[place.language]}")
        + f"\n{new}",
    ),
    "before and after": lambda place, new: f"Before:\n{fence(place, place.old)}\n\nAfter:\n{fence(place, new)}",
    "SEARCH/REPLACE": blocks("<<<<<<< SEARCH", ">>>>>>> REPLACE"),
    "search/replace": blocks("<<<<<<< search", ">>>>>>> replace"),
    "SEARCH with the file's name": blocks("<<<<<<< SEARCH src/f.py", ">>>>>>> REPLACE"),
    "SEARCH with the line": blocks("<<<<<<< SEARCH\n:start_line:3\n-------", ">>>>>>> REPLACE"),
    "conflict markers": blocks("<<<<<<< HEAD", ">>>>>>> updated"),
    "conflict markers without names": blocks("<<<<<<<", ">>>>>>>"),
    "tags for old and new": lambda place, new: f"<search>\n{place.old}\n</search>\n<replace>\n{new}\n</replace>",
    "arguments of a tool": lambda place, new: f"<old_str>{place.old}</old_str>\n<new_str>{new}</new_str>",
    "a diff of the whole": lambda place, new: diff(place, new, 999),
}  # fmt: skip
"""Forms in which it is certain what is meant."""

DOUBTFUL: dict[str, Answer] = {
    "a diff without context": lambda place, new: diff(place, new, 0),
    "an agent's patch": lambda place, new: f"*** Begin Patch\n*** Update File: f\n{diff(place, new)}\n*** End Patch",
    "cut off in its middle": lambda place, new: fence(place, new)[: len(fence(place, new)) * 2 // 3],
    "cut off behind a line": lambda place, new: f"```{place.language}\n" + "\n".join(new.split("\n")[:2]),
    "a block that is not closed": lambda place, new: f"<<<<<<< SEARCH\n{place.old}\n=======\n{new}",
    "a block without its first mark": lambda place, new: f"{place.old}\n=======\n{new}\n>>>>>>> REPLACE",
    "an example behind it": lambda place, new: f"{fence(place, new)}\n\nUse it so:\n\n{fence(place, 'add(1, 2)')}",
    "an example before it": lambda place, new: f"You call it so:\n\n{fence(place, 'add(1, 2)')}\n\n{fence(place, new)}",
    "after and before": lambda place, new: f"{fence(place, new)}\n\nIt was:\n\n{fence(place, place.old)}",
    "all else left out": lambda place, new: fence(
        place, "\n".join((commented(place, "... existing code ..."), "", new, "", commented(place, "... the rest ...")))
    ),
    "its inside left out": lambda place, new: fence(
        place, "\n".join((*new.split("\n")[:1], "    " + commented(place, "... existing code ..."), new.split("\n")[-1]))
    ),
}  # fmt: skip
"""Forms that may be refused."""

ALL = MEANT | DOUBTFUL


@pytest.mark.parametrize("where", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("form", ALL.values(), ids=ALL)
def test_an_answer_that_repeats_the_selection_changes_nothing(where: Place, form: Answer) -> None:
    found = edited(where.marked, form(where, where.old.replace("\r\n", "\n")), where.language)
    assert found == where.document or "\n" not in found


@pytest.mark.parametrize("where", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("form", MEANT.values(), ids=MEANT)
def test_what_is_meant_is_done(where: Place, form: Answer) -> None:
    new = where.changed.replace("\r\n", "\n")
    assert edited(where.marked, form(where, new), where.language) == where.after(where.changed)


@pytest.mark.parametrize("where", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("form", DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_is_in_doubt_is_done_right_or_not_at_all(where: Place, form: Answer) -> None:
    found = edited(where.marked, form(where, where.changed.replace("\r\n", "\n")), where.language)
    assert found in (where.after(where.changed), where.document) or "\n" not in found


HEADING = "Title\n=======\n\n‹One\n=======\n\ntext\n›"
PARTED = {
    "headings on both sides": (
        "<<<<<<< SEARCH\nOne\n=======\n=======\nTwo\n=======\n>>>>>>> REPLACE\n",
        "Title\n=======\n\nTwo\n=======\n\ntext\n",
    ),
    "a heading on one side": ("<<<<<<< SEARCH\ntext\n=======\nTwo\n=======\n>>>>>>> REPLACE\n", "does not say where"),
    "the first block has no end": (
        "<<<<<<< SEARCH\ntext\n=======\nwords\n<<<<<<< SEARCH\nOne\n=======\nTwo\n>>>>>>> REPLACE\n",
        "does not say where",
    ),
    "a rule that is text": (
        "<<<<<<< SEARCH\n-------\ntext\n=======\nwords\n>>>>>>> REPLACE\n",
        "does not stand in the document",
    ),
}


@pytest.mark.parametrize(("answer", "after"), PARTED.values(), ids=PARTED)
def test_a_block_is_parted_where_it_is_certain(answer: str, after: str) -> None:
    found = edited(HEADING, answer, "asciidoc")
    assert found == after if "\n" in after else after in found


def test_what_the_selection_has_itself_is_code() -> None:
    for language, code in {
        "basic": "10 PRINT 1\n20 GOTO 10\n",
        "text": "> quoted\n> words\n",
        "lhaskell": "> main = print 1\n> x = 2\n",
        "python": 'x = {"code": "a"}\n',
        "java": 'String s = "&lt;";\n',
        "yaml": "1: one\n2: two\n",
    }.items():
        assert "leaves the code as it is" in edited(f"a\n‹{code}›b\n", code, language)
        changed = code.replace("1", "3").replace("words", "lines").replace('"a"', '"b"').replace("String", "Object")
        assert edited(f"a\n‹{code}›b\n", changed, language) == f"a\n{changed}b\n"
