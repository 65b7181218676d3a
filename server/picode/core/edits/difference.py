"""Which lines differ between two texts, in bounded time, and what of a line that changed stays."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

Block = tuple[int, int, int, int]
"""Lines from the first to before the second number of the old ones become those from the third to before the fourth."""

_MOST = 600
"""Differences up to which the smallest edit is looked for, between two lines that are there once."""

_ALIKE = 0.5
_LONGEST_LINE = 400
_MOST_WORDS = 160
"""Words of a line up to which lines are compared by them: the time grows with the square of their number."""
_MOST_SIMILAR = 200
"""Lines of a block that are compared so."""
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


def changed_blocks(old: Sequence[str], new: Sequence[str]) -> list[Block]:
    """What changed, in order: as few lines as can be found, those between lines that are equal.

    Lines that are there once on either side are matched first (patience, as Bram Cohen calls it), so that moved code and
    repeated brackets do not mislead the comparison.
    """
    blocks: list[Block] = []
    i = j = 0
    for first, second in [*_matches(old, new, 0, len(old), 0, len(new)), (len(old), len(new))]:
        if i < first or j < second:
            blocks.append((i, first, j, second))
        i, j = first + 1, second + 1
    return blocks


def _matches(
    old: Sequence[str], new: Sequence[str], low: int, high: int, left: int, right: int
) -> Iterator[tuple[int, int]]:
    """The pairs of equal lines, in order."""
    while low < high and left < right and old[low] == new[left]:
        yield low, left
        low, left = low + 1, left + 1
    same = 0
    while low < high - same and left < right - same and old[high - 1 - same] == new[right - 1 - same]:
        same += 1
    yield from _inner_matches(old, new, low, high - same, left, right - same)
    for back in range(same, 0, -1):
        yield high - back, right - back


def _inner_matches(
    old: Sequence[str], new: Sequence[str], low: int, high: int, left: int, right: int
) -> Iterator[tuple[int, int]]:
    if low == high or left == right:
        return
    anchors = _anchors(old, new, low, high, left, right)
    if anchors:
        for first, second in anchors:
            yield from _matches(old, new, low, first, left, second)
            yield first, second
            low, left = first + 1, second + 1
        yield from _matches(old, new, low, high, left, right)
    else:
        yield from ((low + first, left + second) for first, second in _shortest(old[low:high], new[left:right]))


def _shortest(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of equal lines that leave the fewest others (E. Myers, An O(ND) Difference Algorithm, 1986); none where more
    than `_MOST` lines differ, and the time would grow with the square of them."""
    reach = {1: 0}
    steps: list[dict[int, int]] = []
    for count in range(min(len(old) + len(new), _MOST) + 1):
        steps.append(reach.copy())
        for diagonal in range(-count, count + 1, 2):
            down = diagonal == -count or (diagonal != count and reach[diagonal - 1] < reach[diagonal + 1])
            at = reach[diagonal + 1] if down else reach[diagonal - 1] + 1
            while at < len(old) and at - diagonal < len(new) and old[at] == new[at - diagonal]:
                at += 1
            reach[diagonal] = at
            if at >= len(old) and at - diagonal >= len(new):
                return _walked_back(steps, len(old), len(new))
    return []


def _walked_back(steps: Sequence[dict[int, int]], at: int, there: int) -> list[tuple[int, int]]:
    """The pairs on the path that ends at `at`, `there`, from what each step before had reached."""
    pairs: list[tuple[int, int]] = []
    for count in range(len(steps) - 1, -1, -1):
        reach, diagonal = steps[count], at - there
        down = diagonal == -count or (diagonal != count and reach[diagonal - 1] < reach[diagonal + 1])
        came = diagonal + 1 if down else diagonal - 1
        first, second = reach[came], reach[came] - came
        while at > first and there > second:
            at, there = at - 1, there - 1
            pairs.append((at, there))
        at, there = first, second
    return pairs[::-1]


def _anchors(
    old: Sequence[str], new: Sequence[str], low: int, high: int, left: int, right: int
) -> list[tuple[int, int]]:
    """Lines that are there once on either side, as many as stand in the same order on both."""
    once_old, once_new = Counter(old[low:high]), Counter(new[left:right])
    places = {new[at]: at for at in range(left, right) if once_new[new[at]] == 1}
    pairs = [(at, places[old[at]]) for at in range(low, high) if once_old[old[at]] == 1 and old[at] in places]
    # The longest rising row of places (patience sorting): each pair remembers the one that stands before it.
    tops: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        pile = bisect_left(tops, place)
        before.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        piles[pile : pile + 1] = [number]
    row: list[tuple[int, int]] = []
    number = piles[-1] if piles else -1
    while number >= 0:
        row.append(pairs[number])
        number = before[number]
    return row[::-1]


def similar_lines(old: Sequence[str], new: Sequence[str]) -> int:
    """How many of the first lines of a changed block are the same lines, changed a little."""
    size = 0
    while size < min(len(old), len(new), _MOST_SIMILAR) and _similar(old[size], new[size]):
        size += 1
    return size


def _similar(one: str, other: str) -> bool:
    """Whether more than half of the words of two lines are the same."""
    if max(len(one), len(other)) > _LONGEST_LINE:
        return False
    words, others = _WORD.findall(one.strip()), _WORD.findall(other.strip())
    if max(len(words), len(others)) > _MOST_WORDS:
        return False
    alike = SequenceMatcher(None, words, others, autojunk=False)
    return alike.real_quick_ratio() > _ALIKE and alike.quick_ratio() > _ALIKE and alike.ratio() > _ALIKE


def changed_words(old: str, new: str) -> list[tuple[int, int, str]]:
    """What of the line `old` is replaced to make it `new`: from, to (code points of `old`) and the text instead."""
    if max(len(old), len(new)) > _LONGEST_LINE:
        return [(0, len(old), new)]
    words, others = _WORD.findall(old), _WORD.findall(new)
    if max(len(words), len(others)) > _MOST_WORDS:
        return [(0, len(old), new)]
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    matcher = SequenceMatcher(None, words, others, autojunk=False)
    return [
        (starts[first], starts[last], "".join(others[left:right]))
        for kind, first, last, left, right in matcher.get_opcodes()
        if kind != "equal"
    ]
