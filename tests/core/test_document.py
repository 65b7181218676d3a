"""Positions and incremental edits, against the plain oracle: edit the whole text, then split it again."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.core import document
from picode.core.document import Position, from_column, replace, split_lines, to_column

ODD_TEXT = st.text(alphabet="ab\r\n\u2028\x0c\x0b\x85é😀\t", max_size=40)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a\n", ""]),
        ("a\r\nb", ["a\r\n", "b"]),
        ("a\rb\n", ["a\r", "b\n", ""]),
        ("a\u2028b\x0cc\x0bd\x85e\n", ["a\u2028b\x0cc\x0bd\x85e\n", ""]),
        ("\r\r\n\n", ["\r", "\r\n", "\n", ""]),
    ],
)
def test_only_lf_crlf_and_cr_end_a_line(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


@given(ODD_TEXT)
def test_lines_joined_are_the_text(text: str) -> None:
    assert "".join(split_lines(text)) == text


@pytest.mark.parametrize(
    ("encoding", "units", "column"),
    [("utf-8", 4, 1), ("utf-8", 5, 2), ("utf-8", 2, 0), ("utf-16", 2, 1), ("utf-16", 1, 0), ("utf-32", 1, 1)],
)
def test_a_position_inside_a_character_is_its_start(encoding: document.Encoding, units: int, column: int) -> None:
    assert to_column("😀a\n", units, encoding) == column


@given(ODD_TEXT.map(lambda text: re.sub("[\r\n]", "", text)), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_columns_survive_the_round_trip(line: str, encoding: document.Encoding) -> None:
    sizes = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
    units = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    for column in range(len(line) + 1):
        there = from_column(line, column, encoding)
        assert there == len(line[:column].encode(sizes[encoding])) // units
        assert to_column(line, there, encoding) == column


def test_a_position_past_the_line_is_its_end_before_the_line_end() -> None:
    assert to_column("ab\r\n", 99, "utf-16") == 2


@given(ODD_TEXT, st.lists(st.tuples(*[st.integers(0, 12)] * 4, ODD_TEXT), max_size=6))
def test_incremental_edits_equal_edits_of_the_whole_text(
    text: str, edits: list[tuple[int, int, int, int, str]]
) -> None:
    lines = split_lines(text)
    for line1, column1, line2, column2, new in edits:
        start, end = sorted([Position(line1, column1), Position(line2, column2)])
        whole = "".join(lines)
        first, last = (offset(lines, document.clamp(lines, each)) for each in (start, end))
        expected = whole[:first] + new + whole[last:]
        replace(lines, start, end, new)
        assert lines == split_lines(expected)


def offset(lines: list[str], position: Position) -> int:
    return sum(map(len, lines[: position.line])) + position.column


def test_text_after_the_cursor_takes_whole_lines_within_its_limit() -> None:
    lines = split_lines("one\ntwo\nthree\nfour\n")
    assert document.text_after(lines, Position(2, 2), 9) == "ree\nfour\n"
    assert document.text_after(lines, Position(2, 2), 2) == "re"
