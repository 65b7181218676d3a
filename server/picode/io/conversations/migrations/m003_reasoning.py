"""The reasoning of a model, apart from its answer: it is shown, but neither searched nor sent again."""

from __future__ import annotations

import sqlite3


def migrate(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE turn ADD COLUMN reasoning TEXT NOT NULL DEFAULT ''")
