"""The edit that an answer means for a document: fitted, and checked not to break what is sound, nor what is protected."""

from __future__ import annotations

from collections.abc import Sequence

from picode.core import edits
from picode.core.document import Position
from picode.core.edits import Proposal, Refused, edit_to, region_of
from picode.core.edits.refusal import PROTECTED, SYNTAX
from picode.core.privacy import is_protected
from picode.syntax.check import mend_edit


def propose(
    path: str,
    lines: Sequence[str],
    start: Position,
    end: Position,
    answer: str,
    language: str,
    *,
    unit: str = "",
    cut_off: bool = False,
) -> Proposal | Refused:
    """What `answer` makes of the selection from `start` to `end` of the document at `path`, or why nothing.

    `lines` keep their ends. `unit` is the editor's indentation, for documents that show none. `cut_off`: the model had to stop
    before its answer's end. Parses the document, which takes some milliseconds per 1,000 lines.
    """
    if is_protected(path):
        return PROTECTED
    found = edits.propose(lines, start, end, answer, language, unit=unit, cut_off=cut_off)
    if isinstance(found, Refused):
        return found
    region = region_of(lines, start, end, unit)
    before, after = region.around
    mended = mend_edit(region.text, before, found.text, after, language)
    if not mended.strip():
        return SYNTAX
    return found if mended == found.text else edit_to(mended, region)
