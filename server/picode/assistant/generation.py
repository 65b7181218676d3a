"""Answers of a model, running and finished, to be used for more than the one request that began them.

Somebody who types on mostly types what the model is writing. So a stream is not dropped at the next key: the new request
joins it, and what has been typed meanwhile is taken off its front. A finished answer serves in the same way, forward
and (after a backspace) backward. Only what has diverged from the text is dropped.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from picode.core.document import Snapshot, text_after, text_before
from picode.core.messages import Chunk, Finish
from picode.core.trim import Place, arrive, is_complete

GRACE = 0.08
"""Seconds that a stream nobody waits for is kept. VS Code takes 50 ms from cancelling a request to sending the next."""

_HEAD = 600
_TAIL = 200
_TYPED = 2000
_KEPT = 24


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where in a document an answer belongs: the text around the cursor, as much of it as makes the place certain."""

    head: str
    tail: str

    @classmethod
    def at(cls, snapshot: Snapshot) -> Anchor:
        return cls(
            text_before(snapshot.lines, snapshot.cursor, _HEAD), text_after(snapshot.lines, snapshot.cursor, _TAIL)
        )

    def typed_until(self, snapshot: Snapshot) -> str | None:
        """What was typed here since; None where `snapshot` is not this place with something typed at it."""
        if text_after(snapshot.lines, snapshot.cursor, _TAIL) != self.tail:
            return None
        now = text_before(snapshot.lines, snapshot.cursor, _HEAD + _TYPED)
        at = now.rfind(self.head)
        return now[at + len(self.head) :] if at >= 0 else None


class Generation:
    """One answer, as it arrives. `place` is where it was asked for; `text` begins at the cursor there."""

    def __init__(self, anchor: Anchor, place: Place, chunks: AsyncGenerator[Chunk]) -> None:
        self.anchor = anchor
        self.place = place
        self.text = ""
        self.whole = False
        """Whether the answer came to its own end, or as far as anybody could use it."""
        self._waiting = 0
        self._closing: asyncio.TimerHandle | None = None
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._read(chunks))
        self._task.add_done_callback(self._ended)

    @property
    def running(self) -> bool:
        return not self._task.done()

    @property
    def usable(self) -> bool:
        """Whether it is still, or has become, an answer."""
        return self.running or self.whole

    def agrees(self, typed: str) -> bool:
        """Whether what has arrived, and may still arrive, begins with `typed`."""
        return self.text.startswith(typed) or (self.running and typed.startswith(self.text))

    async def rest(self, typed: str) -> str | None:
        """The answer's text behind `typed`, once all of it is there; None as soon as it turns out to differ.

        Raises the error that ended the stream. Whoever waits keeps the stream alive; when the last one leaves it,
        it ends.
        """
        self._waiting += 1
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        try:
            while self.running and self.agrees(typed):
                self._news.clear()
                await self._news.wait()
        finally:
            self._waiting -= 1
            if not self._waiting and self.running:
                self._closing = asyncio.get_running_loop().call_later(GRACE, self.close)
        if not self.running and not self._task.cancelled() and (error := self._task.exception()) is not None:
            raise error
        return self.text[len(typed) :] if self.agrees(typed) and self.whole else None

    def close(self) -> None:
        """Drops the stream, and with it the model's work."""
        self._task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # for whoever waits; asyncio complains about errors that nobody has looked at
        self._news.set()

    async def _read(self, chunks: AsyncGenerator[Chunk]) -> None:
        raw = ""
        async with aclosing(chunks):
            async for chunk in chunks:
                if chunk.text and chunk.finish is not Finish.REFUSED:  # the words of a refusal are no code
                    raw += chunk.text
                    self.text = arrive(raw, self.place)
                    self._news.set()
                    if is_complete(self.text, self.place):
                        break
        self.whole = True


class Generations:
    """The answers of each document, newest last."""

    def __init__(self) -> None:
        self._kept: dict[str, deque[Generation]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def add(self, uri: str, generation: Generation) -> None:
        self._kept[uri].append(generation)

    def find(self, snapshot: Snapshot) -> tuple[Generation, str] | None:
        """The newest answer that goes on from `snapshot`, and what has been typed of it. Drops streams that don't."""
        found = None
        for generation in reversed(self._kept[snapshot.uri]):
            typed = generation.anchor.typed_until(snapshot)
            fits = typed is not None and generation.usable and generation.agrees(typed)
            if fits and found is None and typed is not None and generation.text != typed:
                found = (generation, typed)
            elif not fits and generation.running:
                generation.close()
        return found

    def drop(self, uri: str) -> None:
        """The document is closed."""
        for generation in self._kept.pop(uri, ()):
            generation.close()

    def clear(self) -> None:
        """Another model, other settings: nothing of the past counts."""
        for uri in list(self._kept):
            self.drop(uri)
