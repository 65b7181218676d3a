"""The assistant's way to a model without an editor: the real call loop over the real transport."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from picode.assistant.ports import Clock, Deadlines, Endpoint, Used
from picode.assistant.routing.budget import Budgets
from picode.assistant.routing.call import Answered, Caller
from picode.assistant.routing.call_options import CallOptions, Candidate, Strategy
from picode.assistant.routing.health import Health
from picode.assistant.routing.upstream import Target
from picode.assistant.usage.events import CallEnded, UsageEvent
from picode.core.errors import PiCodeError
from picode.core.messages import Chunk, Fill, Request
from picode.core.policy import RetryBudget
from picode.io.clock import MonotonicClock
from picode.io.http import HttpTransport
from picode.providers.catalog import Provider
from picode.settings.model import Network
from picode.wire import DIALECTS
from picode.wire.dialect import Profile

CANARY = "Qz7canary0123456789abcdefX"
"""A key of no known shape, so that no pattern finds it: it must not get anywhere in the first place."""

ONE_TRY = RetryBudget(retries=0, seconds=3.0, longest_pause=0.0)
TWO_TRIES = RetryBudget(retries=1, seconds=3.0, longest_pause=0.0)


class ForwardClock(MonotonicClock):
    """Time that runs, and can be put forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return super().now() + self._ahead

    def pass_by(self, seconds: float) -> None:
        self._ahead += seconds


class SkippingClock(ForwardClock):
    """Puts itself forward instead of sleeping."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_by(seconds)
        await asyncio.sleep(0)


class MemoryLedger:
    """Implements `picode.assistant.ports.Ledger`."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, int, float]] = []

    def record(self, event: UsageEvent) -> None:
        assert isinstance(event, CallEnded)
        for each in event.attempts:
            used = each.usage.input_tokens + each.usage.output_tokens
            self.entries += [(each.provider, used, each.cost or 0.0)] if used else []

    async def used(self, provider: str) -> Used:
        ours = [entry for entry in self.entries if entry[0] == provider]
        return Used(sum(entry[1] for entry in ours), sum(entry[2] for entry in ours))


@dataclass
class Outcome:
    """What came of asking."""

    text: str = ""
    error: PiCodeError | None = None
    answered: Answered | None = None
    answered_at: float = 0.0
    seconds: float = 0.0
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def failure(self) -> PiCodeError:
        assert self.error is not None, f"answered: {self.text!r}"
        return self.error

    def everything(self) -> str:
        """All that an error could tell anybody."""
        if self.error is None:
            return ""
        causes = [self.error, *getattr(self.error, "causes", ())]
        return "".join(f"{cause!s}{cause!r}{vars(cause)}" for cause in causes) + "".join(
            "".join(traceback.format_exception(cause)) for cause in causes
        )


class Asker:
    """Asks servers of the test, with a key that must not show anywhere."""

    def __init__(self) -> None:
        self.network = Network()
        self.transport = HttpTransport(lambda: self.network)
        self.ledger = MemoryLedger()
        self.outcomes: list[Outcome] = []
        self.use(MonotonicClock())

    def use(self, clock: Clock) -> None:
        """From here on, time is `clock`'s; what was learnt of servers is forgotten."""
        self.health = Health(clock)
        budgets = Budgets(self.ledger, lambda *_: None)
        self.caller = Caller(self.transport, clock, self.health, budgets, lambda: 0.0, self.ledger.record)

    def link(
        self, base_url: str, title: str = "Scripted", key_header: str = "Authorization: Bearer {key}"
    ) -> Candidate:
        provider = Provider(
            name=title.lower(), title=title, base_url=base_url, fill="openai_completions", key_header=key_header
        )
        target = Target(
            provider, Endpoint(base_url, CANARY), "model", Profile("none"), DIALECTS["openai_completions"], False
        )

        async def locate() -> Target:
            return target

        return Candidate(title, locate, target)

    async def ask(
        self,
        *links: Candidate | str,
        terms: RetryBudget = ONE_TRY,
        deadlines: Deadlines | None = None,
        strategy: Strategy = "fallback",
        by_hand: bool = False,
        whole: bool = False,
        request_for: Callable[[Target, bool], Request | None] | None = None,
        enough: Callable[[str], bool] = lambda text: False,
    ) -> Outcome:
        """Asks the chain; stops reading as soon as there is `enough`."""
        chain: Sequence[Candidate] = [self.link(link) if isinstance(link, str) else link for link in links]
        plan = CallOptions(
            terms, deadlines or Deadlines(connect=2.0, idle=5.0, total=10.0), strategy, by_hand, whole=whole
        )
        outcome = Outcome()
        self.outcomes.append(outcome)

        def hear(answered: Answered) -> None:
            outcome.answered, outcome.answered_at = answered, time.monotonic()

        began = time.monotonic()
        try:
            async with aclosing(self.caller.ask(request_for or question, chain, plan, hear)) as chunks:
                async for chunk in chunks:
                    outcome.chunks.append(chunk)
                    outcome.text += chunk.text
                    if enough(outcome.text):
                        break
        except PiCodeError as error:
            outcome.error = error
        outcome.seconds = time.monotonic() - began
        return outcome


def question(target: Target, shorter: bool) -> Request:
    """A request of 400 characters, or of 40."""
    return Request(target.model, Fill("x = " * (10 if shorter else 100)), max_tokens=64)
