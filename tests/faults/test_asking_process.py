"""Asks of the server as a process: nothing that had arrived is lost, and the model is hung up on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from picode.io.conversations.store import SqliteConversations
from picode.settings.model import Conversations
from support.process import ServerProcess


@asynccontextmanager
async def dripping(words: list[str]) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A model server that says `words` one after the other and then falls silent; its address, and when it was left."""
    left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        if not head.startswith("POST"):
            writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        for word in words:
            event = {"choices": [{"index": 0, "delta": {"content": word}}]}
            writer.write(f"data: {json.dumps(event)}\n\n".encode())
            await writer.drain()
            await asyncio.sleep(0.05)
        while await reader.read(65_536):
            pass
        left.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", left
    server.close()


def options(address: str) -> dict[str, Any]:
    return {"inline": {"provider": "local", "model": "m"}, "providers": {"local": {"baseUrl": address}}}


async def kept(folder: Path) -> list[tuple[str, str]]:
    """The last turns of all conversations."""
    store = SqliteConversations(lambda: folder, Conversations, lambda message: None)
    try:
        found = [await store.read(each.id) for each in await store.list()]
        return [(each.turns[-1].text, each.turns[-1].state) for each in found if each and each.turns]
    finally:
        await asyncio.to_thread(store.close)


async def test_a_server_that_is_killed_in_the_middle_of_an_answer_has_kept_what_had_arrived(tmp_path: Path) -> None:
    async with (
        dripping(["It ", "sub", "tracts"]) as (address, left),
        ServerProcess(PICODE_DATA_DIR=str(tmp_path)) as server,
    ):
        await server.initialize(options(address))
        server.ask("workspace/executeCommand", {"command": "picode.slash", "arguments": [{"text": "why?"}]})
        async with asyncio.timeout(20):
            while await kept(tmp_path) != [("It subtracts", "partial")]:
                await asyncio.sleep(0.1)
        server.process.kill()  # type: ignore[union-attr]
        await server.exited(5)
        await asyncio.wait_for(left.wait(), 5)
        assert await kept(tmp_path) == [("It subtracts", "partial")]


async def test_a_request_that_is_cancelled_closes_the_model_s_socket(tmp_path: Path) -> None:
    async with (
        dripping(["It ", "sub"]) as (address, left),
        ServerProcess(PICODE_DATA_DIR=str(tmp_path)) as server,
    ):
        await server.initialize(options(address))
        running = server.ask("workspace/executeCommand", {"command": "picode.slash", "arguments": [{"text": "why?"}]})
        async with asyncio.timeout(20):
            while await kept(tmp_path) != [("It sub", "partial")]:
                await asyncio.sleep(0.1)
        server.notify("$/cancelRequest", {"id": server.last_id})
        await asyncio.wait_for(left.wait(), 5)
        assert (await running)["error"]["code"] == -32800
        assert await kept(tmp_path) == [("It sub", "partial")]
