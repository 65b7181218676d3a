"""The row that an event of usage becomes: what `picode.io.usage_store` keeps, and everything that is shown comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from picode.assistant.usage.events import Attempt, CallEnded, LookupDone, SuggestionOutcome
from picode.core.errors import ProviderError

BOUNDS = (50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 102_400)
"""Upper bounds of the classes of durations, in milliseconds."""

LONGER = 2 * BOUNDS[-1]
"""Stands for the class of all durations beyond the last bound."""

Kind = Literal["request", "unsent", "lookup", "suggestion"]
"""A request to a model, one that was not sent, a `LookupDone`, a `SuggestionOutcome`."""

_MOST_FILES = 100
_LONGEST_PATH = 500
"""Bounds of one row: names of other files, and characters of each."""


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One event, or the sum of `count` events of one day that agree in all fields down to `bound`.

    `day` is ISO 8601, by the user's clock. `outcome` is `attempt_outcome` of a request, where a lookup found its text, or the
    `Outcome` of a suggestion. `bound` is the class of a duration in milliseconds: of the whole call, for the request that
    answered it, and of the model's answer, for a suggestion that was `made`; None for everything else. `input`, `cached` and
    `output` are tokens, `cost` is in US dollars (None: unknown), and `unpriced` counts the requests of unknown price.
    """

    day: str
    kind: Kind
    provider: str = ""
    model: str = ""
    feature: str = ""
    language: str = ""
    outcome: str = ""
    bound: int | None = None

    count: int = 1
    errors: int = 0
    unpriced: int = 0
    input: int = 0
    cached: int = 0
    output: int = 0
    cost: float | None = None

    counted: bool = True
    """Whether the statistics show it."""
    at: float | None = None
    """When it happened, in seconds since 1970; None for a sum."""

    # Of requests, for the audit
    seconds: float = 0.0
    request: str = ""
    """The id that the log has for it."""
    origin: str = ""
    """Scheme, host and port that it was sent to; empty for what the audit does not show."""
    path: str = ""
    """The file it was about, relative to the workspace's folder, as are `files`, the others that it quoted."""
    files: tuple[str, ...] = ()
    characters: int = 0
    """Of the prompt."""
    redacted: Mapping[str, int] = field(default_factory=dict)
    """How many secrets of each kind were replaced in the prompt."""


def bound_of(seconds: float) -> int:
    """The class of a duration.

    >>> bound_of(0.3)
    400
    """
    return next((bound for bound in BOUNDS if seconds * 1000 <= bound), LONGER)


def row_of(event: LookupDone | SuggestionOutcome, day: str, at: float) -> UsageRow:
    """The row of an event that is no call. `at` is the present in seconds since 1970."""
    if isinstance(event, LookupDone):
        return UsageRow(day, "lookup", event.provider, event.model, event.feature, outcome=event.where, at=at)
    bound = None if event.seconds is None else bound_of(event.seconds)
    return UsageRow(day, "suggestion", event.provider, event.model, "", event.language, event.outcome, bound, at=at)


def request_row(attempt: Attempt, call: CallEnded, day: str, at: float) -> UsageRow:
    """The row of one request of a call, without what only the audit shows."""
    usage, answers = attempt.usage, call.answered and attempt is call.winner
    return UsageRow(
        day,
        "request" if attempt.asked else "unsent",
        attempt.provider,
        attempt.model,
        call.feature,
        outcome=attempt_outcome(attempt),
        bound=bound_of(call.ended - call.began) if answers else None,
        errors=int(attempt.error is not None),
        unpriced=int(attempt.asked and attempt.cost is None and attempt.error is None),
        input=usage.input_tokens,
        cached=usage.cached_tokens,
        output=usage.output_tokens,
        cost=attempt.cost,
        at=at - (call.ended - attempt.began),
    )


def audited(row: UsageRow, attempt: Attempt, request: str, roots: Sequence[str]) -> UsageRow:
    """`row` with what its request has sent, for the audit. `roots` are the workspace's folders."""
    sent = attempt.sent
    if sent is None or not attempt.asked:
        return row
    path = _relative(sent.path, roots)
    return replace(
        row,
        seconds=round(attempt.ended - attempt.began, 3),
        request=request,
        origin=sent.origin,
        path=path,
        files=tuple(name for each in sent.files[:_MOST_FILES] if (name := _relative(each, roots)) != path),
        characters=sent.characters,
        redacted=dict(sent.redacted),
    )


def attempt_outcome(attempt: Attempt) -> str:
    """How a request ended: `answered`, `stopped` (its answer was not read any more), or the error's class in words, such as
    `rate limited (429)`. The error's own text is left out: it may quote the prompt."""
    if not isinstance(attempt.error, Exception):
        return "answered" if attempt.first_word is not None else "stopped"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", attempt.error_class).lower()
    status = attempt.error.status if isinstance(attempt.error, ProviderError) else None
    return f"{words} ({status})" if status else words


def _relative(path: str, roots: Sequence[str]) -> str:
    """`path` relative to the workspace's folder; outside of it, the file's name alone, without the home directory."""
    slashed = path.replace("\\", "/")
    for root in roots:
        folder = root.replace("\\", "/").rstrip("/") + "/"
        if slashed.startswith(folder):
            return slashed[len(folder) :][:_LONGEST_PATH]
    absolute = slashed.startswith("/") or slashed[1:3] == ":/"
    return (slashed.rpartition("/")[2] if absolute else slashed)[:_LONGEST_PATH]
