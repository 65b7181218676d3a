"""Memory that was freed, given back to the operating system.

glibc keeps freed memory in one arena for each thread, where no other thread can use it
(https://man7.org/linux/man-pages/man3/malloc_trim.3.html).
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable

_WORKED = 1.0
"""Seconds of processor time after which there may be something to give back."""


async def give_back_memory(
    every: float = 30.0, release: Callable[[], object] | None = None, worked: Callable[[], float] = time.process_time
) -> None:
    """Gives memory back each so many seconds, in a thread, if the process has worked since. Ends at once where the C library
    has no function for it."""
    if (release := release or _release()) is None:
        return
    before = 0.0
    while True:
        await asyncio.sleep(every)
        if worked() - before > _WORKED:
            await asyncio.to_thread(release)
            before = worked()


def _release() -> Callable[[], object] | None:
    if sys.platform != "linux":
        return None
    import ctypes

    try:
        malloc_trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # musl
        return None
    return lambda: malloc_trim(0)
