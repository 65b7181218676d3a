"""Where in a document an answer belongs, by the text around it: it is found again however the cursor came there.

Line ends are `\\n` in all text here, whatever the document has.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from picode.core.document import Snapshot

HEAD, TAIL = 600, 200
"""Characters before and after a place that identify it."""

REACH = 400
"""Characters typed after a place up to which its answer is looked for."""


@dataclass(frozen=True, slots=True)
class CursorText:
    """The text before and after a cursor, as much of it as anchors need."""

    before: str
    after: str

    @classmethod
    def at(cls, snapshot: Snapshot) -> CursorText:
        lines, cursor = snapshot.lines, snapshot.cursor
        before, row = lines[cursor.line][: cursor.column], cursor.line
        while row and len(before) < _SIGHT:
            row -= 1
            before = lines[row][-_SIGHT:] + before
        after, row = lines[cursor.line][cursor.column :][:_SIGHT], cursor.line
        while row + 1 < len(lines) and len(after) < _SIGHT:
            row += 1
            after += lines[row][:_SIGHT]
        return cls(_with_lf(before)[-HEAD - REACH :], _with_lf(after)[: TAIL + _MOST_CLOSERS])


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in a document. On a blank line it is the line's start, so that other indentation is the same place."""

    head: str
    tail: str

    @classmethod
    def of(cls, text: CursorText) -> Anchor:
        return cls(text.before[: _end(text.before)][-HEAD:], text.after[:TAIL])

    @property
    def mark(self) -> str:
        """The last characters before the place: a place that differs in them is another one."""
        return self.head[-_MARK:]

    def typed_until(self, text: CursorText) -> str | None:
        """What was typed at this place up to the cursor of `text`; None where that is another place.

        Closing brackets that the editor added behind the cursor for what was typed do not make it another place.
        """
        before = text.before
        if len(self.head) < HEAD:  # it begins with the document
            at = 0 if before.startswith(self.head) and len(before) < HEAD + REACH else -1
        else:
            at = before.rfind(self.head)
        if at < 0:
            return None
        typed = before[at + len(self.head) :]
        return typed if self.tail in _tails(text.after, typed) else None


def anchors_before(text: CursorText, marks: Container[str] | None = None) -> Iterator[tuple[Anchor, str]]:
    """The places from which typing may have led to the cursor of `text`, the nearest first, each with what was typed; only
    those with one of `marks`, if given."""
    before = text.before
    last = -1
    for length in range(len(before), max(0, len(before) - REACH) - 1, -1):
        end = _end(before[:length]) if before[length - 1 : length] in _BLANK else length
        if end == last:
            continue  # another column of the same indentation
        last = end
        if marks is not None and before[max(0, end - _MARK) : end] not in marks:
            continue
        typed = before[end:]
        for tail in _tails(text.after, typed):
            yield Anchor(before[max(0, end - HEAD) : end], tail), typed


_MARK = 8

_SIGHT = 1200
"""Characters read in each direction: more than are kept, since `\\r\\n` becomes shorter."""

_BLANK = ("", " ", "\t")
_PAIRS = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "`": "`"}
_MOST_CLOSERS = 4
_LONGEST = 80
"""Characters of typed text up to which open brackets are looked for."""


def _end(before: str) -> int:
    """Offset of the anchor in `before`: its end, or the start of a line that is blank up to there."""
    bare = before.rstrip(" \t")
    return len(bare) if not bare or bare.endswith("\n") else len(before)


def _tails(after: str, typed: str) -> list[str]:
    """The text after the cursor, and what it is without closers that an editor may have added for `typed`."""
    found = [after[:TAIL]]
    if after[:1] in _PAIRS.values() and len(typed) <= _LONGEST:
        for count, closer in enumerate(_missing_closers(typed)[:_MOST_CLOSERS], 1):
            if after[count - 1 : count] != closer:
                break
            found.append(after[count : count + TAIL])
    return found


def _missing_closers(typed: str) -> str:
    """The closers of what is open at the end of `typed`, innermost first."""
    stack: list[str] = []
    for character in typed:
        if stack and character == stack[-1]:
            stack.pop()
        elif character in _PAIRS and not (stack and stack[-1] in "\"'`"):
            stack.append(_PAIRS[character])
    return "".join(reversed(stack))


def _with_lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
