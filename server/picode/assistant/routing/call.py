"""Asks the models of a chain until one of them answers. What is decided on the way, `picode.core.policy` decides.

Every model that is asked runs in a task of its own, the runner, and puts what happens to it into one queue; one loop
reads it. The two strategies differ in a single point: when a first word is late and somebody else can be asked,
`fallback` stops asking the late one, and `race` lets both run.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Literal

from picode.assistant.ports import Clock, Deadlines, Observer, Transport
from picode.assistant.privacy import Outgoing, Privacy
from picode.assistant.request_ids import current
from picode.assistant.routing.budget import Budgets, Ceiling
from picode.assistant.routing.health import Health
from picode.assistant.routing.upstream import Target, stream
from picode.assistant.usage.observers import Unobserved
from picode.assistant.usage.report import Attempt, Report, Sent
from picode.core.errors import AllProvidersFailed, ModelUnavailable, PiCodeError, ProviderError, ProviderTimeout
from picode.core.keys import origin
from picode.core.messages import Chunk, Request, Usage
from picode.core.policy import Retry, RetryBudget, explain_detour, first_word_patience, hedge_after, next_step

Strategy = Literal["fallback", "race"]

RequestFor = Callable[[Target, bool], Request | None]
"""The request for a target; a shorter one where the second argument is true. None where there is nothing to ask it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model of a chain, to be located when its turn comes: the embedded one is not started just in case.

    `target` is given where it has been located already. `locate` raises `PiCodeError`s. `provider` is its name, for whoever
    counts those that can't be located.
    """

    title: str
    locate: Callable[[], Awaitable[Target]]
    target: Target | None = None
    ceiling: Ceiling = field(default_factory=Ceiling)
    provider: str = ""


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How a chain is asked. `by_hand` is for what the user asked for explicitly: no breaker stands in its way. `feature` is
    under what it is counted, one of a few names."""

    terms: RetryBudget
    deadlines: Deadlines
    strategy: Strategy = "fallback"
    by_hand: bool = False
    feature: str = "other"


@dataclass(frozen=True, slots=True)
class Answered:
    """Who answers, and what went wrong before it did."""

    target: Target
    causes: tuple[PiCodeError, ...]

    @property
    def note(self) -> str:
        """Why it took longer than it could have; empty where nothing went wrong."""
        return explain_detour(self.causes, self.target.provider.title)


