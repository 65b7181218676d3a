"""The log as a file of JSON lines that several servers write to, and that is never larger than the user allows.

A thread writes, so that logging never blocks on the disk. When the file is full it becomes `NAME.1`, and so on; of several
servers the one that holds the lock does that, and the others go on in the new file.
"""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import logging.handlers
import os
import queue
import sys
from pathlib import Path
from typing import Any

from picode.assistant.request_ids import current
from picode.io.lock import file_lock
from picode.io.log_lines import REQUEST, JsonLines

_QUEUED = 10_000
"""Entries. Beyond that a disk that has stopped loses some of them rather than fill the memory."""


_TIMEOUT_S = 1.0
"""Seconds that another server may take to begin a new file. After that this one goes on in the old one for now."""


class LogFile(logging.handlers.QueueHandler):
    """A handler for the root logger. `path` is absolute; of `files` files none is larger than `size` bytes."""

    def __init__(self, path: Path, size: int, files: int) -> None:
        entries: queue.Queue[Any] = queue.Queue(_QUEUED)
        super().__init__(entries)
        self.made_for = (path, size, files)
        self._listener = logging.handlers.QueueListener(entries, _Rotating(path, size, files))
        self._listener.start()

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """What the other thread needs, with nothing in it that may change until then."""
        told = copy.copy(record)
        told.msg, told.args = record.getMessage(), None
        if record.exc_info:
            told.exc_text = logging.Formatter().formatException(record.exc_info)
        told.exc_info = None
        setattr(told, REQUEST, current())
        return told

    def enqueue(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(queue.Full):
            self.queue.put_nowait(record)

    def close(self) -> None:
        """Writes what is still to be written."""
        if self._listener._thread is not None:
            self._listener.stop()
        for handler in self._listener.handlers:
            handler.close()
        super().close()


class _Rotating(logging.handlers.RotatingFileHandler):
    """Works in the thread."""

    def __init__(self, path: Path, size: int, files: int) -> None:
        self._told = False
        super().__init__(path, maxBytes=size, backupCount=files - 1, encoding="utf-8", delay=True)
        self.setFormatter(JsonLines())

    def _open(self) -> io.TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(self.baseFilename, flags, 0o600)
        return open(handle, "a", encoding="utf-8", errors="backslashreplace")

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 (the library's name)
        """Whether `record` has no room. Another server may have begun a new file meanwhile."""
        if self._is_elsewhere():
            self._let_go()
        return bool(super().shouldRollover(record))

    def doRollover(self) -> None:  # noqa: N802
        """Begins a new file, unless another server is just doing so."""
        with contextlib.suppress(TimeoutError), file_lock(Path(f"{self.baseFilename}.lock"), _TIMEOUT_S):
            if self._is_elsewhere():
                self._let_go()
            elif self.backupCount:
                super().doRollover()
            else:  # there is no other file to move it to
                self._let_go()
                os.truncate(self.baseFilename, 0)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """On a full or read-only disk lines are lost; that is reported once."""
        if not self._told:
            self._told = True
            error = sys.exc_info()[1]
            sys.stderr.write(f"picode: the log file {self.baseFilename} can't be written ({error}).\n")

    def _is_elsewhere(self) -> bool:
        if self.stream is None:
            return False
        try:
            named, ours = os.stat(self.baseFilename), os.fstat(self.stream.fileno())
        except OSError:  # the file has been deleted
            return True
        return (named.st_dev, named.st_ino) != (ours.st_dev, ours.st_ino)

    def _let_go(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None
