"""Access control: every request passes the gate before its body is read.

The rules are those for servers on a user's machine, to which any web page can send requests: an exact list of host names
(against DNS rebinding), no foreign origin, JSON only (a form can't be sent), a token. Then come the limits: rate,
concurrency, size.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from picode.assistant import request_ids
from picode.core.origins import is_served_host
from picode.gateway.api_errors import ApiError, shape_for
from picode.settings.model import Gateway

log = logging.getLogger(__name__)

OPEN = frozenset({"/healthz", "/readyz", "/health"})
"""Paths that need no token: they tell only whether the gateway runs."""

_KEY_HEADERS = ("x-api-key", "x-goog-api-key")

_UNWELCOME = frozenset({401, 403, 408, 413})
"""After these errors the connection is closed: clients without a token keep none open, and the rest of a body is not read."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_BODY_TIMEOUT = 30.0
_BODY_SHARE = 8
"""The part of `gateway.concurrency` that one token's bodies may be of at a time: slow bodies do not keep out other tokens."""


class TokenVerifier(Protocol):
    """Knows the valid tokens."""

    def whose(self, token: str) -> str | None:
        """The name of a token; None if it is not valid."""
        ...


class Limiter(Protocol):
    """Limits the rate of requests for each token."""

    async def wait(self, name: str, per_minute: int) -> float:
        """0 if a request is admitted, which is counted; else the seconds to wait."""
        ...


