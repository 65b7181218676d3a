"""A response's body, piece by piece, to the chunks of an answer: the decoder and a dialect put together.

It keeps the little state that a dialect doesn't: which framing the body really has, and whether the answer has ended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from picode.core.errors import ProviderError, ServerFailure, Truncated
from picode.core.messages import Chunk, Finish
from picode.wire.dialect import Dialect, Event, Framing
from picode.wire.failures import without_answer
from picode.wire.shapes import parse
from picode.wire.sse import EventTooLarge, NdjsonDecoder, SseDecoder, StreamDecoder

if TYPE_CHECKING:
    from picode.core.content import CallDelta, Delta

WHOLE_LIMIT = 16 * 1024 * 1024
"""Bytes of an answer in one piece."""

_DECODERS: dict[Framing, Callable[[], StreamDecoder]] = {
    "sse": lambda: SseDecoder(lenient=True),
    "ndjson": NdjsonDecoder,
}
_FIELD = re.compile(r"^[ \t\r]*+(?:data|event|id|retry)?:", re.MULTILINE)
_BLANK = b"\xef\xbb\xbf \t\r\n"


_NOTHING = Chunk()
_KEPT = 2048
"""Characters of a body, or of an event, that are kept for what they may say about a failure."""

_MOST_EVENTS = 4


class AnswerReader:
    """Reads one answer.

    `feed` and `close` raise a `ProviderError` when the provider reports a failure or sends what can't be read; all
    chunks before it have been given out by then. `close` raises `Truncated` if the answer had not ended.
    """

    def __init__(self, dialect: Dialect, framing: Framing, provider: str) -> None:
        self._dialect = dialect
        self._asked = framing
        self._provider = provider
        self._decoder: StreamDecoder | None = None
        self._held = bytearray()  # until the framing is known; then, of an answer in one piece, all of it
        self._framing: Framing | None = None
        self._finish: Finish | None = None
        self._whole = False
        self._answered = False
        self._beginning = b""
        self._calls = _Numbering()
        self._odd: list[str] = []
        """Events that are no part of an answer, until there is one."""

    @property
    def framing(self) -> Framing | None:
        """The framing that the body has; None until its first byte."""
        return self._framing

    @property
    def finished(self) -> bool:
        """Whether the answer has an end: what goes wrong now takes nothing from it."""
        return self._finish is not None

    @property
    def whole(self) -> bool:
        """Whether nothing but usage can follow. The words of a refusal say that the model declines before it has said why."""
        return self._whole

    def feed(self, piece: bytes) -> Iterator[Chunk]:
        """The chunks that `piece` completes."""
        if len(self._beginning) < _KEPT:
            self._beginning += piece[:_KEPT]
        if self._decoder is not None:
            yield from self._decoded(self._decoder.feed, piece)
            return
        self._held += piece
        if len(self._held) > WHOLE_LIMIT:
            raise ServerFailure(self._provider, f"its answer is larger than {WHOLE_LIMIT} bytes.")
        if self._framing is None:
            self._framing = _actual(self._asked, piece)  # all before it was blank
            factory = _DECODERS.get(self._framing) if self._framing else None
            if factory is not None:
                self._decoder, held = factory(), bytes(self._held)
                self._held.clear()
                yield from self._decoded(self._decoder.feed, held)

    def close(self) -> Iterator[Chunk]:
        """The chunks that the end of the body completes. Raises `Truncated` if the answer had not ended."""
        if self._decoder is not None:
            decoder = self._decoder
            yield from self._decoded(lambda _: decoder.close(), b"")
        elif self._framing == "json":
            text = self._held.decode(errors="replace").removeprefix("\ufeff")
            try:
                chunks = tuple(self._dialect.decode_whole(parse(text, self._provider), self._provider))
            except ProviderError as error:
                raise self._worded(error, text) from error
            if not any(chunk.text or chunk.reasoning or chunk.deltas for chunk in chunks):
                self._odd.append(text)
            yield from self._settled(chunks)
        if not self.finished:
            self._raise_complaint(self._odd or self._plain_text())
            raise Truncated(self._provider, "the answer broke off before its end.", "Try again.")

    def _decoded(self, read: Callable[[bytes], list[Event]], piece: bytes) -> Iterator[Chunk]:
        try:
            events = read(piece)
        except EventTooLarge as error:
            raise ServerFailure(self._provider, f"{error}.") from None
        for event in events:
            try:
                chunks = tuple(self._dialect.decode(event, self._provider))
            except ProviderError as error:
                if self.finished:  # the answer is whole: what goes wrong after it takes nothing from it
                    return
                self._raise_complaint(self._odd)
                raise self._worded(error, event.data) from error
            if not chunks and not self._answered and event.data.strip() and len(self._odd) < _MOST_EVENTS:
                self._odd.append(event.data[:_KEPT])
            yield from self._settled(chunks)

    def _plain_text(self) -> Iterable[str]:
        """The body, if it is words where events were asked for."""
        text = self._beginning.decode(errors="replace")
        return () if self._framing != "sse" or _FIELD.search(text) else (text,)

    def _worded(self, error: ProviderError, text: str) -> ProviderError:
        """`error`, or the one that `text` tells of, if `error` says no more than that it is no answer."""
        if type(error) is not ServerFailure:
            return error
        said = without_answer(text[:_KEPT] if len(text) > WHOLE_LIMIT else text, self._provider)
        return said if said is not None and said.problem != error.problem else error

    def _raise_complaint(self, texts: Iterable[str]) -> None:
        """Raises the error that `texts`, which are no answer, tell of; nothing if there was an answer, or they tell of none."""
        for text in () if self._answered else texts:
            if (said := without_answer(text, self._provider)) is not None:
                raise said

    def _settled(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        for each in chunks:
            chunk = self._calls.settle(each)
            if chunk.text or chunk.reasoning or chunk.deltas:
                self._answered = True
            elif chunk.finish is Finish.STOP:
                self._raise_complaint(self._odd)
            if self._finish is None and chunk.finish is None:
                if chunk != _NOTHING:
                    yield chunk
                continue
            self._whole = self._whole or (
                chunk.finish is not None and not (chunk.finish is Finish.REFUSED and chunk.text)
            )
            late = self._finish is not None and not (self._finish is chunk.finish is Finish.REFUSED)
            settled = Chunk(usage=chunk.usage) if late else chunk
            self._finish = self._finish or chunk.finish
            if settled != _NOTHING:
                yield settled


class _Numbering:
    """Tool calls as every reader of them can rely on: numbered from 0, with id and name in the first piece and in no other.

    Servers differ: some send a call in one piece (index -1), some send no index, or the same one with another id, or the id and
    the name apart, or the name again in each piece. An answer with calls ends as one that waits for their results; several
    servers say `stop` there. Some send the arguments in pieces, some at the end of the call, some both.
    """

    def __init__(self) -> None:
        self._next = 0
        self._numbers: dict[int, int] = {}
        self._ids: dict[int, str] = {}
        self._unnamed: dict[int, CallDelta] = {}
        """Calls whose name has not come."""
        self._begun: set[int] = set()
        self._argued: set[int] = set()
        """Calls of which some arguments have come."""

    def settle(self, chunk: Chunk) -> Chunk:
        """`chunk` with such calls and the right finish."""
        if chunk.deltas:
            chunk = replace(chunk, deltas=tuple(filter(None, map(self._numbered, chunk.deltas))))
        if chunk.finish is Finish.STOP and self._begun:
            return replace(chunk, finish=Finish.CALLS)
        return chunk

    def _numbered(self, delta: Delta) -> Delta | None:
        from picode.core.content import CallDelta

        if not isinstance(delta, CallDelta):
            return delta
        number = self._number_of(delta)
        if delta.repeats:
            delta = replace(delta, arguments="" if number in self._argued else delta.arguments, repeats=False)
        if delta.arguments:
            self._argued.add(number)
        if number in self._begun:
            rest = CallDelta(number, arguments=delta.arguments, signature=delta.signature)
            return rest if rest.arguments or rest.signature else None
        known = self._unnamed.pop(number, CallDelta(number))
        found = CallDelta(
            number,
            known.id or delta.id,
            known.name or delta.name,
            known.arguments + delta.arguments,
            known.signature or delta.signature,
        )
        if not found.name:
            self._unnamed[number] = found
            return None
        self._begun.add(number)
        return found

    def _number_of(self, delta: CallDelta) -> int:
        number = self._numbers.get(delta.index) if delta.index >= 0 else None
        if number is None or (delta.id and self._ids.get(number, delta.id) != delta.id):
            number, self._next = self._next, self._next + 1
            self._numbers[delta.index] = number
        if delta.id:
            self._ids.setdefault(number, delta.id)
        return number


def _actual(asked: Framing, piece: bytes) -> Framing | None:
    """The framing that the body has by its first byte, whatever was asked for and whatever its headers say.

    Servers that can't stream answer in one piece, captive portals with a page; neither can be mistaken for events, nor
    the name of an event's field for JSON. None as long as only blanks arrive.
    """
    start = piece.lstrip(_BLANK)[:1]
    if not start:
        return None
    if asked == "sse":
        return "json" if start in b"{[<" else "sse"
    if asked == "ndjson":
        return "json" if start in b"[<" else "ndjson"
    return "sse" if start in b":dei" else "json"
