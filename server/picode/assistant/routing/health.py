"""The health of each model: its breaker, and how long its latest first words took."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import replace
from math import ceil

from picode.assistant.ports import BreakerBoard, Clock
from picode.assistant.routing.upstream import Target
from picode.assistant.usage.events import BreakerChanged, Record
from picode.assistant.usage.observers import ignore
from picode.core.errors import ProviderError, RateLimited, ServerFailure
from picode.core.policy import KEPT_TIMES, Breaker, counts_as_failure

_Key = tuple[str, str]


class Health:
    """The state of each model of each provider. The rules are those of `picode.core.policy`. `record` hears of breakers that
    open and close."""

    def __init__(self, clock: Clock, record: Record = ignore, board: BreakerBoard | None = None) -> None:
        self._clock = clock
        self._board = board
        self._record = record
        self._breakers: dict[_Key, Breaker] = {}
        self._open: dict[_Key, Target] = {}
        self._times: dict[_Key, deque[float]] = defaultdict(lambda: deque(maxlen=KEPT_TIMES))

    async def recall(self, target: Target) -> None:
        """Takes over the breaker of a model from the board that processes share, if there is one."""
        found = await self._board.read(*account_key(target)) if self._board else None
        if found is None:
            return
        failures, wait = found
        until = self._clock.now() + wait if wait > 0 else float("-inf")
        known = Breaker(failures)
        known = replace(known, until=until) if known.is_open else replace(known, paused_until=until)
        self._breakers[account_key(target)] = known
        self._tell(target)

    def pause(self, target: Target) -> float:
        """Seconds for which the provider asked for no requests; 0 where it did not."""
        return self._breaker(target).pause(self._clock.now())

    def admit(self, target: Target, *, by_hand: bool) -> bool:
        """Whether the next request is the probe of an open breaker. An open breaker does not keep out requests that the user
        makes by hand; a pause that the provider asked for does.

        Raises `ServerFailure` or `RateLimited` where the model must not be asked now.
        """
        now, breaker = self._clock.now(), self._breaker(target)
        title, pause, wait = target.provider.title, breaker.pause(now), breaker.wait(now)
        if pause > 0:
            remedy = f"It is asked again in {ceil(pause)} s."
            raise RateLimited(title, "asked for a pause.", remedy, retry_after=pause, retryable=False)
        if wait > 0 and not by_hand:
            problem, remedy = f"has failed {breaker.failures} times in a row.", f"It is asked again in {ceil(wait)} s."
            raise ServerFailure(title, problem, remedy, retry_after=wait, retryable=False)
        self._note(target, breaker.asked(now))
        return breaker.is_open

    def answered(self, target: Target) -> None:
        """A request was answered."""
        self._note(target, Breaker())

    def failed(self, target: Target, error: ProviderError) -> None:
        """A request failed."""
        now, breaker = self._clock.now(), self._breaker(target)
        breaker = breaker.failed(now) if counts_as_failure(error) else breaker.answered()
        if isinstance(error, RateLimited | ServerFailure):
            breaker = breaker.limited(now, error.retry_after or 0.0)
        self._note(target, breaker)

    def abandoned(self, target: Target) -> None:
        """A probe was cancelled before it was answered."""
        self._note(target, self._breaker(target).abandoned(self._clock.now()))

    def spoke(self, target: Target, seconds: float) -> None:
        """A first word arrived after so many seconds."""
        self._times[account_key(target)].append(seconds)

    def times(self, target: Target) -> tuple[float, ...]:
        """How many seconds the latest first words took, the oldest first."""
        return tuple(self._times.get(account_key(target), ()))

    def forget(self) -> None:
        """Closes all breakers, because the user asks to try again."""
        if self._board:
            for key in self._breakers:
                self._board.write(*key, 0, 0.0)
        self._breakers.clear()
        for target in list(self._open.values()):
            self._tell(target)

    def _note(self, target: Target, breaker: Breaker) -> None:
        """Sets the breaker of a model, and tells the board."""
        key, before = account_key(target), self._breaker(target)
        if breaker == before:
            return
        self._breakers[key] = breaker
        if breaker == Breaker():
            del self._breakers[key]
        self._tell(target)
        if self._board:
            self._board.write(*key, breaker.failures, breaker.wait(self._clock.now()))

    def _tell(self, target: Target) -> None:
        key, is_open = account_key(target), self._breaker(target).is_open
        if is_open == (key in self._open):
            return
        if is_open:
            self._open[key] = target
        else:
            del self._open[key]
        self._record(BreakerChanged(target.provider.name, target.model, is_open))

    def _breaker(self, target: Target) -> Breaker:
        return self._breakers.get(account_key(target), Breaker())


def account_key(target: Target) -> _Key:
    """The account that a model is asked through, and the model. Two providers at one address are two accounts there, with
    limits of their own."""
    return f"{target.provider.name} {target.endpoint.base_url}", target.model
