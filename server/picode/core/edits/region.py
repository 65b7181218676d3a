"""The selected part of a document, and what the rules need to know of what is around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from picode.core.document import Position, body, clamp, split_lines, text_between
from picode.core.indentation import indent_of

_SIGHT = 400
"""Lines on either side that tell how a document is indented."""


@dataclass(frozen=True, slots=True)
class Region:
    """A selection. `lines` is the whole document, `text` what is selected, `unit` one level of indentation (empty where
    nothing tells), `newline` the line end that new lines get."""

    lines: Sequence[str]
    start: Position
    end: Position
    text: str
    unit: str
    newline: str

    @property
    def prefix(self) -> str:
        """What stands left of the selection, on its first line."""
        return self.lines[self.start.line][: self.start.column]

    @property
    def suffix(self) -> str:
        """What stands right of the selection, on its last line."""
        return body(self.lines[self.end.line])[self.end.column :]

    @property
    def whole(self) -> str:
        """The selection with the rest of its first and last line, without the last line's end."""
        return self.prefix + self.text + self.suffix

    @property
    def around(self) -> tuple[str, str]:
        """All that stands before the selection, and all behind it."""
        before = "".join(self.lines[: self.start.line]) + self.prefix
        return before, self.lines[self.end.line][self.end.column :] + "".join(self.lines[self.end.line + 1 :])

    @property
    def inline(self) -> bool:
        """Whether it begins in the middle of a line, behind something."""
        return bool(self.prefix.strip())

    @property
    def old(self) -> list[str]:
        """What is selected, as lines without ends. Where only indentation stands before it, the first line has it."""
        first = "" if self.inline else self.prefix
        return [body(line) for line in split_lines(first + self.text)]

    @property
    def indent(self) -> str:
        """The indentation that the selection hangs on: what all its lines have; its line's, where it is empty."""
        lines = self.old[1:] if self.inline else self.old
        if not self.inline and any(line.strip() for line in lines):
            return common_indent(lines)
        whole = body(self.lines[self.start.line])
        return indent_of(whole) if whole.strip() else self.prefix or (indent_of(self.text) if self.text else "")


def region_of(lines: Sequence[str], start: Position, end: Position, unit: str = "") -> Region:
    """The selection from `start` to `end`. `unit` is the editor's, which counts where the document itself shows none.

    Positions beyond the document or a line count as its end; an `end` before `start` counts as `start`. A byte order
    mark is not part of a selection: no answer repeats it.
    """
    start = clamp(lines, start)
    if start == Position(0, 0) and lines[0].startswith("\ufeff"):
        start = Position(0, 1)
    end = max(start, clamp(lines, end))
    around = lines[max(0, start.line - _SIGHT) : end.line + _SIGHT]
    ends = (line[len(body(line)) :] for line in (lines[start.line], lines[max(0, start.line - 1)], lines[0]))
    return Region(
        lines=lines,
        start=start,
        end=end,
        text=text_between(lines, start, end),
        unit=indentation_of(around) or unit,
        newline=next(filter(None, ends), "\n"),
    )


def common_indent(lines: Iterable[str]) -> str:
    """The white space that all lines begin with which are not blank."""
    indents = [indent_of(line) for line in lines if line.strip()]
    if not indents:
        return ""
    low, high = min(indents), max(indents)
    size = next((at for at, character in enumerate(low) if character != high[at]), len(low))
    return low[:size]


def indentation_of(lines: Iterable[str]) -> str:
    """One level of indentation: a tab, or as many spaces as lines most often go deeper; empty where none does.

    One space does not count: comments are aligned with one.
    """
    tabs = spaces = depth = 0
    steps: Counter[int] = Counter()
    for line in lines:
        if not line.strip():
            continue
        indent = indent_of(line)
        tabs += indent.startswith("\t")
        spaces += indent.startswith("  ")
        if len(indent) > depth + 1 and "\t" not in indent:
            steps[len(indent) - depth] += 1
        depth = len(indent)
    if tabs > spaces:
        return "\t"
    return " " * min(steps, key=lambda step: (-steps[step], step)) if steps else ""
