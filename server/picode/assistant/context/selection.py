"""How much there is room for, and in which order it is shown.

Providers and llama.cpp keep what they have read of an equal beginning. So what was shown before stays, in its order, while it
is still wanted; what is new comes behind it, and what changes most comes last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from picode.assistant.context.definitions import Entry

_HEADING = 24
"""Characters that naming a file costs."""

_LOYALTY = 1.0
"""How much more than what is shown already something new must be wanted."""


_SURE = 3.5
"""What is wanted so much is shown whole before others are shown at all."""
_LARGE = 4
"""Unless it takes more than this part of the room: then it is shown whole if there is room left at the end."""


def select(entries: Sequence[Entry], room: int, shown: Sequence[tuple[str, int, str]]) -> list[Entry]:
    """The most wanted of `entries` that fit into `room` characters; those `shown` before come first, in their order.

    Many in short are worth more than a few in full: a signature says how to call something, and nothing is worse than none.
    """
    before = {key: index for index, key in enumerate(shown)}
    wanted = sorted(entries, key=lambda entry: -entry.score - (_LOYALTY if entry.key in before else 0.0))
    chosen: dict[tuple[str, int, str], Entry] = {}
    headed: set[str] = set()
    left = room
    for entry in wanted:
        heading = 0 if entry.path in headed else _heading(entry.path)
        whole = (entry.score >= _SURE and len(entry.text) <= room // _LARGE) or not entry.short
        for text in (entry.text, entry.short) if whole else (entry.short,):
            if text and len(text) + 1 + heading <= left:
                chosen[entry.key] = replace(entry, text=text)
                headed.add(entry.path)
                left -= len(text) + 1 + heading
                break
    for entry in wanted:
        more = len(entry.text) - len(chosen[entry.key].text) if entry.key in chosen else 0
        if 0 < more <= left:
            chosen[entry.key] = entry
            left -= more
    kept = sum(key in before for key in chosen)
    if 2 * kept < len(before):
        before = {}  # most of it is of no use any more: in its natural order again
    return sorted(chosen.values(), key=lambda entry: (before.get(entry.key, len(before)), entry.path, entry.line))


def size_of(entries: Sequence[Entry]) -> int:
    """Characters that `entries` take, with the names of their files."""
    paths = {entry.path for entry in entries}
    return sum(len(entry.text) + 1 for entry in entries) + sum(map(_heading, paths))


def _heading(path: str) -> int:
    return _HEADING + len(path) // 2
