"""Which part of an answer, over which range, leaves the document soundest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from picode.core.document import Snapshot, body
from picode.postprocess.cursor_context import CursorContext
from picode.postprocess.overlap import replaceable, said_again
from picode.syntax.check import Flaws, Judge
from picode.syntax.lexer import PROSE, balance

MOST_TRIED = 16
"""Candidates that are judged. Each costs some tenths of a millisecond, seldom more."""

_LONGEST_LINE = 2000
_LONGEST = 16_000


@dataclass(frozen=True, slots=True)
class Fitted:
    """Text for the cursor, and how many characters right of it, on its line, the text replaces. They are in the text, in that
    order. Empty text: nothing to suggest."""

    text: str
    replaced_after: int = 0


NOTHING = Fitted("")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A part of an answer. `again` is whether its end says what stands behind the cursor."""

    text: str
    replaced: int = 0
    again: bool = False


def fit(text: str, place: CursorContext, snapshot: Snapshot) -> Fitted:
    """The part of `text`, which begins at the cursor, that makes the document soundest; the most of it that does."""
    text = _within_bounds(text)
    if not text.strip():
        return NOTHING
    judge = Judge(snapshot)
    chosen = _choose(text, place, snapshot, judge)
    return _simplest(chosen, place)


def _within_bounds(text: str) -> str:
    """`text` without lines that are so long that nobody would type them, and what follows."""
    text = text[:_LONGEST]
    at = 0
    for line in text.split("\n"):
        if len(line) > _LONGEST_LINE:
            return text[: max(0, at - 1)]
        at += len(line) + 1
    return text


def _simplest(chosen: Candidate, place: CursorContext) -> Fitted:
    """What is replaced by the same text at the end of the suggestion need not be replaced. Trailing space is only kept where
    code follows."""
    text, replaced = chosen.text, chosen.replaced
    rest = place.line_suffix[replaced:]
    if not rest.strip() or rest[:1] in (" ", "\t"):
        text = text.rstrip()
    present = place.line_suffix[:replaced]
    if present and text.endswith(present):
        text, replaced = text[: len(text) - len(present)], 0
    return Fitted(text, replaced) if text.strip() else NOTHING


def _choose(text: str, place: CursorContext, snapshot: Snapshot, judge: Judge) -> Candidate:
    best: tuple[tuple[int, int, int], Candidate] | None = None
    tried = 0
    prose = snapshot.language in PROSE
    for end, again in _ends(text, place, snapshot, judge):
        for candidate, rank in _ranked(end, again, place, judge):
            tried += 1
            if rank == (0, 0, 0) or (prose and not again):
                return candidate
            if best is None or rank < best[0]:
                best = (rank, candidate)
        if tried >= MOST_TRIED:
            break
    if best is None:
        return Candidate("")
    rank, candidate = best
    if rank[0] <= judge.flaws().errors and not again_only(rank):
        return candidate
    return candidate if _may_go_on(candidate, place, judge) else Candidate("")


def again_only(rank: tuple[int, int, int]) -> bool:
    return bool(rank[1])


def _ranked(end: str, again: bool, place: CursorContext, judge: Judge) -> Iterator[tuple[Candidate, tuple[int, int, int]]]:
    """`end` with each number of characters right of the cursor replaced, and how good that is: less is better."""
    found = []
    for replaced in replaceable(end, place.line_suffix):
        flaws = judge.flaws(end, replaced)
        odd = _odd(place, end, replaced)
        found.append((flaws, odd, replaced))
        if not sum(flaws) and not odd:
            break
    flaws, odd, replaced = min(found)
    yield Candidate(end, replaced, again), (sum(flaws), int(again), 0)


def _odd(place: CursorContext, text: str, replaced: int) -> int:
    """How many brackets and quotes of the cursor's line have no partner, by counting; one more where what is left of the line
    stands at the end of `text` already."""
    rest = place.line_suffix[replaced:]
    if not place.line_suffix:
        return 0
    twice = bool(rest.strip()) and text.endswith(rest) and _unpaired(text[: len(text) - len(rest)]) <= _unpaired(text)
    return _unpaired(place.line_prefix + text + rest) + twice


def _unpaired(text: str) -> int:
    brackets = sum(abs(text.count(one) - text.count(other)) for one, other in ("()", "[]", "{}", "<>"))
    return brackets + sum(text.count(quote) % 2 for quote in "\"'`")


