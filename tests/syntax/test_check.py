"""A suggestion does not break what is sound."""

from __future__ import annotations

import json.decoder
from itertools import product
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from picode import postprocess
from picode.core.document import Position, Snapshot, body, split_lines
from picode.syntax.check import SoundnessCheck
from picode.syntax.grammar import parse

from .places import at


def mend(text: str, snapshot: Snapshot) -> str:
    """What is shown of `text`, with nothing of what the prompt may have left out."""
    return postprocess.fit_to_cursor(text, postprocess.describe(snapshot, healed=""), snapshot).text


KEPT = [
    ("x = 1\ny = │\n", "foo(1)", "python"),
    ("│\n", "if x:", "python"),
    ("def f():\n    │\n", "for a in b:\n        print(a)", "python"),
    ("│\n", "def f(a,", "python"),
    ("│\n", "@property", "python"),
    ("│\n", "try:", "python"),
    ("│\n", "x = foo(", "python"),
    ("x = [\n    1,\n    │\n]\n", "2,", "python"),
    ("for │\n", "x in y:", "python"),
    ("foo(a=│)\n", "1", "python"),
    ("│\n", "if (a) {", "typescript"),
    ("const a = │\n", "(x) => {", "typescript"),
    ("const a = │;\n", "f(1)", "typescript"),
    ("function f() {\n  │\n}\n", "return a ?? b;", "typescript"),
    ("func f() {\n\t│\n}\n", "if err != nil {", "go"),
    # Where it is broken already, nobody knows better.
    ("def (:\n    │\n", "x = (", "python"),
    ("é😀 = nu│", "ll", "python"),
    # Languages that are not checked.
    ("│\n", "((((", "markdown"),
    ("│\n", "if [ x", "shellscript"),
]
MENDED = [
    ("x = 1\ny = │\n", "foo(1", "foo(1)", "python"),
    ("x = 1\ny = │\n", "foo(1))", "foo(1)", "python"),
    ("x = foo(│)\n", "1, [2", "1, [2]", "python"),
    ("x = │\n", "'abc", "'abc'", "python"),
    ("for i in │:\n    pass\n", "range(3", "range(3)", "python"),
    ("x = │\n", "a[b['c'", "a[b['c']]", "python"),
    ("const a = │;\n", "f(1", "f(1)", "typescript"),
    ("fn main() {\n    │\n}\n", "let x = vec![1", "let x = vec![1]", "rust"),
    ("def f():\n    │\n", "x = 1\n    y = = 2", "x = 1", "python"),
]
DROPPED = [
    ("x = │\n", "the answer is 42 because", "python"),
    ("x = │\n", "Sure! Here is the code", "python"),
    ("│\n", "} else {", "typescript"),
    ("const a = │;\n", "of the following kind", "typescript"),
]


@pytest.mark.parametrize(("marked", "text", "language"), KEPT)
def test_what_is_sound_or_may_become_so_stays(marked: str, text: str, language: str) -> None:
    assert mend(text, at(marked, language)) == text


@pytest.mark.parametrize(("marked", "text", "expected", "language"), MENDED)
def test_brackets_are_mended(marked: str, text: str, expected: str, language: str) -> None:
    assert mend(text, at(marked, language)) == expected


@pytest.mark.parametrize(("marked", "text", "language"), DROPPED)
def test_what_would_break_the_code_is_dropped(marked: str, text: str, language: str) -> None:
    assert mend(text, at(marked, language)) == ""


SOURCE = split_lines(Path(str(json.decoder.__file__)).read_text("utf-8"))


@given(row=st.integers(0, len(SOURCE) - 2), data=st.data())
@settings(max_examples=150, deadline=None)
def test_the_rest_of_a_real_line_is_never_touched(row: int, data: st.DataObject) -> None:
    line = body(SOURCE[row])
    column = data.draw(st.integers(len(line) - len(line.lstrip()), len(line)))
    lines = [*SOURCE]
    lines[row] = line[:column] + "\n"
    assume(line[column:].strip() not in (*")]}\"'", ""))  # editors close a bracket by themselves
    snapshot = Snapshot("u", lines, Position(row, column), None, "python")
    assert mend(line[column:], snapshot) == line[column:]


CLOSERS = ["".join(some) for count in range(4) for some in product(")]}'\"", repeat=count)]


@given(text=st.text(alphabet="ab1 =.,:()[]{}'\"\n", min_size=1, max_size=25))
@settings(max_examples=150, deadline=None)
def test_what_is_left_adds_no_error_that_nothing_could_end(text: str) -> None:
    mended = mend(text, at("a = 1\n│\nb = 2\n"))
    assume(sum(map(mended.count, "([{'\"")) <= 3)
    if mended and mended == text.rstrip() and "\n" not in text and text.rstrip()[-1] not in ":,([{":
        ends = product(("", "x", " x"), CLOSERS, ("", ": pass"))
        assert any(not parse(f"a = 1\n{mended}{''.join(end)}\nb = 2\n", "python").has_error for end in ends)  # type: ignore[union-attr]


SCOPES = {
    "one": ("namespace a {\n\n", "}  // namespace a\n"),
    "one in another": ("namespace a {\nnamespace {\n\n", "}  // namespace\n\n}  // namespace a\n"),
    "behind another": ("namespace b {\nint x;\n}\n\nnamespace a {\n\n", "}\n\nnamespace b {\nint y;\n}\n"),
}
FUNCTIONS = "".join(
    f"int f{number}(\n    int a,\n    int b) {{\n  if (a) {{\n    return b;\n  }}\n#ifdef B\n  a += b;\n#endif\n}}\n\n"
    f"enum E{number} {{\n  A{number},\n}};\n\nvoid g{number}() {{ f{number}(1, 2); }}\n\n"
    for number in range(40)
)


@pytest.mark.parametrize(("begin", "end"), SCOPES.values(), ids=SCOPES.keys())
def test_a_scope_whose_content_is_not_indented_is_seen_from_anywhere_in_it(begin: str, end: str) -> None:
    lines = split_lines(begin + FUNCTIONS + end)
    rows = [row for row, line in enumerate(lines) if "return b" in line]
    checks = [SoundnessCheck(Snapshot("file:///a.cc", lines, Position(row, 4), 1, "cpp")) for row in rows]
    assert [check.flaws() for check in checks] == [0] * len(rows)
