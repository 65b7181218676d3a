"""Responses in one API's shape from replies that have begun."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Protocol

from fastapi import Request
from starlette.responses import Response

from picode.assistant.routing.gateway import GatewayReply
from picode.core.errors import PiCodeError
from picode.core.messages import Chunk
from picode.gateway.api_errors import ApiError, api_error
from picode.gateway.streaming import EventStream, while_connected


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


async def whole(reply: GatewayReply, request: Request, shape: Callable[[str, str], dict[str, Any]]) -> Response:
    """The whole reply as one response. `shape` makes its body from text and reasoning. Raises `PiCodeError`, and
    `ClientLeft`."""
    text, reasoning = await while_connected(request, _read(reply))
    return as_json(shape(text, reasoning), headers_of(reply))


def streamed(reply: GatewayReply, events: StreamEvents, keepalive: bytes) -> Response:
    """The reply as a stream of events. An error after the status was sent is the last event."""
    return EventStream(_frames(reply, events), keepalive, headers_of(reply))


def headers_of(reply: GatewayReply) -> dict[str, str]:
    """Headers with the provider that answered, and whether the answer is from the cache."""
    named = {"x-picode-provider": reply.provider, "x-picode-cache": "hit" if reply.cached else "miss"}
    return {name: value for name, value in named.items() if value.isascii() and value.isprintable()}


async def _read(reply: GatewayReply) -> tuple[str, str]:
    text, reasoning = [], []
    async with aclosing(reply.chunks):
        async for chunk in reply.chunks:
            text.append(chunk.text)
            reasoning.append(chunk.reasoning)
    return "".join(text), "".join(reasoning)


async def _frames(reply: GatewayReply, events: StreamEvents) -> AsyncGenerator[bytes]:
    pending = events.opening()
    try:
        async with aclosing(reply.chunks):
            async for chunk in reply.chunks:
                if frame := pending + events.piece(chunk):
                    yield frame
                pending = b""
        yield pending + events.closing(reply)
    except PiCodeError as error:
        yield pending + events.failure(api_error(error))
