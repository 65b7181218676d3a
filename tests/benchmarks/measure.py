"""The figures of the README: `uv run --all-extras python -m tests.benchmarks.measure`.

Each figure of PiCode stands beside that of a bare pygls server, measured in turn in the same run; quote the ratios.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from support.process import PICODE, ServerProcess  # noqa: E402
from support.provider import Provider  # noqa: E402

BARE = (sys.executable, str(ROOT / "benchmarks" / "bare_server.py"))
STARTS = 9
ASKED = 120
UPSTREAM = 0.050
LINES = 10_000


async def in_turn(measure: Callable[[Sequence[str]], Awaitable[float]], rounds: int) -> tuple[list[float], list[float]]:
    """Measures PiCode and the baseline alternately, after one round that does not count."""
    ours, bare = [], []
    for number in range(rounds + 1):
        pair = (await measure(PICODE), await measure(BARE))
        if number:
            ours.append(pair[0])
            bare.append(pair[1])
    return ours, bare


async def start(command: Sequence[str]) -> float:
    """Milliseconds from starting the process to the answer to `initialize`."""
    began = time.perf_counter()
    async with ServerProcess(command) as server:
        await server.initialize()
        return (time.perf_counter() - began) * 1000


async def idle_memory(command: Sequence[str]) -> float:
    """MB, three seconds after `initialized`."""
    async with ServerProcess(command) as server:
        await server.initialize()
        await asyncio.sleep(3)
        return server.memory()


async def latencies(folder: Path, delay: float, options: dict[str, Any] | None, command: Sequence[str]) -> list[float]:
    """Milliseconds of each explicit suggestion while somebody types in the middle of a long file, less `delay`."""
    async with ServerProcess(command) as server:
        await server.initialize(options)
        path = folder / "long.py"
        uri = server.open(path, "".join(f"value_{number} = compute({number})\n" for number in range(LINES)))
        row = LINES // 2
        taken = []
        for column in range(1, ASKED + 1):
            server.change(uri, column + 1, row, column - 1, "abcdefgh = "[column % 11])
            began = time.perf_counter()
            answer = await server.suggest(uri, row, column, explicit=True)
            taken.append((time.perf_counter() - began - delay) * 1000)
            assert answer["result"]["items"], answer
        return taken[20:]


async def main() -> None:
    rows = []
    ours, bare = await in_turn(start, STARTS)
    rows.append(row("start to `initialize` answered", "ms", ours, bare))
    ours, bare = await in_turn(idle_memory, 2)
    rows.append(row("memory, idle after `initialized`", "MB", ours, bare))
    with tempfile.TemporaryDirectory() as folder:
        async with Provider() as provider:
            provider.says, provider.delay = "result = 1", UPSTREAM
            options = {
                "inline": {"provider": "stub", "model": "m", "candidates": 1},
                "providers": {"stub": {"baseUrl": provider.base_url, "fill": "openai_completions"}},
            }
            added = await latencies(Path(folder), UPSTREAM, options, PICODE)
        echo = await latencies(Path(folder), 0.0, None, BARE)
    rows.append(row(f"added latency, explicit, {LINES:,}-line file, upstream 50 ms, median", "ms", added, echo))
    worst = [statistics.quantiles(added, n=100)[98]], [statistics.quantiles(echo, n=100)[98]]
    rows.append(row("the same, 99th percentile", "ms", *worst))
    print("| Figure | PiCode | bare pygls | ratio |\n| --- | --- | --- | --- |")
    print("\n".join(rows))


def row(name: str, unit: str, ours: list[float], bare: list[float]) -> str:
    one, other = statistics.median(ours), statistics.median(bare)
    return f"| {name} | {one:.1f} {unit} | {other:.1f} {unit} | {one / other:.2f} |"


if __name__ == "__main__":
    asyncio.run(main())
