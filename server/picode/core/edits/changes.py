"""From the text that a selection becomes to the smallest edits of the document."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from picode.core.document import Position, body, split_lines
from picode.core.edits.difference import changed_blocks, changed_words, similar_lines
from picode.core.edits.hunks import Hunk, apply, invert
from picode.core.edits.region import Region

Line = tuple[str, str]
"""A line of a live diff: what becomes of it (` ` stays, `-` goes, `+` comes, `…` is not reached yet), and its text."""

_Row = tuple[int | None, int | None]
"""An old line and the new one that it becomes; either may be missing."""

_Piece = tuple[int, int, str]
"""From, to (offsets in the old text) and what stands there instead."""


def hunks_of(region: Region, replacement: str) -> tuple[Hunk, ...] | None:
    """The smallest edits that make the selection `replacement` (line ends `\\n`), with the document's own line ends.

    Lines that stay keep theirs. None where no editor could undo it, because two line ends would run into one.
    """
    old = split_lines(region.whole)
    contents = (region.prefix + replacement + region.suffix).split("\n")
    rows = list(_rows(old, contents))
    new = _with_ends(contents, rows, old, region)
    pieces = _within(_merged(_pieces(rows, old, new)), region)
    if pieces is not None and _holds(hunks := _placed(pieces, region), region):
        return hunks
    text = "".join(new)
    if not text.startswith(region.prefix) or not text.endswith(region.suffix):
        text = region.prefix + replacement.replace("\n", region.newline) + region.suffix
    text = text[len(region.prefix) : len(text) - len(region.suffix)]
    hunks = (Hunk(region.start, region.end, text, region.text),)
    return hunks if _holds(hunks, region) else None


def diff_lines(region: Region, replacement: str) -> list[Line]:
    """The selection's lines, whole, as a live diff shows them."""
    old = [body(line) for line in split_lines(region.whole)]
    new = (region.prefix + replacement + region.suffix).split("\n")
    if region.end.column == 0 and region.end > region.start and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]  # the line behind the selection
    shown: list[Line] = []
    at = 0
    for first, last, left, right in changed_blocks(_keys(old), _keys(new)):
        shown += [(" ", line) for line in old[at:first]]
        shown += [("-", line) for line in old[first:last]]
        shown += [("+", line) for line in new[left:right]]
        at = last
    return shown + [(" ", line) for line in old[at:]]


def _keys(lines: Iterable[str]) -> list[str]:
    """What has to be equal for a line to stay. Models drop the space on blank lines unasked."""
    return [content if (content := body(line)).strip() else "" for line in lines]


def _rows(old: Sequence[str], new: Sequence[str]) -> Iterator[_Row]:
    """Which old line becomes which new one, in order."""
    at = 0
    for first, last, left, right in [*changed_blocks(_keys(old), _keys(new)), (len(old), len(old), len(new), len(new))]:
        yield from ((number, left - first + number) for number in range(at, first))
        paired = last - first
        if paired != right - left:
            paired = similar_lines([body(line) for line in old[first:last]], new[left:right])
        yield from ((first + each, left + each) for each in range(paired))
        yield from ((number, None) for number in range(first + paired, last))
        yield from ((None, number) for number in range(left + paired, right))
        at = last


def _with_ends(contents: Sequence[str], rows: Sequence[_Row], old: Sequence[str], region: Region) -> list[str]:
    """The new lines: each with the end of the line that it was, or with the document's; the last one without."""
    new: list[str] = []
    for source, number in rows:
        if number is None:
            continue
        content = contents[number]
        end = region.newline
        if source is not None:
            was = body(old[source])
            end = old[source][len(was) :] or end
            content = was if not content.strip() and not was.strip() else content
        if number == len(contents) - 1:
            end = ""
        elif not content and end == "\n" and new and new[-1].endswith("\r"):
            end = "\r"  # the two would be one line end
        new.append(content + end)
    return new


def _pieces(rows: Sequence[_Row], old: Sequence[str], new: Sequence[str]) -> Iterator[_Piece]:
    offset = 0
    for before, after in rows:
        was = old[before] if before is not None else ""
        becomes = new[after] if after is not None else ""
        if was and becomes:
            yield from ((offset + start, offset + end, text) for start, end, text in changed_words(was, becomes))
        elif was or becomes:
            yield offset, offset + len(was), becomes
        offset += len(was)


def _merged(pieces: Iterable[_Piece]) -> list[_Piece]:
    merged: list[_Piece] = []
    for start, end, text in pieces:
        if merged and merged[-1][1] == start:
            first, _, before = merged.pop()
            start, text = first, before + text
        merged.append((start, end, text))
    return merged


def _within(pieces: list[_Piece], region: Region) -> list[_Piece] | None:
    """`pieces`, none outside of the selection. What is equal left and right of it lets an edit slide: to insert `⏎····a`
    before `⏎····b` is to insert `a⏎····` before `b`. None where that leads into the next edit."""
    whole = region.whole
    first, last = len(region.prefix), len(whole) - len(region.suffix)
    forward = _slid(pieces, whole, first)
    if forward is None:
        return None
    mirrored = [(len(whole) - end, len(whole) - start, text[::-1]) for start, end, text in reversed(forward)]
    backward = _slid(mirrored, whole[::-1], len(whole) - last)
    if backward is None:
        return None
    return [(len(whole) - end, len(whole) - start, text[::-1]) for start, end, text in reversed(backward)]


def _slid(pieces: Sequence[_Piece], whole: str, first: int) -> list[_Piece] | None:
    slid: list[_Piece] = []
    for number, (start, end, text) in enumerate(pieces):
        while start < first:
            if text and text[0] == whole[start]:
                text = text[1:] if start < end else text[1:] + whole[start]
                end = max(end, start + 1)
            elif not text and end < len(whole) and whole[start] == whole[end]:
                end += 1
            else:
                return None
            start += 1
        if number + 1 < len(pieces) and end > pieces[number + 1][0]:
            return None
        slid.append((start, end, text))
    return slid


def _placed(pieces: Iterable[_Piece], region: Region) -> tuple[Hunk, ...]:
    """`pieces` as edits of the document."""
    whole, starts = region.whole, [0]
    for line in split_lines(whole)[:-1]:
        starts.append(starts[-1] + len(line))

    def place(offset: int) -> Position:
        line = bisect_right(starts, offset) - 1
        return Position(region.start.line + line, offset - starts[line])

    return tuple(
        Hunk(place(start), place(end), text, whole[start:end])
        for start, end, text in pieces
        if text != whole[start:end]
    )


def _holds(hunks: Sequence[Hunk], region: Region) -> bool:
    """Whether `hunks` stay within the selection, make what they say, and can be undone."""
    if any(hunk.start < region.start or hunk.end > region.end for hunk in hunks):
        return False
    top = max(0, region.start.line - 1)
    lines = list(region.lines[top : region.end.line + 2])
    local = [replace(hunk, start=_up(hunk.start, top), end=_up(hunk.end, top)) for hunk in hunks]
    edited = apply(lines, local)
    return apply(edited, invert(local)) == lines


def _up(position: Position, lines: int) -> Position:
    return Position(position.line - lines, position.column)
