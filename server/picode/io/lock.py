"""A lock between processes: whoever holds it is alone, and the system releases it when the holder dies."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

_POLL_SECONDS = 0.05


@asynccontextmanager
async def locked(path: Path, on_wait: Callable[[], None] = lambda: None) -> AsyncIterator[None]:
    """Holds the lock file `path`; `on_wait` is called again and again while another process has it.

    The file stays: if it were removed, two processes could hold the lock on two files of that name.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        while not _try_lock(handle):
            on_wait()
            await asyncio.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)


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
