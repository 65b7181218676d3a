"""The document as it will be if the user takes what is shown and goes on to the next line."""

from __future__ import annotations

from dataclasses import replace

from picode.core.document import Position, Snapshot, split_lines
from picode.core.indentation import indent_of, unit_of

_OPENERS = ("{", "(", "[", ":", "=>")
_SIGHT = 200
"""Lines above that are looked at for the file's unit of indentation."""


def as_accepted(snapshot: Snapshot, text: str, *, indented: bool) -> Snapshot | None:
    """`snapshot` with `text` at its cursor, and the cursor on a new line below it.

    `indented` puts it where editors do; else it stands at the line's start, and how deep the line begins is for the model to
    say. None where something stands right of the cursor: where the next line begins then is the user's business.
    """
    if snapshot.line_suffix.strip():
        return None
    row = snapshot.cursor.line
    written = split_lines(snapshot.line_prefix + text.rstrip() + snapshot.newline)
    indent = ""
    if indented:
        last = written[-2]
        indent = indent_of(last)
        if last.rstrip().endswith(_OPENERS):
            indent += unit_of(reversed(snapshot.lines[max(0, row - _SIGHT) : row])) or "    "
    end = snapshot.lines[row][snapshot.cursor.column + len(snapshot.line_suffix) :]
    written[-1] = indent + end
    lines = [*snapshot.lines[:row], *written, *snapshot.lines[row + 1 :]]
    return replace(snapshot, lines=lines, cursor=Position(row + len(written) - 1, len(indent)), version=None)
