"""How soon the embedded model answers somebody who types on in one file.

`uv run --all-extras python -m tests.benchmarks.typing_on`: types lines of a module of Python's library, a key each 150 ms, and
asks for ghost text at each; every figure is through the real server and the real model.
"""

from __future__ import annotations

import asyncio
import json.decoder
import statistics
import sys
import tempfile
import time
from pathlib import Path

from . import QUICK

sys.path.insert(0, str(Path(__file__).parent.parent))

from support.process import ServerProcess

GAP = 0.150
KEYS = 12 if QUICK else 160
START = 4_000


async def main() -> None:
    source = Path(json.decoder.__file__).read_text("utf-8")
    start = source.index("\n", START) + 1
    with tempfile.TemporaryDirectory() as folder:
        async with ServerProcess() as server:
            await server.initialize({"statistics": {"enabled": False}})  # or it would count what nobody wants
            uri = server.open(Path(folder) / "decoder.py", source[:start])
            row, column = source[:start].count("\n"), 0
            began = time.perf_counter()
            await server.suggest(uri, row, column)
            print(f"cold, with the model's start: {(time.perf_counter() - began) * 1000:.0f} ms")
            await type_on(server, uri, source[start : start + KEYS], row)


async def type_on(server: ServerProcess, uri: str, text: str, row: int) -> None:
    answers: list[asyncio.Task[float]] = []
    column = 0
    for number, key in enumerate(text):
        server.change(uri, number + 2, row, column, key)
        row, column = (row + 1, 0) if key == "\n" else (row, column + 1)
        answers.append(asyncio.create_task(ask(server, uri, row, column)))
        await asyncio.sleep(GAP)
    taken = [milliseconds for milliseconds in await asyncio.gather(*answers) if milliseconds > 0]
    print(f"keys {len(text)}, answered before the next key {len(taken)}")
    if len(taken) < 2:
        return
    quantiles = statistics.quantiles(taken, n=20)
    print(f"median {statistics.median(taken):.0f} ms, 95 % within {quantiles[18]:.0f} ms, slowest {max(taken):.0f} ms")


async def ask(server: ServerProcess, uri: str, row: int, column: int) -> float:
    """Milliseconds to the answer; 0 where a newer key superseded it."""
    began = time.perf_counter()
    answer = await server.suggest(uri, row, column)
    return (time.perf_counter() - began) * 1000 if answer["result"] is not None else 0.0


if __name__ == "__main__":
    asyncio.run(main())
