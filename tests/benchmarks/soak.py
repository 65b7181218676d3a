"""A soak test: 200 open documents, 50 requests a second, cancellations, and upstreams that fail in every way.

    uv run --all-extras python -m tests.benchmarks.soak --minutes 10

One language server as a process, with two upstreams of this machine. Suggestions are asked for, typed on and cancelled, code
actions and lenses too; documents are closed and opened anew. The figures of a window after the first minute stand beside those
of the last one: memory, descriptors, threads, tasks, what the connection pools hold, and latencies.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from support.faulty import FaultyServer, Peer, answers, closes, fails, resets, sends, stalls  # noqa: E402
from support.process import ServerProcess  # noqa: E402

WATCHED = ROOT / "support" / "watched_server.py"
DOCUMENTS = 200
RATE = 50
CANCELLED = 0.3
FAULTS = 0.02
"""Of the requests to an upstream. With more, the breakers keep both of them shut most of the time."""

RESTING = 6
"""Tasks of a server that nobody asks anything."""

SOURCE = "".join(f"def function_{number}(value):\n    return value * {number}\n\n\n" for number in range(60))
_FAILURES = [fails(500), fails(503), stalls, resets, closes, sends(b"<html>"), sends(b'{"error": "odd"}')]


async def behave(peer: Peer) -> None:
    """Mostly an answer, after some milliseconds; now and then each fault."""
    await asyncio.sleep(random.expovariate(1 / 0.03))
    await (random.choice(_FAILURES) if random.random() < FAULTS else answers(" + value"))(peer)


@dataclass
class Window:
    """What was measured in one part of the run. Latencies are in milliseconds, memory is in MB."""

    latencies: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    inner: list[dict[str, int]] = field(default_factory=list)
    processor: list[tuple[float, int]] = field(default_factory=list)
    """Seconds of processor time that the server has taken, and requests that it has answered, up to each look."""

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    def cost(self) -> float:
        """Milliseconds of processor time for each answered request: what is steady though the machine does other work."""
        (before, first), (after, last) = (self.processor[0], self.processor[-1]) if self.processor else ((0, 0), (0, 0))
        return 1000 * (after - before) / max(1, last - first)

    def most(self, name: str) -> float:
        return max((each[name] for each in self.inner), default=0)


class Soak:
    """The editor of the run: its documents, and what became of its requests."""

    def __init__(self, server: ServerProcess, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.versions: dict[int, int] = {}
        self.window = Window()
        self.answered = 0
        self.asked = self.cancelled = self.errors = self.lost = self.upstream = 0
        self._running: set[asyncio.Task[None]] = set()

    def open(self, number: int) -> None:
        self.versions[number] = 1
        self.server.open(self.folder / f"file_{number}.py", f"# {number}\n{SOURCE}")

    def start_one(self) -> None:
        task = asyncio.ensure_future(self._one())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def settle(self) -> None:
        """Waits for what has not been answered yet."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=90)

    async def _one(self) -> None:
        number, kind = random.randrange(DOCUMENTS), random.random()
        document, line = {"uri": (self.folder / f"file_{number}.py").as_uri()}, random.randrange(60) * 4 + 3
        if kind < 0.02:
            self.server.notify("textDocument/didClose", {"textDocument": document})
            self.open(number)
        at = {"line": line, "character": 0}
        if kind < 0.8:
            where = self._type(number, document, line)
            context = {"triggerKind": random.choice([1, 2])}
            params = {"textDocument": document, "position": where, "context": context}
            await self._ask("textDocument/inlineCompletion", params)
        elif kind < 0.95:
            params = {"textDocument": document, "range": {"start": at, "end": at}, "context": {"diagnostics": []}}
            await self._ask("textDocument/codeAction", params)
        else:
            await self._ask("textDocument/codeLens", {"textDocument": document})

    def _type(self, number: int, document: dict[str, Any], line: int) -> dict[str, int]:
        """Writes the beginning of a statement into an empty line; where the cursor is then."""
        self.versions[number] += 1
        typed = "total = value"[: random.randint(1, 13)]
        spans = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 1000}}
        identifier = {**document, "version": self.versions[number]}
        changes = [{"range": spans, "text": typed}]
        self.server.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": changes})
        return {"line": line, "character": len(typed)}

    async def _ask(self, method: str, params: dict[str, Any]) -> None:
        began = time.perf_counter()
        answer, identifier = self.server.ask(method, params), self.server.last_id
        self.asked += 1
        if random.random() < CANCELLED:
            await asyncio.sleep(random.random() * 0.05)
            self.server.notify("$/cancelRequest", {"id": identifier})
            self.cancelled += 1
        try:
            response = await asyncio.wait_for(answer, 60)
        except TimeoutError:
            self.lost += 1
            return
        self.answered += 1
        code = response.get("error", {}).get("code", 0)
        self.errors += code not in (0, -32800)
        if not code:
            self.window.latencies.append((time.perf_counter() - began) * 1000)


