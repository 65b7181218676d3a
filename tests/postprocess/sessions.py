"""A document with a cursor, what a model answers there, and what the document is when the suggestion is taken."""

from __future__ import annotations

from dataclasses import replace

from picode import postprocess
from picode.core.document import Position, Snapshot, split_lines

CURSOR = "│"


def snapshot_of(marked: str, language: str) -> Snapshot:
    before, after = marked.split(CURSOR)
    head = split_lines(before)
    return Snapshot("file:///a", split_lines(before + after), Position(len(head) - 1, len(head[-1])), None, language)


def suggest(
    marked: str, answer: str, language: str, *, chat: bool = False, healed: str | None = "", explicit: bool = False
) -> postprocess.Fitted:
    snapshot = snapshot_of(marked, language)
    place = replace(postprocess.describe(snapshot, chat=chat, healed=healed), several_definitions=explicit)
    return postprocess.fit_to_cursor(postprocess.normalize(answer, place), place, snapshot)


def accept(marked: str, answer: str, language: str, *, chat: bool = False, explicit: bool = False) -> str:
    """The document with the suggestion taken; as it was where there is none. What is replaced can be drawn as ghost text."""
    fitted = suggest(marked, answer, language, chat=chat, explicit=explicit)
    before, after = marked.split(CURSOR)
    replaced = after[: fitted.replaced_after]
    rest = iter(fitted.text)
    assert "\n" not in replaced
    assert all(character in rest for character in replaced)
    newline = "\r\n" if "\r\n" in marked else "\n"
    return before + fitted.text.replace("\n", newline) + after[fitted.replaced_after :]
