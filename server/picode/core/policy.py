"""What to do when a model fails, is slow or refuses: decisions as pure functions, which `assistant.routing` carries out.

The rules of retrying are those of OpenAI's and Anthropic's own client libraries: connection errors, timeouts, 408, 409, 429
and 5xx (529 among them) are retried; the header `x-should-retry` overrides the status, and the delay that the server asks
for overrides the backoff. All times are seconds; `now` is a monotonic clock's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from picode.core.errors import (
    AuthenticationError,
    BadRequest,
    ContextTooLong,
    ModelUnavailable,
    NetworkFailure,
    NotReady,
    PiCodeError,
    ProviderError,
    ProviderTimeout,
    RateLimited,
    ServerFailure,
    StreamingNotSupported,
    Truncated,
)

# -------------------------------------------------------------------------------------------------- retrying


@dataclass(frozen=True, slots=True)
class RetryBudget:
    """How much a feature may retry.

    `retries` is how often one model may be asked again, `seconds` how long retrying and waiting for first words may take
    altogether, and `longest_pause` how many seconds it may wait before a retry while another model could be asked instead.
    """

    retries: int
    seconds: float
    longest_pause: float


INLINE = RetryBudget(retries=1, seconds=3.0, longest_pause=0.0)
CHAT = RetryBudget(retries=2, seconds=60.0, longest_pause=2.0)

Change = Literal["shorter", "whole", "corrected"]
"""What must change in the next request: a shorter prompt, an answer that is not streamed, or a parameter."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Ask the same model again `after` so many seconds, with a `change` if there is one."""

    after: float = 0.0
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class NextTarget:
    """Ask the next model of the chain."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """There is no other model to ask."""


Step = Retry | NextTarget | GiveUp


def next_step(
    history: Sequence[ProviderError],
    error: ProviderError,
    retry: RetryBudget,
    elapsed: float,
    *,
    others: bool,
    jitter: float,
) -> Step:
    """What follows `error`, which came before the first word of an answer.

    `history` holds the earlier errors of the same model, `elapsed` is the time since the first request of all, `others` tells
    whether another model can be asked, and `jitter` is a random number from 0 to 1.
    """
    instead: Step = NextTarget() if others else GiveUp()
    change = _change_for(error)
    if change is not None:
        changed_before = any(_change_for(each) == change and each.correction == error.correction for each in history)
        return instead if changed_before else Retry(change=change)
    if isinstance(error, NotReady):
        return _wait_until_ready(error, retry, elapsed, instead, others=others)
    tries = sum(_change_for(earlier) is None and not isinstance(earlier, NotReady) for earlier in history)
    most = retry.retries + (_MORE_WHEN_LIMITED if retry.retries and _says_when(error) else 0)
    if not is_retryable(error) or tries >= most:
        return instead
    wait = wait_before_retry(error, tries, jitter)
    if elapsed + wait > retry.seconds:
        return instead
    # A server that can't be reached now can't be reached half a second later either.
    if others and (wait > retry.longest_pause or isinstance(error, NetworkFailure)):
        return instead
    return Retry(wait)


_MORE_WHEN_LIMITED = 4
"""Further retries where the provider says when to ask again: of many that wait for one limit, some are limited anew."""


def _says_when(error: ProviderError) -> bool:
    return isinstance(error, RateLimited) and bool(error.retry_after and error.retry_after > 0)


def is_worth_waiting(wait: float, retry: RetryBudget, elapsed: float, *, others: bool) -> bool:
    """Whether to wait out a pause of so many seconds that the provider asked for, before the first request of a call."""
    return retry.retries > 0 and elapsed + wait <= retry.seconds and not (others and wait > retry.longest_pause)


_LOADING_PAUSE = 0.5


def _wait_until_ready(error: NotReady, retry: RetryBudget, elapsed: float, instead: Step, *, others: bool) -> Step:
    """A model that is being loaded is ready soon: it is asked again until the feature's time is up."""
    wait = max(_LOADING_PAUSE, error.retry_after or 0.0)
    worth_it = retry.retries > 0 and not others and elapsed + wait <= retry.seconds
    return Retry(wait) if worth_it else instead


def is_retryable(error: ProviderError) -> bool:
    """Whether the same request may succeed a little later."""
    if error.retryable is not None:
        return error.retryable
    if error.status is not None and error.status >= 400:
        return error.status in (408, 409, 429) or error.status >= 500
    passing = isinstance(error, NetworkFailure | ProviderTimeout | RateLimited | ServerFailure | Truncated)
    return passing and not (error.status is not None and 300 <= error.status < 400)


def wait_before_retry(error: ProviderError, tries: int, jitter: float) -> float:
    """Seconds: the delay that the provider asks for; else 0.5, 1, 2, 4 … 8, less up to a quarter of it.

    A delay of zero or less is ignored. A long one is not shortened: `next_step` finds that it exceeds the budget.
    """
    if error.retry_after is not None and error.retry_after > 0:
        return error.retry_after
    return float(min(0.5 * 2 ** min(tries, 8), 8.0) * (1 - 0.25 * jitter))


def _change_for(error: ProviderError) -> Change | None:
    if isinstance(error, ContextTooLong):
        return "shorter"
    if isinstance(error, StreamingNotSupported):
        return "whole"
    return "corrected" if error.correction is not None else None


