"""The document as it will be if the user takes what is shown and goes on to the next line."""

from __future__ import annotations

from dataclasses import replace

from picode.core.document import Position, Snapshot, split_lines

_OPENERS = ("{", "(", "[", ":", "=>")


def as_accepted(snapshot: Snapshot, text: str) -> Snapshot | None:
    """`snapshot` with `text` at its cursor, and the cursor on a new line below it, indented as editors do.

    None where something stands right of the cursor: where the next line begins then is the user's business.
    """
    if snapshot.line_suffix.strip():
        return None
    row = snapshot.cursor.line
    written = split_lines(snapshot.line_prefix + text.rstrip() + snapshot.newline)
    last = written[-2]
    indent = last[: len(last) - len(last.lstrip(" \t"))]
    if last.rstrip().endswith(_OPENERS):
        indent += _unit(snapshot)
    written[-1] = indent
    end = snapshot.lines[row][snapshot.cursor.column + len(snapshot.line_suffix) :]
    written[-1] += end
    lines = [*snapshot.lines[:row], *written, *snapshot.lines[row + 1 :]]
    return replace(snapshot, lines=lines, cursor=Position(row + len(written) - 1, len(indent)), version=None)


def _unit(snapshot: Snapshot) -> str:
    """One step of indentation, as the lines above the cursor have it."""
    for line in reversed(snapshot.lines[max(0, snapshot.cursor.line - 200) : snapshot.cursor.line]):
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if indent and line.strip():
            return "\t" if indent[0] == "\t" else " " * (2 if len(indent) % 4 == 2 else 4)
    return "    "
