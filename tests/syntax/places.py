"""Documents with a marked cursor."""

from __future__ import annotations

from picode.core.document import Position, Snapshot, split_lines


def at(marked: str, language: str = "python") -> Snapshot:
    """The document of `marked`, with the cursor where `│` stands."""
    before, after = marked.split("│")
    head = split_lines(before)
    return Snapshot("u", split_lines(before + after), Position(len(head) - 1, len(head[-1])), None, language)
