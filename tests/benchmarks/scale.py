"""What many files and many open documents cost: `uv run --all-extras python -m tests.benchmarks.scale`.

The whole server as a process, its model a stub that answers at once. For each number of files in the workspace, of open
documents and of their lines: the first suggestion, asked for one second after the first document was opened; then one key and
one automatic request in each document in turn, twice around, with what PiCode adds to each (from the request to its arrival at
the stub, and from the stub's answer to PiCode's), and the processor time for each; the memory for each open document; and the
processor time for each second of idleness. `--quick` leaves out the large ones, `-v` prints every request.

The last columns are ratios to one document in ten files, which is the baseline: on a busy machine, look at these, and at the
processor times.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from support.process import ServerProcess  # noqa: E402
from support.provider import Provider  # noqa: E402

_QUICK = "--quick" in sys.argv
IDLE = 2.0 if _QUICK else 20.0
"""Seconds in which nothing is asked of the server."""
SETTLING, RESTING = 3.0, 2.0 if _QUICK else 45.0
"""Seconds before the memory is measured, and before idleness is: the index of a large workspace is filled within them."""
FOLDER_SIZE = 40
KEYS = "total_of_"
BLANK_LINES = range(199, 0, -6)
"""Lines of `source` that something can be typed in, from the middle upwards; each is typed in once."""


@dataclass(frozen=True)
class Load:
    files: int
    documents: int
    lines: int


@dataclass(frozen=True)
class Figures:
    """Milliseconds, and MB."""

    first: float
    added: list[float]
    spent: float
    document_memory: float
    idle: float


LOADS = (
    Load(10, 1, 400),
    Load(10, 50, 400),
    Load(10, 200, 400),
    Load(10, 200, 2000),
    Load(20_000, 1, 400),
    Load(20_000, 200, 400),
)
QUICK = (Load(10, 1, 400), Load(300, 20, 400))


def source(number: int, lines: int) -> str:
    """A file of functions that are alike, but not the same."""
    chance = random.Random(number)
    words = "order price stock tax customer invoice rate total amount country".split()
    text = [f"from folder_{number % 7}.file_{number % 3} import function_{number % 3}_2\n", "\n"]
    while len(text) < lines:
        one, two = chance.choice(words), chance.choice(words)
        name = f"function_{number}_{len(text)}"
        text += [f"def {name}({one}, {two}_rate=0.{number % 10}):\n", f"    {two}_value = {one} * {two}_rate\n"]
        text += [
            f"    if {two}_value > {chance.randrange(900)}:\n",
            f"        return {two}_value\n",
            f"    return {one}\n",
            "\n",
        ]
    return "".join(text[:lines])


def fill(folder: Path, files: int) -> None:
    for number in range(files):
        inside = folder / f"folder_{number // FOLDER_SIZE}"
        inside.mkdir(exist_ok=True)
        (inside / f"file_{number}.py").write_text(source(number, 60))


async def measure(load: Load, folder: Path, provider: Provider) -> Figures:
    options = {
        "inline": {"provider": "stub", "model": "m", "candidates": 1, "debounceMs": 0, "prefetch": False},
        "providers": {"stub": {"baseUrl": provider.base_url, "fill": "openai_completions"}},
        "statistics": {"enabled": False},
    }
    async with ServerProcess() as server:
        process = psutil.Process(server.pid)
        await server.initialize(options, folders=[{"uri": folder.as_uri(), "name": "shop"}])
        uris = [server.open(folder / "open_0.py", source(100_000, load.lines))]
        await asyncio.sleep(1)
        first = await key(server, provider, uris[0], 0, asks_by_hand=True)
        await asyncio.sleep(SETTLING)
        before = server.memory()
        for number in range(1, load.documents):
            text = source(100_000 + number, load.lines)
            uris += [server.open(folder / f"open_{number}.py", text)]
        await server.suggest(uris[0], 0, 0)
        busy = processor_time(process)
        turns = range(1, 3 if load.documents > 1 else 31)
        added = [await key(server, provider, uri, turn) for turn in turns for uri in uris]
        busy = (processor_time(process) - busy) / len(added)
        memory = (server.memory() - before) / max(1, load.documents - 1)
        await asyncio.sleep(RESTING)
        resting = processor_time(process)
        await asyncio.sleep(IDLE)
        idle = (processor_time(process) - resting) / IDLE
        return Figures(first, added, busy, memory if load.documents > 1 else 0.0, idle)


def processor_time(process: psutil.Process) -> float:
    """Milliseconds of all threads."""
    times = process.cpu_times()
    return 1000.0 * (times.user + times.system)


async def key(server: ServerProcess, provider: Provider, uri: str, number: int, *, asks_by_hand: bool = False) -> float:
    """One key on an empty line in the middle, and a request: milliseconds that PiCode adds."""
    row = BLANK_LINES[number]
    server.change(uri, number + 2, row, 0, KEYS[number % len(KEYS)])
    provider.arrived = provider.answered = 0.0
    began = time.perf_counter()
    await server.suggest(uri, row, 1, explicit=asks_by_hand)
    took = time.perf_counter() - began
    assert provider.arrived, "no request went upstream"
    return 1000 * (took - (provider.answered - provider.arrived))


async def main() -> None:
    print(
        "| files | open | lines | first | median | p99 | processor | MB a document | idle, each s | ratio | processor |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    baseline, baseline_spent = 0.0, 0.0
    for load in QUICK if _QUICK else LOADS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            fill(folder, load.files)
            async with Provider() as provider:
                provider.says = "result + 1"
                figures = await measure(load, folder, provider)
        median = statistics.median(figures.added)
        late = statistics.quantiles(figures.added, n=100)[98]
        baseline, baseline_spent = baseline or median, baseline_spent or figures.spent
        cells = (
            f"{load.files:,}", load.documents, load.lines, f"{figures.first:.0f} ms", f"{median:.1f} ms", f"{late:.1f} ms",
            f"{figures.spent:.1f} ms", f"{figures.document_memory:.2f}", f"{figures.idle:.1f} ms",
            f"{median / baseline:.1f}", f"{figures.spent / baseline_spent:.1f}",
        )  # fmt: skip
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)
        if "-v" in sys.argv:
            print("  ", " ".join(f"{each:.0f}" for each in figures.added))


if __name__ == "__main__":
    asyncio.run(main())
