"""Tool calls one after the other, for APIs whose streams end an item before they begin the next.

Providers of OpenAI's API may send pieces of several calls by turns, and text between them.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator
from dataclasses import replace

from picode.core.content import CallDelta, of_kind
from picode.core.messages import Chunk

_GROWTH = 1.5
"""How much longer the arguments of a call have to be than when they were last found incomplete, to be looked at again."""


class CallOrder:
    """Puts the chunks of one answer in that order. What comes while a call is incomplete waits for its end."""

    def __init__(self) -> None:
        self._current: int | None = None
        self._arguments: list[str] = []
        self._size = 0
        self._looked = 0
        """The size at which the arguments were found incomplete."""
        self._waiting: list[Chunk] = []

    def feed(self, chunk: Chunk) -> Iterator[Chunk]:
        """The chunks that can be told now: none has pieces of two calls, or of a call and anything else."""
        for piece in _pieces(chunk):
            yield from self._take(piece)

    def close(self) -> Iterator[Chunk]:
        """What is waiting when the answer ends: the pieces of each call together, in the order of their beginnings."""
        groups: dict[Hashable, list[Chunk]] = {}
        for at, piece in enumerate(self._waiting):
            call = _call(piece)
            groups.setdefault(("other", at) if call is None else call.index, []).append(piece)
        self._waiting = []
        for pieces in groups.values():
            yield from pieces

    def _take(self, piece: Chunk) -> Iterator[Chunk]:
        call = _call(piece)
        if call is not None and call.index == self._current:
            self._add(call)
            yield piece
            if self._waiting and self._is_complete():
                waiting, self._waiting, self._current = self._waiting, [], None
                for each in waiting:
                    yield from self._take(each)
        elif self._current is not None and (self._waiting or not self._is_complete()):
            self._waiting.append(piece)
        else:
            self._current, self._arguments, self._size, self._looked = None, [], 0, 0
            if call is not None:
                self._current = call.index
                self._add(call)
            yield piece

    def _add(self, call: CallDelta) -> None:
        self._arguments.append(call.arguments)
        self._size += len(call.arguments)

    def _is_complete(self) -> bool:
        """Whether the arguments are JSON; false without a look where they have hardly grown since."""
        if self._looked and self._size < _GROWTH * self._looked:
            return False
        try:
            json.loads("".join(self._arguments) or "{}")
        except (ValueError, RecursionError):
            self._looked = self._size
            return False
        return True


def _pieces(chunk: Chunk) -> Iterator[Chunk]:
    rest = replace(chunk, deltas=tuple(delta for delta in chunk.deltas if not isinstance(delta, CallDelta)))
    if rest.text or rest.reasoning or rest.deltas:
        yield rest
    for call in of_kind(chunk.deltas, CallDelta):
        yield Chunk(deltas=(call,))


def _call(chunk: Chunk) -> CallDelta | None:
    first = chunk.deltas[0] if chunk.deltas else None
    return first if isinstance(first, CallDelta) else None
