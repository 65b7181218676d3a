"""One question to one model: encode, send, decode. Everything that can go wrong comes out as a `ProviderError`."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from picode.assistant.ports import Deadlines, Endpoint, HttpRequest, HttpResponse, Transport
from picode.core.errors import AuthenticationError, ProviderTimeout, ServerFailure, Truncated
from picode.core.keys import require_sound
from picode.core.messages import Chunk, Request
from picode.providers.catalog import Provider
from picode.wire.dialect import Call, Dialect, Event, Failed, Profile
from picode.wire.sse import EventTooLarge, NdjsonDecoder, SseDecoder

_ERROR_BODY_LIMIT = 64 * 1024
_BODY_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """A model at a place, and how to talk to it."""

    provider: Provider
    endpoint: Endpoint
    model: str
    profile: Profile
    dialect: Dialect
    asks_chat: bool
    """Whether code to be filled in is asked for as a conversation."""


async def stream(request: Request, target: Target, transport: Transport, deadlines: Deadlines) -> AsyncGenerator[Chunk]:
    """The answer as it arrives; its last chunk carries `finish`.

    Closing the iterator closes the connection. Raises the errors of `picode.core.errors`, `Truncated` among them where
    the stream ends early.
    """
    name = target.provider.title
    call = target.dialect.encode(request, target.profile)
    try:
        async with (
            asyncio.timeout(deadlines.total),
            transport.send(http_request(call, target), name, deadlines) as response,
        ):
            if response.status >= 400:
                raise target.dialect.explain(await _failed(response), name)
            if response.status >= 300:
                raise ServerFailure(
                    name,
                    f"redirects to another address ({response.status}), which PiCode does not follow.",
                    "Set the base URL to the final address.",
                    status=response.status,
                )
            finished = False
            async for chunk in _chunks(call, response, target):
                if finished and chunk.text:
                    continue  # late deltas after the end belong to nothing
                finished = finished or chunk.finish is not None
                yield chunk
            if not finished:
                raise Truncated(name, "the connection ended before the answer did.", "Try again.")
    except TimeoutError as error:
        raise ProviderTimeout(
            name,
            f"no whole answer within {deadlines.total:g} s.",
            "Raise picode.inline.timeoutSeconds, or choose a faster model.",
        ) from error


def http_request(call: Call, target: Target) -> HttpRequest:
    """`call` with its origin and its key.

    Raises `AuthenticationError` where the provider wants a key and there is none, `ConfigurationError` where the key can't be
    in a header.
    """
    provider, endpoint = target.provider, target.endpoint
    headers = {"accept": "text/event-stream" if call.framing == "sse" else "application/json"}
    if call.method != "GET":
        headers["content-type"] = "application/json"
    headers |= {name.lower(): value for name, value in {**provider.headers, **call.headers}.items()}
    headers |= key_headers(provider, endpoint.key)
    body = b"" if call.method == "GET" else json.dumps(call.body, ensure_ascii=False).encode("utf-8", "replace")
    return HttpRequest(call.method, endpoint.base_url.rstrip("/") + call.path, headers, body)


def key_headers(provider: Provider, key: str | None) -> dict[str, str]:
    """The header that carries `key`; none where there is no key and none is needed."""
    if not key:
        if not provider.key_required:
            return {}
        raise AuthenticationError(provider.title, "no key is known.", key_remedy(provider))
    require_sound(key, provider.title)
    header, _, value = provider.key_header.partition(": ")
    return {header.lower(): value.format(key=key)}


def key_remedy(provider: Provider, option: str = "") -> str:
    """How the user can give `provider` its key. `option` is one for the command."""
    command = f"run `picode provider key set {shlex.quote(provider.name)}{option and ' '}{option}`."
    if not provider.key_names:
        return command[0].upper() + command[1:]
    return f"Set {' or '.join(provider.key_names)}, or {command}"


def origin(url: str) -> str:
    """Scheme, host and port of `url`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _chunks(call: Call, response: HttpResponse, target: Target) -> AsyncIterator[Chunk]:
    """The chunks of a body that is a stream, or one JSON text where a server does not stream after all."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    name = target.provider.title
    if kind == "text/html":
        raise ServerFailure(
            name, "answered with a web page.", "Check the base URL; a proxy or a log-in page may be in between."
        )
    if call.framing == "json" or (call.framing == "sse" and kind == "application/json"):
        for chunk in target.dialect.decode_whole(await _whole_json(response, name), name):
            yield chunk
        return
    decoder = SseDecoder() if call.framing == "sse" else NdjsonDecoder()
    try:
        async for piece in response.pieces():
            for chunk in _decode(decoder.feed(piece), target):
                yield chunk
        for chunk in _decode(decoder.close(), target):
            yield chunk
    except EventTooLarge as error:
        raise ServerFailure(name, f"{error}.", "Check the base URL.") from error


def _decode(events: Iterable[Event], target: Target) -> Iterable[Chunk]:
    for event in events:
        yield from target.dialect.decode(event, target.provider.title)


async def _whole_json(response: HttpResponse, name: str) -> object:
    body = await read_body(response, _BODY_LIMIT)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ServerFailure(name, "answered with something that is not JSON.", "Check the base URL.") from error


async def _failed(response: HttpResponse) -> Failed:
    body = await read_body(response, _ERROR_BODY_LIMIT)
    return Failed(response.status, response.headers, body.decode("utf-8", "replace"))


async def read_body(response: HttpResponse, limit: int) -> bytes:
    """The body, or its first `limit` bytes."""
    body = bytearray()
    async for piece in response.pieces():
        body += piece
        if len(body) > limit:
            break
    return bytes(body[:limit])
