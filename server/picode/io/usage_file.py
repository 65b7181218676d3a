"""The file of usage: one table in SQLite that any number of processes write to.

A row is one event, or the sum of the like events of a day: events of earlier days are added up now and then, and so are
requests when the audit takes too much room. A damaged file is moved aside, and what can still be read of it is taken over. A
file of a newer release is left as it is.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from picode.assistant.ports import Used
from picode.assistant.usage.rows import UsageRow
from picode.io.lock import file_lock
from picode.io.sqlite import writing

log = logging.getLogger(__name__)
T = TypeVar("T")

NAME = "statistics.db"
KEPT_DAYS = 400
MOST_AUDITED = 24 * 1024 * 1024
"""Bytes that the rows of the audit may take: some 50,000 requests."""
TIDY_EVERY = 1000
"""Rows that a process writes between two times that it adds up old ones."""

_BUSY_SECONDS = 2.0
"""How long a lock of another process is waited for."""
_ROW_BYTES = 150
"""What a row takes beside its paths, estimated."""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_CLOSED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
"""Errors of a disk where nothing can be written."""

_COLUMNS = [field.name for field in fields(UsageRow)]
_KEY, _AMOUNTS = _COLUMNS[: _COLUMNS.index("count")], _COLUMNS[_COLUMNS.index("count") : _COLUMNS.index("counted")]
_SUMS = ", ".join([*_KEY, *(f"SUM({name})" for name in _AMOUNTS)])
_BY_KEY = ", ".join(_KEY)
_ROW = ", ".join(_COLUMNS)

_USAGE = """
CREATE TABLE usage (
    day TEXT NOT NULL, kind TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, feature TEXT NOT NULL,
    language TEXT NOT NULL, outcome TEXT NOT NULL, bound INTEGER, count INTEGER NOT NULL, errors INTEGER NOT NULL,
    unpriced INTEGER NOT NULL, input INTEGER NOT NULL, cached INTEGER NOT NULL, output INTEGER NOT NULL, cost REAL,
    counted INTEGER NOT NULL, at REAL, seconds REAL NOT NULL DEFAULT 0, request TEXT NOT NULL DEFAULT '',
    origin TEXT NOT NULL DEFAULT '', path TEXT NOT NULL DEFAULT '', files TEXT NOT NULL DEFAULT '[]',
    characters INTEGER NOT NULL DEFAULT 0, redacted TEXT NOT NULL DEFAULT '{}',
    CHECK (MIN(count, errors, unpriced, input, cached, output) >= 0 AND cost BETWEEN 0 AND 1e9)
)
"""
"""The fields of `UsageRow`; `files` and `redacted` as JSON."""

# Earlier releases had a table of suggestions and one of requests, with one row for each kind of sum (`what`).
_BOUND = "IIF(what = 'ms<=more', {more}, CAST(SUBSTR(what, 5) AS INTEGER))"
_FROM_TALLY = f"""
INSERT INTO usage ({_BY_KEY}, {", ".join(_AMOUNTS)}, counted)
    SELECT day, 'suggestion', provider, model, '', language, IIF(what LIKE 'ms<=%', 'made', what),
        IIF(what LIKE 'ms<=%', {_BOUND.format(more=12_800)}, NULL), count, 0, 0, 0, 0, 0, NULL, 1 FROM tally
"""  # noqa: S608
_FROM_USED = f"""
INSERT INTO usage ({_BY_KEY}, {", ".join(_AMOUNTS)}, counted)
    SELECT day, IIF(what LIKE 'ms<=%', 'request', 'lookup'), provider, model, feature, '',
        IIF(what LIKE 'ms<=%', 'answered', SUBSTR(what, 7)),
        IIF(what LIKE 'ms<=%', {_BOUND.format(more=204_800)}, NULL), amount, 0, 0, 0, 0, 0, NULL, 1
    FROM used WHERE what LIKE 'ms<=%' OR what LIKE 'found:%'
    UNION ALL SELECT day, 'request', provider, model, feature, '', '', NULL,
        MAX(0, TOTAL(amount * ((what = 'requests') - (what = 'answers')))),
        {", ".join(f"TOTAL(amount * (what = '{each}'))" for each in _AMOUNTS[1:])}, 1
    FROM used GROUP BY day, provider, model, feature
