"""Merge conflicts as git writes them into a file (git-merge, "How conflicts are presented"): both sides between markers, and
with the styles diff3 and zdiff3 what they come from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_MARKER = re.compile(r"(<{7}|\|{7}|={7}|>{7})(?: .*)?\r?\n?")


@dataclass(frozen=True, slots=True)
class Conflict:
    """One conflict, by the lines of its markers, which count from zero. `base` is where the common ancestor begins; None where
    it is not there."""

    first: int
    base: int | None
    middle: int
    last: int


def conflicts_in(lines: Sequence[str]) -> list[Conflict]:
    """All conflicts. Markers that make no whole conflict are code.

    >>> conflicts_in("<<<<<<< ours\\na\\n=======\\nb\\n>>>>>>> theirs\\n".splitlines(keepends=True))
    [Conflict(first=0, base=None, middle=2, last=4)]
    """
    found: list[Conflict] = []
    first: int | None = None
    base: int | None = None
    middle: int | None = None
    for at, line in enumerate(lines):
        marker = match[1][0] if line[:1] in "<|=>" and (match := _MARKER.fullmatch(line)) else ""
        if marker == "<":
            first, base, middle = at, None, None
        elif marker == "|" and first is not None and middle is None:
            base = at
        elif marker == "=" and first is not None and middle is None:
            middle = at
        elif marker == ">" and first is not None and middle is not None:
            found.append(Conflict(first, base, middle, at))
            first = None
    return found


def conflicts_at(lines: Sequence[str], first: int, last: int) -> list[Conflict]:
    """Those that have a line from `first` to `last`."""
    return [each for each in conflicts_in(lines) if each.first <= last and first <= each.last]


def resolved(text: str, side: Literal["ours", "theirs"]) -> str:
    """`text` with one side of every conflict in it."""
    lines = text.splitlines(keepends=True)
    for each in reversed(conflicts_in(lines)):
        ours = lines[each.first + 1 : each.middle if each.base is None else each.base]
        lines[each.first : each.last + 1] = ours if side == "ours" else lines[each.middle + 1 : each.last]
    return "".join(lines)
