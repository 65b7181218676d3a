"""How a file of conversations came to be what it is: numbered steps, appended to and never changed.

`PRAGMA user_version` is the number of the last step that a file has seen.
"""

from __future__ import annotations

import sqlite3
from types import ModuleType

from picode.io.conversations.migrations import m001_conversations, m002_search, m003_reasoning
from picode.io.sqlite import writing

STEPS: tuple[ModuleType, ...] = (m001_conversations, m002_search, m003_reasoning)
LATEST = len(STEPS)


class Newer(Exception):
    """The file was written by a newer release; `version` is its number."""

    def __init__(self, version: int) -> None:
        self.version = version
        super().__init__(f"version {version}, and this release knows {LATEST}")


def migrate(connection: sqlite3.Connection, to: int = LATEST) -> None:
    """Takes the file to version `to`, in one transaction: wholly or not at all. Of two servers that come at once, one
    does it. Raises `Newer`, which leaves the file untouched, and `sqlite3.Error`."""
    if version_of(connection) == to:
        return
    with writing(connection):
        version = version_of(connection)
        if version > to:
            raise Newer(version)
        for number in range(version + 1, to + 1):
            step = STEPS[number - 1]
            if not step.__name__.rpartition(".")[2].startswith(f"m{number:03}_"):
                raise RuntimeError(f"{step.__name__} is not step {number}")
            step.migrate(connection)
        connection.execute(f"PRAGMA user_version = {to}")


def version_of(connection: sqlite3.Connection) -> int:
    """The number of the last step that the file has seen; 0 for a new one."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def schema(connection: sqlite3.Connection) -> str:
    """The statements that the tables and indexes were made with, without those that SQLite makes for itself."""
    statements = connection.execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'turn\\_search\\_%' ESCAPE '\\' ORDER BY name"
    )
    return "\n\n".join(f"{sql};" for (sql,) in statements) + "\n"
