"""What providers are used each day, on disk, for the port `Ledger`.

One file a day in the user's state folder, one JSON line an answer. Lines are only ever appended, so that any number of
servers may write; each reads on from where it last stopped. What can't be written still counts for the server that tried,
and the log says so once.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from picode.assistant.ports import Used

log = logging.getLogger(__name__)

KEPT_DAYS = 31


class DailyLedger:
    """The ledger in one folder. `today` is the date by the user's clock: a new day begins at zero.

    The disk is touched in a thread of its own, in order: what was added before is in what is read after.
    """

    def __init__(self, folder: Callable[[], Path], today: Callable[[], date] = date.today) -> None:
        self._folder = folder
        self._today = today
        self._thread: ThreadPoolExecutor | None = None
        self._day: date | None = None
        self._file: Path | None = None
        self._read_to = 0
        self._used: dict[str, Used] = defaultdict(Used)
        self._complained = False

    def add(self, provider: str, tokens: int, cost: float) -> None:
        """See `picode.assistant.ports.Ledger`."""
        self._worker().submit(self._append, provider, tokens, cost)

    async def used(self, provider: str) -> Used:
        """See `picode.assistant.ports.Ledger`."""
        return await asyncio.get_running_loop().run_in_executor(self._worker(), self._read, provider)

    def close(self) -> None:
        """Returns when all is written."""
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None

    def _worker(self) -> ThreadPoolExecutor:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "picode-ledger")
        return self._thread

    # In the thread

    def _append(self, provider: str, tokens: int, cost: float) -> None:
        line = json.dumps({"provider": provider, "tokens": tokens, "cost": round(cost, 9)}) + "\n"
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            handle = os.open(self._todays_file(), flags, 0o600)
            try:
                os.write(handle, line.encode())
            finally:
                os.close(handle)
        except Exception as error:
            self._complain(error)
            self._count(line.encode())

    def _read(self, provider: str) -> Used:
        try:
            file = self._todays_file()
            with file.open("rb") as lines:
                lines.seek(self._read_to)
                for line in lines:
                    if not line.endswith(b"\n"):
                        break  # another server is just writing it
                    self._read_to += len(line)
                    self._count(line)
        except FileNotFoundError:
            pass
        except Exception as error:
            self._complain(error)
        return self._used.get(provider, Used())

    def _count(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
            provider, tokens, cost = str(entry["provider"]), int(entry["tokens"]), float(entry["cost"])
        except (ValueError, TypeError, LookupError, RecursionError, OverflowError):
            return
        if tokens >= 0 and cost >= 0 and math.isfinite(cost):
            before = self._used[provider]
            self._used[provider] = Used(before.tokens + tokens, before.cost + cost)

    def _todays_file(self) -> Path:
        today = self._today()
        if today != self._day:
            self._day, self._file, self._read_to = today, None, 0
            self._used.clear()
        if self._file is None:
            self._file = self._folder() / f"used-{today.isoformat()}.jsonl"
            for old in sorted(self._file.parent.glob("used-*.jsonl"))[:-KEPT_DAYS]:
                old.unlink(missing_ok=True)
        return self._file

    def _complain(self, error: Exception) -> None:
        if not self._complained:
            self._complained = True
            log.warning("the daily use of providers can't be kept: %s", error)
