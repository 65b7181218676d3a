"""The edit that an answer means for a selection, checked not to break sound syntax, nor to touch a protected file."""

from __future__ import annotations

import re

from picode.assistant.chat.command_request import Selection
from picode.core import edits
from picode.core.conflicts import conflicts_in, resolved
from picode.core.document import Position, split_lines
from picode.core.edits import Proposal, Refused, Region, edit_to, region_of
from picode.core.edits.hunks import advance
from picode.core.edits.refusal import CONFLICT, PROTECTED, SYNTAX, UNCHANGED
from picode.core.privacy import is_protected
from picode.syntax.check import mend_edit

_MARKER = re.compile(r"[ \t]*(?:<{7}|\|{7}|>{7})(?: |\r?\n?$)|[ \t]*={7}\r?\n?$")


def propose(selection: Selection, answer: str, *, cut_off: bool = False) -> Proposal | Refused:
    """The edit of `selection` that `answer` means, or why there is none. `cut_off`: the model reached its longest length.

    Parses the document, which takes some milliseconds per 1,000 lines: not for the event loop.
    """
    if is_protected(selection.path or ""):
        return PROTECTED
    region = region_of(selection.lines, selection.start, selection.end, selection.unit)
    if conflicts_in(split_lines(region.text)):
        return _merge(selection, region, answer, cut_off=cut_off)
    found = edits.propose(region, answer, selection.language, cut_off=cut_off)
    return found if isinstance(found, Refused) else _sound(found, region, selection.language)


def _merge(selection: Selection, region: Region, answer: str, *, cut_off: bool) -> Proposal | Refused:
    """The edit that puts the merged code into the place of conflicts. What the answer is fitted to, and compared with, has to
    be code: our side, here and in the document's other conflicts."""
    repeated = {line.strip() for line in split_lines(region.text) if _MARKER.match(line)} - {"======="}
    if repeated & {line.strip() for line in split_lines(answer)}:
        return CONFLICT  # not to be taken for an answer's own blocks to search and replace
    before, after = (resolved(each, "ours") for each in region.around)
    ours = resolved(region.text, "ours")
    ours = ours if region.text.endswith("\n") else ours.removesuffix("\n").removesuffix("\r")
    lines = split_lines(before + ours + after)
    start = advance(Position(0, 0), before)
    code = region_of(lines, start, advance(start, ours), selection.unit)
    found = edits.propose(code, answer, selection.language, cut_off=cut_off)
    sound = found if isinstance(found, Refused) else _sound(found, code, selection.language)
    if isinstance(sound, Refused) and sound != UNCHANGED:
        return sound
    text = ours if isinstance(sound, Refused) else sound.text
    if any(_MARKER.match(line) for line in split_lines(text)):
        return CONFLICT
    return edit_to(text.replace("\r\n", "\n"), region)


def _sound(found: Proposal, region: Region, language: str) -> Proposal | Refused:
    """`found`, mended where it adds errors to the document."""
    before, after = region.around
    mended = mend_edit(region.text, before, found.text, after, language)
    if not mended.strip():
        return SYNTAX
    return found if mended == found.text else edit_to(mended, region)
