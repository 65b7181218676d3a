"""Edits of a document, and the edits that undo them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from picode.core.document import Position, replace, split_lines


@dataclass(frozen=True, slots=True)
class Hunk:
    """`old`, which stands from `start` to `end`, is replaced by `text`. Hunks of one edit are in the document's order, don't
    overlap, and all speak of the document as it is before any of them."""

    start: Position
    end: Position
    text: str
    old: str


def apply(lines: Sequence[str], hunks: Sequence[Hunk]) -> list[str]:
    """`lines` after the edit."""
    edited = list(lines)
    for hunk in reversed(hunks):
        replace(edited, hunk.start, hunk.end, hunk.text)
    return edited


def invert(hunks: Sequence[Hunk]) -> tuple[Hunk, ...]:
    """The edit that undoes `hunks` in the document that they were made in."""
    undo: list[Hunk] = []
    down = 0
    old_end = new_end = Position(0, 0)
    for hunk in hunks:
        line, column = hunk.start.line + down, hunk.start.column
        if hunk.start.line == old_end.line:
            column += new_end.column - old_end.column
        start = Position(line, column)
        new_end = advance(start, hunk.text)
        undo.append(Hunk(start, new_end, hunk.old, hunk.text))
        old_end = hunk.end
        down = new_end.line - old_end.line
    return tuple(undo)


def advance(start: Position, text: str) -> Position:
    """Where `text` ends that begins at `start`."""
    lines = split_lines(text)
    if len(lines) == 1:
        return Position(start.line, start.column + len(text))
    return Position(start.line + len(lines) - 1, len(lines[-1]))
