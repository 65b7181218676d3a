"""Answers of this session, found again by the text around the cursor: after typing on, going back, or taking a part."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from picode.assistant.routing.upstream import Target
from picode.core.anchor import Anchor, CursorText, anchors_before
from picode.postprocess import CursorContext, normalize

LIMIT = 1024
"""Answers kept; each takes about 2 kB, most of it the text around it."""

ModelKey = tuple[str, ...]
"""The model that was asked, and how: provider, address, model, dialect."""


def model_key_of(target: Target) -> ModelKey:
    return (target.provider.name, target.endpoint.base_url, target.model, target.dialect.name)


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What a model wrote for `cursor`: all of it, or the part that can change what is shown."""

    raw: str
    text: str
    """`raw`, normalized: it begins at the cursor."""
    cursor: CursorContext
    id: str = ""
    cached: bool = False
    """Whether it comes from the disk cache."""
    seconds: float = 0.0
    """From the request to the end of the answer."""
    ended: bool = True
    """Whether the model ended it; false where it was cut off for its length."""

    def rest(self, typed: str) -> str | None:
        """What follows `typed`; None where the answer says something else.

        `typed` begins at the start of the line where that was blank (see `Anchor`). With other indentation than the answer
        was requested for, the answer is normalized for the new one.
        """
        text, indent = self.text, indent_left_out(self.cursor)
        if indent is not None:
            bare = typed.lstrip(" \t")
            present = typed[: len(typed) - len(bare)]
            text = text if present == indent else self._reindented(present)
            typed = bare
        return text[len(typed) :] if text.startswith(typed) else None

    def _reindented(self, indent: str) -> str:
        text = normalize(self.raw, replace(self.cursor, line_prefix=indent))
        # The following lines of a chat model's answer are indented for the cursor that it was requested for.
        return "" if self.cursor.chat and "\n" in text else text


def indent_left_out(cursor: CursorContext) -> str | None:
    """The indentation that the text of an answer does not repeat; None where the cursor's line was not blank."""
    return None if cursor.line_prefix.strip() else cursor.line_prefix


class SessionCache:
    """Answers by document, model and anchor. Beyond `limit`, those that were put in first are dropped."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._answers: OrderedDict[tuple[str, ModelKey, Anchor], ModelAnswer] = OrderedDict()
        self._marks: dict[tuple[str, ModelKey], Counter[str]] = {}
        """The marks of each document's anchors: of the hundreds of places before a cursor, few can have an answer."""

    def put(self, uri: str, model: ModelKey, anchor: Anchor, answer: ModelAnswer) -> None:
        key = (uri, model, anchor)
        if key not in self._answers:
            self._marks.setdefault((uri, model), Counter())[anchor.mark] += 1
        self._answers[key] = answer
        self._answers.move_to_end(key)
        if len(self._answers) > self._limit:
            self._forget(self._answers.popitem(last=False)[0])

    def _forget(self, key: tuple[str, ModelKey, Anchor]) -> None:
        uri, model, anchor = key
        marks = self._marks[uri, model]
        marks[anchor.mark] -= 1
        if not marks[anchor.mark]:
            del marks[anchor.mark]
        if not marks:
            del self._marks[uri, model]

    def get(self, uri: str, model: ModelKey, anchor: Anchor) -> ModelAnswer | None:
        """The answer that was requested at this very anchor."""
        return self._answers.get((uri, model, anchor))

    def find(self, uri: str, model: ModelKey, text: CursorText) -> Iterator[tuple[ModelAnswer, str]]:
        """The answers requested at the cursor of `text` and at places before it, the nearest first, each with the text typed
        since. An answer may contradict what was typed: see `ModelAnswer.rest`."""
        for anchor, typed in anchors_before(text, self._marks.get((uri, model), ())):
            if (answer := self._answers.get((uri, model, anchor))) is not None:
                yield answer, typed
