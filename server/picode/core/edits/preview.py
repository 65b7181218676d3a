"""The live diff of an answer that is still being written."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from picode.core.document import Position, body, split_lines
from picode.core.edits.answer import extract_code
from picode.core.edits.changes import Line, diff_lines
from picode.core.edits.context import begun
from picode.core.edits.elision import is_placeholder
from picode.core.edits.fitting import fit, reindent
from picode.core.edits.refusal import Refused
from picode.core.edits.region import Region, region_of

_CHANCE = 4
_NEAR = 8
"""Lines ahead within which a line that is there several times is taken for the next of them."""


def preview(
    lines: Sequence[str], start: Position, end: Position, answer: str, language: str = "", *, unit: str = ""
) -> list[Line]:
    """The selection's lines as `answer`, as far as it has arrived, decides them; the others are pending (`…`).

    Lines that are decided stay so while the answer goes on; its end, where the whole diff is known, may arrange them anew.
    """
    region = region_of(lines, start, end, unit)
    old = [body(line) for line in split_lines(region.whole)]
    if end.column == 0 and end > start:
        old.pop()
    code = extract_code(answer, language, region.text, ended=False)
    if isinstance(code, Refused):
        return [("…", line) for line in old]
    if code.closed and not isinstance(text := fit(code.text, region, language), Refused):
        return diff_lines(region, text)
    return _decided(old, _arrived(code.text, region), language)


def _arrived(code: str, region: Region) -> list[str]:
    """The lines of `code` that are whole, as they stand in the document."""
    written = code.split("\n")[:-1]
    while written and not written[0].strip():
        written.pop(0)
    while written and not written[-1].strip():
        written.pop()
    own = begun(written, region) if written else None
    if not own:
        return []
    fitted = reindent(own, region)
    return [region.prefix + fitted[0], *fitted[1:]] if region.inline else fitted


def _decided(old: Sequence[str], new: Sequence[str], language: str) -> list[Line]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(old):
        places[line].append(number)
    shown: list[Line] = []
    at = 0
    gone = "-"
    while new and at < len(old) and not old[at].strip():
        shown.append((" ", old[at]))
        at += 1
    for line in new:
        if is_placeholder(line, language) and line not in places:
            gone = " "  # what it stands for stays
            continue
        there = places.get(line, ())
        next_one = bisect_left(there, at)
        found = there[next_one] if next_one < len(there) else None
        if found is not None and (found == at or _certain(line, found - at, len(there))):
            shown += [(gone, each) for each in old[at:found]]
            shown.append((" ", line))
            at = found + 1
        else:
            if at < len(old) and gone == "-" and _alike(line, old[at]):
                shown.append(("-", old[at]))
                at += 1
            shown.append(("+", line))
        gone = "-"
    return shown + [("…", line) for line in old[at:]]


def _certain(line: str, distance: int, times: int) -> bool:
    return len(line.strip()) > _CHANCE and (distance <= _NEAR or times == 1)


def _alike(one: str, other: str) -> bool:
    """Whether half of the longer line is the same, at its beginning and its end."""
    shorter, longer = sorted((one.strip(), other.strip()), key=len)
    head = next((at for at, character in enumerate(shorter) if character != longer[at]), len(shorter))
    rest = len(shorter) - head
    tail = next((at for at in range(rest) if shorter[-1 - at] != longer[-1 - at]), rest)
    return (head + tail) * 2 > len(longer)
