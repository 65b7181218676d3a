"""Asks one model of a chain: again if it fails and trying again is worth it. What happens goes into the queue of the call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from typing import Protocol

from picode.assistant.ports import Clock, Transport
from picode.assistant.privacy import Outgoing, Privacy
from picode.assistant.routing.budget import Budgets, Reservation
from picode.assistant.routing.call_options import CallOptions, Candidate, RequestFor
from picode.assistant.routing.corrections import Corrections
from picode.assistant.routing.health import Health
from picode.assistant.routing.upstream import Target, stream
from picode.assistant.usage.events import Attempt, Sent
from picode.core.errors import ModelUnavailable, PiCodeError, ProviderError
from picode.core.messages import Chunk, Request, Usage
from picode.core.origins import origin
from picode.core.policy import Retry, is_worth_waiting, next_step
from picode.core.stops import StopCutter
from picode.wire.corrections import Correction


class Services(Protocol):
    """The parts of a `Caller` that a runner works with."""

    transport: Transport
    clock: Clock
    health: Health
    corrections: Corrections
    budgets: Budgets
    privacy: Privacy
    jitter: Callable[[], float]


class Late:
    """No first word has arrived in time."""


class End:
    """The answer is whole."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A model is asked again in so many seconds, because of `error`."""

    error: ProviderError
    seconds: float


News = Chunk | Exception | Late | End | Waiting


@dataclass(slots=True)
class CallContext:
    """What the runners of one call share. `reservations` are held until the call is recorded; `others_left` tells whether
    another model is being asked, or can be."""

    services: Services
    request_for: RequestFor
    options: CallOptions
    reservations: AsyncExitStack
    others_left: Callable[[], bool]
    news: asyncio.Queue[tuple[Runner, News]] = field(default_factory=asyncio.Queue)
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.services.clock.now()

    def elapsed(self) -> float:
        """Seconds since the call began."""
        return self.services.clock.now() - self.began