# --------------------------------------------------------------------------------------------------- waiting

_LEAST_SHARE = 0.25


def first_word_timeout(retry: RetryBudget, elapsed: float, others: int) -> float | None:
    """How long to wait for a model's first word while `others` have not been asked yet: an equal share of what is left of
    the budget, so that the last of them still has its own. None if no other model is left."""
    return max(_LEAST_SHARE, (retry.seconds - elapsed) / (others + 1)) if others else None


KEPT_TIMES = 50
_ENOUGH_TIMES = 5
_USUAL = 0.6
_SOONEST = 0.05


def hedge_after(times: Sequence[float], timeout: float) -> float:
    """When the second model of a race starts: as soon as the first takes longer than in 95 of 100 of its recent `times` to
    the first word. With too few of them, after 0.6 s; never later than `timeout`."""
    if len(times) < _ENOUGH_TIMES:
        return min(_USUAL, timeout)
    return min(max(quantile(times, 0.95), _SOONEST), timeout)


def quantile(times: Sequence[float], part: float) -> float:
    """The smallest of `times` that `part` of them do not exceed (the nearest rank). `times` is not empty."""
    ranked = sorted(times)
    return ranked[max(0, ceil(len(ranked) * part) - 1)]


# --------------------------------------------------------------------------------------------------- breaker

FAILURES_TO_OPEN = 5
OPEN_SECONDS = 30.0
_LONGEST_REST = 60.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether a model may be asked at all. After five failures in a row it gets no request for 30 s; then one, the
    probe, finds out whether it works again. A model that limits requests is left alone for as long as it asks to be."""

    failures: int = 0
    until: float = float("-inf")
    """After failures, it gets no requests before this time, but for those that the user makes by hand."""
    paused_until: float = float("-inf")
    """The provider asked for no requests before this time."""

    def wait(self, now: float) -> float:
        """Seconds until it may be asked; 0 if now."""
        return max(self.until - now, self.pause(now))

    def pause(self, now: float) -> float:
        """Seconds for which the provider asked for no requests; 0 where it did not, or they are over."""
        return max(0.0, self.paused_until - now)

    @property
    def is_open(self) -> bool:
        """Whether only a probe is let through, one request at a time."""
        return self.failures >= FAILURES_TO_OPEN

    def asked(self, now: float) -> Breaker:
        """A request is sent. While a probe is in flight, no other request is admitted."""
        return replace(self, until=now + OPEN_SECONDS) if self.is_open else self

    def failed(self, now: float) -> Breaker:
        """A request has failed, in a way that counts (`counts_as_failure`)."""
        failures = self.failures + 1
        until = now + OPEN_SECONDS if failures >= FAILURES_TO_OPEN else self.until
        return replace(self, failures=failures, until=until)

    def limited(self, now: float, seconds: float) -> Breaker:
        """The provider asks for a pause of so many seconds; it gets a minute at most."""
        paused_until = max(self.paused_until, now + min(seconds, _LONGEST_REST))
        return replace(self, paused_until=paused_until) if seconds > 0 else self

    def answered(self) -> Breaker:
        """It has answered, even if with a refusal: it can be reached."""
        return Breaker()

    def abandoned(self, now: float) -> Breaker:
        """The probe was cancelled before it found out anything: the next request is the probe."""
        return replace(self, until=now) if self.is_open else self


def counts_as_failure(error: ProviderError) -> bool:
    """Whether an error shows that the model is in trouble. An error of the request (3xx, 4xx) does not, nor does a model that
    is still being loaded: an open breaker would hide that it is ready."""
    if isinstance(error, NotReady):
        return False
    if error.status is not None:
        return error.status >= 500
    return isinstance(error, NetworkFailure | ProviderTimeout | ServerFailure | Truncated)


# ------------------------------------------------------------------------------------------------ explaining

_COMPLAINTS: tuple[tuple[type[PiCodeError], str], ...] = (
    (RateLimited, "limits requests"),
    (ProviderTimeout, "is slow"),
    (NetworkFailure, "can't be reached"),
    (AuthenticationError, "refuses the key"),
    (ModelUnavailable, "doesn't have the model"),
    (ContextTooLong, "takes no prompt of this length"),
    (BadRequest, "refuses the request"),
    (Truncated, "breaks off"),
    (NotReady, "is loading its model"),
    (ServerFailure, "fails"),
)


def explain_detour(causes: Sequence[PiCodeError], winner: str) -> str:
    """Why the answer was slower than it could have been, in a sentence; empty where nothing went wrong before it.

    >>> explain_detour([RateLimited("OpenAI", "too many requests.")], "Mistral")
    'OpenAI limits requests; answered by Mistral.'
    """
    if not causes:
        return ""
    words = ", ".join(dict.fromkeys(_complaint(cause) for cause in causes))
    alone = all(isinstance(cause, ProviderError) and cause.provider == winner for cause in causes)
    return f"{words}; answered {'when asked again' if alone else f'by {winner}'}."


def _complaint(cause: PiCodeError) -> str:
    if not isinstance(cause, ProviderError):
        return cause.problem.rstrip(".")
    if isinstance(cause, AuthenticationError) and cause.status is None:
        return f"{cause.provider} has no key"
    return f"{cause.provider} {next((said for kind, said in _COMPLAINTS if isinstance(cause, kind)), 'fails')}"
