"""Model servers of the tests' own on real loopback sockets: each answers a few paths with JSON, or hangs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from picode.assistant.ports import Endpoint
from picode.core.errors import AuthenticationError
from picode.providers.catalog import Provider


@dataclass
class JsonServer:
    """Answers `"METHOD /path?query"` with what `answers` has: a JSON value, bytes, or a status; 404 for the rest. `hangs`
    makes it take connections and say nothing."""

    answers: dict[str, Any] = field(default_factory=dict)
    hangs: bool = False
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    root: str = ""
    _server: asyncio.Server | None = None
    _connections: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> JsonServer:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.root = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """From now on nobody is there: connections that are kept alive end too."""
        assert self._server is not None
        self._server.close()
        for task in self._connections:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections)

    @property
    def asked(self) -> list[str]:
        return [line for line, _, _ in self.requests]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *rest = head.decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        line = first.removesuffix(" HTTP/1.1")
        self.requests.append((line, headers, json.loads(body) if body else None))
        if self.hangs:
            await reader.read()
            raise ConnectionResetError
        answer = self.answers.get(line, 404)
        status, content = (answer, b"{}") if isinstance(answer, int) else (200, answer)
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        writer.write(
            f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n".encode()
        )
        writer.write(content)
        await writer.drain()


class Keys:
    """Implements `picode.assistant.ports.Endpoints`: every provider at its address, all with the same key, or none."""

    def __init__(self, key: str | None = "k-123", embedded: Endpoint | None = None) -> None:
        self.key = key
        self.embedded = embedded or Endpoint("http://127.0.0.1:4321/v1", "k-123")

    async def locate(self, provider: Provider) -> Endpoint:
        if provider.name == "embedded":
            return self.embedded
        if provider.key_required and self.key is None:
            raise AuthenticationError(provider.title, "no key is known.")
        return Endpoint(provider.base_url, self.key)

    def missing(self, provider: Provider) -> str | None:
        if not provider.base_url and provider.name != "embedded":
            return "no address"
        return "no key" if provider.key_required and self.key is None else None

    async def refusal(self, provider: Provider, model: str) -> None:
        return None

    def at_hand(self, provider: Provider) -> bool:
        return True