class Runner:
    """One model that is being asked. `late`: other models are asked instead of it."""

    def __init__(self, candidate: Candidate, call: CallContext) -> None:
        self.candidate = candidate
        self.began = call.services.clock.now()
        self.target: Target | None = candidate.target
        self.tasks: list[asyncio.Task[None]] = []
        self.attempts: list[Attempt] = []
        self.failures: list[ProviderError] = []
        """Errors after which the model was asked again."""
        self.spoke = False
        """Whether a first word has arrived."""
        self.given_out = False
        """Whether chunks have been given out: from then on a failure ends the answer."""
        self.late = False
        self._call = call
        self._services = call.services

    def start(self, timeout: float | None) -> None:
        """Begins to ask. `timeout` is in how many seconds the first word is late; None: never."""
        self.tasks.append(asyncio.create_task(self._run()))
        if timeout is not None:
            self.tasks.append(asyncio.create_task(self._alarm(timeout)))

    def stop(self) -> None:
        """Cancels the request. The connection is closed when `tasks` are done."""
        for task in self.tasks:
            task.cancel()

    async def _alarm(self, seconds: float) -> None:
        await self._services.clock.sleep(seconds)
        self._tell(Late())

    def _tell(self, news: News) -> None:
        self._call.news.put_nowait((self, news))

    async def _run(self) -> None:
        try:
            self.target = target = self.candidate.target or await self.candidate.locate()
            await self._ask_admitted(target)
            self._tell(End())
        except Exception as error:
            if not self.attempts or self.attempts[-1].error is not error:
                self.attempts.append(self._not_asked(error))
            self._tell(error)

    async def _ask_admitted(self, target: Target) -> None:
        """Asks the model if its breaker allows, and tells the breaker how it went."""
        health = self._services.health
        await health.recall(target)
        await self._wait_out_pauses(target)
        probe = health.admit(target, by_hand=self._call.options.by_hand)
        try:
            await self._ask(target)
        except asyncio.CancelledError:
            if self.spoke:  # the reader has read enough
                health.answered(target)
            elif probe and not self.late:
                health.abandoned(target)
            raise
        health.answered(target)

    async def _wait_out_pauses(self, target: Target) -> None:
        """Waits as long as the provider has asked for in answer to earlier calls, where that is worth it."""
        call = self._call
        while (pause := self._services.health.pause(target)) > 0:
            if not is_worth_waiting(pause, call.options.retry, call.elapsed(), others=call.others_left()):
                return
            await self._services.clock.sleep(pause)

    async def _ask(self, target: Target) -> None:
        """Sends requests until one is answered or `next_step` says that no other one is worth it."""
        services, options = self._services, self._call.options
        request = self._request(target, shorter=False)
        while True:
            hold = services.budgets.hold(target.provider, request, self.candidate.ceiling)
            reservation = await self._call.reservations.enter_async_context(hold)
            try:
                return await self._attempt(target, request, reservation)
            except ProviderError as failure:
                error = failure
            services.health.failed(target, error)
            if self.given_out:
                raise error
            others, elapsed = self._call.others_left(), self._call.elapsed()
            step = next_step(self.failures, error, options.retry, elapsed, others=others, jitter=services.jitter())
            if not isinstance(step, Retry):
                raise error
            self.failures.append(error)
            if step.change == "shorter":
                shorter = self._request(target, shorter=True)
                if shorter == request:
                    raise error
                request = shorter
            elif step.change == "whole":
                request = replace(request, stream=False)
            elif isinstance(error.correction, Correction):
                services.corrections.learn(target, error.correction)
            if step.after > 0:
                self._tell(Waiting(error, step.after))
            await services.clock.sleep(step.after)

    async def _attempt(self, target: Target, request: Request, reservation: Reservation) -> None:
        """Sends one request and reads its answer. What it used is in `reservation` afterwards."""
        services = self._services
        outgoing = services.privacy.prepare(request, target)
        attempt = Attempt(
            target.provider.name,
            target.model,
            services.clock.now(),
            chat=target.asks_chat,
            again=bool(self.attempts),
            sent=_sent(outgoing, target),
        )
        self.attempts.append(attempt)
        received = _Received()
        failed = False
        try:
            await self._read(outgoing, target, attempt, received)
        except Exception as error:
            failed = isinstance(error, PiCodeError)
            attempt.error = error
            raise
        finally:
            attempt.ended = services.clock.now()
            # A refusal costs nothing. A cancelled request has been read by the provider, as far as is known.
            if attempt.first_word is not None or received.usage != Usage() or not failed:
                attempt.usage, attempt.cost = services.budgets.account(
                    target.provider, request, received.usage, received.characters
                )
            reservation.settle(attempt.usage, attempt.cost)

    async def _read(self, outgoing: Outgoing, target: Target, attempt: Attempt, received: _Received) -> None:
        """Gives out the answer as it arrives, or when it is whole. Chunks before the first word are given out with it: until
        then, the model can be asked again."""
        deadlines = self._call.options.deadlines
        left = round(max(0.1, deadlines.total - self._call.elapsed()), 1)
        services, corrections = self._services, self._services.corrections.of(target)
        arriving = stream(outgoing.request, target, services.transport, replace(deadlines, total=left), corrections)
        before: list[Chunk] = []
        options, cutter = self._call.options, StopCutter(self._call.options.stops)
        async with aclosing(outgoing.restored(arriving)) as chunks:
            async for chunk in chunks:
                received.add(chunk)
                before.append(chunk)
                if attempt.first_word is None and (chunk.text or chunk.reasoning or chunk.deltas or chunk.finish):
                    self.spoke = True
                    attempt.first_word = self._services.clock.now()
                    self._services.health.spoke(target, attempt.first_word - attempt.began)
                if options.whole and not cutter.found:
                    cutter.feed(chunk.text)
                if self.spoke and (cutter.found or not options.whole):
                    self._give_out(before)
        self._give_out(before)

    def _give_out(self, chunks: list[Chunk]) -> None:
        """From now on the model can't be asked again."""
        self.given_out = True
        for chunk in chunks:
            self._tell(chunk)
        chunks.clear()

    def _not_asked(self, error: Exception) -> Attempt:
        target, now = self.target, self._services.clock.now()
        provider, model = (target.provider.name, target.model) if target else (self.candidate.provider, "")
        return Attempt(provider, model, self.began, now, asked=False, error=error)

    def _request(self, target: Target, *, shorter: bool) -> Request:
        request = self._call.request_for(target, shorter)
        if request is None:
            raise ModelUnavailable(target.provider.title, "reads too little of the document to answer here.")
        return request


@dataclass(slots=True)
class _Received:
    """How much of an answer has arrived."""

    usage: Usage = field(default_factory=Usage)
    characters: int = 0

    def add(self, chunk: Chunk) -> None:
        self.usage = self.usage.merged(chunk.usage) if chunk.usage else self.usage
        self.characters += chunk.characters


def _sent(outgoing: Outgoing, target: Target) -> Sent:
    request = outgoing.request
    return Sent(origin(target.endpoint.base_url), request.path, request.files, request.size, outgoing.kinds)
