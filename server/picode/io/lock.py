"""A lock between processes. One process holds it at a time; the system releases it when that process ends."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

_POLL_SECONDS = 0.05


@asynccontextmanager
async def locked(path: Path, on_wait: Callable[[], None] = lambda: None) -> AsyncIterator[None]:
    """Holds the lock file `path`; `on_wait` is called again and again while another process has it.

    The file stays: if it were removed, two processes could hold the lock on two files of that name.
    """
    handle = _open(path)
    try:
        while not _try_lock(handle):
            on_wait()
            await asyncio.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)


@contextmanager
def file_lock(path: Path, timeout_s: float) -> Iterator[None]:
    """The same for a thread, which waits no longer than `timeout_s` seconds. Raises `TimeoutError`."""
    handle = _open(path)
    try:
        until = time.monotonic() + timeout_s
        while not _try_lock(handle):
            if time.monotonic() > until:
                raise TimeoutError(f"{path} is held by another process")
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
