"""One request to one model: encode, send, decode. All failures of the provider are raised as `ProviderError`s."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from picode.assistant.ports import Deadlines, Endpoint, HttpRequest, HttpResponse, Transport
from picode.assistant.request_ids import current
from picode.core.errors import (
    AuthenticationError,
    BadRequest,
    PiCodeError,
    ProviderError,
    ProviderTimeout,
    ServerFailure,
)
from picode.core.keys import require_sound
from picode.core.messages import Chunk, Request, joined
from picode.providers.catalog import Provider, address, host_of
from picode.wire.corrections import Correction, correct, find_correction
from picode.wire.dialect import Call, Dialect, Failed, Profile
from picode.wire.reading import AnswerReader

_ERROR_BODY_LIMIT = 64 * 1024
_AFTER_FINISH_S = 1.0


@dataclass(frozen=True, slots=True)
class Target:
    """A model at an endpoint, and its dialect and profile."""

    provider: Provider
    endpoint: Endpoint
    model: str
    profile: Profile
    dialect: Dialect
    asks_chat: bool
    """Whether code to fill in is asked for in a conversation."""


async def stream(
    request: Request,
    target: Target,
    transport: Transport,
    deadlines: Deadlines,
    corrections: tuple[Correction, ...] = (),
) -> AsyncGenerator[Chunk]:
    """The answer as it arrives; its last chunk carries `finish`. `corrections` are made in the request's body.

    Closing the iterator closes the connection. Raises the errors of `picode.core.errors`, `Truncated` among them where
    the stream ends early.
    """
    name = target.provider.title
    usual = call_of(request, target)
    call = _corrected(usual, corrections)
    deadlines = replace(deadlines, idle=_silence(call, deadlines))
    try:
        async with (
            asyncio.timeout(deadlines.total),
            transport.send(http_request(call, target), name, deadlines) as response,
        ):
            if response.status >= 300:
                raise await _refusal(response, call, target)
            reader = _reader(call, target, passed=bool(usual.text))
            async for piece in _until_finished(response, reader):
                for chunk in joined(reader.feed(piece)):
                    yield chunk
            for chunk in joined(reader.close()):
                yield chunk
    except TimeoutError as error:
        raise ProviderTimeout(
            name,
            f"no whole answer within {deadlines.total:g} s.",
            f"Raise picode.{deadlines.setting}, or choose a faster model.",
        ) from error
    except PiCodeError as error:
        complete(error, target.provider, target.endpoint)
        raise


def call_of(request: Request, target: Target) -> Call:
    """The call in the dialect of `target`; a client's own words where it speaks that."""
    if request.client_body is not None:
        from picode.wire import passthrough

        if passthrough.passes_through(request, target.dialect.name):
            return passthrough.call_of(request, request.client_body)
    return target.dialect.encode(request, target.profile)


def _corrected(call: Call, corrections: tuple[Correction, ...]) -> Call:
    if not corrections or (body := correct(call.body, corrections)) == call.body:
        return call
    return replace(call, body=body, text="")


def _silence(call: Call, deadlines: Deadlines) -> float:
    """Seconds of silence to bear: where a client's own words ask for a whole answer, nothing comes before it."""
    return deadlines.total if call.text and call.framing == "json" else deadlines.idle


def _reader(call: Call, target: Target, *, passed: bool) -> Reader:
    """What reads the answer; with `passed`, as the provider sent it too."""
    reader = AnswerReader(target.dialect, call.framing, target.provider.title)
    if not passed:
        return reader
    from picode.wire.passthrough import RawReader

    return RawReader(reader, call.framing, many=call.body.get("n") not in (None, 1))


class Reader(Protocol):
    """Reads one answer; see `picode.wire.reading.AnswerReader`."""

    @property
    def finished(self) -> bool: ...
    @property
    def whole(self) -> bool: ...
    def feed(self, piece: bytes) -> Iterator[Chunk]: ...
    def close(self) -> Iterator[Chunk]: ...


async def _refusal(response: HttpResponse, call: Call, target: Target) -> ProviderError:
    """The error of a response with a status of 300 or more."""
    if response.status < 400:
        return ServerFailure(
            target.provider.title,
            f"redirects to another address ({response.status}), which PiCode does not follow.",
            "Set the base URL to the final address.",
            status=response.status,
        )
    failed = await _failed(response, keyed=bool(target.endpoint.key))
    error = target.dialect.explain(failed, target.provider.title)
    if type(error) is BadRequest and failed.status in (400, 422):
        error.correction = find_correction(failed.body, call.body)
    return error


