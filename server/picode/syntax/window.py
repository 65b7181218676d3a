"""The lines around a cursor that are enough to understand it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from picode.core.document import Snapshot, body

ABOVE = 100
BELOW = 40
_LONGEST_LINE = 2000


@dataclass(frozen=True, slots=True)
class Window:
    """Text before and after a cursor: whole lines but for the cursor's own, from the start of one construct of the outermost
    level to the start of another, where they are in sight. Line ends are `\\n`."""

    before: str
    after: str

    @property
    def offset(self) -> int:
        """The cursor's place, in bytes of UTF-8."""
        return len(self.before.encode("utf-8", "replace"))


def window_at(snapshot: Snapshot) -> Window | None:
    """None where a line is so long that nobody wrote it."""
    lines, row = snapshot.lines, snapshot.cursor.line
    start, end = max(0, row - ABOVE), min(len(lines), row + 1 + BELOW)
    first = next((number for number in range(start, row) if _begins_construct(lines, number)), start) if start else 0
    last = end
    if end < len(lines):
        last = next((number for number in range(end, row, -1) if _begins_construct(lines, number)), end)
    if any(len(line) > _LONGEST_LINE for line in lines[first:last]):
        return None
    before = "".join(f"{body(line)}\n" for line in lines[first:row]) + snapshot.line_prefix
    after = snapshot.line_suffix + "\n" + "".join(f"{body(line)}\n" for line in lines[row + 1 : last])
    return Window(before, after)


def _begins_construct(lines: Sequence[str], number: int) -> bool:
    """Whether something of the outermost level begins at that line: no indentation, no closer, nothing that decorates it."""
    line, above = lines[number], lines[number - 1] if number else ""
    return bool(line[:1].strip()) and line[0] not in ")]}" and not above.startswith(("@", "#[", "template"))
