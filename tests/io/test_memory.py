"""Freed memory is given back while a process works, and not while it rests."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator

import pytest

from picode.io import memory
from picode.io.memory import give_back_memory


async def until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_true():
            await asyncio.sleep(0.005)


async def test_memory_is_given_back_where_the_process_has_worked() -> None:
    asked: list[float] = []
    releases: list[int] = []
    times: Iterator[float] = iter([0.5, 2.0, 2.0, 2.5, 2.9, 3.5, 3.5])

    def worked() -> float:
        asked.append(next(times, 3.6))
        return asked[-1]

    task = asyncio.create_task(give_back_memory(0.001, lambda: releases.append(len(asked)), worked))
    await until(lambda: len(asked) > 12)
    task.cancel()
    assert releases == [2, 6], "after 2 s and 3.5 s of work, and at no other time"


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux")
def test_the_c_library_has_it() -> None:
    release = memory._release()
    if release is not None:  # musl has none
        assert release() is not None
