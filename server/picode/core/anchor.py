"""Where in a text an answer belongs, told by the text around it: so it is found again however the cursor came back.

All text here has `\\n` as line end, whatever the document has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from picode.core.document import Snapshot

HEAD = 600
TAIL = 200
"""Characters before and after a place that make it certain which place it is."""

REACH = 400
"""The most characters typed after a place for which its answer is still looked for."""


@dataclass(frozen=True, slots=True)
class Around:
    """The text around a cursor, as far as anchors need it."""

    before: str
    after: str

    @classmethod
    def cursor_of(cls, snapshot: Snapshot) -> Around:
        lines, cursor = snapshot.lines, snapshot.cursor
        before, row = lines[cursor.line][: cursor.column], cursor.line
        while row and len(before) < _SIGHT:
            row -= 1
            before = lines[row][-_SIGHT:] + before
        after, row = lines[cursor.line][cursor.column :][:_SIGHT], cursor.line
        while row + 1 < len(lines) and len(after) < _SIGHT:
            row += 1
            after += lines[row][:_SIGHT]
        return cls(_plain(before)[-HEAD - REACH :], _plain(after)[: TAIL + _MOST_CLOSERS])


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place. On a blank line it is the line's start, so that other indentation is the same place."""

    head: str
    tail: str

    @classmethod
    def of(cls, around: Around) -> Anchor:
        return cls(around.before[: _end(around.before)][-HEAD:], around.after[:TAIL])

    def typed_until(self, around: Around) -> str | None:
        """What has been typed here up to the cursor of `around`; None where that is another place.

        An editor that typed closers by itself behind what the user typed has not changed the place.
        """
        before = around.before
        if len(self.head) < HEAD:  # it begins with the document
            at = 0 if before.startswith(self.head) and len(before) < HEAD + REACH else -1
        else:
            at = before.rfind(self.head)
        if at < 0:
            return None
        typed = before[at + len(self.head) :]
        return typed if self.tail in _tails(around.after, typed) else None


def places_before(around: Around) -> Iterator[tuple[Anchor, str]]:
    """The places that the cursor of `around` may have come from by typing, the nearest first, each with what was typed."""
    before = around.before
    last = -1
    for length in range(len(before), max(0, len(before) - REACH) - 1, -1):
        end = _end(before[:length]) if before[length - 1 : length] in _BLANK else length
        if end == last:
            continue  # another column of the same indentation
        last = end
        typed = before[end:]
        for tail in _tails(around.after, typed):
            yield Anchor(before[max(0, end - HEAD) : end], tail), typed


_SIGHT = 1200
"""Characters looked at in each direction: somewhat more than is kept, since line ends may become shorter."""

_BLANK = ("", " ", "\t")
_PAIRS = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "`": "`"}
_MOST_CLOSERS = 4
_LONGEST = 80
"""Characters of typed text that are looked through for openers."""


def _end(before: str) -> int:
    """Where the place before the cursor lies in `before`: at its end, or before the indentation of a blank line."""
    bare = before.rstrip(" \t")
    return len(bare) if not bare or bare.endswith("\n") else len(before)


def _tails(after: str, typed: str) -> list[str]:
    """The text after the cursor, and also without the closers that an editor may have added to `typed`."""
    found = [after[:TAIL]]
    if after[:1] in _PAIRS.values() and len(typed) <= _LONGEST:
        for count, closer in enumerate(_missing_closers(typed)[:_MOST_CLOSERS], 1):
            if after[count - 1 : count] != closer:
                break
            found.append(after[count : count + TAIL])
    return found


def _missing_closers(typed: str) -> str:
    """The closers that `typed` still lacks, innermost first."""
    stack: list[str] = []
    for character in typed:
        if stack and character == stack[-1]:
            stack.pop()
        elif character in _PAIRS and not (stack and stack[-1] in "\"'`"):
            stack.append(_PAIRS[character])
    return "".join(reversed(stack))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
