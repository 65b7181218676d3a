"""One answer of a model, from its first word on, and what it means for a cursor that moves on meanwhile."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from picode.core.anchor import Anchor, Around
from picode.core.messages import Chunk, Finish
from picode.postprocess import CursorContext, is_complete, normalize


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote, to its end or as far as anybody could use it, when it was asked at `place`."""

    raw: str
    text: str
    """What of it begins at the cursor that it was asked for."""
    place: CursorContext
    id: str = ""
    """Of the generation that it comes from."""
    cached: bool = False
    """Whether it was kept on the disk."""
    seconds: float = 0.0
    """How long it took, from asking to its end."""
    ended: bool = True
    """Whether the model had no more to say here; false where it was cut off for its length."""

    def rest(self, typed: str) -> str | None:
        """What it says behind `typed`; None where it says something else.

        `typed` begins at the start of the line where that was blank (see `Anchor`), so other indentation is no other
        place. Then what the model wrote arrives anew.
        """
        text, indent = self.text, _indent(self.place)
        if indent is not None:
            bare = typed.lstrip(" \t")
            present = typed[: len(typed) - len(bare)]
            if present != indent:
                text = self._indented_anew(present)
            typed = bare
        return text[len(typed) :] if text.startswith(typed) else None

    def _indented_anew(self, indent: str) -> str:
        text = normalize(self.raw, replace(self.place, line_prefix=indent))
        # The following lines of a chat model's answer are indented for where it was asked.
        return "" if self.place.chat and "\n" in text else text


def _indent(place: CursorContext) -> str | None:
    """The indentation that an answer's text does not repeat; None where the line was not blank."""
    return None if place.line_prefix.strip() else place.line_prefix


class CompletionStream:
    """An answer that is being written. `began` is when, and `heard` when something of it came last, in the clock's seconds."""

    def __init__(
        self,
        anchor: Anchor,
        place: CursorContext,
        ask: Callable[[CompletionStream], AsyncGenerator[Chunk]],
        now: Callable[[], float],
        on_news: Callable[[CompletionStream], None],
    ) -> None:
        self.id = uuid.uuid4().hex
        self.cache_key = ""
        """Under which its answer may be kept on the disk; empty where it may not."""
        self.cached = False
        """Whether it comes from there."""
        self.anchor = anchor
        self.place = place
        self.began = self.heard = now()
        self._now = now
        self.raw = ""
        self.text = ""
        self.answer: Answer | None = None
        """There as soon as it is whole."""
        self._on_news = on_news
        self._task = asyncio.create_task(self._read(ask(self)))
        self._task.add_done_callback(self._ended)

    @property
    def running(self) -> bool:
        return not self._task.done()

    @property
    def error(self) -> BaseException | None:
        """What ended it; None while it runs, and where it was whole or dropped."""
        return None if self.running or self._task.cancelled() else self._task.exception()

    def may_serve(self, around: Around) -> bool:
        """Whether what it says, and may still say, goes on from the cursor of `around`."""
        typed = self._typed_until(around)
        return typed is not None and (self.text.startswith(typed) or typed.startswith(self.text) or not typed.strip())

    def serves(self, around: Around) -> bool:
        """Whether it has said already how the line goes on from the cursor of `around`."""
        typed = self._typed_until(around)
        return typed is not None and self.text.startswith(typed) and bool(self.text[len(typed) :].strip())

    def _typed_until(self, around: Around) -> str | None:
        typed = self.anchor.typed_until(around)
        return None if typed is None else typed.removeprefix(_indent(self.place) or "")

    def close(self) -> None:
        """Drops it, and with it the model's work."""
        self._task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # for whoever waits; asyncio complains about errors that nobody has looked at
        self._on_news(self)

    async def _read(self, chunks: AsyncGenerator[Chunk]) -> None:
        ended = True
        async with aclosing(chunks):
            async for chunk in chunks:
                ended = chunk.finish is not Finish.LENGTH
                if chunk.text and chunk.finish is not Finish.REFUSED:  # the words of a refusal are no code
                    self.raw += chunk.text
                    self.heard = self._now()
                    self.text = normalize(self.raw, self.place, ended=False)
                    if is_complete(self.text, self.place):
                        break
                    self._on_news(self)
        self.text = normalize(self.raw, self.place)
        self.answer = Answer(self.raw, self.text, self.place, self.id, self.cached, self._now() - self.began, ended)
