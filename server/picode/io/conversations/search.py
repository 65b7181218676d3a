"""Finds words in conversations: parts of words too, in upper or lower case, through the index where SQLite has one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from picode.io.conversations.migrations import m002_search
from picode.io.sqlite import sound, writing

MOST_WORDS = 16
LONGEST_WORD = 200

_SHORTEST = 3
"""Characters: the index holds groups of three, and finds nothing shorter."""

_SETTLED = "indexed = 0 AND settled = 1"


def prepare(connection: sqlite3.Connection) -> None:
    """Teaches the connection what conditions need. Damaged text is no reason to fail: it is read as far as it can be."""
    connection.text_factory = _decoded
    connection.create_function("has_word", 2, _has, deterministic=True)


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _has(text: bytes, word: str) -> bool:
    return word in _decoded(text).lower()


def words_of(text: str) -> list[str]:
    """The words to look for."""
    return [word[:LONGEST_WORD] for word in sound(text).split()[:MOST_WORDS]]


def condition(connection: sqlite3.Connection, words: Sequence[str]) -> tuple[str, list[str]]:
    """What holds for a row of `conversation` that has every one of `words`, and its parameters."""
    if not words:
        return "1", []
    indexed = _catch_up(connection)
    parts, values = zip(*(_has_word(word, indexed and len(word) >= _SHORTEST) for word in words), strict=True)
    return " AND ".join(parts), [value for each in values for value in each]


def is_there(connection: sqlite3.Connection) -> bool:
    """Whether there is an index that this SQLite can use."""
    try:
        connection.execute("SELECT 1 FROM turn_search LIMIT 0")
    except sqlite3.OperationalError:
        return False
    return True


def forget(connection: sqlite3.Connection, conversation: str) -> None:
    """Takes a conversation out of the index, before it is deleted."""
    connection.execute(
        "INSERT INTO turn_search (turn_search, rowid, text)"
        " SELECT 'delete', id, text FROM turn WHERE conversation = ? AND indexed = 1",
        (conversation,),
    )


def condense(connection: sqlite3.Connection) -> None:
    """Writes the index anew: until then, it holds the words of what was taken out."""
    connection.execute("INSERT INTO turn_search (turn_search) VALUES ('optimize')")


def discard(connection: sqlite3.Connection) -> None:
    """Drops an index that is damaged. The next search makes another."""
    with writing(connection):
        connection.execute("DROP TABLE turn_search")
        connection.execute("UPDATE turn SET indexed = 0")


def _has_word(word: str, indexed: bool) -> tuple[str, list[str]]:
    lower = word.lower()
    titled = "SELECT id FROM conversation WHERE has_word(CAST(title AS BLOB), ?)"
    if not indexed:
        return f"id IN ({titled} UNION SELECT conversation FROM turn WHERE has_word(CAST(text AS BLOB), ?))", [
            lower,
            lower,
        ]
    quoted = '"{}"'.format(word.replace('"', '""'))
    found = "SELECT t.conversation FROM turn_search s JOIN turn t ON t.id = s.rowid WHERE turn_search MATCH ?"
    growing = "SELECT conversation FROM turn WHERE indexed = 0 AND has_word(CAST(text AS BLOB), ?)"
    return f"id IN ({titled} UNION {found} UNION {growing})", [lower, quoted, lower]


def _catch_up(connection: sqlite3.Connection) -> bool:
    """Brings the index up to date, and says whether there is one. Where it can't be written, it is read as it is: what is
    not in it is looked through."""
    try:
        if not is_there(connection) and not m002_search.create_index(connection):
            return False
        if connection.execute(f"SELECT 1 FROM turn WHERE {_SETTLED} LIMIT 1").fetchone():
            with writing(connection):
                connection.execute(f"INSERT INTO turn_search (rowid, text) SELECT id, text FROM turn WHERE {_SETTLED}")
                connection.execute(f"UPDATE turn SET indexed = 1 WHERE {_SETTLED}")
    except sqlite3.OperationalError:
        return is_there(connection)
    return True
