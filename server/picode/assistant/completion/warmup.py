"""Gets a model on this machine ready when a file is opened, so that the first suggestion need not wait for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from picode.assistant.completion.fetch import CompletionFetcher
from picode.assistant.completion.request import Ask, Question, inactive_reason, turned_off
from picode.assistant.ports import Clock, Endpoints, Excluder
from picode.assistant.routing.route import Router, providers
from picode.core.document import Position
from picode.core.errors import PiCodeError
from picode.settings.model import Settings

log = logging.getLogger(__name__)

AWAKE = 240.0
"""Seconds for which a model stays loaded after it was asked: Ollama keeps it for five minutes."""

_ROW = 40
"""The line that the cursor is thought to be on: a file that has just been opened shows its beginning."""


class Warmer:
    """Asks for one word, and throws it away. Other people's machines are not asked: that would cost money."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        router: Router,
        endpoints: Endpoints,
        completer: CompletionFetcher,
        excluder: Excluder,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._router = router
        self._endpoints = endpoints
        self._completer = completer
        self._excluder = excluder
        self._clock = clock
        self._asked: dict[tuple[str, str], float] = {}
        self._task: asyncio.Task[None] | None = None

    def opened(self, ask: Ask) -> None:
        """A document is in front of the user now. Begins at once and ends by itself."""
        settings = self._settings()
        inline = settings.inline
        row = providers(settings).get(inline.provider)
        model = (inline.provider, inline.model)
        if self._clock.now() - self._asked.get(model, -AWAKE) < AWAKE or (self._task and not self._task.done()):
            return
        if row is None or not row.local or turned_off(settings, ask) is not None:
            return
        self._asked[model] = self._clock.now()
        self._task = asyncio.create_task(self._warm(ask, settings))

    def stop(self) -> None:
        """There is something to do now. A model that is being loaded goes on being loaded."""
        if self._task is not None:
            self._task.cancel()

    async def _warm(self, ask: Ask, settings: Settings) -> None:
        try:
            if await inactive_reason(settings, ask, self._excluder) is not None:
                self._asked.clear()  # the next document may be another matter
                return
            row = providers(settings)[settings.inline.provider]
            if not await asyncio.to_thread(self._endpoints.at_hand, row):
                return
            chain = await self._router.inline_chain(settings)
            last = len(ask.snapshot.lines) - 1
            snapshot = replace(ask.snapshot, cursor=Position(min(_ROW, last), 0))
            question = Question.prepare(replace(ask, snapshot=snapshot), chain.lead, settings)
            if question is not None:
                await self._completer.warm(question, chain, settings)
        except PiCodeError as error:
            log.info("could not warm the model: %s", error)  # the first suggestion says so where it can be seen
        except Exception:
            log.exception("could not warm the model because of a defect")
