"""Conversations and their turns.

The ids of turns are drawn at random, so that what was kept in memory for a while never clashes with what other servers
wrote meanwhile. `shown` is a JSON list of names.
"""

from __future__ import annotations

import sqlite3

_STATEMENTS = (
    """CREATE TABLE conversation (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    folder TEXT NOT NULL,
    origin TEXT NOT NULL,
    begun REAL NOT NULL,
    changed REAL NOT NULL
) WITHOUT ROWID""",
    "CREATE INDEX conversation_changed ON conversation (changed)",
    """CREATE TABLE turn (
    id INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    at REAL NOT NULL,
    command TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    cost REAL,
    state TEXT NOT NULL,
    problem TEXT NOT NULL,
    shown TEXT NOT NULL
)""",
    "CREATE INDEX turn_place ON turn (conversation, place)",
)


def migrate(connection: sqlite3.Connection) -> None:
    for statement in _STATEMENTS:
        connection.execute(statement)
