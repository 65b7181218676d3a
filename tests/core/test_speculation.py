"""The document as it will be once a suggestion is taken."""

from __future__ import annotations

import pytest

from picode.core.document import Position, Snapshot, split_lines
from picode.core.speculation import as_accepted

CURSOR = "<cursor>"


def snapshot_of(marked: str) -> Snapshot:
    before, after = marked.split(CURSOR)
    lines = split_lines(before)
    return Snapshot("file:///a", split_lines(before + after), Position(len(lines) - 1, len(lines[-1])), 7)


@pytest.mark.parametrize(
    ("marked", "text", "indented", "bare"),
    [
        ("x = <cursor>\nz\n", "1", "x = 1\n<cursor>\nz\n", None),
        ("x = <cursor>", "1", "x = 1\n<cursor>", None),
        ("    x = <cursor>\n", "1  ", "    x = 1\n    <cursor>\n", "    x = 1\n<cursor>\n"),
        (
            "  if a:\n    b\nif <cursor>\n",
            "x:",
            "  if a:\n    b\nif x:\n  <cursor>\n",
            "  if a:\n    b\nif x:\n<cursor>\n",
        ),
        ("f(<cursor>\n", "a, {", "f(a, {\n    <cursor>\n", "f(a, {\n<cursor>\n"),
        ("\tf(<cursor>\n", "a =>", "\tf(a =>\n\t    <cursor>\n", "\tf(a =>\n<cursor>\n"),
        ("\tg()\n\tf(<cursor>\n", "a =>", "\tg()\n\tf(a =>\n\t\t<cursor>\n", "\tg()\n\tf(a =>\n<cursor>\n"),
        ("<cursor>\n", "a:\n    b", "a:\n    b\n    <cursor>\n", "a:\n    b\n<cursor>\n"),
        ("x = <cursor>\r\nz\r\n", "1", "x = 1\r\n<cursor>\r\nz\r\n", None),
    ],
)
def test_the_cursor_is_on_the_next_line(marked: str, text: str, indented: str, bare: str | None) -> None:
    for expected, deep in ((indented, True), (indented if bare is None else bare, False)):
        after = as_accepted(snapshot_of(marked), text, indented=deep)
        assert after is not None
        before = "".join(after.lines[: after.cursor.line]) + after.line_prefix
        assert before + CURSOR + "".join(after.lines)[len(before) :] == expected
        assert after.version is None


def test_what_stands_right_of_the_cursor_is_the_users_business() -> None:
    assert as_accepted(snapshot_of("f(<cursor>)\n"), "1", indented=True) is None
