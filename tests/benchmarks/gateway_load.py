"""What the gateway adds: latency and throughput, beside a bare FastAPI proxy in the same run.

    uv run --all-extras python -m tests.benchmarks.gateway_load

Both stand in front of the same model server, which has its answers ready. The proxy passes bytes on; the gateway checks who
asks, routes, decodes one API and encodes another, counts, and keeps answers. Quote the ratios: the machine is in the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from . import QUICK

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from support.children import end_with_parent  # noqa: E402
from support.faulty import FaultyServer, stalls  # noqa: E402
from support.server import ServerRun, asking  # noqa: E402

ROUNDS = 1 if QUICK else 3
ALONE = 10 if QUICK else 120
"""Requests in a row, for the latency."""
AT_ONCE = 16
SECONDS = 0.2 if QUICK else 2.0
"""Of load in each round."""
LEAVING = 10 if QUICK else 150
HERE = ROOT / "benchmarks"


@dataclass(frozen=True)
class Place:
    """Where requests are sent."""

    name: str
    port: int
    path: str = "/v1/chat/completions"
    token: str = ""


def request(place: Place, *, stream: bool, slowly: bool = False) -> bytes:
    question = "Answer slowly." if slowly else "Answer."
    body = json.dumps({"model": "m", "stream": stream, "messages": [{"role": "user", "content": question}]}).encode()
    head = f"POST {place.path} HTTP/1.1\r\nhost: 127.0.0.1:{place.port}\r\nauthorization: Bearer {place.token}\r\n"
    return f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


async def answered(reader: asyncio.StreamReader) -> None:
    """Reads one response to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert b" 200 " in head.partition(b"\r\n")[0], head
    if b"transfer-encoding: chunked" in head:
        while (size := int(await reader.readuntil(b"\r\n"), 16)) > 0:
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    else:
        length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))


async def alone(place: Place, *, stream: bool) -> list[float]:
    """Milliseconds of requests in a row on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    sent, taken = request(place, stream=stream), []
    for _ in range(ALONE):
        began = time.perf_counter()
        writer.write(sent)
        await answered(reader)
        taken.append((time.perf_counter() - began) * 1000)
    writer.close()
    return taken[ALONE // 5 :]


async def first_words(place: Place) -> list[float]:
    """Milliseconds until the first bytes of an answer that comes slowly."""
    taken = []
    for _ in range(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        began = time.perf_counter()
        writer.write(request(place, stream=True, slowly=True))
        await reader.readuntil(b"word0")
        taken.append((time.perf_counter() - began) * 1000)
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"[DONE]")
        writer.close()
    return taken[4:]


async def together(place: Place, *, stream: bool) -> float:
    """Answers in a second, with so many connections at once."""
    until, sent = time.monotonic() + SECONDS, request(place, stream=stream)

    async def client() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        done = 0
        while time.monotonic() < until:
            writer.write(sent)
            await answered(reader)
            done += 1
        writer.close()
        return done

    return sum(await asyncio.gather(*(client() for _ in range(AT_ONCE)))) / SECONDS


async def leaving(folder: Path) -> list[float]:
    """Milliseconds from the end of a client's connection to that of the gateway's with the provider."""
    taken = []
    async with FaultyServer(stalls) as server:
        settings = asking(server.base_url, gateway={"requestsPerMinute": 0})
        settings["providers"]["upstream"]["dialect"] = "openai_chat"
        async with ServerRun(folder, settings, "--port", "0") as gateway:
            place = Place("", int(gateway.url.rpartition(":")[2]), "/v1/completions", gateway.token)
            body = b'{"model": "default", "stream": true, "prompt": "x"}'
            head = request(place, stream=True).partition(b"content-length")[0]
            for number in range(LEAVING):
                reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
                writer.write(head + b"content-length: %d\r\n\r\n%b" % (len(body), body))
                await server.asked(number + 1)
                await reader.readuntil(b"ret")
                began = time.monotonic()
                writer.close()
                taken.append((await server.gone() - began) * 1000)
    return taken


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@asynccontextmanager
async def process(script: str, *arguments: str) -> AsyncIterator[int]:
    """A program of this folder, listening at the port that is given out."""
    port = free_port()
    running = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / script), str(port), *arguments, preexec_fn=end_with_parent
    )
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        yield port
    finally:
        running.kill()
        await running.wait()


def row(name: str, figures: dict[str, list[float]], unit: str) -> str:
    middle = {place: statistics.median(values) for place, values in figures.items()}
    direct, proxy, ours = middle["direct"], middle["proxy"], middle["gateway"]
    ratio = (ours - direct) / (proxy - direct) if unit == "ms" else ours / proxy
    return f"| {name} | {direct:.2f} | {proxy:.2f} | {ours:.2f} | {ratio:.2f} |"


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with process("model_server.py") as upstream:
            base = f"http://127.0.0.1:{upstream}/v1"
            settings = asking(
                base, gateway={"requestsPerMinute": 0, "aliases": {"m": "upstream/m"}}, log={"level": "warning"}
            )
            async with (
                process("bare_proxy.py", base) as proxy,
                ServerRun(Path(folder), settings, "--port", "0") as gateway,
            ):
                port = int(gateway.url.rpartition(":")[2])
                places = (
                    Place("direct", upstream),
                    Place("proxy", proxy),
                    Place("gateway", port, token=gateway.token),
                )
                await compare(places)
        taken = sorted(await leaving(Path(folder) / "other"))
    print(
        f"\nA client leaves in the middle of a stream; the provider's connection is closed after {statistics.median(taken):.1f}"
        f" ms (median), {taken[int(len(taken) * 0.99)]:.1f} ms (p99) of {len(taken)}."
    )


async def compare(places: tuple[Place, ...]) -> None:
    kinds: dict[str, dict[str, list[float]]] = {}
    for number in range(ROUNDS + 1):
        for place in places:
            found = {
                "whole answer, ms": await alone(place, stream=False),
                "stream of 60 pieces at once, ms": await alone(place, stream=True),
                "first word of a slow stream, ms": await first_words(place),
                "whole answers in a second": [await together(place, stream=False)],
                "streams of 60 pieces in a second": [await together(place, stream=True)],
            }
            if number:
                for kind, values in found.items():
                    kinds.setdefault(kind, {}).setdefault(place.name, []).extend(values)
    print(f"{ROUNDS} rounds in turn, {os.cpu_count()} cores, {AT_ONCE} connections for the load; medians.\n")
    print("| | no proxy | bare FastAPI proxy | PiCode | PiCode : proxy (ms: of what they add) |")
    print("| --- | --- | --- | --- | --- |")
    for kind, figures in kinds.items():
        print(row(kind, figures, "ms" if kind.endswith("ms") else "1/s"))


if __name__ == "__main__":
    asyncio.run(main())
