"""The record of usage, in the user's state folder: what every event of usage is written to, and all views are read from.

What can't be written costs no answer: it is logged once, and the daily limits of this process still count it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from picode.assistant.ports import Used
from picode.assistant.usage.events import CallEnded, LookupDone, SuggestionOutcome, UsageEvent
from picode.assistant.usage.rows import UsageRow, audited, request_row, row_of
from picode.io.usage_file import UsageFile
from picode.io.workers import Worker

log = logging.getLogger(__name__)
T = TypeVar("T")

_TOGETHER = 0.1
"""Seconds for which rows wait for others. What a killed process loses."""


class UsageStore:
    """The record in the folder that `folder` gives; it implements `Ledger`. One thread touches the disk, in the order of calls:
    what was recorded before is in what is read after.

    `statistics` and `audit` are the user's settings, `roots` the workspace's folders, and `now` gives seconds since 1970.
    """

    def __init__(
        self,
        folder: Callable[[], Path],
        *,
        statistics: Callable[[], bool] = lambda: True,
        audit: Callable[[], bool] = lambda: True,
        roots: Callable[[], Sequence[str]] = tuple,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._statistics = statistics
        self._audit = audit
        self._roots = roots
        self._now = now
        self._file = UsageFile(folder, self._today)
        self._worker = Worker("usage")
        self._added: deque[Callable[[], Iterable[UsageRow]]] = deque()
        """What is to be written next. It is never replaced: both threads hold it."""
        self._hurry = threading.Event()
        self._unwritten: dict[tuple[str, str], Used] = defaultdict(Used)
        """What could not be written, by day and provider."""
        self._complained = False

    def record(self, event: UsageEvent) -> None:
        """See `picode.assistant.usage.events.Record`. Writes what the settings allow: without the audit no names of files,
        without the statistics only what the audit and the daily limits need."""
        now, day, statistics = self._now(), self._today().isoformat(), self._statistics()
        if isinstance(event, CallEnded):
            roots = tuple(self._roots()) if self._audit() else None
            self._add(lambda: _requests(event, now, day, statistics, roots))
        elif isinstance(event, LookupDone | SuggestionOutcome) and statistics:
            self._add(lambda: (row_of(event, day, now),))

    async def used(self, provider: str) -> Used:
        """See `picode.assistant.ports.Ledger`."""
        today = self._today()

        def read() -> Used:
            written = self._guarded(lambda: self._file.used(today, provider), Used())
            return written.plus(self._unwritten.get((today.isoformat(), provider), Used()))

        return await self._in_thread(read, Used())

    async def rows(self, days: int) -> list[UsageRow]:
        """The sums of each of the last `days` days, today included, for the statistics; none where they can't be read."""
        none: list[UsageRow] = []
        since = self._today() - timedelta(days=days - 1)
        return await self._in_thread(lambda: self._guarded(lambda: self._file.sums(since), none), none)

    def sent(self, since: float = 0.0) -> list[UsageRow]:
        """The requests made since then (seconds since 1970) that the audit shows, in the order of time. Waits for the disk."""
        none: list[UsageRow] = []
        work = self._submit(lambda: self._guarded(lambda: self._file.sent(since), none))
        return work.result() if work is not None else none

    def close(self) -> None:
        """Writes what is still to be written. Waits for the disk. What is recorded later is lost."""
        self._hurry.set()
        self._worker.close(self._file.close)

    def _today(self) -> date:
        return date.fromtimestamp(self._now())

    def _add(self, rows: Callable[[], Iterable[UsageRow]]) -> None:
        """Writes `rows` with what else comes within `_TOGETHER` seconds: to wake a thread for each event, and to write each by
        itself, costs more than the rest of a request."""
        self._added.append(rows)
        if len(self._added) == 1:
            self._hurry.clear()
            self._queue(self._write_added)

    def _submit(self, work: Callable[[], T]) -> Future[T] | None:
        """None once the store is closed. What was added before is written before."""
        self._hurry.set()
        return self._queue(work)

    def _queue(self, work: Callable[[], T]) -> Future[T] | None:
        try:
            return self._worker.submit(work)
        except RuntimeError:
            return None

    async def _in_thread(self, work: Callable[[], T], otherwise: T) -> T:
        submitted = self._submit(work)
        return otherwise if submitted is None else await asyncio.wrap_future(submitted)

    # In the thread

    def _write_added(self) -> None:
        self._hurry.wait(_TOGETHER)
        found: list[UsageRow] = []
        while self._added:
            rows = self._added.popleft()
            found += self._guarded(lambda rows=rows: list(rows()), [])  # type: ignore[misc]
        self._write(found)

    def _write(self, rows: Sequence[UsageRow]) -> None:
        try:
            if rows:
                self._file.write(rows)
        except Exception as error:
            self._complain(error)
            for row in rows:
                key = row.day, row.provider
                self._unwritten[key] = self._unwritten[key].plus(Used(row.input + row.output, row.cost or 0.0))

    def _guarded(self, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except Exception as error:
            self._complain(error)
            return otherwise

    def _complain(self, error: Exception) -> None:
        if not self._complained:
            self._complained = True
            log.warning("the record of usage can't be kept: %s", error)


def _requests(
    call: CallEnded, now: float, day: str, statistics: bool, roots: Sequence[str] | None
) -> Iterator[UsageRow]:
    """The rows of a call. `roots` are the workspace's folders; None without the audit."""
    for attempt in call.attempts:
        row = replace(request_row(attempt, call, day, now), counted=statistics)
        if roots is not None:
            row = audited(row, attempt, call.request, roots)
        if statistics or row.origin:
            yield row
        elif row.input or row.output:  # for the daily limits
            yield replace(row, model="", feature="", outcome="", bound=None)
