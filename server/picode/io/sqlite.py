"""What files of SQLite need: text that it can hold, and a transaction that writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_TITLE = 120
"""Characters."""


def sound(text: str) -> str:
    """`text` as it can be written: halves of surrogate pairs, and NUL, at which SQLite's functions stop, become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "\ufffd")


def title_of(text: str) -> str:
    """`text` as a title: one line, and not too long."""
    line = " ".join(sound(text).split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is done within happens, or nothing of it. The connection commits by itself otherwise
    (`isolation_level=None`). The lock is taken at the beginning, so that no statement in the middle fails for lack of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite ends it by itself where the disk is full
            connection.execute("ROLLBACK")
        raise
