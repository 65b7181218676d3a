"""An edit in parts: each stretch of changed lines, which can be accepted or discarded by itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from picode.core.edits.changes import Line


def parts_of(diff: Sequence[Line]) -> list[range]:
    """The stretches of lines that come or go, as places in `diff`.

    >>> parts_of([(" ", "a"), ("-", "b"), ("+", "B"), (" ", "c"), ("+", "d")])
    [range(1, 3), range(4, 5)]
    """
    parts: list[range] = []
    for at, (kind, _) in enumerate(diff):
        if kind == " ":
            continue
        if parts and parts[-1].stop == at:
            parts[-1] = range(parts[-1].start, at + 1)
        else:
            parts.append(range(at, at + 1))
    return parts


def text_with(diff: Sequence[Line], taken: Collection[int]) -> str:
    """What the lines become if only the parts of those numbers are accepted. Line ends are `\\n`.

    >>> text_with([(" ", "a"), ("-", "b"), ("+", "B"), (" ", "c"), ("+", "d")], {1})
    'a\\nb\\nc\\nd'
    """
    number = {at: which for which, part in enumerate(parts_of(diff)) for at in part}
    left_out = {at for at, which in number.items() if (diff[at][0] == "+") is not (which in taken)}
    return "\n".join(text for at, (_, text) in enumerate(diff) if at not in left_out)
