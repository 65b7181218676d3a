"""Several people at one gateway: what one of them does, sends or leaves half-done is none of the others' business."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from picode.cli.app import app
from picode.core.errors import ConfigurationError
from picode.gateway import connections
from picode.gateway.serving import listen
from picode.io.gateway_tokens import GatewayTokens
from support.gateway import Gateway, new_client, running

KEPT = {"model": "default", "prompt": "x = ", "temperature": 0}
CHAT = {"model": "default", "messages": [{"role": "user", "content": "Say yes."}], "temperature": 0}


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running(tmp_path) as gateway:
        yield gateway


async def token_for(tmp_path: Path, gateway: Gateway, name: str) -> dict[str, str]:
    """The headers of another person's requests."""
    token = await GatewayTokens(tmp_path / "tokens" / "gateway-tokens.json", {}).rotate(name)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    async with asyncio.timeout(10), new_client(gateway.url, headers) as client:
        while (await client.get("/api/providers")).status_code == 401:  # the file is read again every second
            await asyncio.sleep(0.1)
    return headers


class TestConversations:
    async def test_a_token_goes_on_with_its_own_and_with_no_other(self, tmp_path: Path, gateway: Gateway) -> None:
        ada = await token_for(tmp_path, gateway, "ada")
        gateway.upstream.will_say("The answer is 42.")
        mine = (await gateway.post("/api/completions", {"command": "/chat what is it?"})).json()["conversation"]
        editors = await gateway.assistant.conversations.begin("Held in an editor", "/home/me", "editor")
        before = len(gateway.upstream.exchanges)
        refusals = []
        for conversation in (mine, editors, "bcdfghjk", mine[:4], f"{mine}\n", "%", "' OR 1=1"):
            body = {"command": "/chat and then?", "conversation": conversation}
            async with new_client(gateway.url, ada) as client:
                answer = await client.post("/api/completions", content=json.dumps(body))
            refusals.append((answer.status_code, answer.json()["error"]["message"].replace(repr(conversation), "it")))
        assert refusals == [(404, "This token has no conversation it.")] * len(refusals), "whether it exists or not"
        assert len(gateway.upstream.exchanges) == before
        again = await gateway.post("/api/completions", {"command": "/chat and then?", "conversation": mine})
        assert again.status_code == 200, "who began it goes on with it"
        assert "42" in json.dumps(gateway.upstream.last.body)

    async def test_a_token_that_was_replaced_keeps_its_conversations(self, tmp_path: Path, gateway: Gateway) -> None:
        gateway.upstream.will_say("yes")
        ada = await token_for(tmp_path, gateway, "ada")
        async with new_client(gateway.url, ada) as client:
            begun = (await client.post("/api/completions", content=json.dumps({"command": "/chat is it?"}))).json()
        ada = await token_for(tmp_path, gateway, "ada")
        async with new_client(gateway.url, ada) as client:
            more = {"command": "/chat and now?", "conversation": begun["conversation"]}
            assert (await client.post("/api/completions", content=json.dumps(more))).status_code == 200


class TestKeptAnswers:
    @pytest.mark.parametrize("shared", [False, True])
    @pytest.mark.parametrize(("path", "body"), [("/v1/completions", KEPT), ("/v1/chat/completions", CHAT)])
    async def test_they_are_shared_only_where_the_operator_shares_them(
        self, tmp_path: Path, path: str, body: dict[str, Any], shared: bool
    ) -> None:
        async with running(tmp_path, {"gateway": {"shareAnswers": shared}}) as gateway:
            ada = await token_for(tmp_path, gateway, "ada")
            gateway.upstream.will_say("42")
            for _ in range(2):
                assert (await gateway.post(path, body)).status_code == 200
                await asyncio.sleep(0.3)  # it is written behind the answer
            assert len(gateway.upstream.exchanges) == 1, "the second one was kept"
            async with new_client(gateway.url, ada) as client:
                assert (await client.post(path, content=json.dumps(body))).status_code == 200
            assert len(gateway.upstream.exchanges) == (1 if shared else 2)


