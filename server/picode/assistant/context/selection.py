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


def select(entries: Sequence[Entry], room: int, shown: Sequence[tuple[str, int, str]]) -> list[Entry]:
    """The most wanted of `entries` that fit into `room` characters; those `shown` before come first, in their order."""
    before = {key: index for index, key in enumerate(shown)}
    wanted = sorted(entries, key=lambda entry: -entry.score - (_LOYALTY if entry.key in before else 0.0))
    chosen: list[Entry] = []
    headed: set[str] = set()
    left = room
    for entry in wanted:
        heading = 0 if entry.path in headed else _HEADING + len(entry.path) // 2
        for text in (entry.text, entry.short):
            if text and len(text) + 1 + heading <= left:
                chosen.append(entry if text is entry.text else replace(entry, text=text))
                headed.add(entry.path)
                left -= len(text) + 1 + heading
                break
    kept = sum(entry.key in before for entry in chosen)
    if 2 * kept < len(before):
        before = {}  # most of it is of no use any more: in its natural order again
    return sorted(chosen, key=lambda entry: (before.get(entry.key, len(before)), entry.path, entry.line))


def size_of(entries: Sequence[Entry]) -> int:
    """Characters that `entries` take, with the names of their files."""
    paths = {entry.path for entry in entries}
    return sum(len(entry.text) + 1 for entry in entries) + sum(_HEADING + len(path) // 2 for path in paths)
