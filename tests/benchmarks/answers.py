"""How long a piece of an answer takes from the model's socket to the editor: `python -m tests.benchmarks.answers`.

A model server says a word each 20 ms; the real server, as a process, passes it on as `picode/answer`. Printed beside it:
the same words through a bare relay of bytes, so that the machine's own share is known.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import QUICK

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.process import ServerProcess

WORDS = 20 if QUICK else 300
PAUSE = 0.02

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def serve(work: Serve) -> tuple[asyncio.Server, int]:
    server = await asyncio.start_server(work, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


class Model:
    """Says numbered words, and remembers when."""

    def __init__(self) -> None:
        self.said: dict[int, float] = {}

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        if not head.startswith("POST"):
            writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        for number in range(WORDS):
            event = {"choices": [{"index": 0, "delta": {"content": f"w{number} "}}]}
            self.said[number] = time.perf_counter()
            writer.write(f"data: {json.dumps(event)}\n\n".encode())
            await writer.drain()
            await asyncio.sleep(PAUSE)
        writer.write(b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n')
        writer.close()


async def through_picode() -> list[float]:
    """Seconds for each word."""
    model = Model()
    upstream, port = await serve(model.answer)
    seen: dict[int, float] = {}

    class Listening(ServerProcess):
        async def _read(self) -> None:
            self.notifications = _Watched(seen)  # type: ignore[assignment]
            await super()._read()

    with TemporaryDirectory() as folder:
        environment = {"PICODE_DATA_DIR": folder, "PICODE_STATE_DIR": folder}
        async with Listening(**environment) as server:
            options = {
                "inline": {"provider": "local", "model": "m"},
                "providers": {"local": {"baseUrl": f"http://127.0.0.1:{port}/v1"}},
            }
            capabilities = {"experimental": {"picode": {"answers": True}}}
            params = {
                "processId": None,
                "rootUri": None,
                "capabilities": capabilities,
                "initializationOptions": options,
            }
            await server.request("initialize", params)
            server.notify("initialized", {})
            ask = {"command": "picode.slash", "arguments": [{"text": "why?"}]}
            await server.request("workspace/executeCommand", ask)
    upstream.close()
    return [seen[number] - model.said[number] for number in range(WORDS) if number in seen]


class _Watched(list[dict[str, Any]]):
    """Notes when each word was first told."""

    def __init__(self, seen: dict[int, float]) -> None:
        super().__init__()
        self._seen = seen

    def append(self, message: dict[str, Any]) -> None:
        now = time.perf_counter()
        delta = message.get("params", {}).get("delta") if message.get("method") == "picode/answer" else None
        for word in (delta or "").split():
            self._seen.setdefault(int(word[1:]), now)


async def through_a_relay() -> list[float]:
    """The same words through a process-less relay of bytes."""
    model = Model()
    upstream, port = await serve(model.answer)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        back.write(await reader.readuntil(b"\r\n\r\n"))
        while piece := await there.read(65_536):
            writer.write(piece)
            await writer.drain()
        writer.close()

    front, front_port = await serve(relay)
    reader, writer = await asyncio.open_connection("127.0.0.1", front_port)
    writer.write(b"POST / HTTP/1.1\r\n\r\n")
    times: list[float] = []
    while line := await reader.readline():
        if line.startswith(b"data: {") and b'"w' in line:
            number = int(line.partition(b'"w')[2].split()[0])
            times.append(time.perf_counter() - model.said[number])
    upstream.close()
    front.close()
    return times


def row(name: str, times: list[float]) -> str:
    ranked = sorted(times)
    median, late = ranked[len(ranked) // 2], ranked[int(len(ranked) * 0.99)]
    return f"| {name} | {len(times)} | {median * 1000:.1f} ms | {late * 1000:.1f} ms | {max(times) * 1000:.1f} ms |"


def main() -> None:
    relayed, answered = asyncio.run(through_a_relay()), asyncio.run(through_picode())
    print("| A word, from the model's socket to the editor | words | median | 99th percentile | slowest |")
    print("| --- | --- | --- | --- | --- |")
    print(row("PiCode (pieces are gathered for 30 ms)", answered))
    print(row("a bare relay of bytes", relayed))


if __name__ == "__main__":
    main()