class Caller:
    """Asks models. `jitter` gives random numbers from 0 to 1."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        health: Health,
        budgets: Budgets,
        jitter: Callable[[], float] = random.random,
        observer: Observer | None = None,
        privacy: Privacy | None = None,
    ) -> None:
        self.transport = transport
        self.clock = clock
        self.health = health
        self.budgets = budgets
        self.jitter = jitter
        self.observer = observer or Unobserved()
        self.privacy = privacy or Privacy.of_session()

    def first_word_times(self, target: Target) -> tuple[float, ...]:
        """The seconds that the latest answers of `target` took to begin."""
        return self.health.times(target)

    async def ask(
        self,
        request_for: RequestFor,
        chain: Sequence[Candidate],
        plan: CallOptions,
        on_answer: Callable[[Answered], None] = lambda _: None,
    ) -> AsyncGenerator[Chunk]:
        """The answer as it arrives, from whoever of `chain` (which is not empty) gives one; its last chunk carries `finish`.

        `on_answer` hears who that is before the first chunk is given out. Closing the iterator closes all connections.
        Raises `AllProvidersFailed`, or of a chain of one its own error; and after the first word whatever ends the stream.
        """
        call = _Call(self, request_for, chain, plan)
        try:
            winner, chunk = await call.first_word()
            on_answer(winner)
            yield chunk
            while (chunk_or_end := await call.next_chunk()) is not None:
                yield chunk_or_end
        finally:
            try:
                await call.close()
            finally:
                self.observer.asked(call.report())


class _Late:
    """No first word has come in time."""


class _End:
    """The answer is whole."""


_News = Chunk | Exception | _Late | _End


@dataclass(eq=False, slots=True)
class _Runner:
    """One model that is being asked, since `began`. `late`: others have been asked instead of it."""

    link: Candidate
    began: float
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    target: Target | None = None
    failures: list[ProviderError] = field(default_factory=list)
    tries: list[Attempt] = field(default_factory=list)
    spoke: bool = False
    late: bool = False

    def stop(self) -> None:
        for task in self.tasks:
            task.cancel()


class _Call:
    """One question to one chain."""

    def __init__(self, caller: Caller, request_for: RequestFor, chain: Sequence[Candidate], plan: CallOptions) -> None:
        self._transport, self._clock = caller.transport, caller.clock
        self._health, self._budgets, self._jitter = caller.health, caller.budgets, caller.jitter
        self._privacy = caller.privacy
        self._request_for = request_for
        self._plan = plan
        self._alone = len(chain) == 1
        self._waiting = deque(chain)
        self._started: list[_Runner] = []
        self._running: list[_Runner] = []
        self._causes: list[PiCodeError] = []
        self._news: asyncio.Queue[tuple[_Runner, _News]] = asyncio.Queue()
        self._began = self._clock.now()
        self._winner: _Runner | None = None

    # The loop

    async def first_word(self) -> tuple[Answered, Chunk]:
        """Waits until somebody begins to answer; the others are stopped."""
        self._start_next()
        while True:
            runner, news = await self._news.get()
            if runner not in self._running:
                continue
            if isinstance(news, Chunk):
                return self._won(runner), news
            if isinstance(news, PiCodeError):
                self._running.remove(runner)
                self._causes.append(news)
                if self._waiting:
                    self._start_next()
                elif not self._running:
                    raise news if self._alone else AllProvidersFailed(self._causes)
            elif isinstance(news, _Late) and self._waiting and not runner.spoke:
                if self._plan.strategy == "fallback":
                    self._drop(runner)
                self._start_next()
            elif isinstance(news, Exception):
                raise news  # a defect of ours

    async def next_chunk(self) -> Chunk | None:
        """What the winner says next; None at its end. Raises what broke it off."""
        while True:
            runner, news = await self._news.get()
            if runner not in self._running or isinstance(news, _Late):
                continue
            if isinstance(news, Exception):
                raise news
            return news if isinstance(news, Chunk) else None

    async def close(self) -> None:
        """Stops everybody, and returns when their connections are closed."""
        for runner in self._started:
            runner.stop()
        if tasks := [task for runner in self._started for task in runner.tasks]:
            await asyncio.wait(tasks)

    def report(self) -> Report:
        """What has become of it all."""
        winner = self._winner
        tries = sorted((each for runner in self._started for each in runner.tries), key=lambda each: each.began)
        return Report(
            self._plan.feature,
            current(),
            self._began,
            self._clock.now(),
            tries,
            winner.tries[-1] if winner else None,
            detour=winner is not None and winner is not self._started[0],
        )

    def _start_next(self) -> None:
        runner = _Runner(self._waiting.popleft(), self._clock.now())
        self._started.append(runner)
        self._running.append(runner)
        runner.tasks.append(asyncio.create_task(self._run(runner)))
        patience = first_word_patience(self._plan.terms, self._elapsed(), len(self._waiting))
        if patience is not None:
            if self._plan.strategy == "race":
                target = runner.link.target
                patience = hedge_after(self._health.times(target) if target else (), patience)
            runner.tasks.append(asyncio.create_task(self._alarm(runner, patience)))

    async def _alarm(self, runner: _Runner, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._news.put_nowait((runner, _Late()))

    def _drop(self, runner: _Runner) -> None:
        """Somebody else is asked instead of `runner`, which has not said a word for too long."""
        self._running.remove(runner)
        runner.late = True
        runner.stop()
        error = _too_slow(runner)
        self._causes.append(error)
        if runner.target is not None:
            self._health.failed(runner.target, error)

    def _won(self, winner: _Runner) -> Answered:
        assert winner.target is not None
        for loser in self._running:
            if loser is winner:
                continue
            loser.stop()
            if loser.began < winner.began:
                self._causes.append(_too_slow(loser))
                # It would have taken longer still: without this, it would seem ever faster.
                if loser.target is not None:
                    self._health.spoke(loser.target, self._clock.now() - loser.began)
        self._running = [winner]
        self._winner = winner
        return Answered(winner.target, (*self._causes, *winner.failures))

    def _elapsed(self) -> float:
        return self._clock.now() - self._began

    # A runner

    async def _run(self, runner: _Runner) -> None:
        link = runner.link
        try:
            runner.target = target = link.target or await link.locate()
            await self._health.recall(target)
            probe = self._health.admit(target, by_hand=self._plan.by_hand)
            try:
                await self._attempts(runner, target)
            except asyncio.CancelledError:
                if runner.spoke:  # whoever asked has heard enough
                    self._health.answered(target)
                elif probe and not runner.late:
                    self._health.abandoned(target)
                raise
            self._health.answered(target)
            self._news.put_nowait((runner, _End()))
        except Exception as error:
            if not runner.tries or runner.tries[-1].error is not error:
                runner.tries.append(self._not_asked(runner, error))
            self._news.put_nowait((runner, error))

    async def _attempts(self, runner: _Runner, target: Target) -> None:
        """Asks one model, again if `next_step` says so."""
        request = self._request(target, shorter=False)
        while True:
            async with self._budgets.hold(target.provider, request, runner.link.ceiling):
                try:
                    return await self._attempt(runner, target, request)
                except ProviderError as failure:
                    error = failure
            self._health.failed(target, error)
            if runner.spoke:
                raise error
            others = bool(self._waiting) or len(self._running) > 1
            step = next_step(
                runner.failures, error, self._plan.terms, self._elapsed(), others=others, jitter=self._jitter()
            )
            if not isinstance(step, Retry):
                raise error
            runner.failures.append(error)
            if step.change == "shorter":
                request = self._request(target, shorter=True)
            elif step.change == "whole":
                request = replace(request, stream=False)
            await self._clock.sleep(step.after)

    async def _attempt(self, runner: _Runner, target: Target, request: Request) -> None:
        deadlines = self._plan.deadlines
        left = round(max(0.1, deadlines.total - self._elapsed()), 1)
        outgoing = self._privacy.prepare(request, target)
        this = Attempt(
            target.provider.name,
            target.model,
            self._clock.now(),
            chat=target.asks_chat,
            again=bool(runner.tries),
            sent=_sent(outgoing, target),
        )
        runner.tries.append(this)
        held: list[Chunk] = []  # what comes before the first word is given out with it: until then, a retry is possible
        usage, characters, failed = Usage(), 0, False
        try:
            arriving = stream(outgoing.request, target, self._transport, replace(deadlines, total=left))
            async with aclosing(outgoing.restored(arriving)) as chunks:
                async for chunk in chunks:
                    usage = usage.merged(chunk.usage) if chunk.usage else usage
                    characters += len(chunk.text) + len(chunk.reasoning)
                    if not runner.spoke and not (chunk.text or chunk.reasoning or chunk.finish):
                        held.append(chunk)
                        continue
                    if not runner.spoke:
                        runner.spoke = True
                        this.first_word = self._clock.now()
                        self._health.spoke(target, this.first_word - this.began)
                        for earlier in held:
                            self._news.put_nowait((runner, earlier))
                    self._news.put_nowait((runner, chunk))
        except Exception as error:
            failed = isinstance(error, PiCodeError)
            this.error = error
            raise
        finally:
            this.ended = self._clock.now()
            # A refusal costs nothing; what is cancelled has been read, as far as we know.
            if runner.spoke or usage != Usage() or not failed:
                this.usage, this.cost = self._budgets.settle(target.provider, request, usage, characters)

    def _not_asked(self, runner: _Runner, error: Exception) -> Attempt:
        target, now = runner.target, self._clock.now()
        provider, model = (target.provider.name, target.model) if target else (runner.link.provider, "")
        return Attempt(provider, model, runner.began, now, asked=False, error=error)

    def _request(self, target: Target, *, shorter: bool) -> Request:
        request = self._request_for(target, shorter)
        if request is None:
            raise ModelUnavailable(target.provider.title, "reads too little of the document to answer here.")
        return request


def _sent(outgoing: Outgoing, target: Target) -> Sent:
    request = outgoing.request
    return Sent(origin(target.endpoint.base_url), request.path, request.files, request.size, outgoing.kinds)


def _too_slow(runner: _Runner) -> ProviderTimeout:
    return ProviderTimeout(runner.link.title, "did not begin to answer in time.")