def _ends(text: str, place: CursorContext, snapshot: Snapshot, judge: Judge) -> Iterator[tuple[str, bool]]:
    """The parts of `text` that may be meant, the likeliest first, and whether each says again what stands behind the cursor."""
    again = said_again(text, place)
    whole = text[:again] if again is not None else text
    seen = {""}
    kept = whole if again is None else whole.rstrip() if not place.line_suffix.strip() else whole
    if again is not None and not kept.strip():
        return
    if kept.strip():
        for part in (*_below_again(kept, place), kept, *_cut(kept, place, snapshot, judge)):
            if part.strip() and part not in seen:
                seen.add(part)
                yield part, False


def _below_again(text: str, place: CursorContext) -> Iterator[str]:
    """`text` without last lines that are the next lines below, at the same depth: closers, where nothing else is meant."""
    below = [line.rstrip() for line in place.after if line.strip()]
    lines = text.rstrip().split("\n")
    for size in range(min(len(lines) - 1, len(below)), 0, -1):
        if [line.rstrip() for line in lines[-size:]] == below[:size]:
            yield "\n".join(lines[:-size]).rstrip()


def _cut(text: str, place: CursorContext, snapshot: Snapshot, judge: Judge) -> Iterator[str]:
    """What is left of `text` without its end, the most first."""
    yield from _overlapping(text, place)
    window = judge.window
    if window is not None:
        matched = balance(window.before + text, snapshot.language)
        if matched.at >= len(window.before):
            yield text[: matched.at - len(window.before)].rstrip()
    if "\n" not in text and text.rstrip()[-1:] not in ("(", "[", "{", ",", ":"):
        missing = _missing(text, place)
        if missing:
            yield text.rstrip() + missing
    lines = text.split("\n")
    for count in [*range(len(lines) - 1, 0, -1)][: MOST_TRIED // 2]:
        yield "\n".join(lines[:count]).rstrip()
    if len(lines) > MOST_TRIED // 2:
        yield lines[0]


def _missing(text: str, place: CursorContext) -> str:
    stack: list[str] = []
    quote = ""
    pairs = {"(": ")", "[": "]", "{": "}"}
    whole = text + place.line_suffix
    for at, character in enumerate(whole):
        if quote:
            quote = "" if character == quote and whole[at - 1] != "\\" else quote
        elif character in "\"'`":
            quote = character
        elif character in pairs:
            stack.append(pairs[character])
        elif stack and stack[-1] == character:
            stack.pop()
    return quote + "".join(reversed(stack))


def _overlapping(text: str, place: CursorContext) -> Iterator[str]:
    """`text` without an end that begins what stands right of the cursor, the longest first."""
    first, newline, _ = text.partition("\n")
    right = place.line_suffix
    if right.strip() and not newline:
        for size in range(1, min(len(right), len(first)) + 1):
            if first.endswith(right[:size]) and not (size < len(right) and right[size - 1].isalnum() and right[size].isalnum()):
                yield first[:-size]


def _may_go_on(candidate: Candidate, place: CursorContext, judge: Judge) -> bool:
    """Whether what is unsound now is only not finished: a head without its body, a bracket that is open at its end."""
    text = candidate.text.rstrip()
    limit = judge.flaws()
    if sum(judge.flaws(text + "", candidate.replaced)) <= sum(limit):
        return True
    return any(sum(judge.flaws(whole, candidate.replaced)) <= sum(limit) for whole in _completed(text, place, judge.language))


def _completed(text: str, place: CursorContext, language: str) -> list[str]:
    """`text` as it may go on to be, the likeliest first."""
    missing = _missing(place.line_prefix + text if "\n" not in text else text, place)
    last = text.rstrip()
    line = last.rpartition("\n")[2] if "\n" in last else place.line_prefix + last
    indent = line[: len(line) - len(line.lstrip())]
    if language == "python":
        if line.lstrip().startswith("@"):
            return [f"{text}\n{indent}def f(): pass"]
        if line.strip() == "try:":
            return [f"{text}\n{indent}    pass\n{indent}finally: pass"]
        if last.endswith(":"):
            return [f"{text}\n{indent}    pass"]
        if missing:
            return [text + missing, f"{text} x{missing}", f"{text}{missing}: pass"]
        return [f"{text}: pass", f"{text} x", f"{text} x: pass"]
    if missing:
        return [text + missing, f"{text}{missing};", f"{text} x{missing};", f"{text}{missing} {{}}"]
    return [f"{text};", f"{text} {{}}", f"{text} x;"]