class TestSlowConnections:
    @pytest.fixture(autouse=True)
    def _quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections, "HEADER_SECONDS", 1.0)

    @pytest.mark.parametrize("begun", [b"", b"GET /hea", b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx: "])
    async def test_a_header_that_does_not_come_ends_the_connection(self, gateway: Gateway, begun: bytes) -> None:
        async with _connected(gateway) as (reader, writer):
            writer.write(begun)
            assert await _ended(reader, within=5)

    async def test_dripping_is_no_way_around(self, gateway: Gateway) -> None:
        async with _connected(gateway) as (reader, writer):
            writer.write(b"GET /healthz HTTP/1.1\r\n")
            dripping = asyncio.create_task(_drip(writer, b"x: y\r\n", 0.1))
            assert await _ended(reader, within=5)
            dripping.cancel()

    async def test_nor_is_the_second_request_of_a_connection(self, gateway: Gateway) -> None:
        host = gateway.url.removeprefix("http://")
        async with _connected(gateway) as (reader, writer):
            writer.write(f"GET /healthz HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
            assert b"200" in await reader.readline()
            writer.write(b"GET /hea")
            assert await _ended(reader, within=5)

    async def test_one_address_holds_few_and_others_are_served(self, gateway: Gateway) -> None:
        async with contextlib.AsyncExitStack() as stack:
            readers = []
            for _ in range(connections.MOST_OF_AN_ADDRESS + 30):
                reader, writer = await stack.enter_async_context(_connected(gateway))
                writer.write(b"GET / HTTP/1.1\r\n")
                readers.append(reader)
            assert (await gateway.get("/healthz")).status_code == 200
            for reader in readers[:30]:
                assert await _ended(reader, within=0.5), "the oldest ones go first"

    async def test_a_keepalive_connection_that_has_asked_stays(self, gateway: Gateway) -> None:
        host = gateway.url.removeprefix("http://")
        ask = f"GET /api/providers HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {gateway.token}\r\n\r\n".encode()
        async with _connected(gateway) as (reader, writer):
            for _ in range(2):
                writer.write(ask)
                head = await reader.readuntil(b"\r\n\r\n")
                assert b" 200 " in head
                length = next(int(each[15:]) for each in head.split(b"\r\n") if each.startswith(b"content-length:"))
                await reader.readexactly(length)
                await asyncio.sleep(1.5)  # longer than a header may take

    async def test_who_is_refused_keeps_no_connection(self, gateway: Gateway) -> None:
        host = gateway.url.removeprefix("http://")
        async with _connected(gateway) as (reader, writer):
            writer.write(f"GET /api/providers HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
            assert b" 401 " in await reader.readuntil(b"\r\n\r\n")
            assert await _ended(reader, within=0.5)


async def test_the_slow_bodies_of_one_token_keep_out_nobody_else(tmp_path: Path) -> None:
    async with running(tmp_path, {"gateway": {"concurrency": 16}}) as gateway:
        ada = await token_for(tmp_path, gateway, "ada")
        gateway.upstream.will_say("2")
        host = gateway.url.removeprefix("http://")
        head = (
            f"POST /v1/completions HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {gateway.token}\r\n"
            "content-type: application/json\r\ncontent-length: 1000\r\n\r\n{"
        )
        async with contextlib.AsyncExitStack() as stack:
            answers = []
            for _ in range(40):
                reader, writer = await stack.enter_async_context(_connected(gateway))
                writer.write(head.encode())
                answers.append(reader)
            refused = [reader async for reader in _with_answer(answers, within=1.0)]
            assert len(refused) == 38, "two of sixteen places are one token's to send slowly in"
            async with new_client(gateway.url, ada) as client:
                assert (await client.post("/v1/completions", content=json.dumps(KEPT))).status_code == 200


@pytest.mark.skipif(os.name != "posix", reason="Windows has no modes of files")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666, 0o620])
async def test_a_file_of_tokens_that_others_can_read_is_refused_with_the_fix(tmp_path: Path, mode: int) -> None:
    tokens = GatewayTokens(tmp_path / "tokens.json", {})
    token = await tokens.ensure()
    await tokens.refresh()
    assert tokens.whose(token) == "default"
    tokens.file.chmod(mode)
    for look in (tokens.refresh, tokens.ensure, tokens.all):
        with pytest.raises(ConfigurationError, match=r"chmod 600 .*tokens\.json.*--rotate"):
            await look()
    assert tokens.whose(token) is None
    tokens.file.chmod(0o600)
    await tokens.refresh()
    assert tokens.whose(token) == "default"


NUL: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "a model": ("POST", "/v1/completions", {**KEPT, "model": "a\0b"}),
    "a model of a chat": ("POST", "/v1/chat/completions", {**CHAT, "model": "\0"}),
    "a model of Anthropic's": ("POST", "/v1/messages", {**CHAT, "max_tokens": 9, "model": "embedded/\0"}),
    "a provider": ("POST", "/api/completions", {"prompt": "x", "provider": "scripted\0"}),
    "a path": ("POST", "/api/completions", {"prompt": "x", "path": "/etc/\0passwd"}),
    "a language": ("POST", "/api/completions", {"prompt": "x", "language": "py\0"}),
    "a conversation": ("POST", "/api/completions", {"command": "/chat", "conversation": "b\0"}),
    "a path of a command": ("POST", "/api/completions", {"command": "/explain", "code": "x", "path": "a\0.py"}),
    "an address": ("GET", "/v1/models/a%00b", None),
    "a query": ("GET", "/api/models?provider=a%00", None),
}


@pytest.mark.parametrize(("method", "path", "body"), NUL.values(), ids=NUL)
async def test_a_nul_in_a_name_is_a_bad_request(
    gateway: Gateway, method: str, path: str, body: dict[str, Any] | None
) -> None:
    gateway.upstream.will_say("2")
    answer = await (gateway.post(path, body) if method == "POST" else gateway.get(path))
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert gateway.upstream.exchanges == []


async def test_a_nul_in_code_is_code(gateway: Gateway) -> None:
    gateway.upstream.will_say("2")
    assert (await gateway.post("/v1/completions", {"model": "default", "prompt": "x = '\0"})).status_code == 200


@contextlib.asynccontextmanager
async def _connected(gateway: Gateway) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, _, port = gateway.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()


async def _ended(reader: asyncio.StreamReader, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            while await reader.read(65536):
                pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


async def _drip(writer: asyncio.StreamWriter, piece: bytes, seconds: float) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(piece)
            await asyncio.sleep(seconds)


async def _with_answer(readers: list[asyncio.StreamReader], within: float) -> AsyncIterator[asyncio.StreamReader]:
    until = time.monotonic() + within
    for reader in readers:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.01, until - time.monotonic())):
                if b" 429 " in await reader.readline():
                    yield reader


NO_HOSTS = ["a..b", "x" * 70, "\x1b[31m", "a\0b", "\u202e", "é" * 80, "\ud800", "a\nb", "[", "", "a b"]


@pytest.mark.parametrize("host", NO_HOSTS)
def test_a_host_that_is_none_is_told(host: str) -> None:
    if host:  # without one, a gateway listens everywhere
        with pytest.raises(ConfigurationError):
            listen(host, 0)
    done = CliRunner().invoke(app, ["server", "health", "--host", host, "--port", "9"])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit), done.exception
