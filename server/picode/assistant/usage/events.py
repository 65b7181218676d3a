"""The events of usage: a call to models has ended, a text was looked up, a suggestion met its fate, a breaker switched.

They hold names and figures, and no text of a prompt or an answer. Times are seconds of the port `Clock` (monotonic).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from picode.core.messages import Usage

Found = Literal["typed_through", "memory", "in_flight", "disk", "none"]
"""Where the text of a suggestion was found: in the suggestion on screen that the user types along, in the session cache, in an
in-flight request, in the disk cache, or nowhere, so that a model was asked."""

Outcome = Literal["made", "shown", "accepted", "partly", "typed", "kept", "changed"]
"""What became of a suggestion: sent to the editor (`made`), on screen for long enough to be read, accepted whole or in part,
typed by the user, and some time after it was accepted still in the document (`kept`) or not (`changed`)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What one request has sent: to which `origin` (scheme, host and port), about which file, with how many characters of
    prompt. `files` are the names of the other files that the prompt quotes, `redacted` is the number of secrets of each kind
    that were replaced in it."""

    origin: str
    path: str = ""
    files: tuple[str, ...] = ()
    characters: int = 0
    redacted: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Attempt:
    """One request to one model. It is filled in while the request runs, and constant once its call has ended.

    `asked` is false where no request was sent: the model can't be located, its breaker is open, or a daily limit is reached.
    """

    provider: str
    model: str
    began: float
    ended: float = 0.0
    first_word: float | None = None
    """When the first word of the answer arrived; None without one."""
    asked: bool = True
    chat: bool = True
    """Whether the request is a conversation; false for code to fill in."""
    again: bool = False
    """Whether the same call has asked this model before."""
    usage: Usage = field(default_factory=Usage)
    """Tokens by the provider's count, estimated where the provider sends none."""
    cost: float | None = None
    """US dollars; None if the price is unknown."""
    sent: Sent | None = None
    """None where no request was sent."""
    error: BaseException | None = None
    """What ended it; None after a whole answer, and where the reader stopped reading."""

    @property
    def error_class(self) -> str:
        """The name of the error's class; empty without an error."""
        return type(self.error).__name__ if self.error is not None else ""


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call to a chain of models has ended, with an answer or without.

    `feature` is one of a few names such as `inline`, `request` the id of `assistant.request_ids`. `winner` is the attempt whose
    answer was read; None if no model began to answer. `detour`: the winner is not the first model of the chain.
    """

    feature: str
    request: str
    began: float
    ended: float
    attempts: Sequence[Attempt]
    winner: Attempt | None = None
    detour: bool = False

    @property
    def answered(self) -> bool:
        """Whether there is an answer: whole, or as far as it was read."""
        return self.winner is not None and self.winner.error is None


@dataclass(frozen=True, slots=True)
class LookupDone:
    """A text was looked for before a model was asked. The names are those of the model that would answer."""

    provider: str
    model: str
    feature: str
    where: Found


@dataclass(frozen=True, slots=True)
class SuggestionOutcome:
    """What became of a suggestion. `seconds` (for `made` only) is how long a model took for it; None if its text was known."""

    language: str
    provider: str
    model: str
    outcome: Outcome
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class BreakerChanged:
    """A model gets no more requests for a while because it failed several times in a row, or gets requests again."""

    provider: str
    model: str
    is_open: bool


UsageEvent = CallEnded | LookupDone | SuggestionOutcome | BreakerChanged

Record = Callable[[UsageEvent], None]
"""Takes note of an event. It is called on the event loop: it neither waits nor raises."""


def where_found(cached: bool, typed: int = 0, *, mine: bool, looked: bool = False) -> Found:
    """Where a text was found of which the user has typed `typed` characters already. `mine`: its request was made for just
    this cursor, and the disk cache may have answered it (`cached`). `looked`: the session cache had been searched in vain."""
    if mine:
        return "disk" if cached else "none"
    if looked:
        return "in_flight"
    return "typed_through" if typed else "memory"
