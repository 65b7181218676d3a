"""The file of conversations, which all servers of the user and the terminal share.

Nothing that was written is ever overwritten: a file of a newer release is left as it is, and a damaged one is moved aside,
after what can still be read of it has been taken over.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from picode.core.errors import ConfigurationError
from picode.io.conversations import rows, search
from picode.io.conversations.migrations import LATEST, Newer, migrate, version_of
from picode.io.folders import private_folder
from picode.io.lock import file_lock

T = TypeVar("T")

NAME = "conversations.db"
BUSY = 5.0
"""Seconds that another process's lock is waited for."""

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_COMPANIONS = ("", "-wal", "-shm")
_VARIABLE = "PICODE_DATA_DIR"


class Unusable(Exception):
    """The file can't be read or written now. The text says why, and what to do."""


class Damaged(sqlite3.DatabaseError):
    """It is a database, but not one of conversations."""


class ConversationFile:
    """`conversations.db` in the folder that `folder` names, for one thread. `tell` is called with messages for the user."""

    def __init__(self, folder: Callable[[], Path], tell: Callable[[str], None], busy: float = BUSY) -> None:
        self._folder = folder
        self._tell = tell
        self._busy = busy
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._read_only = False

    @property
    def path(self) -> Path:
        return self._folder() / NAME

    def exists(self) -> bool:
        return self.path.exists()

    def use(self, work: Callable[[sqlite3.Connection], T], writes: bool) -> T:
        """What `work` gives. It is done once more if the file had to be mended or replaced. Raises `Unusable`."""
        try:
            try:
                return self._attempt(work, writes)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                if not self._rebuilt(error):
                    self._set_aside(error)
                return self._attempt(work, writes)
        except (sqlite3.Error, OSError, ConfigurationError, Newer) as error:
            raise Unusable(self._why(error)) from error

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
        self._connection = self._identity = None

    def _attempt(self, work: Callable[[sqlite3.Connection], T], writes: bool) -> T:
        if self._connection is not None and (_identity(self.path) != self._identity or (writes and self._read_only)):
            self.close()  # deleted or moved aside meanwhile: what is written into it would be lost
        if self._connection is None:
            self._open(writes)
        assert self._connection is not None
        return work(self._connection)

    def _open(self, writes: bool) -> None:
        file = self.path
        try:
            private_folder(file.parent, _VARIABLE)
            _refuse_links(file)
            _make(file)
            connection, read_only = _connect(file, self._busy), False
        except (OSError, ConfigurationError):
            if writes or not file.is_file() or file.is_symlink():
                raise
            connection, read_only = _connect_to_read(file), True
        try:
            if not read_only:
                _prepare(connection, self._busy)
            _check(connection)
        except BaseException:
            connection.close()
            raise
        self._connection, self._read_only, self._identity = connection, read_only, _identity(file)

    def _rebuilt(self, error: sqlite3.DatabaseError) -> bool:
        """Whether only the index of words was damaged, which is made anew by the next search."""
        if self._connection is None or getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_CORRUPT_VTAB:
            return False
        try:
            search.discard(self._connection)
        except sqlite3.Error:
            return False
        return True

    def _set_aside(self, damage: sqlite3.DatabaseError) -> None:
        """Moves the damaged file away and begins a new one, unless another process has done so just now."""
        self.close()
        file = self.path
        with file_lock(file.with_name(f"{NAME}.lock"), timeout_s=self._busy):
            try:
                connection = _connect(file, self._busy)
                try:
                    _check(connection)
                    whole = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
                finally:
                    connection.close()
            except sqlite3.DatabaseError:
                whole = False
            if whole:
                return
            backup = _free_name(file)
            for companion in _COMPANIONS:
                with contextlib.suppress(FileNotFoundError):
                    os.rename(f"{file}{companion}", f"{backup}{companion}")
            self._open(writes=True)
            assert self._connection is not None
            saved = _take_over(backup, self._connection)
        count = f"{saved} conversation{'' if saved == 1 else 's'}" if saved else "Nothing"
        self._tell(
            f"The file of conversations was damaged ({damage}). It is kept as {backup}, and a new one has taken its place. "
            f"{count} could be taken over."
        )

    def _why(self, error: Exception) -> str:
        if isinstance(error, Newer):
            return (
                f"The conversations in {self.path} were written by a newer release of PiCode ({error}). They are left as "
                "they are. Until you upgrade PiCode, new conversations are kept in memory only."
            )
        if isinstance(error, ConfigurationError):
            return f"Conversations are kept in memory only. {error}"
        where = str(error) if isinstance(error, OSError) and error.filename else f"{self.path}: {error}"
        return (
            f"Conversations can't be kept on the disk ({where}). They are kept in memory, and are written when that is "
            "possible again, if PiCode still runs then."
        )


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return isinstance(error, Damaged) or getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _refuse_links(file: Path) -> None:
    for companion in _COMPANIONS:
        each = Path(f"{file}{companion}")
        if each.is_symlink():
            raise ConfigurationError(
                f"{each} is a link, not a file.", f"Remove it, or set {_VARIABLE} to a folder of your own."
            )


def _make(file: Path) -> None:
    """There is a file then, for the user alone. Raises `OSError` where it can't be written."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        if hasattr(os, "fchmod") and os.fstat(handle).st_mode & 0o077:
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def _connect(file: Path, busy: float) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=busy, isolation_level=None, check_same_thread=False)


def _connect_to_read(file: Path) -> sqlite3.Connection:
    """On a disk where nothing can be written, not even the files beside it that SQLite reads through. Then no other process
    writes there either."""
    for mode in ("mode=ro", "immutable=1"):
        connection = sqlite3.connect(
            f"{file.as_uri()}?{mode}", uri=True, timeout=1, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            connection.close()
        else:
            return connection
    raise sqlite3.OperationalError("unable to open database file")


def _prepare(connection: sqlite3.Connection, timeout_s: float) -> None:
    """Brings the file up to date. One of a newer release is not so much as switched to another kind of journal."""
    if (version := version_of(connection)) > LATEST:
        raise Newer(version)
    until = time.monotonic() + timeout_s
    while True:
        try:
            # While others open it for the first time too, SQLite refuses at once instead of waiting.
            if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
    connection.execute(
        "PRAGMA synchronous = NORMAL"
    )  # a crash of the program loses nothing, one of the system the last moment
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    try:
        migrate(connection)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # its tables are not what its version says
            raise Damaged(str(error)) from error
        raise


def _check(connection: sqlite3.Connection) -> None:
    search.prepare(connection)
    try:
        for probe in rows.PROBES:
            connection.execute(probe)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
            raise Damaged(str(error)) from error
        raise


def memory() -> sqlite3.Connection:
    """A database of conversations that is gone with the process."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    migrate(connection)
    search.prepare(connection)
    return connection


def _free_name(file: Path) -> Path:
    stem = f"{file.stem}.damaged-{datetime.now():%Y%m%d-%H%M%S}"
    names = (file.with_name(f"{stem}{suffix}.db") for suffix in ("", *(f"-{number}" for number in range(2, 1000))))
    return next(name for name in names if not any(Path(f"{name}{each}").exists() for each in _COMPANIONS))


def _take_over(backup: Path, target: sqlite3.Connection) -> int:
    """Copies what can still be read, and gives how many conversations that were."""
    count = 0
    with contextlib.suppress(sqlite3.Error):
        source = _connect_to_read(backup)
        with contextlib.closing(source):
            for each in rows.all_of(source):
                with contextlib.suppress(sqlite3.DatabaseError, TypeError, UnicodeDecodeError):
                    count += rows.copy(source, target, each)
    return count
