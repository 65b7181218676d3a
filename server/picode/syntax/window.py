"""The lines around a cursor that are enough to understand it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from picode.core.document import Snapshot, body
from picode.core.indentation import indent_of

ABOVE = 100
BELOW = 40
_FAR = 3000
"""Lines that are looked through for what encloses the window."""

_LONGEST_HEAD = 20
_LONGEST_LINE = 2000
_CLOSER = re.compile(r"(?:[)\]}]+[;,)]*|end|</[\w.:-]+>)\Z")


@dataclass(frozen=True, slots=True)
class Window:
    """Text before and after a cursor: whole lines but for the cursor's own, from the start of one construct to the start of
    another of the same level. What encloses them is there too, as the lines that open it and those that close it. Line ends are
    `\\n`."""

    before: str
    after: str

    @property
    def offset(self) -> int:
        """The cursor's place, in bytes of UTF-8."""
        return len(self.before.encode("utf-8", "replace"))


def window_at(snapshot: Snapshot) -> Window | None:
    """None where a line is so long that nobody wrote it."""
    lines, row = snapshot.lines, snapshot.cursor.line
    first, heads = _start(lines, row, snapshot.line_prefix)
    last, closers = _end(lines, row)
    numbers = [*heads, *range(first, row)]
    below = [*range(row + 1, last), *closers]
    if any(len(lines[number]) > _LONGEST_LINE for number in (*numbers, row, *below)):
        return None
    before = "".join(f"{body(lines[number])}\n" for number in numbers) + snapshot.line_prefix
    after = snapshot.line_suffix + "\n" + "".join(f"{body(lines[number])}\n" for number in below)
    return Window(before, after)


def _start(lines: Sequence[str], row: int, prefix: str) -> tuple[int, list[int]]:
    """The window's first line, and the lines above it that open what encloses it, outermost first."""
    start = max(0, row - ABOVE)
    if not start:
        return 0, []
    outermost = next((number for number in range(start, row) if _begins_construct(lines, number)), None)
    if outermost is not None:
        return outermost, []
    content = [number for number in range(start, row) if lines[number].strip()]
    if not content:
        return start, []
    level = min((indent_of(lines[number]) for number in content), key=len)
    first = next(number for number in content if indent_of(lines[number]) == level)
    first = next((number for number in content if _begins(lines, number, level)), first)
    return first, sorted(_heads(lines, first, level))


def _heads(lines: Sequence[str], below: int, indent: str) -> Iterator[int]:
    """The lines that open the blocks around line `below`, innermost first; of a head of several lines, all."""
    number = below - 1
    while indent and number >= max(0, below - _FAR):
        line = lines[number]
        if line.startswith(indent) or not line.strip() or len(depth := indent_of(line)) >= len(indent):
            number -= 1
            continue
        indent = depth
        yield number
        reach = number - _LONGEST_HEAD
        while line[len(indent) :].startswith((")", "]", "}", "{")) and reach < number > 0:
            number -= 1
            line = lines[number]
            yield number
            while indent_of(line) != indent and reach < number > 0:
                number -= 1
                line = lines[number]
                yield number
        number -= 1


def _end(lines: Sequence[str], row: int) -> tuple[int, list[int]]:
    """The line behind the window's last, and the lines below it that close what encloses it."""
    end = min(len(lines), row + 1 + BELOW)
    if end == len(lines):
        return end, []
    outermost = next((number for number in range(end, row, -1) if _begins_construct(lines, number)), None)
    if outermost is not None:
        return outermost, []
    content = [number for number in range(row + 1, end) if lines[number].strip()]
    if not content:
        return end, []
    level = min((indent_of(lines[number]) for number in content), key=len)
    last = next((number for number in reversed(content) if _begins(lines, number, level)), end)
    return last, list(_closers(lines, last, level))


def _closers(lines: Sequence[str], above: int, indent: str) -> Iterator[int]:
    for number in range(above, min(len(lines), above + _FAR)):
        line = lines[number]
        if not indent:
            return
        if line.startswith(indent) or not line.strip() or len(depth := indent_of(line)) >= len(indent):
            continue
        if _CLOSER.match(line.strip()):
            indent = depth
            yield number


def _begins_construct(lines: Sequence[str], number: int) -> bool:
    """Whether something of the outermost level begins at that line."""
    return bool(lines[number][:1].strip()) and _begins(lines, number, "")


def _begins(lines: Sequence[str], number: int, indent: str) -> bool:
    """Whether something of a level begins at that line: no closer, nothing that decorates it, no clause of what is above."""
    line, above = lines[number], lines[number - 1].strip() if number else ""
    return (
        indent_of(line) == indent
        and not line[len(indent) :].startswith((")", "]", "}", "{", "else", "elif", "except", "finally", "catch", "end", "</", ".", "#", "*"))
        and not above.startswith(("@", "#[", "template"))
        and not above.endswith((",", "(", "[", "\\", "=", "|", "&&", "||"))
    )
