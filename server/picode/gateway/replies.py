"""From an answer that has begun to the response in one API's shape."""

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
from picode.gateway.failures import Refused, refusal
from picode.gateway.streaming import EventStream, while_connected


class Events(Protocol):
    """The frames of one stream in one API's shape. Empty ones are left out."""

    def opening(self) -> bytes: ...
    def piece(self, chunk: Chunk) -> bytes: ...
    def closing(self, reply: GatewayReply) -> bytes: ...
    def failure(self, refused: Refused) -> bytes: ...


def new_id() -> str:
    """For an answer."""
    return uuid.uuid4().hex[:24]


def as_json(value: Any, headers: dict[str, str] | None = None) -> Response:
    """`value` as it is: what the gateway makes itself need not be checked against a model again."""
    return Response(json.dumps(value, ensure_ascii=False), media_type="application/json", headers=headers)


async def whole(reply: GatewayReply, request: Request, shape: Callable[[str, str], dict[str, Any]]) -> Response:
    """The answer in one piece. `shape` makes it, out of text and reasoning. Raises `PiCodeError`s, and `ClientLeft`."""
    text, reasoning = await while_connected(request, _read(reply))
    return as_json(shape(text, reasoning), headers_of(reply))


def streamed(reply: GatewayReply, events: Events, sign: bytes) -> Response:
    """The answer as it arrives. What breaks it off is its last event: the status has been sent by then."""
    return EventStream(_frames(reply, events), sign, headers_of(reply))


def headers_of(reply: GatewayReply) -> dict[str, str]:
    """Who answered, and whether anybody was asked for it."""
    named = {"x-picode-provider": reply.provider, "x-picode-cache": "hit" if reply.cached else "miss"}
    return {name: value for name, value in named.items() if value.isascii() and value.isprintable()}


async def _read(reply: GatewayReply) -> tuple[str, str]:
    text, reasoning = [], []
    async with aclosing(reply.chunks):
        async for chunk in reply.chunks:
            text.append(chunk.text)
            reasoning.append(chunk.reasoning)
    return "".join(text), "".join(reasoning)


async def _frames(reply: GatewayReply, events: Events) -> AsyncGenerator[bytes]:
    ahead = events.opening()
    try:
        async with aclosing(reply.chunks):
            async for chunk in reply.chunks:
                if frame := ahead + events.piece(chunk):
                    yield frame
                ahead = b""
        yield ahead + events.closing(reply)
    except PiCodeError as error:
        yield ahead + events.failure(refusal(error))