async def _until_finished(response: HttpResponse, reader: Reader) -> AsyncGenerator[bytes]:
    """The body, but of what follows the end of the answer only what comes within a second: the usage does, and some servers
    leave the connection open."""
    pieces, end = aiter(response.pieces()), None
    while True:
        try:
            if end is None:
                piece = await anext(pieces, None)
            else:
                async with asyncio.timeout_at(end):
                    piece = await anext(pieces, None)
        except (TimeoutError, ProviderError):
            if not reader.finished:
                raise
            return  # the answer is whole: what goes wrong after it takes nothing from it
        if piece is None:
            return
        yield piece
        if reader.whole and end is None:
            end = asyncio.get_running_loop().time() + _AFTER_FINISH_S


def http_request(call: Call, target: Target) -> HttpRequest:
    """`call` with its origin and its key.

    Raises `AuthenticationError` where the provider wants a key and there is none, `ConfigurationError` where the key can't be
    in a header.
    """
    provider, endpoint = target.provider, target.endpoint
    headers = {"accept": "text/event-stream" if call.framing == "sse" else "application/json"}
    if call.method != "GET":
        headers["content-type"] = "application/json"
    if request := current():
        headers["x-request-id"] = request
    headers |= {name.lower(): value for name, value in {**provider.headers, **call.headers}.items()}
    headers |= key_headers(provider, endpoint.key)
    text = call.text or json.dumps(call.body, ensure_ascii=False)
    body = b"" if call.method == "GET" else text.encode("utf-8", "replace")
    url = address(provider, endpoint.base_url, call.path, dialect=target.dialect.name, model=target.model)
    return HttpRequest(call.method, url, headers, body)


def key_headers(provider: Provider, key: str | None) -> dict[str, str]:
    """The header that carries `key`; empty if there is no key and none is needed."""
    if not key:
        if not provider.key_required:
            return {}
        raise no_key(provider)
    require_sound(key, provider.title)
    header, _, value = provider.key_header.partition(": ")
    return {header.lower(): value.format(key=key)}


def no_key(provider: Provider) -> AuthenticationError:
    """The error of a provider that wants a key where there is none."""
    error = AuthenticationError(provider.title, "no key is known.", key_remedy(provider))
    error.name = provider.name
    return error


def complete(error: PiCodeError, provider: Provider, endpoint: Endpoint) -> None:
    """Takes the key out of an error, since some providers quote it, and puts in whose error it is; for a refused key also which
    one that was, or why none was sent."""
    error.hide(endpoint.key or "")
    if not isinstance(error, ProviderError):
        return
    error.name = provider.name
    if not isinstance(error, AuthenticationError) or error.status is None:
        return
    if not endpoint.key:
        error.advise(f"{_why_without_key(provider)} {_key_for_address(provider)}")
    elif endpoint.key_origin:
        error.advise(f"{error.remedy} It is {endpoint.key_origin}.")


def _why_without_key(provider: Provider) -> str:
    host = host_of(provider.base_url)
    if provider.withheld:
        return f"No key was sent to {host}, because {provider.withheld_for}, and a key goes to no other server."
    if provider.key_names:
        return f"No key was sent to {host}, because {' and '.join(provider.key_names)} is not set and none is stored."
    return f"No key was sent to {host}, because none is named or stored for it."


def _key_for_address(provider: Provider) -> str:
    if provider.key_names:
        return key_remedy(provider)
    name = shlex.quote(provider.name)
    return (
        f"Name the variable that holds its key (`picode config set providers.{name}.keyEnv VARIABLE`), or store the key: "
        f"`picode provider key set {name}`."
    )


def key_remedy(provider: Provider, option: str = "") -> str:
    """A sentence that says how the user can give `provider` its key. `option` is added to the command."""
    command = f"run `picode provider key set {shlex.quote(provider.name)}{option and ' '}{option}`."
    if not provider.key_names:
        return command[0].upper() + command[1:]
    return f"Set {' or '.join(provider.key_names)}, or {command}"


async def _failed(response: HttpResponse, *, keyed: bool) -> Failed:
    body = await read_body(response, _ERROR_BODY_LIMIT)
    return Failed(response.status, response.headers, body.decode("utf-8", "replace"), keyed)


async def read_body(response: HttpResponse, limit: int) -> bytes:
    """The body, or its first `limit` bytes."""
    body = bytearray()
    async for piece in response.pieces():
        body += piece
        if len(body) > limit:
            break
    return bytes(body[:limit])
