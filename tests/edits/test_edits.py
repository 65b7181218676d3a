"""A model's answer becomes the smallest edit of what is selected, and of nothing else."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from picode.core.document import Position, split_lines
from picode.core.edits import Hunk, Proposal, Refused, apply, invert, propose, region_of

from .selections import edited, select


def fenced(code: str, info: str = "python") -> str:
    return f"```{info}\n{code}\n```"


F = "def f():\n‹    return 1\n›\ndef g():\n    return 2\n"

Case = tuple[str, str, str]
"""The document and what is selected in it, the code that the model answers, the document afterwards."""

FITS: dict[str, list[Case]] = {
    "the selection's indentation is restored": [
        (F, "    return 3", "def f():\n    return 3\n\ndef g():\n    return 2\n"),
        (F, "return 3", "def f():\n    return 3\n\ndef g():\n    return 2\n"),
        (F, "x = 3\nreturn x", "def f():\n    x = 3\n    return x\n\ndef g():\n    return 2\n"),
        (F, "        return 3", "def f():\n    return 3\n\ndef g():\n    return 2\n"),
        ("def f():\n    ‹return 1›\n", "return 2", "def f():\n    return 2\n"),
        ("def f():\n    ‹return 1›\n", "    return 2", "def f():\n    return 2\n"),
        ("def f():\n    ‹a()\n    b()›\n", "a()\n    c()", "def f():\n    a()\n    c()\n"),
        ("if y:\n    ‹a()\n    b()›\n", "if x:\n        a()\n        b()", "if y:\n    if x:\n        a()\n        b()\n"),
        ("if y:\n    ‹a()\n    b()›\n", "if x:\n    a()\n    b()", "if y:\n    if x:\n        a()\n        b()\n"),
        ("def f():\n    ‹a()\n›", "for x in y:\n    a(x)", "def f():\n    for x in y:\n        a(x)\n"),
        ("if x:\n‹        a()\n    else:\n        b()\n›", "    a()\nelse:\n    c()",
         "if x:\n        a()\n    else:\n        c()\n"),
    ],
    "tabs and spaces are the document's": [
        ("def f():\n‹\ta()\n›", "if x:\n    a()\n    b()", "def f():\n\tif x:\n\t\ta()\n\t\tb()\n"),
        ("def f():\n‹    a()\n›", "if x:\n\ta()\n\tb()", "def f():\n    if x:\n        a()\n        b()\n"),
        ("def f():\n  x()\n‹  a()\n›", "if x:\n    if y:\n        b()", "def f():\n  x()\n  if x:\n    if y:\n      b()\n"),
        ("f(\n    1)\n‹f(a)\n›", "f(a,\n  b)", "f(\n    1)\nf(a,\n    b)\n"),
    ],
    "line ends are the document's": [
        ("a\r\n‹b\r\n›c\r\n", "x\ny", "a\r\nx\r\ny\r\nc\r\n"),
        ("a\r‹b›\rc", "x\ny", "a\rx\ry\rc"),
        ("a\n‹b\r\nc\n›", "b\nx\nc", "a\nb\r\nx\r\nc\n"),
        ("‹a\r\nb›", "a\nc", "a\r\nc"),
        ("x = 1\n‹y = '\u2028'›\n", "y = '\u2028\u2028'", "x = 1\ny = '\u2028\u2028'\n"),
    ],
    "the last line end is kept as it is": [
        ("a\n‹b›", "c\n", "a\nc"),
        ("a\n‹b\n›", "c", "a\nc\n"),
        ("a\n‹b\n›c", "x", "a\nx\nc"),
        ("‹\na\n\n\n›b", "x", "\nx\n\n\nb"),
        ("if a:\n    ‹b()\n    ›c()\n", "x()", "if a:\n    x()\n    c()\n"),
    ],
    "a part of a line stays one": [
        ("x = ‹a + b›;\n", "a - b", "x = a - b;\n"),
        ("x = ‹a + b›;\n", "x = a - b;", "x = a - b;\n"),
        ("f(‹a›)\n", "f(a, b)", "f(a, b)\n"),
        ("f(‹f(a)›)\n", "f(f(a))", "f(f(f(a)))\n"),
        ("x =‹ a›\n", "b", "x = b\n"),
        ("    return ‹foo(a)›\n", "return bar(a)", "    return bar(a)\n"),
        ("    x = ‹f(a)›\n", "f(\n    a,\n)", "    x = f(\n        a,\n    )\n"),
    ],
    "code around the selection that is written again is taken off": [
        (F, "def f():\n    return 3", "def f():\n    return 3\n\ndef g():\n    return 2\n"),
        (F, "    return 3\n\ndef g():\n    return 2", "def f():\n    return 3\n\ndef g():\n    return 2\n"),
        (F, "def f():\n    return 3\n\ndef g():\n    return 2\n", "def f():\n    return 3\n\ndef g():\n    return 2\n"),
        ("f() {\n‹  a();\n›}\n", "  b();\n}", "f() {\n  b();\n}\n"),
        ("f() {\n‹  a();\n›}\n", "  if (x) {\n    b();\n  }", "f() {\n  if (x) {\n    b();\n  }\n}\n"),
        ("f() {\n‹  if (x) {\n    a();\n  }\n›}\n", "  if (x) {\n    b();\n  }", "f() {\n  if (x) {\n    b();\n  }\n}\n"),
        ("import os\n\n‹x = 1\n›", "import os\n\nx = 2", "import os\n\nx = 2\n"),
        ("import os\n‹import os\n›", "import os\nimport re", "import os\nimport os\nimport re\n"),
    ],
    "what is left out, and where is certain, is filled in": [
        ("‹def f():\n    a()\n    b()\n    c()\n›", "def f():\n    a(1)\n    # ... rest unchanged", "The answer leaves"),
        ("‹def f():\n    a()\n    b()\n    c()\n›", "def f():\n    # ... existing code ...\n    c()\n    d()",
         "def f():\n    a()\n    b()\n    c()\n    d()\n"),
        ("‹import os\na = 1\nb = 2\n›", "import os\nimport re\na = 1\n# rest of the code",
         "import os\nimport re\na = 1\nb = 2\n"),
        ("x\n‹f();\ng();\n›", "// ...\nf(1);\n// ... rest of the code", "The answer leaves"),
        ("‹...\n›", "x = 1\n...", "x = 1\n...\n"),
        ("‹# ... and so on\nx = 1\n›", "# ... and so on\nx = 2", "# ... and so on\nx = 2\n"),
        ("‹x = 1\ny = 2\n›", "x = 2\n...\n", "x = 2\n...\n"),
    ],
    "an insertion is a selection of nothing": [
        ("│", "x = 1", "x = 1"),
        ("a = 1\n│\n", "b = 2", "a = 1\nb = 2\n"),
        ("def f():\n    │\n", "return 1", "def f():\n    return 1\n"),
        ("def f():\n    │\n", "x = 1\nreturn x", "def f():\n    x = 1\n    return x\n"),
        ("│def f(): pass\n", "# does it", "# does it\ndef f(): pass\n"),
        ("    │def f(): pass\n", "# does it", "    # does it\n    def f(): pass\n"),
        ("x = │\n", "f(1)", "x = f(1)\n"),
        ("def f():│\n", "return 1", "def f():\n    return 1\n"),
    ],
    "characters that nobody sees are dropped, unless the selection has them": [
        ("‹x = 1\n›", "x\u202e = \u200b2\u2066", "x = 2\n"),
        ("‹x = '\u200b'\n›", "x = '\u200b\u200b'", "x = '\u200b\u200b'\n"),
        ("‹x = 1\n›", "x = '\x1b[31m'", "x = '[31m'\n"),
        ("‹x = 1\n›", "x = '👩‍💻'", "x = '👩‍💻'\n"),
    ],
    "white space on a blank line is nobody's business": [
        ("‹a()\n   \nb()\n›", "a()\n\nc()", "a()\n   \nc()\n"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("marked", "code", "after"),
    [pytest.param(*case, id=f"{rule}-{number}") for rule, cases in FITS.items() for number, case in enumerate(cases)],
)
def test_code_fits_the_selection(marked: str, code: str, after: str) -> None:
    result = edited(marked, fenced(code))
    assert result.startswith(after) if after.startswith("The answer") else result == after


@pytest.mark.parametrize(
    ("marked", "answer", "reason"),
    [
        (F, fenced("def f():\n    return 1\n"), "as it is"),
        (F, fenced("def f(x):\n    return x\n\ndef g():\n    return 3\n"), "outside"),
        ("import os\n\n\ndef f(a):\n‹    return a\n›", fenced("import re\n\n\ndef f(a, b):\n    return a"), "outside"),
        ("‹a()\nb()\n›", fenced("a()\n# ... existing code ...\nz()"), "leaves out"),
        ("‹a()\n›", "```python\na(", "cut off"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_edit_is_refused_with_a_reason(marked: str, answer: str, reason: str) -> None:
    assert reason in edited(marked, answer)


def hunks(marked: str, code: str) -> list[tuple[str, str]]:
    lines, start, end = select(marked)
    found = propose(region_of(lines, start, end), fenced(code), "python")
    assert isinstance(found, Proposal), found
    return [(hunk.old, hunk.text) for hunk in found.hunks]


@pytest.mark.parametrize(
    ("marked", "code", "expected"),
    [
        ("‹a = 1\nb = 2\nc = 3\n›", "a = 1\nb = 5\nc = 3", [("2", "5")]),
        ("‹foo(a) + foo(b)\n›", "bar(a) + bar(b)", [("foo", "bar"), ("foo", "bar")]),
        ("‹a = 1\nc = 3\n›", "a = 1\nb = 2\nc = 3", [("", "b = 2\n")]),
        ("‹a = 1\nb = 2\nc = 3\n›", "a = 1\nc = 3", [("b = 2\n", "")]),
        ("‹a = 1\nb = 2›", "a = 1", [("\nb = 2", "")]),
        ("‹a = 1›", "a = 1\nb = 2", [("", "\nb = 2")]),
        ("    ‹def f(): pass\n›", "# doc\ndef f(): pass", [("", "# doc\n    ")]),
        ("‹return total\n›", "check(total)\nreturn total", [("", "check(total)\n")]),
        ("‹x = compute(a)\n›", "y = compute(a)\nprint(y)", [("x", "y"), ("", "print(y)\n")]),
    ],
)
def test_only_what_differs_is_edited(marked: str, code: str, expected: list[tuple[str, str]]) -> None:
    assert hunks(marked, code) == expected


def test_the_diff_shows_whole_lines() -> None:
    lines, start, end = select("def f():\n    ‹a = 1\n    b = 2\n    return a›\n")
    found = propose(region_of(lines, start, end), fenced("a = 1\nb = 3\nlog(b)\nreturn a"), "python")
    assert isinstance(found, Proposal)
    assert found.diff == (
        (" ", "    a = 1"),
        ("-", "    b = 2"),
        ("+", "    b = 3"),
        ("+", "    log(b)"),
        (" ", "    return a"),
    )
    assert (found.added, found.removed) == (2, 1)
    assert found.text == "a = 1\n    b = 3\n    log(b)\n    return a"


TEXT = st.lists(
    st.sampled_from(["a", "b()", "    b()", "\tc", "}", "{", "é😀", "x\u2028y", "  ", "", "# ...", "return a"])
    | st.text(alphabet="ab é😀\u2028\x0c\t\u200b", max_size=6)
).flatmap(
    lambda lines: st.lists(st.sampled_from(["\n", "\r\n", "\r", "\n"]), min_size=len(lines), max_size=len(lines)).map(
        lambda ends: "".join(line + end for line, end in zip(lines, ends, strict=True))
    )
)
CODE = TEXT | st.text(alphabet="ab \n\r\t(){}`~#.:<>\u202e\u2028é😀-", max_size=60)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, int, int]:
    text = draw(TEXT) + draw(st.sampled_from(["", "a", "    b()", "}"]))
    ends = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    return text, ends[0], ends[1]


@settings(max_examples=600, deadline=None)
@given(documents(), CODE, st.sampled_from(["", "```\n", "```python\n", "Here it is:\n\n```\n"]), st.booleans())
@example(("a\rb\n", 2, 3), "", "```\n", True)
@example(("a\r\nb\rc\n\nd", 3, 6), "x\n\ny", "```\n", True)
def test_an_edit_changes_only_the_selection_and_undoing_it_restores_every_byte(
    document: tuple[str, int, int], code: str, opening: str, unselected: bool
) -> None:
    text, first, last = document
    lines = split_lines(text)
    region = region_of(lines, _position(lines, first), _position(lines, last))
    found = propose(region, opening + code + ("\n```" if opening else ""), "python")
    if isinstance(found, Refused):
        assert found.reason
        return
    before, after = _around(lines, region.start, region.end)
    done = apply(lines, found.hunks)
    assert "".join(done) == before + found.text + after
    assert all(region.start <= hunk.start <= hunk.end <= region.end for hunk in found.hunks)
    assert all(one.end <= other.start for one, other in zip(found.hunks, found.hunks[1:], strict=False))
    assert "".join(apply(done, found.undo)) == text
    assert invert(found.undo) == found.hunks


def _position(lines: list[str], offset: int) -> Position:
    for number, line in enumerate(lines):
        if offset <= len(line.rstrip("\r\n")) or number == len(lines) - 1:
            return Position(number, min(offset, len(line.rstrip("\r\n"))))
        offset = max(0, offset - len(line))
    raise AssertionError


def _around(lines: list[str], start: Position, end: Position) -> tuple[str, str]:
    before = "".join(lines[: start.line]) + lines[start.line][: start.column]
    return before, lines[end.line][end.column :] + "".join(lines[end.line + 1 :])


@given(st.text(alphabet="ab\n\r", max_size=20), st.data())
def test_hunks_undo_each_other_whatever_they_are(text: str, data: st.DataObject) -> None:
    lines = split_lines(text.replace("\r", "\r\n"))
    places = sorted(
        Position(line, column) for line in range(len(lines)) for column in range(len(lines[line].rstrip("\r\n")) + 1)
    )
    chosen = sorted(data.draw(st.lists(st.sampled_from(places), max_size=6).filter(lambda each: len(each) % 2 == 0)))
    edit = tuple(
        Hunk(start, end, data.draw(st.text(alphabet="xy\n", max_size=4)), _between(lines, start, end))
        for start, end in zip(chosen[::2], chosen[1::2], strict=True)
    )
    assert apply(apply(lines, edit), invert(edit)) == lines


def _between(lines: list[str], start: Position, end: Position) -> str:
    before, after = _around(lines, start, end)
    whole = "".join(lines)
    return whole[len(before) : len(whole) - len(after)]


@pytest.mark.parametrize(
    "make",
    [
        lambda number: f"line {number} of many\n",
        lambda number: "}\n" if number % 2 else "    x += 1\n",
        lambda number: f"x[{number % 7}] = {number % 5}\n",
    ],
    ids=["all different", "two lines repeated", "few lines repeated"],
)
def test_two_thousand_lines_are_compared_line_by_line(make: object) -> None:
    assert callable(make)
    old = [make(number) for number in range(2000)]
    new = [line for number, line in enumerate(old) if number % 9] + ["end()\n"]
    began = time.perf_counter()
    found = propose(region_of([*old, ""], Position(0, 0), Position(2000, 0)), fenced("".join(new).rstrip()), "python")
    assert isinstance(found, Proposal)
    assert "".join(apply([*old, ""], found.hunks)) == "".join(new)
    print(f"{time.perf_counter() - began:.3f} s, {len(found.hunks)} hunks")