class Gate:
    """ASGI middleware. `listens` is the host that the gateway listens at."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Callable[[], Gateway],
        tokens: TokenVerifier,
        limiter: Callable[[], Limiter],
        listens: str,
    ) -> None:
        self._app = app
        self._settings = settings
        self._tokens = tokens
        self._limiter = limiter
        self._listens = listens
        self._in_flight = 0
        self._receiving: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        settings = self._settings()
        request = request_ids.begin(headers.get("x-request-id", ""))
        scope.setdefault("state", {})["request_id"] = request
        responder = _Responder(send, request, _cors(headers, settings))
        began = time.monotonic()
        try:
            await self._admit(scope, headers, settings, receive, responder)
        except ApiError as error:
            await responder.send_error(error, scope, headers)
        finally:
            # No query and no headers: they may hold secrets. The log adds the request's id.
            spent = (time.monotonic() - began) * 1000
            level = logging.DEBUG if scope["path"] in OPEN and responder.status == 200 else logging.INFO
            log.log(level, "%s %s -> %s in %.0f ms", scope["method"], scope["path"], responder.status, spent)

    async def _admit(
        self, scope: Scope, headers: Mapping[str, str], settings: Gateway, receive: Receive, responder: _Responder
    ) -> None:
        self._check_host(headers.get("host", ""), settings)
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            raise ApiError(400, "invalid", "There is a NUL in the address.", retry=False)
        origin = headers.get("origin")
        if origin is not None and origin not in settings.allowed_origins:
            raise ApiError(403, "forbidden", "Web pages of this origin may not use the gateway.", retry=False)
        if origin is not None and scope["method"] == "OPTIONS":
            return await responder.send_preflight()
        if scope["path"] in OPEN:
            return await self._app(scope, receive, responder)
        name = scope["state"]["token"] = self._check_token(scope, headers)
        if scope["method"] in _WITH_BODY:
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                raise ApiError(415, "invalid", "Send JSON, with `content-type: application/json`.", retry=False)
        await self._check_rate(name, scope["path"], settings)
        if scope["method"] in _WITH_BODY:
            receive = _replaying(await self._receive_body(name, receive, headers, settings), receive)
        if self._in_flight >= settings.concurrency:
            raise ApiError(503, "busy", "The gateway answers as many requests as it may at a time.", retry_after=1)
        self._in_flight += 1
        try:
            await self._app(scope, receive, responder)
        finally:
            self._in_flight -= 1

    async def _receive_body(self, name: str, receive: Receive, headers: Mapping[str, str], settings: Gateway) -> bytes:
        """The whole body. Raises `ApiError`, also for a token that sends too many at a time."""
        most = max(1, settings.concurrency // _BODY_SHARE)
        if self._receiving[name] >= most:
            problem = f"This token sends {most} requests at a time, none of which has come whole."
            raise ApiError(429, "limit", f"{problem} Send them faster, or one after another.", retry_after=1)
        self._receiving[name] += 1
        try:
            return await _body(receive, headers, settings)
        finally:
            self._receiving[name] -= 1
            self._receiving += Counter()  # without those at 0

    def _check_host(self, header: str, settings: Gateway) -> None:
        if not is_served_host(header, self._listens, settings.allowed_hosts):
            remedy = "Add it to picode.gateway.allowedHosts if it is yours."
            raise ApiError(403, "forbidden", f"The gateway is not served under this host name. {remedy}", retry=False)

    def _check_token(self, scope: Scope, headers: Mapping[str, str]) -> str:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = [bearer.strip()] if scheme.lower() == "bearer" else []
        given += [headers[name] for name in _KEY_HEADERS if name in headers]
        if scope["path"].startswith(("/v1beta/", "/v1/models/")):  # as Google's clients may; nothing logs the query
            given += parse_qs(scope["query_string"].decode("latin-1")).get("key", [])
        for token in given:
            if (name := self._tokens.whose(token)) is not None:
                return name
        problem = "This token is not valid." if given else "A token is needed."
        remedy = (
            "`picode server token` shows it. Send it as `Authorization: Bearer …`, `x-api-key` or `x-goog-api-key`."
        )
        raise ApiError(401, "token", f"{problem} {remedy}", retry=False)

    async def _check_rate(self, name: str, path: str, settings: Gateway) -> None:
        if not settings.requests_per_minute or path == "/metrics":
            return
        wait = await self._limiter().wait(name, settings.requests_per_minute)
        if wait > 0:
            limit = f"{settings.requests_per_minute} requests a minute"
            raise ApiError(429, "limit", f"This token may send {limit}. Wait {math.ceil(wait)} s.", retry_after=wait)


class _Responder:
    """Sends the application's response with the gateway's headers."""

    def __init__(self, send: Send, request: str, cors: Mapping[str, str]) -> None:
        self._send = send
        self._headers = [
            (b"x-request-id", request.encode()),
            (b"request-id", request.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
            *((name.encode(), value.encode("latin-1")) for name, value in cors.items()),
        ]
        self._request = request
        self.status = 499
        """The response's status; before there is one, 499 (nginx's code for a client that has closed the connection)."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
        await self._send(message)

    async def send_error(self, error: ApiError, scope: Scope, headers: Mapping[str, str]) -> None:
        body = json.dumps(shape_for(scope["path"], headers)(error, self._request)).encode()
        own = [(name.encode(), value.encode()) for name, value in error.headers.items()]
        kind = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        if error.status in _UNWELCOME:
            kind.append((b"connection", b"close"))
        await self({"type": "http.response.start", "status": error.status, "headers": kind + own})
        await self._send({"type": "http.response.body", "body": body})

    async def send_preflight(self) -> None:
        await self({"type": "http.response.start", "status": 204, "headers": []})
        await self._send({"type": "http.response.body", "body": b""})


def _cors(headers: Mapping[str, str], settings: Gateway) -> dict[str, str]:
    """The CORS headers for an origin that the settings allow; empty for others."""
    origin = headers.get("origin")
    if origin is None or origin not in settings.allowed_origins:
        return {}
    wanted = headers.get("access-control-request-headers", "")
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": wanted if re.fullmatch(r"[\w\-, ]*", wanted) else "",
        "access-control-expose-headers": "x-request-id, retry-after",
        "access-control-max-age": "600",
        "vary": "Origin",
    }


async def _body(receive: Receive, headers: Mapping[str, str], settings: Gateway) -> bytes:
    """The whole body. Raises `ApiError` if it is too large or incomplete."""
    most = int(settings.body_mb * 1024 * 1024)
    too_large = ApiError(413, "too_large", f"A request may have {settings.body_mb:g} MB.", retry=False)
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_TIMEOUT):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ApiError(400, "invalid", "The request ended too early.")
                body += message.get("body", b"")
                if len(body) > most:
                    raise too_large
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        raise ApiError(408, "timeout", "The request did not come within 30 s.") from None


def _replaying(body: bytes, receive: Receive) -> Receive:
    """`receive`, with the body that was read already as its first message."""
    unread = [body]

    async def again() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await receive()

    return again
