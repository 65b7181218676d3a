"""`FILE:LINE:COL`: a place in a file, as people and compilers write it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from picode.core.document import body, split_lines
from picode.core.languages import language_of


@dataclass(frozen=True, slots=True)
class Place:
    """A text and a cursor in it; line and column (in characters) count from zero."""

    name: str
    text: str
    line: int
    column: int
    uri: str

    @property
    def language(self) -> str:
        """The language's identifier, as editors name it."""
        return language_of(self.name) or "plaintext"

    @property
    def path(self) -> str:
        """The file, as an absolute path."""
        return str(Path(self.name).absolute())


class Unusable(Exception):
    """What the user named is no place in a file."""


def locate(argument: str, piped: bool = False) -> Place:
    """`FILE:LINE:COL`, counted from one as editors show them; without a column the line's end, without a line the file's.
    `piped` text is read from standard input instead of the file, which need not exist. Raises `Unusable`."""
    name, line, column = _split(argument)
    text = _read(name, piped)
    lines = split_lines(text)
    row = len(lines) if line is None else line
    if not 1 <= row <= len(lines):
        raise Unusable(f"{name} has {len(lines)} lines; there is no line {row}.")
    length = len(body(lines[row - 1]))
    at = length + 1 if column is None else column
    if not 1 <= at <= length + 1:
        raise Unusable(f"Line {row} of {name} has {length} characters; there is no column {at}.")
    return Place(name, text, row - 1, at - 1, Path(name).resolve().as_uri())


def _read(name: str, piped: bool) -> str:
    try:
        content = sys.stdin.buffer.read() if piped else Path(name).read_bytes()
        return content.decode("utf-8")
    except FileNotFoundError:
        raise Unusable(f"There is no file {name}.") from None
    except (OSError, ValueError) as error:
        raise Unusable(f"{name} can't be read as text: {error}.") from None


def _split(argument: str) -> tuple[str, int | None, int | None]:
    parts = argument.rsplit(":", 2)
    numbers: list[int] = []
    while len(parts) > 1 and parts[-1].isdigit() and len(numbers) < 2:
        numbers.insert(0, int(parts.pop()))
    line, column = (*numbers, None, None)[:2]
    return ":".join(parts), line, column
