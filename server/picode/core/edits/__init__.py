"""From a model's answer to the smallest edit of a selection, or to the reason why there is none.

`propose` does it all: `answer` finds the code (`fences`, `wrappers`), or `patch` the changes of an answer that is a diff;
`fitting` makes the code fit (`context` and `elision` say what of it is repeated or left out); `changes` makes edits of what
differs. `preview` is the live diff while the answer arrives, `reanchor` finds the selection again when the document has moved,
`invert` undoes. Columns are code points. Nothing outside of the selection changes.
"""

from __future__ import annotations

from picode.core.edits.answer import extract_code
from picode.core.edits.changes import Line
from picode.core.edits.fences import Code
from picode.core.edits.fitting import fit
from picode.core.edits.hunks import Hunk, apply, invert
from picode.core.edits.parts import parts_of, text_with
from picode.core.edits.preview import preview
from picode.core.edits.proposal import Proposal, edit_to, propose
from picode.core.edits.reanchor import reanchor
from picode.core.edits.refusal import Refused
from picode.core.edits.region import Region, region_of

__all__ = [
    "Code",
    "Hunk",
    "Line",
    "Proposal",
    "Refused",
    "Region",
    "apply",
    "edit_to",
    "extract_code",
    "fit",
    "invert",
    "parts_of",
    "preview",
    "propose",
    "reanchor",
    "region_of",
    "text_with",
]
