"""The document as it will be if the user accepts a completion and goes on to the next line."""

from __future__ import annotations

from dataclasses import replace

from picode.core.document import Position, Snapshot, split_lines
from picode.core.indentation import indent_of, unit_of

_OPENERS = ("{", "(", "[", ":", "=>")
_SIGHT = 200
"""Lines above the cursor that show the document's unit of indentation."""


def as_accepted(snapshot: Snapshot, text: str, *, indented: bool, replaced_after: int = 0) -> Snapshot | None:
    """`snapshot` with `text` at its cursor, in place of `replaced_after` characters behind it, and the cursor on a new line.

    With `indented` the cursor stands where editors put it; else at the line's start, and the model writes the indentation. None
    where text remains right of the cursor: where the next line begins then is not known.
    """
    if snapshot.line_suffix[replaced_after:].strip():
        return None
    row = snapshot.cursor.line
    written = split_lines(snapshot.line_prefix + text.rstrip() + snapshot.newline)
    indent = ""
    if indented:
        last = written[-2]
        indent = indent_of(last)
        if last.rstrip().endswith(_OPENERS):
            indent += unit_of(reversed(snapshot.lines[max(0, row - _SIGHT) : row])) or "    "
    line_end = snapshot.lines[row][snapshot.cursor.column + len(snapshot.line_suffix) :]
    written[-1] = indent + line_end
    lines = [*snapshot.lines[:row], *written, *snapshot.lines[row + 1 :]]
    return replace(snapshot, lines=lines, cursor=Position(row + len(written) - 1, len(indent)), version=None)
