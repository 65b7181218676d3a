"""Who may come in: every request passes here before anything looks at it.

The rules are those for servers on a user's own machine, which any web page can send requests to: an exact list of host names
(DNS rebinding), no foreign origin, JSON only (a form can't be sent), a token. Then come limits: size, rate, number.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from picode.assistant import request_ids
from picode.core.origins import is_served_host
from picode.gateway.failures import Refused, shape_for
from picode.settings.model import Gateway

log = logging.getLogger(__name__)

OPEN = frozenset({"/healthz", "/readyz"})
"""Served without a token: they tell whether it runs, and nothing else."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_BODY_SECONDS = 30.0


class Doorkeeper(Protocol):
    """Knows the tokens."""

    def whose(self, token: str) -> str | None: ...


class Limiter(Protocol):
    """Counts requests by the name of their token."""

    async def wait(self, name: str, per_minute: int) -> float:
        """Counts one, and gives 0; or how many seconds it comes too early."""
        ...


class Gate:
    """ASGI middleware. `listens` is the host that the gateway listens at."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Callable[[], Gateway],
        tokens: Doorkeeper,
        limiter: Callable[[], Limiter],
        listens: str,
    ) -> None:
        self._app = app
        self._settings = settings
        self._tokens = tokens
        self._limiter = limiter
        self._listens = listens
        self._live = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        settings = self._settings()
        request = request_ids.begin(headers.get("x-request-id", ""))
        scope.setdefault("state", {})["request_id"] = request
        answer = _Answering(send, request, _cors(headers, settings))
        began = time.monotonic()
        try:
            await self._admit(scope, headers, settings, receive, answer)
        except Refused as refused:
            await answer.refuse(refused, scope, headers)
        finally:
            # No query and no header: there may be secrets in them. The line has the request's id by itself.
            spent = (time.monotonic() - began) * 1000
            log.info("%s %s -> %s in %.0f ms", scope["method"], scope["path"], answer.status, spent)

    async def _admit(
        self, scope: Scope, headers: Mapping[str, str], settings: Gateway, receive: Receive, answer: _Answering
    ) -> None:
        self._check_host(headers.get("host", ""), settings)
        origin = headers.get("origin")
        if origin is not None and origin not in settings.allowed_origins:
            raise Refused(403, "forbidden", "Web pages of this origin may not use the gateway.", retry=False)
        if origin is not None and scope["method"] == "OPTIONS":
            return await answer.preflight()
        if scope["path"] in OPEN:
            return await self._app(scope, receive, answer)
        name = self._check_token(headers)
        if scope["method"] in _WITH_BODY:
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                raise Refused(415, "invalid", "Send JSON, with `content-type: application/json`.", retry=False)
        await self._check_rate(name, scope["path"], settings)
        if self._live >= settings.concurrency:
            raise Refused(503, "busy", "The gateway answers as many requests as it may at a time.", retry_after=1)
        self._live += 1
        try:
            if scope["method"] in _WITH_BODY:
                receive = _replaying(await _body(receive, headers, settings), receive)
            await self._app(scope, receive, answer)
        finally:
            self._live -= 1

    def _check_host(self, header: str, settings: Gateway) -> None:
        if not is_served_host(header, self._listens, settings.allowed_hosts):
            remedy = "Add it to picode.gateway.allowedHosts if it is yours."
            raise Refused(403, "forbidden", f"The gateway is not served under this host name. {remedy}", retry=False)

    def _check_token(self, headers: Mapping[str, str]) -> str:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = [bearer.strip()] if scheme.lower() == "bearer" else []
        given += [headers[name] for name in ("x-api-key",) if name in headers]
        for token in given:
            if (name := self._tokens.whose(token)) is not None:
                return name
        problem = "This token is not valid." if given else "A token is needed."
        remedy = "Run `picode server token` to see it, and send it as `Authorization: Bearer …` or `x-api-key`."
        raise Refused(401, "token", f"{problem} {remedy}", retry=False, headers={"www-authenticate": "Bearer"})

    async def _check_rate(self, name: str, path: str, settings: Gateway) -> None:
        if not settings.requests_per_minute or path == "/metrics":
            return
        wait = await self._limiter().wait(name, settings.requests_per_minute)
        if wait > 0:
            limit = f"{settings.requests_per_minute} requests a minute"
            raise Refused(429, "limit", f"This token may send {limit}. Wait {wait:.0f} s.", retry_after=wait)


class _Answering:
    """Sends what the application says, with headers of ours."""

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
        """That of the answer; as long as there is none, what nginx notes for clients that leave."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
        await self._send(message)

    async def refuse(self, refused: Refused, scope: Scope, headers: Mapping[str, str]) -> None:
        body = json.dumps(shape_for(scope["path"], headers)(refused, self._request)).encode()
        own = [(name.encode(), value.encode()) for name, value in refused.headers.items()]
        kind = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self({"type": "http.response.start", "status": refused.status, "headers": kind + own})
        await self._send({"type": "http.response.body", "body": body})

    async def preflight(self) -> None:
        await self({"type": "http.response.start", "status": 204, "headers": []})
        await self._send({"type": "http.response.body", "body": b""})


def _cors(headers: Mapping[str, str], settings: Gateway) -> dict[str, str]:
    """What lets the pages of an origin that the user has named read the answers; nothing for all others."""
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
    """The whole body. Raises `Refused` where it is too large, or does not come."""
    most = int(settings.body_mb * 1024 * 1024)
    too_large = Refused(413, "too_large", f"A request may have {settings.body_mb:g} MB.", retry=False)
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(400, "invalid", "The request ended too early.")
                body += message.get("body", b"")
                if len(body) > most:
                    raise too_large
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        raise Refused(408, "timeout", "The request did not come within 30 s.") from None


def _replaying(body: bytes, receive: Receive) -> Receive:
    """What was read already, then whatever comes: that the client leaves."""
    unread = [body]

    async def again() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await receive()

    return again
