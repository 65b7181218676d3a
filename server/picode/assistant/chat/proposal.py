"""The edit that an answer means for a selection, checked not to break sound syntax, nor to touch a protected file."""

from __future__ import annotations

from picode.assistant.chat.command_request import Selection
from picode.core import edits
from picode.core.edits import Proposal, Refused, edit_to, region_of
from picode.core.edits.refusal import PROTECTED, SYNTAX
from picode.core.privacy import is_protected
from picode.syntax.check import mend_edit


def propose(selection: Selection, answer: str, *, cut_off: bool = False) -> Proposal | Refused:
    """The edit of `selection` that `answer` means, or why there is none. `cut_off`: the model reached its longest length.

    Parses the document, which takes some milliseconds per 1,000 lines: not for the event loop.
    """
    if is_protected(selection.path or ""):
        return PROTECTED
    region = region_of(selection.lines, selection.start, selection.end, selection.unit)
    found = edits.propose(region, answer, selection.language, cut_off=cut_off)
    if isinstance(found, Refused):
        return found
    before, after = region.around
    mended = mend_edit(region.text, before, found.text, after, selection.language)
    if not mended.strip():
        return SYNTAX
    return found if mended == found.text else edit_to(mended, region)
