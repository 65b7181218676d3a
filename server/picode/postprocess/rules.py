"""The rules that do not depend on the code's structure: loops, empty comments, a repetition of the line above."""

from __future__ import annotations

import re
from collections.abc import Sequence

from picode.core.languages import language
from picode.postprocess.cursor_context import CursorContext
from picode.postprocess.normalize import Rule

_LONGEST_LINE = 2000
_LONGEST = 4_000
"""Characters of a line, and of an answer, that are looked at. No more than that is read of what is shown at a cursor."""


def within_bounds(text: str) -> str:
    """`text` up to the first line that is so long that no person typed it."""
    text = text[:_LONGEST]
    at = 0
    for line in text.split("\n"):
        if len(line) > _LONGEST_LINE:
            return text[: max(0, at - 1)]
        at += len(line) + 1
    return text


def keep_one_line(text: str, place: CursorContext) -> str:
    """Where only a line is wanted, the first one is it."""
    return text if place.multiline else text.partition("\n")[0]


def drop_repeated_above(text: str, place: CursorContext) -> str:
    """A first line that only says again what the line above says is no suggestion."""
    if place.line_prefix.strip():
        return text
    above = next((line for line in place.before if line.strip()), "").strip()
    first = (place.line_prefix + text.partition("\n")[0]).strip()
    return "" if len(first) > 4 and first == above and re.search(r"[^\W\d]", first) else text


def _loops(line: str) -> bool:
    """Whether it ends with the same three characters or more six times over, or with ten or more four times."""
    length = len(line)
    for times, shortest in ((6, 3), (4, 10)):
        for size in range(shortest, length // times + 1):
            if line[-1] == line[-1 - size] and line[-size * times :] == line[-size:] * times:
                return bool(_SAYS.search(line[-size:]))
    return False


_SAYS = re.compile(r"[^\W\d_]")


def cut_repetition(text: str, place: CursorContext) -> str:
    """A model that loops says it once: `x⏎x⏎x` is `x`, as is a paragraph that comes again, and a line that ends in a loop is
    dropped. A model that goes on behind three lines that are the same does not loop."""
    kept: list[str] = []
    for line in text.split("\n"):
        if _loops(line):
            break
        kept.append(line)
    kept = _without_last_loop(kept) if kept else kept
    for size in range(2, len(kept[:_MOST]) // 2 + 1):
        times = 3 if size == 2 else 2
        for start in range(len(kept[:_MOST]) - times * size + 1):
            block = kept[start : start + size]
            again = (kept[start + size * each : start + size * (each + 1)] for each in range(1, times))
            if sum(len(line.strip()) > 3 for line in block) > 1 and all(block == other for other in again):
                return "\n".join(kept[: start + size])
    return "\n".join(kept)


def _without_last_loop(lines: list[str]) -> list[str]:
    """`lines` with the last one once, where they end with three or more that are the same; it may be cut off itself."""
    rest = lines[:-1] if len(lines) > 1 and lines[-2].startswith(lines[-1]) else lines
    last = rest[-1]
    same = next((count for count, line in enumerate(reversed(rest)) if line != last), len(rest))
    loops = same > 2 or (same > 1 and len(lines) > len(rest) and lines[-1] == last)
    return rest[: len(rest) - same + 1] if loops and len(last.strip()) > 1 and _SAYS.search(last) else lines


_MOST = 60
"""Lines that are looked through for loops."""


def drop_empty_comments(text: str, place: CursorContext) -> str:
    """A comment that says nothing is no end: `x()⏎//` is `x()`."""
    mark = language(place.language).line_comment if place.language else ""
    empty = (mark,) if mark else ("//", "#", "--")
    lines = text.split("\n")
    while lines and lines[-1].strip() in empty and (len(lines) > 1 or not place.line_prefix.strip()):
        lines.pop()
    return "\n".join(lines)


RULES: Sequence[Rule] = (keep_one_line, drop_repeated_above, cut_repetition, drop_empty_comments)
