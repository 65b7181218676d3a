"""The gateway on a real socket of this machine, with a scripted upstream or the embedded model behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from picode import bootstrap
from picode.assistant.ports import Deadlines, HttpRequest, HttpResponse, Transport
from picode.bootstrap import Assistant, Outlets, Surroundings
from picode.core.errors import NetworkFailure
from picode.gateway.app import assemble
from picode.gateway.serving import configure, listen
from picode.io.gateway_tokens import GatewayTokens
from support.upstream import ScriptedUpstream

SCRIPTED: dict[str, Any] = {
    "inline": {"provider": "scripted", "fallback": []},
    "providers": {
        "scripted": {
            "baseUrl": "http://127.0.0.1:9/v1",
            "dialect": "openai_chat",
            "fill": "openai_completions",
            "model": "scripted-model",
        }
    },
    "log": {"level": "debug"},
}
"""Settings with which everything is asked of the scripted upstream."""


class OnlyScripted:
    """A transport that reaches the scripted upstream, and nobody else."""

    def __init__(self, upstream: ScriptedUpstream) -> None:
        self._upstream = upstream

    def send(
        self, request: HttpRequest, provider: str, deadlines: Deadlines
    ) -> AbstractAsyncContextManager[HttpResponse]:
        if not request.url.startswith("http://127.0.0.1:9/"):
            raise NetworkFailure(provider, "no connection.")
        return self._upstream.send(request, provider, deadlines)


def merged(*layers: dict[str, Any]) -> dict[str, Any]:
    """Tables within tables, the later the stronger."""
    whole: dict[str, Any] = {}
    for layer in layers:
        for name, value in layer.items():
            mine = whole.get(name)
            whole[name] = merged(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return whole


def new_client(url: str, headers: Mapping[str, str] | None = None) -> httpx2.AsyncClient:
    """A client for this machine. It reads no certificates, which takes longer than most tests."""
    return httpx2.AsyncClient(base_url=url, headers=headers, timeout=30, trust_env=False, verify=False)


class Gateway:
    """One that runs: where, with which token, and what is behind it."""

    def __init__(
        self, url: str, token: str, upstream: ScriptedUpstream, assistant: Assistant, client: httpx2.AsyncClient
    ) -> None:
        self.url = url
        self.token = token
        self.upstream = upstream
        self.assistant = assistant
        self.client = client

    def afresh(self) -> Gateway:
        """As before its first request: nothing was asked, no answer is scripted, no model has failed."""
        self.upstream.exchanges.clear()
        self.upstream.forget()
        self.assistant.retry()
        return self

    async def post(self, path: str, body: Any, **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = {"content-type": "application/json"}
        return await self.client.post(path, content=content, headers={**kind, **named})

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def events(self, path: str, body: Any) -> list[tuple[str, Any]]:
        """Names and data of a stream's events; the name is empty where there is none, `[DONE]` as it is."""
        response = await self.post(path, {**body, "stream": True})
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("text/event-stream")
        return [_event(block) for block in response.text.split("\n\n") if block and not block.startswith(":")]


def _event(block: str) -> tuple[str, Any]:
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    data = fields["data"]
    return fields.get("event", ""), data if data == "[DONE]" else json.loads(data)


@asynccontextmanager
async def running(
    tmp_path: Path, settings: dict[str, Any] | None = None, transport: Transport | None = None, **environ: str
) -> AsyncIterator[Gateway]:
    """A gateway, stopped at the end. Without a `transport`, a scripted upstream is behind it."""
    upstream = ScriptedUpstream()
    tokens = GatewayTokens(tmp_path / "tokens" / "gateway-tokens.json", environ)
    token = await tokens.ensure()
    built: list[Assistant] = []

    async def build(outlets: Outlets) -> Assistant:
        surroundings = Surroundings(command_line=merged(SCRIPTED, settings or {}))
        make = partial(bootstrap.build, outlets, surroundings, environ=environ)
        built.append(await make(transport=transport or OnlyScripted(upstream)))
        return built[0]

    listening = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = uvicorn.Server(configure(assemble(build, tokens), drain_seconds=2))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    headers = {"authorization": f"Bearer {token}"}
    async with new_client(url, headers) as client:
        while not server.started:
            assert not serving.done(), "the gateway did not start"
            await asyncio.sleep(0.01)
        gateway = Gateway(url, token, upstream, built[0], client)
        try:
            yield gateway
        finally:
            server.should_exit = True
            await serving
