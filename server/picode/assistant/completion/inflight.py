"""The answers under way for one document."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from picode.assistant.completion.session_cache import ModelKey
from picode.assistant.completion.stream import CompletionStream
from picode.core.anchor import Around
from picode.core.errors import PiCodeError

log = logging.getLogger(__name__)

GRACE = 0.08
"""Seconds that a stream nobody waits for is kept. VS Code takes 50 ms from cancelling a request to sending the next."""

LANDING = 1.0
"""Seconds that what is still under way is kept when something else has served the user: it may know more in a moment."""


class InFlight:
    """Keeps them for as long as somebody waits, and a moment longer: somebody who types asks again at the next key."""

    def __init__(self) -> None:
        self._live: list[tuple[ModelKey, CompletionStream]] = []
        self._news = asyncio.Event()
        self._waiting = 0
        self.ahead: CompletionStream | None = None
        """What is asked for before the user gets there."""
        self._read = ""
        self._reading: asyncio.Task[None] | None = None
        self._closing: asyncio.TimerHandle | None = None
        self.wanting_since: float | None = None
        """Since when the user has been typing without a suggestion and without one being asked for; the clock's seconds."""

    def add(self, tag: ModelKey, generation: CompletionStream) -> None:
        self._live.append((tag, generation))

    def heard(self, generation: CompletionStream) -> None:
        """There is more of `generation`, or its end: whoever waits looks again."""
        if not generation.running:
            self._live = [(tag, each) for tag, each in self._live if each is not generation]
            self.ahead = None if self.ahead is generation else self.ahead
        self._news.set()

    def serving(self, tag: ModelKey, around: Around) -> list[CompletionStream]:
        """Those that may go on from the cursor of `around`, oldest first. The others are dropped: they have diverged."""
        if self.ahead is not None and self.ahead.may_serve(around):
            self._live.append((tag, self.ahead))  # the user has got there
            self.ahead = None
        serving = []
        for made_for, generation in list(self._live):
            if made_for == tag and generation.may_serve(around):
                serving.append(generation)
            else:
                self.drop(generation)
        return serving

    def drop(self, generation: CompletionStream) -> None:
        generation.close()
        self._live = [(tag, each) for tag, each in self._live if each is not generation]

    def busy(self, limit: int) -> bool:
        """Whether no other request may be under way."""
        return len(self._live) >= limit

    def stop_ahead(self) -> None:
        """The user went another way."""
        if self.ahead is not None:
            self.ahead.close()
            self.ahead = None
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def read_ahead(self, start: str, read: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Has a model read a prompt that begins with `start`, once."""
        if start == self._read:
            return
        self._read = start
        self._reading = asyncio.create_task(_silently(read()))

    def close(self) -> None:
        """Drops all."""
        for _, generation in self._live:
            generation.close()
        self._live.clear()

    def arrive(self) -> None:
        """Somebody waits from now on."""
        self._waiting += 1
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None

    def leave(self, grace_s: float = GRACE) -> None:
        """Somebody waits no longer. When the last one has gone, what is under way is dropped after `grace_s` seconds."""
        self._waiting -= 1
        if not self._waiting and self._live:
            self._closing = asyncio.get_running_loop().call_later(grace_s, self.close)

    async def news(self, seconds: float | None) -> None:
        """Returns as soon as a stream has said more or ended, and after `seconds` at the latest (None: only then)."""
        self._news.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            pass


async def _silently(work: Coroutine[Any, Any, None]) -> None:
    """Nobody waits for it: what goes wrong shows in the next suggestion."""
    try:
        await work
    except PiCodeError as error:
        log.info("could not read ahead: %s", error)
    except Exception:
        log.exception("could not read ahead because of a defect")
