"""What was changed last: the next line often repeats a change that was made elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

KEPT = 12
_NEAR = 3
_LONGEST = 20
_AROUND = 1


@dataclass(slots=True)
class Edit:
    """A region of lines of a document, first and last inclusive, that was typed in."""

    uri: str
    first: int
    last: int


class RecentEdits:
    """The regions that were edited last, the newest last. It stores places, not text."""

    def __init__(self) -> None:
        self._edits: deque[Edit] = deque(maxlen=KEPT)

    def edited(self, uri: str, first: int, removed: int, added: int) -> None:
        """From line `first` on, `removed` line ends became `added` line ends."""
        for edit in self._edits:
            if edit.uri == uri and edit.first > first + removed:
                edit.first += added - removed
                edit.last += added - removed
        last = first + added
        for edit in reversed(self._edits):
            if edit.uri == uri and edit.first - _NEAR <= last and first <= edit.last + _NEAR:
                edit.first = min(edit.first, first)
                edit.last = max(edit.last + (added - removed if first <= edit.last else 0), last)
                self._edits.remove(edit)
                self._edits.append(edit)
                return
        self._edits.append(Edit(uri, first, last))

    def forget(self, uri: str) -> None:
        self._edits = deque((edit for edit in self._edits if edit.uri != uri), KEPT)

    def elsewhere(self, uri: str, row: int) -> list[Edit]:
        """The edits that are not where the cursor is now, the newest first."""
        return [
            edit
            for edit in reversed(self._edits)
            if edit.uri != uri or not edit.first - _LONGEST <= row <= edit.last + _LONGEST
        ]


def text_of(edit: Edit, lines: Sequence[str]) -> str:
    """What stands there now, with the line before and after; empty where it is blank or gone."""
    first = max(0, edit.first - _AROUND)
    last = min(len(lines) - 1, edit.last + _AROUND, first + _LONGEST)
    text = "".join(lines[first : last + 1])
    return text if text.strip() else ""
