"""What random cases are made of, and the clock that they are run by."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

ODD = [
    "",
    "\0",
    "\ud800",
    "\u2028",
    "\x0c",
    "é",
    "😀",
    "\r",
    "\n",
    "\r\n",
    "\t",
    "a",
    "    ",
    "x = 1\n",
    "\x1b[31m",
    "\u202e",
]
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**70,
    1.5,
    float("nan"),
    "",
    "x",
    "\0",
    "\ud800",
    [],
    {},
    [[]],
    {"": {}},
    "é" * 300,
]


class Clock:
    """The longest block of the event loop, and the longest call off it, in seconds of the thread's own processor time: the time
    of day would measure what else the machine does."""

    def __init__(self) -> None:
        self.longest = self.longest_off = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Measures each callback and each step of a task on the running loop, but for those of the task that asks, which makes
        the cases: what it does for the server it notes with `call`."""
        maker, run = asyncio.current_task(), asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            if getattr(handle._callback, "__self__", None) is maker:
                run(handle)
            else:
                self.call(lambda: run(handle))

        asyncio.Handle._run = timed  # type: ignore[method-assign]
        try:
            yield
        finally:
            asyncio.Handle._run = run  # type: ignore[method-assign]

    def call(self, work: Callable[[], T], *, off: bool = False) -> T:
        began = time.thread_time()
        try:
            return work()
        finally:
            spent = time.thread_time() - began
            if off:
                self.longest_off = max(self.longest_off, spent)
            else:
                self.longest = max(self.longest, spent)


def text(source: random.Random, most: int = 30) -> str:
    return "".join(source.choices(ODD, k=source.randint(0, most)))


def value(source: random.Random, depth: int = 3) -> Any:
    kind = source.random()
    if depth and kind < 0.25:
        return {text(source, 2) or "a": value(source, depth - 1) for _ in range(source.randint(0, 3))}
    if depth and kind < 0.4:
        return [value(source, depth - 1) for _ in range(source.randint(0, 3))]
    return source.choice(VALUES) if kind < 0.9 else text(source)


def mutated(source: random.Random, sound: Any) -> Any:
    """`sound` JSON, with something in it replaced, left out or doubled."""
    if isinstance(sound, dict) and sound and source.random() < 0.8:
        name = source.choice(list(sound))
        changed = {**sound, name: mutated(source, sound[name])}
        if source.random() < 0.2:
            del changed[name]
        return changed
    if isinstance(sound, list) and sound and source.random() < 0.8:
        at = source.randrange(len(sound))
        return [*sound[:at], mutated(source, sound[at]), *sound[at + source.randint(0, 1) :]]
    return value(source)


def cut(source: random.Random, body: bytes) -> list[bytes]:
    """`body` in pieces."""
    size = source.choice([1, 2, 3, 17, 1000])
    if source.random() < 0.3:
        return [body[at : at + size] for at in range(0, len(body), size)]
    pieces, at = [], 0
    while at < len(body):
        end = at + source.randint(1, 40)
        pieces.append(body[at:end])
        at = end
    return pieces
