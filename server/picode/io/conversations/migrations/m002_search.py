"""An index of all words in turns.

A turn enters the index at the next search, not when it is written: an answer that grows by a word at a time would be
indexed a hundred times over. `settled` says that its text changes no more, `indexed` that it is in there.
"""

from __future__ import annotations

import sqlite3

_STATEMENTS = (
    "ALTER TABLE turn ADD COLUMN settled INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE turn ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX turn_unindexed ON turn (id) WHERE indexed = 0",
)


def migrate(connection: sqlite3.Connection) -> None:
    for statement in _STATEMENTS:
        connection.execute(statement)
    create_index(connection)


def create_index(connection: sqlite3.Connection) -> bool:
    """Whether there is an index now: SQLite can be built without the means for it, and then search reads the turns."""
    try:
        connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS turn_search"
            " USING fts5 (text, content = 'turn', content_rowid = 'id', tokenize = 'trigram')"
        )
        connection.execute("SELECT 1 FROM turn_search LIMIT 0")  # it may be there from another SQLite
    except sqlite3.OperationalError as error:
        if "no such module" in str(error) or "no such tokenizer" in str(error) or "constructor" in str(error):
            return False
        raise
    return True
