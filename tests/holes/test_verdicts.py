"""What is said about a document in which a suggestion was accepted. `⟪⟫` is the cursor, text behind it stands right of it."""

from __future__ import annotations

import pytest

from benchmarks.holes import Hole
from benchmarks.verdicts import Item, assess, item_of, units

CURSOR = "⟪⟫"


def hole_of(marked: str, answer: str, closers: str = "", language: str = "python") -> Hole:
    """The hole at the cursor of `marked`; its first characters right of the cursor are `closers` of the editor."""
    before, after = marked.split(CURSOR)
    assert after.startswith(closers)
    places, at = [], 0
    for closer in closers:
        at = answer.index(closer, at)
        places.append(at)
        at += 1
    expected = before + answer + after[len(closers) :]
    return Hole("closed" if closers else "line", language, "a", before, after, answer, expected, tuple(places))


def accept(hole: Hole, text: str, replaced: int = 0) -> Item:
    column = len(hole.line_prefix)
    return Item(text, column, column + replaced, hole.before.count("\n"))


AREA = hole_of("def area(⟪⟫)\n\nx = 1\n", "w, h):\n    return w * h", ")")
CALL = hole_of('print("⟪⟫")\n', 'a" + b)', '")')
QUOTED = hole_of("f('⟪⟫'\n", " > ' or ' 2> ' or ' >'", "'")
LOOP = hole_of("function f() {\n  ⟪⟫\n}\n", "for (const a of b) {\n    a();\n  }", language="javascript")
REST = hole_of("x = ⟪⟫\ny = 2\n", "f(1)")

JUDGED = [
    (AREA, "w, h):\n    return w * h", 1, "as it was", ""),
    (AREA, "w, h):", 1, "part", ""),
    (AREA, "w, h", 0, "part", ""),
    (AREA, "w, h):\n    return w * h", 0, "broken", "closers left twice"),
    (AREA, "w, h)", 0, "broken", "closers left twice"),
    (CALL, 'a" + b)', 2, "as it was", ""),
    (CALL, 'a"', 1, "part", ""),
    (QUOTED, " > ' or ' 2> ", 0, "part", ""),
    (QUOTED, " > ' or ' 2> '", 0, "broken", "closers left twice"),
    (CALL, "a", 0, "part", ""),
    (CALL, "a", 1, "broken", "a new syntax error"),
    (LOOP, "for (const a of b) {\n    a();\n  }", 0, "as it was", ""),
    (LOOP, "for (const a of b) {", 0, "broken", "a new syntax error"),
    (LOOP, "for (const a of b) {\n    a();\n  }\n}", 0, "broken", "a new syntax error"),
    (REST, "f(1)\ny = 2", 0, "broken", "text said twice"),
    (REST, "g", 0, "broken", "text that does not belong there"),
    (REST, "", 0, "nothing", ""),
]


@pytest.mark.parametrize(("hole", "text", "replaced", "verdict", "why"), JUDGED)
def test_a_document_is_judged(hole: Hole, text: str, replaced: int, verdict: str, why: str) -> None:
    finding = assess(hole, accept(hole, text, replaced))
    assert (finding.verdict, finding.why) == (verdict, why)


def test_no_item_is_nothing() -> None:
    assert assess(AREA, None).verdict == "nothing"


NOT_DRAWN = [
    (Item("w", 9, 9, -1), "not in the cursor's line"),
    (Item("w", 9, 12, 0), "the range ends in another line"),
    (Item("w", 10, 10, 0), "the cursor is not in the range"),
    (Item("area(w", 0, 9, 0), "the text does not begin with what stands before the cursor"),
    (Item("w", 9, 10, 0), "the replaced text is no subsequence of the inserted one"),
    (Item("w)", 9, 10, 0), ""),
    (Item("def area(w)", 0, 10, 0), ""),
]


@pytest.mark.parametrize(("item", "why"), NOT_DRAWN)
def test_what_vs_code_would_not_draw_is_counted(item: Item, why: str) -> None:
    assert assess(AREA, item).not_drawn == why


def test_positions_count_utf_16() -> None:
    hole = hole_of('f("😀⟪⟫")\n', '", 1)', '")')
    assert units(hole.line_prefix) == 5
    place = {"start": {"line": 0, "character": 5}, "end": {"line": 0, "character": 7}}
    item = item_of('", 1)', place, hole)
    assert item == Item('", 1)', 4, 6, 0)
    assert assess(hole, item).verdict == "as it was"
