"""The counts of suggestions, and what models are used for, in SQLite: one row a day and kind, for the ports `Counters` and
`Uses`. Any number of servers add to them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from picode.assistant.usage.model_usage import Use
from picode.assistant.usage.statistics import DailyCount

log = logging.getLogger(__name__)
T = TypeVar("T")

KEPT_DAYS = 400

_MIGRATIONS = (
    "CREATE TABLE tally (day TEXT, language TEXT, provider TEXT, model TEXT, what TEXT, count INTEGER NOT NULL,"
    " PRIMARY KEY (day, language, provider, model, what)) WITHOUT ROWID",
    "CREATE TABLE used (day TEXT, provider TEXT, model TEXT, feature TEXT, what TEXT, amount REAL NOT NULL,"
    " PRIMARY KEY (day, provider, model, feature, what)) WITHOUT ROWID",
)
"""Statements, appended to and never changed: a database of version n has seen the first n of them."""


class SqliteCounters:
    """Counts in the file that `folder` gives a place to. One thread does all the work."""

    def __init__(self, folder: Callable[[], Path], today: Callable[[], date] = date.today) -> None:
        self._folder = folder
        self._today = today
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="picode-tallies")
        self._database: sqlite3.Connection | None = None
        self._told = False

    def add(self, language: str, provider: str, model: str, what: str) -> None:
        row = (self._today().isoformat(), language, provider, model, what)
        with contextlib.suppress(RuntimeError):  # closed
            self._worker.submit(self._guarded, lambda: self._add(row), None)

    def use(self, provider: str, model: str, feature: str, amounts: Mapping[str, float]) -> None:
        """See `picode.assistant.usage.model_usage.Uses`."""
        day = self._today().isoformat()
        rows = [(day, provider, model, feature, what, amount) for what, amount in amounts.items()]
        with contextlib.suppress(RuntimeError):  # closed
            self._worker.submit(self._guarded, lambda: self._use(rows), None)

    async def read(self, days: int) -> list[DailyCount]:
        """The counts of the last `days` days, today included, added up."""
        query = (
            "SELECT language, provider, model, what, SUM(count) FROM tally WHERE day >= ?"
            " GROUP BY language, provider, model, what"
        )
        return [DailyCount(*row) for row in await self._rows(query, days)]

    async def read_by_day(self, days: int) -> list[DailyCount]:
        """The same, each day by itself."""
        query = "SELECT language, provider, model, what, count, day FROM tally WHERE day >= ? ORDER BY day"
        return [DailyCount(*row) for row in await self._rows(query, days)]

    async def read_uses(self, days: int) -> list[Use]:
        """See `picode.assistant.usage.model_usage.Uses`: those of the last `days` days, today included."""
        query = "SELECT day, provider, model, feature, what, amount FROM used WHERE day >= ? ORDER BY day"
        return [Use(*row) for row in await self._rows(query, days)]

    def close(self) -> None:
        """Writes what is still to be written. Waits for the disk."""
        with contextlib.suppress(RuntimeError):
            self._worker.submit(self._close)
        self._worker.shutdown(wait=True)

    def _guarded(self, work: Callable[[], T], otherwise: T) -> T:
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

    def _add(self, row: tuple[str, ...]) -> None:
        with self._open() as database:
            database.execute(
                "INSERT INTO tally VALUES (?, ?, ?, ?, ?, 1)"
                " ON CONFLICT (day, language, provider, model, what) DO UPDATE SET count = count + 1",
                row,
            )

    def _use(self, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._open() as database:
            database.executemany(
                "INSERT INTO used VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (day, provider, model, feature, what) DO UPDATE SET amount = amount + excluded.amount",
                rows,
            )

    async def _rows(self, query: str, days: int) -> list[Any]:
        """What a query gives for the days since a date; nothing where it can't be asked."""
        since = (self._today() - timedelta(days=days - 1)).isoformat()
        empty: list[Any] = []
        try:
            work = self._worker.submit(self._guarded, lambda: self._open().execute(query, (since,)).fetchall(), empty)
        except RuntimeError:  # closed
            return empty
        return await asyncio.wrap_future(work)

    @property
    def _file(self) -> Path:
        return self._folder() / "statistics.db"

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            file = self._file
            file.touch(mode=0o600)
            database = sqlite3.connect(file, timeout=2, check_same_thread=False)
            try:
                self._migrate(database)
            except BaseException:
                database.close()
                raise
            self._database = database
        return self._database

    def _migrate(self, database: sqlite3.Connection) -> None:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(
            "PRAGMA synchronous = NORMAL"
        )  # when power fails, the last counts may be lost: no key waits for them
        with database:
            database.execute("BEGIN IMMEDIATE")  # of two servers that start at once, one migrates
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version > len(_MIGRATIONS):
                raise RuntimeError(f"{self._file} is of a newer release of PiCode")
            for statement in _MIGRATIONS[version:]:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
            oldest = (self._today() - timedelta(days=KEPT_DAYS)).isoformat()
            for table in ("tally", "used"):
                database.execute(f"DELETE FROM {table} WHERE day < ?", (oldest,))  # noqa: S608 (two names of ours)

    def _set_aside(self, error: Exception) -> None:
        """A damaged file is kept beside the new one: it is the user's."""
        log.warning("the statistics were damaged (%s); they are kept as statistics.damaged.db", error)
        self._close()
        with contextlib.suppress(OSError):
            self._file.replace(self._file.with_name("statistics.damaged.db"))
        for rest in ("-wal", "-shm"):
            with contextlib.suppress(OSError):
                self._file.with_name(f"statistics.db{rest}").unlink()

    def _close(self) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
            self._database = None

    def _tell(self, error: Exception) -> None:
        if not self._told:
            self._told = True
            log.warning("suggestions are not counted: %s", error)
