"""A diskcache that holds text and nothing else. Imported when the first answer is looked for, not before."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from diskcache import UNKNOWN, Cache, Disk
from diskcache.core import MODE_RAW


class TextDisk(Disk):  # type: ignore[misc]
    """Stores strings in the database itself. There are no value files, and no way to a pickle in either direction."""

    def put(self, key: Any) -> tuple[str, bool]:
        if not isinstance(key, str):
            raise TypeError("keys are text")
        return key, True

    def get(self, key: Any, raw: Any) -> str:
        return key if raw and isinstance(key, str) else ""

    def store(self, value: Any, read: bool, key: Any = UNKNOWN) -> tuple[int, int, None, str]:
        if read or not isinstance(value, str):
            raise TypeError("values are text")
        return 0, MODE_RAW, None, value  # the size is that of a value file

    def fetch(self, mode: int, filename: Any, value: Any, read: bool) -> str | None:
        return value if mode == MODE_RAW and not filename and isinstance(value, str) else None

    def remove(self, file_path: Any) -> None:
        """There are no files; a path that a foreign hand wrote into the database is not ours to delete."""


_PAGES = 512
"""Pages of 4 kB of the database that are kept in memory. Keys are digests: of more pages, up to diskcache's usual 8,192, all
would be touched soon, and the operating system has them in its own cache anyway."""

_TRIES = 5
"""Two servers that make the same database may each hold what the other waits for: then SQLite gives up at once."""


def open_cache(folder: Path, size_limit: int, busy: float) -> Cache:
    """The cache in `folder`, which exists. `busy` is how long another process's lock is waited for, in seconds."""
    for name in ("cache.db", "cache.db-wal", "cache.db-shm"):
        file = folder / name
        if file.is_symlink():
            raise OSError(f"{file} is a link")
    (folder / "cache.db").touch(mode=0o600)
    for left in reversed(range(_TRIES)):
        try:
            return Cache(
                str(folder),
                timeout=busy,
                disk=TextDisk,
                size_limit=size_limit,
                eviction_policy="least-recently-used",
                cull_limit=20,
                tag_index=True,
                statistics=0,
                sqlite_mmap_size=0,
                sqlite_cache_size=_PAGES,
            )
        except sqlite3.OperationalError:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")
