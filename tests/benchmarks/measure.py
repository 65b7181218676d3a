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

from . import QUICK

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from support.process import PICODE, ServerProcess  # noqa: E402
from support.provider import Provider  # noqa: E402

BARE = (sys.executable, str(ROOT / "benchmarks" / "bare_server.py"))
STARTS = 1 if QUICK else 9
ASKED = 32 if QUICK else 120
ROUNDS = 1 if QUICK else 4
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


def long_file(row: int) -> str:
    """A file of many lines, of which `row` is empty."""
    return "".join(f"value_{number} = compute({number})\n" if number != row else "\n" for number in range(LINES))


async def latencies(
    folder: Path, provider: Provider | None, options: dict[str, Any] | None, command: Sequence[str]
) -> list[float]:
    """Milliseconds of each explicit suggestion while somebody types in the middle of a long file.

    With a `provider`, only what PiCode takes: from the request to its arrival there, and from its answer to ours.
    """
    async with ServerProcess(command) as server:
        await server.initialize(options)
        row = LINES // 2
        uri = server.open(folder / "long.py", long_file(row))
        taken = []
        for column in range(1, ASKED + 1):
            server.change(uri, column + 1, row, column - 1, "+total"[column % 6])
            began = time.perf_counter()
            answer = await server.suggest(uri, row, column, explicit=True)
            took = time.perf_counter() - began
            if provider is not None:
                took -= provider.answered - provider.arrived
            taken.append(took * 1000)
            assert answer["result"]["items"], answer
        return taken[20:]


async def typed_through(folder: Path, options: dict[str, Any] | None, command: Sequence[str]) -> list[float]:
    """Milliseconds of each automatic suggestion while somebody types what is suggested."""
    async with ServerProcess(command) as server:
        await server.initialize(options)
        taken = []
        for number in range(ASKED // 8):
            row = number + 1
            uri = server.open(folder / f"{number}.py", long_file(row))
            for column, character in enumerate("x = resul", 1):
                server.change(uri, column + 1, row, column - 1, character)
                began = time.perf_counter()
                answer = await server.suggest(uri, row, column, explicit=column <= 4)
                if column > 4:
                    taken.append((time.perf_counter() - began) * 1000)
                    assert answer["result"]["items"], answer
        return taken


async def latency_round() -> list[list[float]]:
    """What suggestions take: asked for, by the baseline, typed through, by the baseline."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with Provider() as provider:
            provider.says = "result + 1"
            options = {
                "inline": {"provider": "stub", "model": "m", "candidates": 1, "debounceMs": 0, "prefetch": False},
                "providers": {"stub": {"baseUrl": provider.base_url, "fill": "openai_completions"}},
                "statistics": {"enabled": False},
            }
            return [
                await latencies(folder, provider, options, PICODE),
                await latencies(folder, None, None, BARE),
                await typed_through(folder, options, PICODE),
                await typed_through(folder, None, BARE),
            ]


async def quietest(measure: Callable[[], Awaitable[list[list[float]]]]) -> list[list[float]]:
    """Of some rounds, for each series the one with the lowest median: what else the machine does only ever adds."""
    rounds = [await measure() for _ in range(ROUNDS)]
    return [min(series, key=statistics.median) for series in zip(*rounds, strict=True)]


async def main() -> None:
    rows = []
    ours, bare = await in_turn(start, STARTS)
    rows.append(row("start to `initialize` answered", "ms", ours, bare))
    ours, bare = await in_turn(idle_memory, 2)
    rows.append(row("memory, idle after `initialized`", "MB", ours, bare))
    added, echo, known, known_echo = await quietest(latency_round)
    rows.append(row(f"request to upstream, and its answer to ours, {LINES:,}-line file, median", "ms", added, echo))
    rows.append(row("the same, 99th percentile", "ms", late(added), late(echo)))
    rows.append(row("a suggestion that is typed through, median", "ms", known, known_echo))
    rows.append(row("the same, 99th percentile", "ms", late(known), late(known_echo)))
    print("| Figure | PiCode | bare pygls | ratio |\n| --- | --- | --- | --- |")
    print("\n".join(rows))


def late(taken: list[float]) -> list[float]:
    """The 99th percentile."""
    return [statistics.quantiles(taken, n=100)[98]]


def row(name: str, unit: str, ours: list[float], bare: list[float]) -> str:
    one, other = statistics.median(ours), statistics.median(bare)
    return f"| {name} | {one:.1f} {unit} | {other:.1f} {unit} | {one / other:.2f} |"


if __name__ == "__main__":
    asyncio.run(main())
