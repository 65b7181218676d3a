"""Text as the Language Server Protocol sees it: lines, positions in three encodings, incremental edits.

Lines end at LF, CRLF or CR and nowhere else (LSP 3.18, "Text Documents"); U+2028, form feed and their like are ordinary
characters, which is why `str.splitlines` has no place here. Columns inside PiCode count code points; `Encoding` converts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_LINE_END = re.compile("\r\n|\n|\r")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place between two characters. `line` and `column` (in code points) count from zero."""

    line: int
    column: int


_WORD = re.compile(r"\w*")


def last_word(text: str) -> str:
    """The word that `text` ends with; empty where it ends with another character."""
    found = _WORD.match(text[::-1])
    return found[0][::-1] if found else ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A document at one moment, and the cursor in it. `lines` keep their line ends; the last one has none."""

    uri: str
    lines: Sequence[str]
    cursor: Position
    version: int | None = None
    language: str = ""

    @property
    def line_prefix(self) -> str:
        """The cursor's line up to the cursor."""
        return self.lines[self.cursor.line][: self.cursor.column]

    @property
    def line_suffix(self) -> str:
        """The cursor's line from the cursor on, without its line end."""
        return body(self.lines[self.cursor.line])[self.cursor.column :]

    @property
    def newline(self) -> str:
        """The line end around the cursor: its line's, or that of the line above where it is the last."""
        for number in (self.cursor.line, self.cursor.line - 1):
            line = self.lines[max(0, number)]
            if end := line[len(body(line)) :]:
                return end
        return "\n"


def split_lines(text: str) -> list[str]:
    """`text` as lines with their ends. There is always a last line without one, if only an empty one."""
    if "\r" not in text:
        lines = [line + "\n" for line in text.split("\n")]
        lines[-1] = lines[-1][:-1]
        return lines
    lines, start = [], 0
    for end in _LINE_END.finditer(text):
        lines.append(text[start : end.end()])
        start = end.end()
    lines.append(text[start:])
    return lines


def body(line: str) -> str:
    """`line` without its line end."""
    return line.rstrip("\r\n") if line.endswith(("\n", "\r")) else line


def to_column(line: str, units: int, encoding: Encoding) -> int:
    """The code point column that `units` of the client's encoding reach in `line`, never past its content.

    A position inside a character is rounded down to its start.
    """
    content = body(line)
    if units <= 0:
        return 0
    if encoding == "utf-32" or content.isascii():
        return min(units, len(content))
    reached = 0
    for column, character in enumerate(content):
        reached += _width(character, encoding)
        if reached > units:
            return column
    return len(content)


def from_column(line: str, column: int, encoding: Encoding) -> int:
    """The client's units before code point `column` of `line`."""
    head = line[:column]
    if encoding == "utf-32" or head.isascii():
        return len(head)
    return sum(_width(character, encoding) for character in head)


def _width(character: str, encoding: Encoding) -> int:
    code = ord(character)
    if encoding == "utf-16":
        return 2 if code > 0xFFFF else 1
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def replace(lines: list[str], start: Position, end: Position, text: str) -> None:
    """Puts `text` between `start` and `end` of `lines`, in place; costs what the edit is long, not the document.

    Positions beyond the document or a line count as its end; an `end` before `start` counts as `start`.
    """
    start = clamp(lines, start)
    end = max(start, clamp(lines, end))
    first, last = start.line, end.line
    middle = lines[first][: start.column] + text + lines[last][end.column :]
    # A CR and an LF that the edit has brought together are one line end from now on.
    if first > 0 and middle.startswith("\n") and lines[first - 1].endswith("\r"):
        first -= 1
        middle = lines[first] + middle
    if middle.endswith("\r") and last + 1 < len(lines) and lines[last + 1].startswith("\n"):
        last += 1
        middle += lines[last]
    fresh = split_lines(middle)
    if last + 1 < len(lines) and not fresh[-1]:
        fresh.pop()  # the piece ended with a line end, and the line after it is already there
    lines[first : last + 1] = fresh


def clamp(lines: Sequence[str], position: Position) -> Position:
    """The nearest place that exists in `lines`."""
    if position.line >= len(lines):
        return Position(len(lines) - 1, len(body(lines[-1])))
    if position.line < 0:
        return Position(0, 0)
    return Position(position.line, max(0, min(position.column, len(body(lines[position.line])))))


def text_after(lines: Sequence[str], cursor: Position, limit: int) -> str:
    """Up to about `limit` characters after the cursor, whole lines but for the cursor's own."""
    parts = [lines[cursor.line][cursor.column :][:limit]]
    size, line = len(parts[0]), cursor.line + 1
    while line < len(lines) and size + len(lines[line]) <= limit:
        parts.append(lines[line])
        size += len(lines[line])
        line += 1
    return "".join(parts)


def text_between(lines: Sequence[str], start: Position, end: Position) -> str:
    """The text of `lines` from `start` to `end`."""
    if start.line == end.line:
        return lines[start.line][start.column : end.column]
    middle = "".join(lines[start.line + 1 : end.line])
    return lines[start.line][start.column :] + middle + lines[end.line][: end.column]
