"""What was sent to make a suggestion, and why: for `picode.explainSuggestion`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LIMIT = 64


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it went out. `body` is the whole JSON, without any key: those travel in headers."""

    provider: str
    model: str
    dialect: str
    path: str
    body: Mapping[str, Any]
    context: tuple[Mapping[str, Any], ...]
    """What of other places is in it, and why."""


class Explanations:
    """The last requests, by the generation that they began."""

    def __init__(self) -> None:
        self._sent: OrderedDict[str, Sent] = OrderedDict()

    def note(self, generation: str, sent: Sent) -> None:
        self._sent[generation] = sent
        if len(self._sent) > LIMIT:
            self._sent.popitem(last=False)

    def of(self, generation: str) -> Sent | None:
        return self._sent.get(generation)
