"""Selections written as text: `‹` and `›` stand around what is selected, one `│` where nothing is."""

from __future__ import annotations

from picode.core.document import Position, split_lines
from picode.core.edits import Proposal, Refused, apply, propose, region_of


def select(marked: str) -> tuple[list[str], Position, Position]:
    """The document's lines, and where the selection begins and ends."""
    before, selected, after = marked.replace("│", "‹›").replace("›", "‹").split("‹")
    return split_lines(before + selected + after), _end(before), _end(before + selected)


def _end(text: str) -> Position:
    lines = split_lines(text)
    return Position(len(lines) - 1, len(lines[-1]))


def edited(marked: str, answer: str, language: str = "python") -> str:
    """The document after the edit that `answer` means, or why there is none."""
    lines, start, end = select(marked)
    found = propose(region_of(lines, start, end), answer, language)
    if isinstance(found, Refused):
        return found.reason
    assert isinstance(found, Proposal)
    return "".join(apply(lines, found.hunks))
