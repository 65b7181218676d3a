"""The answers that models are writing for one document."""

from __future__ import annotations

import asyncio
import uuid

from picode.assistant.completion.session_cache import ModelAnswer, ModelKey, indent_left_out
from picode.core.anchor import Anchor, CursorText
from picode.core.messages import Chunk, Finish
from picode.postprocess import CursorContext, is_complete, normalize, whole_lines

GRACE_S = 0.08
"""Seconds that streams continue after the last request for the document has gone. VS Code takes 50 ms from cancelling a
request to sending the next."""

LANDING_S = 1.0
"""Seconds that streams continue after another answer has served the request: a moment later they may have a longer one."""


class CompletionStream:
    """An answer that is being written for `anchor`, by the task that `read_by` names."""

    def __init__(self, model: ModelKey, anchor: Anchor, cursor: CursorContext, now: float) -> None:
        self.id = uuid.uuid4().hex
        self.model = model
        self.anchor = anchor
        self.cursor = cursor
        self.cached = False
        """Whether it comes from the disk cache."""
        self.cache_key = ""
        """Under which the disk cache may keep it; empty where it may not."""
        self.last_chunk_at = now
        """Clock seconds of the last chunk with text, or of the start."""
        self.text = ""
        """What has arrived, normalized."""
        self.answer: ModelAnswer | None = None
        """Set as soon as it is whole."""
        self._raw = ""
        self._ended = True
        self._started_at = now
        self._task: asyncio.Task[None] | None = None

    def read_by(self, task: asyncio.Task[None], inflight: InFlight) -> None:
        """`task` feeds this stream, which is one of `inflight`."""
        self._task = task
        task.add_done_callback(lambda _: inflight.ended(self))

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def error(self) -> BaseException | None:
        """What ended it; None while it runs, and where it is whole or closed."""
        if self._task is None or not self._task.done() or self._task.cancelled():
            return None
        return self._task.exception()

    def feed(self, chunk: Chunk, now: float) -> bool:
        """Adds a chunk. True as soon as more of the answer could not change what is shown."""
        self._ended = chunk.finish is not Finish.LENGTH
        if not chunk.text or chunk.finish is Finish.REFUSED:  # the words of a refusal are no code
            return False
        self._raw += chunk.text
        self.last_chunk_at = now
        self.text = normalize(self._raw, self.cursor, ended=False)
        complete = is_complete(self.text, self.cursor)
        if complete:
            self._raw = whole_lines(self._raw)
        return complete

    def finish(self, now: float) -> ModelAnswer:
        """The whole answer."""
        self.text = normalize(self._raw, self.cursor)
        seconds = now - self._started_at
        self.answer = ModelAnswer(self._raw, self.text, self.cursor, self.id, self.cached, seconds, self._ended)
        return self.answer

    def may_serve(self, text: CursorText) -> bool:
        """Whether what has arrived, and may still arrive, goes on from the cursor of `text`."""
        typed = self._typed(text)
        return typed is not None and (self.text.startswith(typed) or typed.startswith(self.text) or not typed.strip())

    def serves(self, text: CursorText) -> bool:
        """Whether it is known already how the line goes on from the cursor of `text`."""
        typed = self._typed(text)
        return typed is not None and self.text.startswith(typed) and bool(self.text[len(typed) :].strip())

    def _typed(self, text: CursorText) -> str | None:
        typed = self.anchor.typed_until(text)
        return None if typed is None else typed.removeprefix(indent_left_out(self.cursor) or "")

    def close(self) -> None:
        """Stops reading, and with it the model."""
        if self._task is not None:
            self._task.cancel()


class InFlight:
    """The streams of one document. They continue while requests wait, and `grace_s` seconds longer: a user who types sends
    another request at the next key."""

    def __init__(self) -> None:
        self.speculative: CompletionStream | None = None
        """Requested before the user gets there; it does not count among the others."""
        self.pending_since: float | None = None
        """Clock seconds at which the user began to type without a completion and a model request; None while there is one."""
        self._streams: list[CompletionStream] = []
        self._changed = asyncio.Event()
        self._waiters = 0
        self._closing: asyncio.TimerHandle | None = None

    def add(self, stream: CompletionStream) -> None:
        self._streams.append(stream)

    def notify(self) -> None:
        """A stream has grown: waiting requests look again."""
        self._changed.set()

    def ended(self, stream: CompletionStream) -> None:
        """A stream has ended, whole or not."""
        _ = stream.error  # marks the exception as retrieved: asyncio logs those that never are
        self._streams = [each for each in self._streams if each is not stream]
        self.speculative = None if self.speculative is stream else self.speculative
        self.notify()

    def usable(self, model: ModelKey, text: CursorText) -> list[CompletionStream]:
        """The streams of `model` that may go on from the cursor of `text`, the oldest first. The others have diverged from
        the document, and are dropped."""
        if self.speculative is not None and self.speculative.may_serve(text):
            self._streams.append(self.speculative)  # the user has got there
            self.speculative = None
        for stream in list(self._streams):
            if stream.model != model or not stream.may_serve(text):
                self.drop(stream)
        return list(self._streams)

    def slot_wait(self, text: CursorText, limit: int, silence_s: float, now: float) -> float:
        """Seconds until another stream may start for the cursor of `text`; 0: now. All streams are `usable` there.

        No stream starts while another one serves the cursor, or while `limit` are in flight. A stream that is silent for longer
        than `silence_s` may be dead: then it does not count as serving the cursor, and is dropped when the limit is reached.
        """
        left = {stream.id: stream.last_chunk_at + silence_s - now for stream in self._streams}
        serving = max((left[stream.id] for stream in self._streams if stream.serves(text)), default=0.0)
        if serving > 0:
            return serving
        if not self.is_full(limit):
            return 0.0
        oldest = min(self._streams, key=lambda stream: stream.last_chunk_at)
        if left[oldest.id] <= 0:
            self.drop(oldest)
        return max(0.0, left[oldest.id])

    def drop(self, stream: CompletionStream) -> None:
        stream.close()
        self._streams = [each for each in self._streams if each is not stream]

    def is_full(self, limit: int) -> bool:
        return len(self._streams) >= limit

    def drop_speculative(self) -> None:
        if self.speculative is not None:
            self.speculative.close()
            self.speculative = None

    def close(self) -> None:
        """Drops all streams but the speculative one."""
        for stream in self._streams:
            stream.close()
        self._streams.clear()

    def add_waiter(self) -> None:
        """A request waits for the streams."""
        self._waiters += 1
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None

    def remove_waiter(self, grace_s: float = GRACE_S) -> None:
        """It waits no longer. After the last one, the streams are dropped within `grace_s` seconds."""
        self._waiters -= 1
        if not self._waiters and self._streams:
            self._closing = asyncio.get_running_loop().call_later(grace_s, self.close)

    async def changed(self, timeout_s: float | None) -> None:
        """Returns as soon as a stream has grown or ended, and after `timeout_s` seconds at the latest (None: no limit)."""
        self._changed.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            pass
