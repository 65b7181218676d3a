"""What models have said in this session, found again by the text that it goes on from.

Whatever was shown once is shown again without asking anybody: after typing on, after going back, after taking a part.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from picode.assistant.completion.stream import Answer
from picode.assistant.routing.upstream import Target
from picode.core.anchor import Anchor, Around, places_before

LIMIT = 1024
"""Answers kept; each takes about 2 kB, most of it the text around it."""

ModelKey = tuple[str, ...]
"""Who was asked, and how: provider, address, model, dialect."""


def model_key_of(target: Target) -> ModelKey:
    return (target.provider.name, target.endpoint.base_url, target.model, target.dialect.name)


class SessionCache:
    """Answers by document, by who was asked, and by place."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._answers: OrderedDict[tuple[str, ModelKey, Anchor], Answer] = OrderedDict()

    def keep(self, uri: str, tag: ModelKey, anchor: Anchor, answer: Answer) -> None:
        key = (uri, tag, anchor)
        self._answers[key] = answer
        self._answers.move_to_end(key)
        if len(self._answers) > self._limit:
            self._answers.popitem(last=False)

    def exactly(self, uri: str, tag: ModelKey, anchor: Anchor) -> Answer | None:
        """The answer that was asked for at this very place."""
        return self._answers.get((uri, tag, anchor))

    def find(self, uri: str, tag: ModelKey, around: Around) -> Iterator[tuple[Answer, str]]:
        """The answers from here and from where the cursor may have come from, the nearest first, each with what was typed
        since."""
        for anchor, typed in places_before(around):
            if (answer := self._answers.get((uri, tag, anchor))) is not None:
                yield answer, typed
