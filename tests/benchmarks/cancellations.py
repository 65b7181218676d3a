"""Ten thousand cancelled requests: what they leave behind, and how soon the provider notices.

    uv run --all-extras python -m tests.benchmarks.cancellations

Requests go through the call loop and the transport to servers of this machine that never answer, and are cancelled while
connecting, while waiting for headers, or in mid-answer. Then come races, whose losers are closed when another answers.
"""

from __future__ import annotations

import asyncio
import gc
import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from . import QUICK

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from faults.asking import ONE_TRY, Asker  # noqa: E402
from picode.assistant.routing.upstream import Target  # noqa: E402
from picode.core.messages import Fill, Request  # noqa: E402
from picode.core.policy import RetryBudget  # noqa: E402
from support.faulty import FaultyServer, Peer, answers, hangs, stalls  # noqa: E402

CANCELLATIONS = 100 if QUICK else 10_000
WARMING = 20 if QUICK else 400
AT_ONCE = 20
MEASURED = 20 if QUICK else 300
RACES = 10 if QUICK else 150
LONGEST = 240.0
"""Seconds. A machine too slow for all of them does fewer, and says so."""


def left_behind(process: psutil.Process) -> tuple[float, int, int]:
    """MB, descriptors and tasks."""
    gc.collect()
    return process.memory_info().rss / 1e6, process.num_fds(), len(asyncio.all_tasks())


class Arrivals:
    """Tells when the request of a number has reached the server."""

    def __init__(self) -> None:
        self.expected: dict[int, asyncio.Event] = {}
        self.waiting = self.answered = 0

    async def hangs(self, peer: Peer) -> None:
        """A server's behaviour: notes who has come, and says nothing."""
        self.waiting += 1
        found = re.search(rb"number (\d+)", peer.request)
        assert found is not None
        if (event := self.expected.get(int(found[1]))) is not None:
            event.set()
        await peer.wait_until_gone()

    async def stalls(self, peer: Peer) -> None:
        """A server's behaviour: begins an answer."""
        self.answered += 1
        await stalls(peer)


async def cancel_one(
    asker: Asker, silent: FaultyServer, stalling: FaultyServer, arrivals: Arrivals, number: int
) -> None:
    """In turn: before its first step, while connecting, while waiting for headers, and in mid-answer."""

    def request_for(target: Target, shorter: bool) -> Request:
        return Request(target.model, Fill(f"number {number} = "), max_tokens=64)

    if number % 4 == 3:
        await asker.ask(stalling.base_url, request_for=request_for, enough=lambda text: text == "ret")
        return
    arrived = arrivals.expected[number] = asyncio.Event()
    asking = asyncio.create_task(asker.ask(silent.base_url, request_for=request_for))
    if number % 4 == 2:
        async with asyncio.timeout(20):
            await arrived.wait()
    elif number % 4 == 1:
        await asyncio.sleep(0.001)
    asking.cancel()
    await asyncio.wait({asking})
    del arrivals.expected[number]


async def cancel_many(
    asker: Asker, silent: FaultyServer, stalling: FaultyServer, arrivals: Arrivals, numbers: Iterator[int], until: float
) -> int:
    """Takes numbers until there are none, or no time, left; gives how many it took."""
    done = 0
    for number in numbers:
        await cancel_one(asker, silent, stalling, arrivals, number)
        done += 1
        for server in (silent, stalling):  # what the test itself has noted down
            server.requests.clear()
            server.times.clear()
            server.left = asyncio.Queue()
        asker.outcomes.clear()
        asker.ledger.entries.clear()
        if time.monotonic() > until:
            break
    return done


async def settled(process: psutil.Process, before: tuple[float, int, int]) -> tuple[float, int, int]:
    """What is left when the servers, too, have noticed."""
    for _ in range(100):
        after = left_behind(process)
        if after[1] <= before[1] and after[2] <= before[2]:
            break
        await asyncio.sleep(0.05)
    return after


async def closing_times(asker: Asker) -> list[float]:
    """Milliseconds from cancelling to the provider's end of the connection."""
    taken = []
    async with FaultyServer(hangs, stalls) as server:
        for number in range(MEASURED):
            asking = asyncio.create_task(asker.ask(server.base_url))
            await server.asked(number + 1)
            await asyncio.sleep(0.002)
            began = time.monotonic()
            asking.cancel()
            taken.append((await server.gone() - began) * 1000)
            await asyncio.wait({asking})
    return taken


async def losing_times(asker: Asker) -> list[float]:
    """Milliseconds from the winner's first word to the end of the loser's connection."""
    terms = RetryBudget(retries=0, seconds=0.02, longest_pause=0.0)
    taken = []
    for _ in range(RACES):
        async with FaultyServer(hangs) as loser, FaultyServer(answers("1")) as winner:
            outcome = await asker.ask(loser.base_url, winner.base_url, terms=terms, strategy="race")
            assert outcome.text == "1"
            taken.append((await loser.gone() - outcome.answered_at) * 1000)
            asker.health.forget()
    return taken


def line(name: str, taken: list[float]) -> str:
    ranked = sorted(taken)
    p99 = ranked[int(len(ranked) * 0.99)]
    return f"| {name} | {statistics.median(taken):.1f} | {p99:.1f} | {ranked[-1]:.1f} | {len(taken)} |"


async def main() -> None:
    process = psutil.Process()
    asker = Asker()
    arrivals = Arrivals()
    async with FaultyServer(arrivals.hangs) as silent, FaultyServer(arrivals.stalls) as stalling:

        async def cancel(numbers: Iterator[int]) -> int:
            until = time.monotonic() + LONGEST
            workers = (cancel_many(asker, silent, stalling, arrivals, numbers, until) for _ in range(AT_ONCE))
            return sum(await asyncio.gather(*workers))

        await cancel(iter(range(WARMING)))  # what is made once is made before
        await asyncio.sleep(0.5)
        before = left_behind(process)
        arrivals.waiting = arrivals.answered = 0
        began = time.monotonic()
        done = await cancel(iter(range(WARMING, WARMING + CANCELLATIONS)))
        seconds = time.monotonic() - began
        after = await settled(process, before)
    print(f"{done} cancellations in {seconds:.1f} s, {AT_ONCE} at a time, {os.cpu_count()} cores;")
    print(f"{arrivals.waiting} were waiting for a server that says nothing, {arrivals.answered} were in mid-answer.\n")
    print("| Left behind | Before | After |\n| --- | --- | --- |")
    print(f"| memory, MB | {before[0]:.1f} | {after[0]:.1f} |")
    print(f"| descriptors | {before[1]} | {after[1]} |")
    print(f"| tasks | {before[2]} | {after[2]} |")
    async with FaultyServer(answers("1")) as server:
        outcomes = await asyncio.gather(*(asker.ask(server.base_url, terms=ONE_TRY) for _ in range(100)))
        print(f"| of 100 requests at once, then answered | | {sum(outcome.text == '1' for outcome in outcomes)} |")
    print(
        "\n| Milliseconds until the connection is closed | median | p99 | longest | n |\n| --- | --- | --- | --- | --- |"
    )
    print(line("after a cancellation", await closing_times(asker)))
    print(line("of a race's loser, after the winner's first word", await losing_times(asker)))
    await asker.transport.close()


if __name__ == "__main__":
    asyncio.run(main())
