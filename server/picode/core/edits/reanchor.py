"""Finding a selection again in a document that has moved meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from picode.core.document import Position, body, text_between

_CONTEXT = 20
"""Lines on either side that tell equal places apart."""


def reanchor(
    old: Sequence[str], start: Position, end: Position, new: Sequence[str]
) -> tuple[Position, Position] | None:
    """Where what was selected in `old` stands in `new`; None where it is gone, has changed, or could be in several places.

    Its lines must be there whole. Of several places that is meant which has most of the lines around it.
    """
    last = end.line - 1 if end.column == 0 and end > start else end.line
    block = [body(line) for line in old[start.line : last + 1]]
    bodies = [body(line) for line in new]
    places = [
        at
        for at in range(len(bodies) - len(block) + 1)
        if bodies[at] == block[0] and bodies[at : at + len(block)] == block
    ]
    if not places:
        return None
    above = [body(line) for line in old[max(0, start.line - _CONTEXT) : start.line]][::-1]
    below = [body(line) for line in old[last + 1 : last + 1 + _CONTEXT]]

    def likeness(at: int) -> int:
        before = bodies[max(0, at - _CONTEXT) : at][::-1]
        return _same(above, before) + _same(below, bodies[at + len(block) : at + len(block) + _CONTEXT])

    scores = [likeness(at) for at in places]
    best = max(scores)
    if scores.count(best) > 1 or (not any(line.strip() for line in block) and best == 0):
        return None
    down = places[scores.index(best)] - start.line
    moved = Position(start.line + down, start.column), Position(end.line + down, end.column)
    if moved[1].line >= len(new) or text_between(new, *moved) != text_between(old, start, end):
        return None
    return moved


def _same(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines are equal before one differs. Blank ones are hardly a sign; the edge of the document is."""
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            return count
        count += 4 if first.strip() else 1
    return count + (len(one) == len(other) and len(one) < _CONTEXT)
