"""Responses in one API's shape from replies that have begun."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import Request
from starlette.responses import Response

from picode.assistant.routing.exchange import GatewayReply
from picode.core.content import Calls, Delta, ReasoningProof, TokenLogprob, ToolCall, identified, of_kind
from picode.core.errors import PiCodeError
from picode.core.messages import Chunk, Finish
from picode.gateway.api_errors import ApiError, api_error
from picode.gateway.streaming import SSE, EventStream, while_connected


class StreamEvents(Protocol):
    """Makes the frames of one stream in one API's shape. Empty frames are not sent."""

    def opening(self) -> bytes: ...
    def piece(self, chunk: Chunk) -> bytes: ...
    def closing(self, reply: GatewayReply) -> bytes: ...
    def failure(self, error: ApiError) -> bytes: ...


def new_id() -> str:
    """A random id for a response."""
    return uuid.uuid4().hex[:24]


def as_json(value: Any, headers: dict[str, str] | None = None) -> Response:
    """`value` as a JSON response, without validation against a model: the gateway made it itself."""
    return Response(json.dumps(value, ensure_ascii=False), media_type="application/json", headers=headers)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `refusal` are the words with which the model declined; `deltas` are in the order in which they came."""

    text: str
    reasoning: str = ""
    refusal: str = ""
    deltas: tuple[Delta, ...] = ()

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tool calls, each with an id."""
        calls = Calls()
        calls.add(self.deltas)
        return tuple(map(identified, calls.whole()))

    @property
    def proofs(self) -> tuple[ReasoningProof, ...]:
        """The proofs of reasoning."""
        return of_kind(self.deltas, ReasoningProof)

    @property
    def logprobs(self) -> tuple[TokenLogprob, ...]:
        """The probabilities of the tokens."""
        return of_kind(self.deltas, TokenLogprob)


async def whole(reply: GatewayReply, request: Request, shape: Callable[[Answer], dict[str, Any]]) -> Response:
    """The whole reply as one response: as the provider sent it, or with a body that `shape` makes. Raises `PiCodeError`, and
    `ClientLeft`."""
    answer, raw = await while_connected(request, _read(reply))
    if raw:
        return Response(raw, media_type="application/json", headers=headers_of(reply))
    return as_json(shape(answer), headers_of(reply))


class Stopwatch:
    """When a request came, and when the first word of its answer did, for APIs that report it."""

    def __init__(self) -> None:
        self._began = self._spoke = time.monotonic()

    def first_word(self) -> None:
        """The first word of the answer is there."""
        self._spoke = time.monotonic()

    def spent(self) -> tuple[float, float]:
        """The seconds until the first word, and those since."""
        return self._spoke - self._began, time.monotonic() - self._spoke


KEEPALIVE = b": still there\n\n"
"""A comment, which readers of event streams skip."""


Reframe = Callable[[AsyncGenerator[bytes]], AsyncGenerator[bytes]]
"""Puts the frames of a stream into another form."""


def streamed(
    reply: GatewayReply,
    events: StreamEvents,
    keepalive: bytes = KEEPALIVE,
    media_type: str = SSE,
    reframe: Reframe | None = None,
) -> Response:
    """The reply as a stream of events. An error after the status was sent is the last event."""
    frames = _frames(reply, events)
    return EventStream(reframe(frames) if reframe else frames, keepalive, headers_of(reply), media_type=media_type)


def headers_of(reply: GatewayReply) -> dict[str, str]:
    """Headers with the provider that answered, and whether the answer is from the cache."""
    named = {"x-picode-provider": reply.provider, "x-picode-cache": "hit" if reply.cached else "miss"}
    return {name: value for name, value in named.items() if value.isascii() and value.isprintable()}


async def _read(reply: GatewayReply) -> tuple[Answer, bytes]:
    text: list[str] = []
    reasoning: list[str] = []
    refusal: list[str] = []
    deltas: list[Delta] = []
    raw: list[bytes] = []
    async with aclosing(reply.chunks):
        async for chunk in reply.chunks:
            (refusal if chunk.finish is Finish.REFUSED else text).append(chunk.text)
            reasoning.append(chunk.reasoning)
            deltas += chunk.deltas
            raw.append(chunk.raw)
    return Answer("".join(text), "".join(reasoning), "".join(refusal), tuple(deltas)), b"".join(raw)


async def _frames(reply: GatewayReply, events: StreamEvents) -> AsyncGenerator[bytes]:
    pending = b"" if reply.raw else events.opening()
    try:
        async with aclosing(reply.chunks):
            async for chunk in reply.chunks:
                if frame := chunk.raw if reply.raw else pending + events.piece(chunk):
                    yield frame
                pending = b""
        if not reply.raw:
            yield pending + events.closing(reply)
    except PiCodeError as error:
        yield pending + events.failure(api_error(error))
