"""From what a model wrote to the ghost text that fits the cursor.

Each rule is a pure function `(text, place) -> text`, run in order. Model answers are wrong in a few regular ways (they
repeat what stands before or after the cursor, they go on too long, they loop): one rule for each.

There are two halves. `normalize` turns what the model wrote into text that begins at the cursor it was asked for; that text
still holds when somebody types on, less what they typed. `fit` makes what is left of it fit the cursor as it is now. An
empty text means: nothing to show.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from picode.postprocess.cursor_context import CursorContext, describe
from picode.postprocess.fit import FIT, stop_at_scope
from picode.postprocess.normalize import ARRIVAL, Rule, hold_back

__all__ = ["CursorContext", "describe", "fit", "is_complete", "normalize", "trim"]


def trim(text: str, place: CursorContext) -> str:
    """What the model wrote for `place`, as it should stand there; empty if nothing of it fits."""
    return fit(normalize(text, place), place)


def normalize(text: str, place: CursorContext, *, ended: bool = True) -> str:
    """What the model wrote for `place`, beginning at the cursor. `ended` false: it is still writing."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _run(ARRIVAL, text if ended else hold_back(text, place), place)


def fit(text: str, place: CursorContext) -> str:
    """`text`, which begins at the cursor of `place`, as it should stand there. What one rule has cut is looked at by all."""
    while (shorter := _run(FIT, text, place)) != text:
        text = shorter
    return text


def _run(rules: Sequence[Rule], text: str, place: CursorContext) -> str:
    for rule in rules:
        text = rule(text, place)
        if not text:
            return ""
    return text


def is_complete(text: str, place: CursorContext) -> bool:
    """Whether more of the stream could not change what is shown of `text` (which has arrived): the model may stop.

    A block is complete at a blank line, and as soon as a whole line has left it.
    """
    if not place.multiline:
        return "\n" in text
    if re.search(r"\S[^\S\n]*+\n[ \t]*+\n", text):
        return True
    whole = text[: text.rfind("\n") + 1]  # what is still being written may become anything
    return bool(whole.strip()) and len(stop_at_scope(whole, place)) < len(whole.rstrip())
