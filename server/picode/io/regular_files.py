"""Reading what may be anything, because a stranger put it there: a pipe, a device, a link, gigabytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Hashable
from pathlib import Path


def read_regular(file: str | Path, limit: int, *, whole: bool = True) -> bytes | None:
    """The bytes of a regular file; None where there is none, or a larger one. Never waits for a pipe or a device.

    Where it need not be `whole`, the first `limit` bytes of a larger one.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not stat.S_ISREG(os.stat(file).st_mode):
            return None
        with open(os.open(file, flags), "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                return None
            data: bytes | None = opened.read(limit + 1)
    except (OSError, ValueError):
        return None
    if data is None:  # a regular file by its mode that waits all the same, as some of /proc do
        return None
    return None if whole and len(data) > limit else data[:limit]


def stamp(path: str) -> Hashable | None:
    """What differs when a file has changed; None where there is no file, and the same for each that can't be looked at."""
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        return "unreadable"
    return (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode)
