"""Which part of an answer, over which range, leaves the document soundest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from picode.core.document import Snapshot
from picode.core.languages import language
from picode.postprocess.candidates import completions, parts
from picode.postprocess.cursor_context import CursorContext
from picode.postprocess.overlap import replaceable
from picode.syntax.check import ERROR, SoundnessCheck, check_of, is_sound

MOST_CHECKED = 12
"""Candidates that are checked. Each costs some tenths of a millisecond; in a document with many errors, some milliseconds."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Text for the cursor, and how many characters right of it, on its line, it replaces. They are in the text, in that order.
    Empty text: nothing to suggest."""

    text: str
    replaced_after: int = 0


NOTHING = Fitted("")


class _Checked(NamedTuple):
    """A part of the answer over the range where it fits best. Less is better; `unpaired` tells ranges from one another only."""

    flaws: int
    unpaired: int
    replaced: int
    text: str


def fit(text: str, place: CursorContext, snapshot: Snapshot) -> Fitted:
    """The part of `text`, which begins at the cursor, that makes the document soundest; the most of it that does.

    Nothing where all that is left of it breaks the document. What is only not finished does not: a head without its body, a
    bracket that is open at the end.
    """
    check = check_of(snapshot)
    best = _soundest(text, place, check)
    if best is not None and best.flaws and best.text != text:
        best = _soundest(best.text, place, check)  # what has been cut may have parts of its own
    if best is None or (best.flaws and not language(place.language).is_prose and not _may_go_on(best, place, check)):
        return NOTHING
    return _simplest(best, place)


def _soundest(text: str, place: CursorContext, check: SoundnessCheck) -> _Checked | None:
    best: _Checked | None = None
    checked = 0
    for part in parts(text, place, check.window):
        found, cost = _over_best_range(part, place, check)
        if best is None or found.flaws < best.flaws:
            best = found
        checked += cost
        if not found.flaws or checked >= MOST_CHECKED or language(place.language).is_prose:
            break
    return best


def _over_best_range(part: str, place: CursorContext, check: SoundnessCheck) -> tuple[_Checked, int]:
    """`part` over the range that leaves the fewest flaws, and as little as possible replaced; and how many were checked."""
    found: list[_Checked] = []
    for replaced in replaceable(part, place.line_suffix):
        found.append(_Checked(check.flaws(part, replaced), _unpaired_in_line(part, replaced, place), replaced, part))
        if not found[-1].flaws and not found[-1].unpaired:
            break
    return min(found), len(found)


def _unpaired_in_line(text: str, replaced: int, place: CursorContext) -> int:
    """How many brackets and quotes of the cursor's line have no partner, by counting; one more where `text` ends with what is
    left of the line."""
    if not place.line_suffix:
        return 0
    rest = place.line_suffix[replaced:]
    again = bool(rest.strip()) and text.endswith(rest) and _unpaired(text[: len(text) - len(rest)]) <= _unpaired(text)
    return _unpaired(place.line_prefix + text + rest) + again


def _unpaired(text: str) -> int:
    brackets = sum(abs(text.count(one) - text.count(other)) for one, other in ("()", "[]", "{}", "<>"))
    return brackets + sum(text.count(quote) % 2 for quote in "\"'`")


def _may_go_on(best: _Checked, place: CursorContext, check: SoundnessCheck) -> bool:
    """Whether the flaws of `best` are only those of unfinished code: none are left once a likely continuation follows it. Where
    no continuation makes the document sound, it may keep the flaws it has now, or the suggestion must be sound by itself."""
    unit = ERROR if check.forgiving else 1
    now = check.flaws() // unit
    floor = min(now, *(check.flaws(whole) // unit for whole in completions("", place)))
    limit = now if floor else 0
    wholes = (best.text, *completions(best.text, place))
    if any(check.flaws(whole, best.replaced) // unit <= limit for whole in wholes):
        return True
    return bool(floor) and any(is_sound(place.line_prefix.lstrip() + whole, place.language) for whole in wholes)


def _simplest(best: _Checked, place: CursorContext) -> Fitted:
    """The same, without replacing what the suggestion ends with. Space at its end counts where code follows."""
    text, replaced = best.text, best.replaced
    rest = place.line_suffix[replaced:]
    if not rest.strip() or rest[:1] in (" ", "\t"):
        text = text.rstrip()
    present = place.line_suffix[:replaced]
    if present and text.endswith(present):
        text, replaced = text[: len(text) - len(present)], 0
    return Fitted(text, replaced) if text.strip() and not _is_what_editors_close(text, place) else NOTHING


def _is_what_editors_close(text: str, place: CursorContext) -> bool:
    """Whether `text` is only the closer of a bracket or quote that has just been opened in the cursor's line."""
    closer = text.strip()
    opener = {")": "(", "]": "[", "}": "{"}.get(closer, closer)
    if place.line_suffix.strip() or len(closer) != 1 or closer not in ")]}\"'`":
        return False
    return place.line_prefix.count(opener) > (0 if opener == closer else place.line_prefix.count(closer))
