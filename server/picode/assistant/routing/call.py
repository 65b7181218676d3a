"""Asks the models of a chain until one of them answers, and gives out its answer as it arrives.

Each model that is asked has a `Runner` (see `runner`), which puts what happens to it into one queue; `_Call` reads that queue.
The two strategies differ in one point: when a first word is late and another model is left, `fallback` stops the late request
and `race` lets both run.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass

from picode.assistant.ports import Clock, Transport
from picode.assistant.privacy import Privacy
from picode.assistant.request_ids import current
from picode.assistant.routing.budget import Budgets
from picode.assistant.routing.call_options import CallOptions, Candidate, RequestFor
from picode.assistant.routing.corrections import Corrections
from picode.assistant.routing.health import Health
from picode.assistant.routing.runner import CallContext, Late, Runner, Waiting
from picode.assistant.routing.upstream import Target
from picode.assistant.usage.events import CallEnded, Record
from picode.assistant.usage.observers import ignore
from picode.core.errors import AllProvidersFailed, PiCodeError, ProviderTimeout
from picode.core.messages import Chunk
from picode.core.policy import explain_detour, first_word_timeout, hedge_after


@dataclass(frozen=True, slots=True)
class Answered:
    """The model that answers, and the errors of those that were asked before it."""

    target: Target
    causes: tuple[PiCodeError, ...]

    @property
    def note(self) -> str:
        """Why it took longer than it could have; empty where nothing went wrong."""
        return explain_detour(self.causes, self.target.provider.title)


class Caller:
    """Asks models. `jitter` gives random numbers from 0 to 1; `record` hears of each call that has ended."""

    def __init__(  # parameters: the parts of a call, wired once; the last three have a default for all but the root
        self,
        transport: Transport,
        clock: Clock,
        health: Health,
        budgets: Budgets,
        jitter: Callable[[], float] = random.random,
        record: Record = ignore,
        privacy: Privacy | None = None,
    ) -> None:
        self.transport = transport
        self.clock = clock
        self.health = health
        self.corrections = Corrections()
        self.budgets = budgets
        self.jitter = jitter
        self.record = record
        self.privacy = privacy or Privacy.of_session()

    def first_word_times(self, target: Target) -> tuple[float, ...]:
        """The seconds that the latest answers of `target` took to begin."""
        return self.health.times(target)

    async def ask(
        self,
        request_for: RequestFor,
        chain: Sequence[Candidate],
        options: CallOptions,
        on_answer: Callable[[Answered], None] = lambda _: None,
    ) -> AsyncGenerator[Chunk]:
        """The answer of one model of `chain` (which is not empty), as it arrives. Its last chunk carries `finish`.

        `on_answer` is called before the first chunk is given out. Closing the iterator closes all connections. Before the
        first word it raises `AllProvidersFailed`, or the error of a chain of one; after it, whatever ends the stream.
        """
        async with aclosing(self.report(request_for, chain, options, on_answer)) as news:
            async for each in news:
                if isinstance(each, Chunk):
                    yield each

    async def report(
        self,
        request_for: RequestFor,
        chain: Sequence[Candidate],
        options: CallOptions,
        on_answer: Callable[[Answered], None] = lambda _: None,
    ) -> AsyncGenerator[Chunk | Waiting]:
        """As `ask`; what a request waits for, before its answer begins, is given out, too."""
        async with AsyncExitStack() as reservations:  # until the call is recorded
            call = _Call(self, request_for, chain, options, reservations)
            try:
                while isinstance(news := await call.first_word(), Waiting):
                    yield news
                answered, chunk = news
                on_answer(answered)
                yield chunk
                while (following := await call.next_chunk()) is not None:
                    yield following
            finally:
                try:
                    await call.close()
                finally:
                    self.record(call.ended())


class _Call:
    """One call: who has been asked, who is being asked, who is left."""

    def __init__(
        self,
        caller: Caller,
        request_for: RequestFor,
        chain: Sequence[Candidate],
        options: CallOptions,
        reservations: AsyncExitStack,
    ) -> None:
        self._health, self._now = caller.health, caller.clock.now
        self._options = options
        self._alone = len(chain) == 1
        self._waiting = deque(chain)
        self._started: list[Runner] = []
        self._running: list[Runner] = []
        self._winner: Runner | None = None
        self._causes: list[PiCodeError] = []
        self._context = CallContext(caller, request_for, options, reservations, self._others_left)
        self._news = self._context.news

    async def first_word(self) -> tuple[Answered, Chunk] | Waiting:
        """Asks models until one begins to answer. Its first chunk; the other requests are stopped. Or what is waited for: then
        it is to be called again."""
        if not self._started:
            self._start_next()
        while True:
            runner, news = await self._news.get()
            if runner not in self._running:
                continue
            if isinstance(news, Waiting):
                return news
            if isinstance(news, Chunk):
                return self._settle_on(runner), news
            if isinstance(news, PiCodeError):
                self._running.remove(runner)
                self._causes.append(news)
                if self._waiting:
                    self._start_next()
                elif not self._running:
                    raise news if self._alone else AllProvidersFailed(self._causes)
            elif isinstance(news, Late) and self._waiting and not runner.spoke:
                if self._options.strategy == "fallback":
                    self._give_up(runner)
                self._start_next()
            elif isinstance(news, Exception):
                raise news  # a defect of ours

    async def next_chunk(self) -> Chunk | None:
        """The winner's next chunk; None at the end of its answer. Raises what broke it off."""
        while True:
            runner, news = await self._news.get()
            if runner not in self._running or isinstance(news, Late | Waiting):
                continue
            if isinstance(news, Exception):
                raise news
            return news if isinstance(news, Chunk) else None

    async def close(self) -> None:
        """Stops all requests, and returns when their connections are closed."""
        for runner in self._started:
            runner.stop()
        if tasks := [task for runner in self._started for task in runner.tasks]:
            await asyncio.wait(tasks)

    def ended(self) -> CallEnded:
        """The call, for the record of usage."""
        winner = self._winner
        attempts = sorted((each for runner in self._started for each in runner.attempts), key=lambda each: each.began)
        return CallEnded(
            self._options.feature,
            current(),
            self._context.began,
            self._now(),
            attempts,
            winner.attempts[-1] if winner else None,
            detour=winner is not None and winner is not self._started[0],
        )

    def _others_left(self) -> bool:
        return bool(self._waiting) or len(self._running) > 1

    def _start_next(self) -> None:
        runner = Runner(self._waiting.popleft(), self._context)
        self._started.append(runner)
        self._running.append(runner)
        others = 0 if self._options.silent else len(self._waiting)
        timeout = first_word_timeout(self._options.retry, self._context.elapsed(), others)
        if timeout is not None and self._options.strategy == "race":
            target = runner.candidate.target
            timeout = hedge_after(self._health.times(target) if target else (), timeout)
        runner.start(timeout)

    def _give_up(self, runner: Runner) -> None:
        """Stops a request whose first word is late; the next model is asked instead."""
        self._running.remove(runner)
        runner.late = True
        runner.stop()
        error = _too_slow(runner)
        self._causes.append(error)
        if runner.target is not None:
            self._health.failed(runner.target, error)

    def _settle_on(self, winner: Runner) -> Answered:
        """Stops all requests but that of `winner`."""
        assert winner.target is not None
        for loser in self._running:
            if loser is winner:
                continue
            loser.stop()
            if loser.began < winner.began:
                self._causes.append(_too_slow(loser))
                # Its first word would have taken longer still. If only its faster answers counted, it would seem ever faster.
                if loser.target is not None:
                    self._health.spoke(loser.target, self._now() - loser.began)
        self._running = [winner]
        self._winner = winner
        return Answered(winner.target, (*self._causes, *winner.failures))


def _too_slow(runner: Runner) -> ProviderTimeout:
    return ProviderTimeout(runner.candidate.title, "did not begin to answer in time.")
