"""Responses that the gateway keeps, so that a later request can go on from one of them by its id.

They are in the memory of the process: a restart forgets them, and so do newer ones. Each belongs to the token that asked for
it.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from picode.core.messages import Message

MOST_BYTES = 64 * 1024 * 1024
"""Of all that is kept, by the size of the JSON of the answers and the texts of the conversations."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A response, and the turns of its conversation with its own at their end."""

    owner: str
    response: dict[str, Any]
    turns: tuple[Message, ...]
    size: int


class KeptResponses:
    """The latest responses; the oldest are forgotten first."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._size = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def keep(self, owner: str, response: dict[str, Any], turns: tuple[Message, ...]) -> None:
        """Keeps `response`, whose conversation has come to `turns`."""
        size = len(json.dumps(response["output"])) + sum(len(repr(turn)) for turn in turns)
        self._kept[response["id"]] = Kept(owner, response, turns, size)
        self._size += size
        while self._size > self._most and self._kept:
            _, oldest = self._kept.popitem(last=False)
            self._size -= oldest.size

    def find(self, owner: str, identifier: str) -> Kept | None:
        """The response of that id, if `owner` asked for it."""
        kept = self._kept.get(identifier)
        return kept if kept is not None and kept.owner == owner else None

    def forget(self, owner: str, identifier: str) -> bool:
        """Forgets the response of that id. Whether there was one."""
        if (kept := self.find(owner, identifier)) is None:
            return False
        del self._kept[identifier]
        self._size -= kept.size
        return True
