"""From what a model wrote to the ghost text that fits the cursor. Pure functions, in two halves.

`normalize` turns what the model wrote into text that begins at the cursor it was asked for and ends where that place does:
the answer without reasoning, fences and echoes (`unwrap`), as deep as the place (`normalize`), without what stands behind the
cursor already (`overlap`), up to the end of its statement or block (`extent`). That text still holds when the user types on,
less what they typed.

`fit_to_cursor` is one decision for the cursor as it is now: which part of the text (`candidates`), over which range, leaves the
document soundest (`fit`, by `syntax.check`). Rules remain for what is no matter of structure, such as loops (`rules`).
"""

from __future__ import annotations

from collections.abc import Sequence

from picode.core.document import Snapshot
from picode.postprocess.cursor_context import CursorContext, describe
from picode.postprocess.extent import extent, is_over
from picode.postprocess.fit import NOTHING, Fitted, fit
from picode.postprocess.normalize import ARRIVAL, ARRIVING, Rule
from picode.postprocess.overlap import said_again
from picode.postprocess.rules import RULES, within_bounds

__all__ = ["CursorContext", "Fitted", "describe", "fit_to_cursor", "is_complete", "normalize", "whole_lines"]


def normalize(text: str, place: CursorContext, *, ended: bool = True, whole: bool = False) -> str:
    """The part of a model's `text` that belongs to `place`, beginning at the cursor; with `whole`, all that follows the cursor.
    `ended` false: the model is still writing, and what may become a stop string at its end is held back."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _run(ARRIVAL if ended else ARRIVING, text, place)
    if whole or not ended:
        return text
    text = within_bounds(text)
    text = text[: said_again(text, place)]
    return text[: extent(text, place)]


def fit_to_cursor(text: str, place: CursorContext, snapshot: Snapshot) -> Fitted:
    """What of `text`, which begins at the cursor of `place` in `snapshot`, should stand there, and over what."""
    text = _run(RULES, within_bounds(text), place)
    return fit(text, place, snapshot) if text.strip() else NOTHING


def _run(rules: Sequence[Rule], text: str, place: CursorContext) -> str:
    for rule in rules:
        text = rule(text, place)
        if not text:
            return ""
    return text


def is_complete(text: str, place: CursorContext) -> bool:
    """Whether nothing that may still arrive can change what is shown of `text`, which has arrived: the model may be stopped."""
    if not place.multiline:
        return "\n" in text
    if len(within_bounds(text)) < len(text):
        return True
    whole = whole_lines(text)  # what is still being written may become anything
    return bool(whole.strip()) and (is_over(whole, place) or said_again(whole, place, ended=False) is not None)


def whole_lines(text: str) -> str:
    """`text` without the line that is still being written: of a stream that is complete, what has been judged."""
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
