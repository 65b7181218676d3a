"""Clients that leave. Row 57 of the matrix of faults: the provider's connection is closed with theirs."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from picode.gateway.streaming import EventStream
from picode.io.http import HttpTransport
from support.faulty import Behaviour, FaultyServer, answers, hangs, stalls
from support.gateway import Gateway, running
from support.server import asking

BODIES: dict[str, dict[str, Any]] = {
    "/v1/completions": {"prompt": "x = "},
    "/api/completions": {"prompt": "x = "},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "x"}]},
    "/v1/messages": {"messages": [{"role": "user", "content": "x"}], "max_tokens": 9},
}


STREAMED: dict[str, dict[str, Any]] = {
    "/api/chat": {"model": "default", "messages": [{"role": "user", "content": "x"}]},
    "/v1beta/models/default:streamGenerateContent": {"contents": [{"parts": [{"text": "x"}]}]},
    "/infill": {"input_prefix": "x = ", "t_max_predict_ms": 60_000, "stream": True},
}
"""Bodies of the other surfaces, which stream in ways of their own."""


class Client:
    """A program that sends a request, and leaves."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def asking(cls, gateway: Gateway, path: str, body: dict[str, Any]) -> Client:
        host, _, port = gateway.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        content = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nhost: {host}:{port}\r\nauthorization: Bearer {gateway.token}\r\n"
        head += f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        await writer.drain()
        return cls(reader, writer)

    def leave(self, *, rudely: bool) -> float:
        """Gives when."""
        if rudely:
            raw = self.writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.close()
        return time.monotonic()


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("upstream", [hangs, stalls], ids=["before the first word", "in the middle"])
async def test_row_57_when_a_client_leaves_so_does_the_gateway(
    tmp_path: Path, path: str, stream: bool, upstream: Behaviour
) -> None:
    async with (
        FaultyServer(upstream, upstream, answers("2")) as server,
        running(tmp_path, asking(server.base_url), HttpTransport()) as gateway,
    ):
        for rudely in (False, True):
            client = await Client.asking(gateway, path, {**BODIES[path], "stream": stream})
            await server.asked(1 + rudely)
            if stream and upstream is stalls and path in ("/v1/completions", "/api/completions"):
                await client.reader.readuntil(b"ret")
            left = client.leave(rudely=rudely)
            # 100 ms is the promise, and the benchmark measures it; a busy machine gets more here.
            assert await server.gone() - left < 0.5
        answer = await gateway.post("/v1/completions", {"prompt": "x = "})
        assert answer.json()["choices"][0]["text"] == "2", "the next one is served"
        assert gateway.assistant.metrics.render().count(b'feature="gateway"') > 0


async def test_nor_does_a_stream_of_another_form_outlive_its_client(tmp_path: Path) -> None:
    async with (
        FaultyServer(*[stalls] * len(STREAMED), answers("2")) as server,
        running(tmp_path, asking(server.base_url), HttpTransport()) as gateway,
    ):
        for at, (path, body) in enumerate(STREAMED.items(), start=1):
            client = await Client.asking(gateway, path, body)
            await server.asked(at)
            client.leave(rudely=at % 2 == 0)
            await server.gone()
        assert (await gateway.post("/v1/completions", {"prompt": "x = "})).status_code == 200


async def test_a_client_that_leaves_while_it_sends_harms_nobody(gateway: Gateway) -> None:
    gateway.upstream.will_say("yes")
    host, _, port = gateway.url.removeprefix("http://").partition(":")
    for _ in range(5):
        _, writer = await asyncio.open_connection(host, int(port))
        head = f"POST /v1/completions HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {gateway.token}\r\n"
        writer.write(f"{head}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{".encode())
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.close()
    assert (await gateway.post("/v1/completions", {"prompt": "x"})).status_code == 200


async def test_in_times_of_silence_a_sign_of_life_is_sent() -> None:
    async def frames() -> AsyncGenerator[bytes]:
        await asyncio.sleep(0.2)
        yield b"data: 1\n\n"

    sent: list[bytes] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    await EventStream(frames(), b": still there\n\n", {}, quiet=0.05)({"type": "http"}, receive, send)
    assert sent.count(b": still there\n\n") >= 2
    assert sent[-2:] == [b"data: 1\n\n", b""]
