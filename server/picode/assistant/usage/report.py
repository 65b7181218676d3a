"""What became of one question to one chain of models: figures and names, and no text.

It is made once, when the question is over however it ended, and goes to whoever counts (the port `Observer`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from picode.core.messages import Usage

Found = Literal["typed_through", "memory", "in_flight", "disk", "none"]
"""Where the text of a suggestion was found: the user types along one that is shown, it was answered earlier in this session, it
was being answered already, it was kept on the disk, or nowhere, so that a model was asked."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What has left for a provider: to which `origin` (of its address), about which file, with how many characters of prompt.

    `files` are the names of the other files that the prompt shows, and `redacted` is how many secrets of each kind were
    replaced in it.
    """

    origin: str
    path: str = ""
    files: tuple[str, ...] = ()
    characters: int = 0
    redacted: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Attempt:
    """One model, asked once. Times are those of the port `Clock`.

    `asked` is false where no request was sent: the model can't be located, its breaker is open, a daily limit is reached.
    """

    provider: str
    model: str
    began: float
    ended: float = 0.0
    first_word: float | None = None
    """When it came; None where there was none."""
    asked: bool = True
    chat: bool = True
    """Whether it was asked in a conversation, and not to fill in."""
    again: bool = False
    """Whether the same model was asked before for the same question."""
    usage: Usage = field(default_factory=Usage)
    """By the provider's count, or estimated where that says nothing."""
    cost: float | None = None
    """US dollars; None where nobody knows the price."""
    sent: Sent | None = None
    """What it was sent; None where it was not asked."""
    error: BaseException | None = None
    """What ended it; None where nothing did, and where nobody wanted more of the answer."""

    @property
    def error_class(self) -> str:
        """The name of the error's class; empty where there is none."""
        return type(self.error).__name__ if self.error is not None else ""


@dataclass(frozen=True, slots=True)
class Report:
    """A question. `feature` is what it was asked for, such as `inline`; `request` the id of `assistant.request_ids`.

    `winner` is the one of `tries` that was listened to; None where nobody began to answer. `detour` tells whether it is not
    the first model of the chain.
    """

    feature: str
    request: str
    began: float
    ended: float
    tries: Sequence[Attempt]
    winner: Attempt | None = None
    detour: bool = False

    @property
    def answered(self) -> bool:
        """Whether there is an answer: whole, or as much of it as anybody wanted."""
        return self.winner is not None and self.winner.error is None


def where_found(cached: bool, typed: int = 0, *, mine: bool, looked: bool = False) -> Found:
    """Where a text was found of which `typed` characters had been typed already. `mine`: the request for it was made just
    for this cursor, and the disk may have answered it (`cached`); `looked`: a first look into memory had brought nothing."""
    if mine:
        return "disk" if cached else "none"
    if looked:
        return "in_flight"
    return "typed_through" if typed else "memory"