"""  # noqa: S608

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE tally (day TEXT, language TEXT, provider TEXT, model TEXT, what TEXT, count INTEGER NOT NULL,"
        " PRIMARY KEY (day, language, provider, model, what)) WITHOUT ROWID",
    ),
    (
        "CREATE TABLE used (day TEXT, provider TEXT, model TEXT, feature TEXT, what TEXT, amount REAL NOT NULL,"
        " PRIMARY KEY (day, provider, model, feature, what)) WITHOUT ROWID",
    ),
    (
        _USAGE,
        "CREATE INDEX usage_by_day ON usage (day, provider)",
        _FROM_TALLY,
        _FROM_USED,
        "DROP TABLE tally",
        "DROP TABLE used",
    ),
)
"""Statements, appended to and never changed: a database of version n has seen the first n groups of them."""


class UsageFile:
    """The file in the folder that `folder` gives, for one thread. `today` is the date by the user's clock.

    Its methods raise `sqlite3.Error`, `OSError`, and whatever `folder` raises.
    """

    def __init__(self, folder: Callable[[], Path], today: Callable[[], date]) -> None:
        self._folder = folder
        self._today = today
        self._database: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._read_only = False
        self._untidy = TIDY_EVERY
        """Rows written since old ones were added up."""

    def write(self, rows: Sequence[UsageRow]) -> None:
        """Adds rows, all or none."""

        def insert(database: sqlite3.Connection) -> None:
            with writing(database):
                _insert(database, map(_values, rows))
            self._untidy += len(rows)
            if self._untidy >= TIDY_EVERY:
                self._untidy = 0
                self._tidy(database)

        self._use(insert, writes=True)

    def sums(self, since: date) -> list[UsageRow]:
        """What the statistics show of each day from `since` on, like rows added up."""
        query = f"SELECT {_SUMS} FROM usage WHERE day >= ? AND counted GROUP BY {_BY_KEY} ORDER BY day"  # noqa: S608
        return [UsageRow(*row) for row in self._read(query, since.isoformat())]

    def used(self, day: date, provider: str) -> Used:
        """What a provider was used on one day."""
        query = "SELECT TOTAL(input + output), TOTAL(cost) FROM usage WHERE day = ? AND provider = ?"
        return next((Used(int(tokens), cost) for tokens, cost in self._read(query, day.isoformat(), provider)), Used())

    def sent(self, since: float) -> list[UsageRow]:
        """What the audit shows: the requests made since then (seconds since 1970), in the order of time."""
        query = f"SELECT {_ROW} FROM usage WHERE origin <> '' AND at >= ? ORDER BY at, rowid"  # noqa: S608
        return [row for values in self._read(query, since) if (row := _row(values)) is not None]

    def close(self) -> None:
        """Lets go of the file. It is opened again when it is used again."""
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
        self._database = self._identity = None

    def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        if not self._path.exists():
            return []
        return self._use(lambda database: database.execute(query, values).fetchall(), writes=False)

    def _use(self, work: Callable[[sqlite3.Connection], T], *, writes: bool) -> T:
        """What `work` gives; a damaged file is replaced first."""
        try:
            return work(self._connected(writes))
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
                raise
            self._replace(error)
        return work(self._connected(writes))

    @property
    def _path(self) -> Path:
        return self._folder() / NAME

    def _connected(self, writes: bool) -> sqlite3.Connection:
        file = self._path
        if self._database is not None and (_identity(file) != self._identity or (writes and self._read_only)):
            self.close()  # deleted or replaced meanwhile: rows that are written into it would be lost
        if self._database is None:
            self._read_only = False
            try:
                self._database = _open(file)
            except (OSError, sqlite3.OperationalError) as error:
                if writes or getattr(error, "sqlite_errorcode", sqlite3.SQLITE_READONLY) & 0xFF not in _CLOSED:
                    raise
                self._database, self._read_only = _open_to_read(file), True
            self._identity = _identity(file)
        return self._database

    def _tidy(self, database: sqlite3.Connection) -> None:
        """Adds up the events of earlier days, drops what the audit shows where it takes too much room, and old days."""
        today = self._today()
        past = "at IS NOT NULL AND origin = '' AND day < ?"
        with writing(database):
            database.execute("DELETE FROM usage WHERE day < ?", ((today - timedelta(days=KEPT_DAYS)).isoformat(),))
            database.execute(
                "UPDATE usage SET origin = '', path = '', files = '[]', redacted = '{}' WHERE rowid IN (SELECT id FROM ("
                "SELECT rowid AS id, SUM(LENGTH(path) + LENGTH(files) + ?) OVER (ORDER BY rowid DESC) AS taken FROM usage"
                " WHERE origin <> '') WHERE taken > ?)",
                (_ROW_BYTES, MOST_AUDITED),
            )
            query = f"SELECT {_SUMS}, counted FROM usage WHERE {past} GROUP BY {_BY_KEY}, counted"  # noqa: S608
            sums = database.execute(query, (today.isoformat(),)).fetchall()
            database.execute(f"DELETE FROM usage WHERE {past}", (today.isoformat(),))  # noqa: S608
            _insert(database, sums, len(_KEY) + len(_AMOUNTS) + 1)

    def _replace(self, damage: sqlite3.DatabaseError) -> None:
        """Moves the damaged file aside, unless another process has done so meanwhile, and takes over what can be read."""
        self.close()
        file = self._path
        backup = file.with_name("statistics.damaged.db")
        with file_lock(file.with_name("statistics.lock"), timeout_s=_BUSY_SECONDS):
            with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(_open(file)) as database:
                if database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                    return
            log.warning("the record of usage was damaged (%s); it is kept as %s", damage, backup.name)
            for rest in ("", "-wal", "-shm"):
                with contextlib.suppress(OSError):
                    os.replace(f"{file}{rest}", f"{backup}{rest}")
            database = self._connected(writes=True)
            with contextlib.suppress(sqlite3.Error), contextlib.closing(_open_to_read(backup)) as damaged:
                _insert(database, damaged.execute(f"SELECT {_ROW} FROM usage"))  # noqa: S608


def _insert(database: sqlite3.Connection, rows: Iterable[Sequence[object]], width: int = len(_COLUMNS)) -> None:
    """Inserts rows of the first `width` columns."""
    columns, marks = ", ".join(_COLUMNS[:width]), ", ".join("?" * width)
    database.executemany(f"INSERT INTO usage ({columns}) VALUES ({marks})", rows)  # noqa: S608


def _values(row: UsageRow) -> list[object]:
    return [json.dumps(value) if isinstance(value, tuple | dict) else value for value in astuple(row)]


def _row(values: Sequence[Any]) -> UsageRow | None:
    """The row of all columns; None where they hold no JSON."""
    *others, files, characters, redacted = values
    try:
        values = (*others, tuple(map(str, json.loads(files))), characters, dict(json.loads(redacted)))
        return UsageRow(**dict(zip(_COLUMNS, values, strict=True)))
    except (TypeError, ValueError, RecursionError):
        return None


def _open(file: Path) -> sqlite3.Connection:
    """Opens the file, which is made if it is missing, and brings it up to date."""
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
    database = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        if _version(database) > len(_MIGRATIONS):
            raise RuntimeError(f"{file} is of a newer release of PiCode")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")  # a power failure may lose the last rows: no key waits for them
        database.execute("PRAGMA cache_size = -512")  # kB: what is written is read once a day
        if _version(database) < len(_MIGRATIONS):
            with writing(database):  # of two processes that start at once, one migrates
                for statement in (each for group in _MIGRATIONS[_version(database) :] for each in group):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
    except BaseException:
        database.close()
        raise
    return database


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _open_to_read(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)


def _identity(file: Path) -> tuple[int, int] | None:
    with contextlib.suppress(OSError):
        found = file.stat()
        return found.st_dev, found.st_ino
    return None