class Watch:
    """Looks at the server's process from outside, and asks it for its own counts."""

    def __init__(self, process: psutil.Process, counts: Path) -> None:
        self._process = process
        self._counts = counts

    def look(self, window: Window, answered: int) -> None:
        """Notes what the process holds; its own counts are those that it wrote when it was asked last."""
        window.memory.append(self._process.memory_info().rss / 1e6)
        window.descriptors.append(self._process.num_fds())
        window.threads.append(self._process.num_threads())
        window.processor.append((sum(self._process.cpu_times()[:2]), answered))
        if self._counts.exists():
            window.inner.append(json.loads(self._counts.read_text()))
        self._process.send_signal(signal.SIGUSR1)


async def run(minutes: float, rate: int, seed: int) -> int:
    """Runs it, and prints the report. 1 if a request was not answered, or with an error."""
    random.seed(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with FaultyServer(behave) as first, FaultyServer(behave) as second:
            rows = {
                each: {"baseUrl": upstream.base_url, "fill": "openai_completions", "model": "m"}
                for each, upstream in (("one", first), ("two", second))
            }
            inline = {"provider": "one", "fallback": ["two"], "debounceMs": 0}
            options = {"inline": inline, "providers": rows, "log": {"level": "error"}}
            command = (sys.executable, str(WATCHED), str(folder / "counts"))
            async with ServerProcess(command, log=folder / "log", **_folders(folder)) as server:
                await server.initialize(options)
                soak, watch = Soak(server, folder), Watch(psutil.Process(server.pid), folder / "counts")
                for number in range(DOCUMENTS):
                    soak.open(number)
                await server.request("workspace/executeCommand", {"command": "picode.status"})
                start, end = await _load(soak, watch, minutes * 60, rate)
                await soak.settle()
                rest = await _at_rest(watch)
        soak.upstream = len(first.requests) + len(second.requests)
    _report(soak, start, end, rest)
    return int(bool(soak.errors or soak.lost))


async def _load(soak: Soak, watch: Watch, seconds: float, rate: int) -> tuple[Window, Window]:
    """Asks for so long; the windows at the start, after warming up, and at the end."""
    warm = part = min(60.0, seconds / 4)
    began, done = time.monotonic(), 0
    start, end, between = Window(), Window(), Window()
    while (spent := time.monotonic() - began) < seconds:
        soak.window = start if warm <= spent < warm + part else end if spent >= seconds - part else between
        due = int(spent * rate) - done
        for _ in range(min(due, rate)):  # what a busy machine was late for by more than a second is not made up for
            soak.start_one()
        if due and done // rate != (done + due) // rate:
            watch.look(soak.window, soak.answered)
        done += due
        await asyncio.sleep(1 / rate)
    return start, end


async def _at_rest(watch: Watch) -> Window:
    """What is left when nothing is asked any more; looking around in 200 documents may take a busy machine a while."""
    for _ in range(60):
        await asyncio.sleep(1)
        rest = Window()
        watch.look(rest, 0)
        if rest.most("tasks") <= RESTING and not rest.most("pool requests"):
            break
    return rest


def _folders(folder: Path) -> dict[str, str]:
    found = {}
    for name in ("DATA", "STATE", "RUNTIME", "CONFIG", "ANSWERS", "LISTS", "CACHE"):
        path = folder / name.lower()
        path.mkdir(mode=0o700)
        found[f"PICODE_{name}_DIR"] = str(path)
    return found


def _report(soak: Soak, start: Window, end: Window, rest: Window) -> None:
    asked = f"{soak.asked:,} requests, {soak.cancelled:,} of them cancelled"
    print(f"{asked}: {soak.errors} error responses, {soak.lost} unanswered")
    print(f"{soak.upstream:,} requests reached an upstream, and about {FAULTS:.0%} of them failed there")
    rows: list[tuple[str, float, float, float]] = [
        ("memory, MB", statistics.median(start.memory), statistics.median(end.memory), rest.memory[0]),
        ("descriptors", max(start.descriptors), max(end.descriptors), rest.descriptors[0]),
        ("threads", max(start.threads), max(end.threads), rest.threads[0]),
    ]
    names = ("tasks", "pool requests", "pool connections")
    rows += [(name, start.most(name), end.most(name), rest.most(name)) for name in names]
    for share in (0.5, 0.99):
        rows += [(f"latency p{share * 100:.0f}, ms", start.percentile(share), end.percentile(share), float("nan"))]
    rows.append(("processor, ms each", start.cost(), end.cost(), float("nan")))
    print(f"{'':18}{'start':>10}{'end':>10}{'ratio':>8}{'at rest':>10}")
    for name, before, after, left in rows:
        print(f"{name:18}{before:>10.1f}{after:>10.1f}{after / before if before else 1:>8.2f}{left:>10.1f}")
    print(f"memory grew by {rows[0][2] - rows[0][1]:+.1f} MB between the two windows")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=int, default=RATE, help="requests a second")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    return asyncio.run(run(given.minutes, given.rate, given.seed))


if __name__ == "__main__":
    sys.exit(main())
