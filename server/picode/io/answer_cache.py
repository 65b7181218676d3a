"""Finished answers of models on the disk, for the port `AnswerStore`.

A diskcache of the user's own, shared by all servers. Only text goes in and out of it: diskcache unpickles what it finds
(CVE-2025-69872), so its `Disk` is replaced by one that knows no pickle, and every entry is checked when it is read. What
was asked is not kept, only its digest.

One thread does all the work. Nothing here raises or blocks the event loop: what can't be read is no answer, what can't be
written is dropped, and the log says so once.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from picode.core.errors import ConfigurationError, redact
from picode.io.folders import private_folder
from picode.io.workers import Worker
from picode.settings.model import Cache as CacheSettings

if TYPE_CHECKING:
    from diskcache import Cache

log = logging.getLogger(__name__)
T = TypeVar("T")

TIMEOUT_S = 0.05
"""Seconds that an answer is waited for. A disk that is slower than that is no help."""

LARGEST = 64 * 1024
"""Characters of the longest answer that is kept."""

_VERSION = 1
_QUEUE = 64
_BUSY = 0.5
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What the cache holds: entries, and bytes on the disk."""

    folder: str
    entries: int
    bytes: int


class AnswerCache:
    """Answers in `folder`. `settings` gives the section in force; `folders` the workspace's, by which entries can be purged."""

    def __init__(
        self,
        folder: Path,
        settings: Callable[[], CacheSettings],
        folders: Callable[[], tuple[str, ...]] = tuple,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._folders = folders
        self._clock = clock
        self._worker = Worker("answers", _QUEUE)
        self._cache: Cache | None = None
        self._limit = 0
        self._broken = False
        self._told: set[str] = set()

    # The port

    async def find(self, key: str, timeout_s: float = TIMEOUT_S) -> str | None:
        """The answer that is kept under `key`; None where there is none, or none within `timeout_s` seconds."""
        if not self._settings().enabled or self._broken:
            return None
        with contextlib.suppress(TimeoutError, RuntimeError):
            return await asyncio.wait_for(self._run(lambda: self._find(key), None), timeout_s)
        return None

    def keep(self, key: str, answer: str, path: str) -> None:
        """Keeps `answer`, made for the file `path`, unless it is long or holds what looks like a key."""
        unwanted = len(answer) > LARGEST or redact(answer) != answer
        if not self._settings().enabled or self._broken or unwanted:
            return
        tag = workspace_tag(self._workspace_of(path))
        self._worker.post(lambda: self._guarded(lambda: self._keep(key, answer, tag), None))

    # The user's commands

    async def info(self) -> CacheInfo:
        empty = CacheInfo(str(self._folder), 0, 0)
        return await self._run(self._info, empty) if self._folder.is_dir() else empty

    async def clear(self, workspace: str = "") -> int:
        """Removes all entries, or those made for files of one workspace's folder. Gives how many."""
        if not self._folder.is_dir():
            return 0
        return await self._run(lambda: self._clear(workspace), 0)

    def close(self) -> None:
        """Writes what is still to be written, and closes the file. Blocks until then."""
        self._worker.close(lambda: self._guarded(self._close, None))

    async def _run(self, work: Callable[[], T], otherwise: T) -> T:
        return await self._worker.run(lambda: self._guarded(work, otherwise))

    # In the thread

    def _guarded(self, work: Callable[[], T], otherwise: T) -> T:
        """Does it; a damaged database is set aside, and the work is tried once more."""
        try:
            return work()
        except sqlite3.OperationalError as error:  # locked for long, a full or read-only disk
            self._tell(error)
        except sqlite3.DatabaseError as error:
            self._set_aside(error)
            with contextlib.suppress(Exception):
                return work()
        except Exception as error:
            self._tell(error)
        return otherwise

    def _find(self, key: str) -> str | None:
        cache = self._open()
        entry = cache.get(key)
        answer = self._read(entry)
        if entry is not None and answer is None:
            cache.delete(key)
        return answer

    def _read(self, entry: Any) -> str | None:
        """The answer of an entry; None where it is none of ours, too old, or from the future (the clock was set back)."""
        try:
            fields = json.loads(entry) if isinstance(entry, str) else None
        except ValueError:
            return None
        if not isinstance(fields, dict) or fields.get("v") != _VERSION:
            return None
        made, answer = fields.get("at"), fields.get("answer")
        if not isinstance(answer, str) or not isinstance(made, int | float) or len(answer) > LARGEST:
            return None
        age = self._clock() - made
        return answer if -_DAY < age < self._settings().days * _DAY else None

    def _keep(self, key: str, answer: str, tag: str) -> None:
        cache = self._open()
        entry = json.dumps({"v": _VERSION, "at": round(self._clock()), "answer": answer})
        cache.set(key, entry, expire=self._settings().days * _DAY, tag=tag)

    def _info(self) -> CacheInfo:
        cache = self._open()
        return CacheInfo(str(self._folder), len(cache), cache.volume())

    def _clear(self, workspace: str) -> int:
        cache = self._open()
        removed: int = cache.evict(workspace_tag(workspace)) if workspace else cache.clear()
        return removed

    def _open(self) -> Cache:
        limit = self._settings().size_mb * 1024 * 1024
        if self._cache is None:
            from picode.io.answer_disk import open_cache

            private_folder(self._folder, "PICODE_CACHE_DIR")
            self._cache = open_cache(self._folder, limit, _BUSY)
            self._limit = limit
        elif limit != self._limit:
            self._cache.reset("size_limit", limit)
            self._limit = limit
        return self._cache

    def _close(self) -> None:
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def _set_aside(self, error: Exception) -> None:
        """A damaged cache is worth nothing: it goes, and a new one takes its place."""
        log.warning("the answers in %s were damaged (%s); starting anew", self._folder, error)
        with contextlib.suppress(Exception):
            self._close()
        self._cache = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _tell(self, error: Exception) -> None:
        """Says once why nothing is kept. A folder that can't be used is not tried again."""
        text = f"{type(error).__name__} {error}".strip()
        if text not in self._told:
            self._told.add(text)
            log.warning("answers are not kept on the disk: %s", text)
        self._broken = self._broken or isinstance(error, ConfigurationError | OSError | ImportError)

    def _workspace_of(self, path: str) -> str:
        inside = [folder for folder in self._folders() if Path(path).is_relative_to(folder)] if path else []
        return max(inside, key=len) if inside else str(Path(path).parent) if path else ""


def workspace_tag(folder: str) -> str:
    """What marks the entries of a workspace: a digest of its path, which is not stored."""
    return hashlib.sha256(os.path.normcase(os.path.abspath(folder)).encode("utf-8", "surrogateescape")).hexdigest()[:16]
