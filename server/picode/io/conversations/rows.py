"""Conversations and turns as rows. Every function takes a connection whose tables are there."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from picode.core.conversation import Conversation, Summary, Turn, TurnState
from picode.core.messages import Role, Usage
from picode.io.conversations import search
from picode.io.sqlite import sound, title_of, writing

_CONVERSATION = "id, title, folder, origin, begun, changed"
_TURN = (
    "id, conversation, place, role, text, at, command, provider, model, input_tokens, output_tokens, cached_tokens, cost,"
    " state, problem, shown, reasoning, settled"
)
PROBES = (f"SELECT {_CONVERSATION} FROM conversation LIMIT 0", f"SELECT {_TURN}, indexed FROM turn LIMIT 0")
"""They fail where a table or a column is missing."""

_LARGEST = 2**53
"""What JSON can carry."""

_STATES: tuple[str, ...] = get_args(TurnState)
_ROLES: tuple[str, ...] = get_args(Role)


def insert_conversation(connection: sqlite3.Connection, summary: Summary) -> None:
    row = (summary.id, title_of(summary.title), sound(summary.folder), sound(summary.origin), summary.begun)
    with writing(connection):
        connection.execute(
            f"INSERT INTO conversation ({_CONVERSATION}) VALUES (?, ?, ?, ?, ?, ?)", (*row, summary.begun)
        )


def insert_turn(connection: sqlite3.Connection, conversation: str, turn: Turn, now: float) -> None:
    """Adds `turn`, whose `id` is given. Nothing happens where there is no such conversation."""
    fields = _fields(turn, now)
    fields |= {"id": turn.id, "conversation": conversation, "settled": turn.state != "partial", "now": now}
    names = [name for name in fields if name not in ("conversation", "now")]
    with writing(connection):
        connection.execute(
            f"INSERT INTO turn (conversation, place, {', '.join(names)})"
            f" SELECT id, (SELECT COALESCE(MAX(place), 0) + 1 FROM turn WHERE conversation = :conversation),"
            f" {', '.join(f':{name}' for name in names)} FROM conversation WHERE id = :conversation",
            fields,
        )
        connection.execute("UPDATE conversation SET changed = :now WHERE id = :conversation", fields)


def grow(connection: sqlite3.Connection, turn: int, text: str) -> None:
    with writing(connection):
        connection.execute("UPDATE turn SET text = ? WHERE id = ? AND settled = 0", (sound(text), turn))


def settle(connection: sqlite3.Connection, turn: int, turn_now: Turn, now: float) -> None:
    """Nothing happens to a turn that was settled before."""
    fields = _fields(turn_now, now)
    if not turn_now.at:
        del fields["at"]
    names = ", ".join(f"{name} = :{name}" for name in fields)
    fields |= {"id": turn, "now": now}
    with writing(connection):
        connection.execute(
            "UPDATE conversation SET changed = :now WHERE id = (SELECT conversation FROM turn WHERE id = :id AND settled = 0)",
            fields,
        )
        connection.execute(f"UPDATE turn SET {names}, settled = 1 WHERE id = :id AND settled = 0", fields)


def read(connection: sqlite3.Connection, conversation: str) -> Conversation | None:
    rows = connection.execute(f"SELECT {_CONVERSATION} FROM conversation WHERE id = ?", (conversation,)).fetchall()
    if not rows:
        return None
    turns = tuple(
        _turn(row)
        for row in connection.execute(
            f"SELECT {_TURN} FROM turn WHERE conversation = ? ORDER BY place, at, id",
            (conversation,),
        )
    )
    costs = [turn.cost for turn in turns if turn.cost is not None]
    usage = Usage(
        sum(turn.usage.input_tokens for turn in turns),
        sum(turn.usage.output_tokens for turn in turns),
        sum(turn.usage.cached_tokens for turn in turns),
    )
    return Conversation(_summary(rows[0], len(turns), usage, sum(costs) if costs else None), turns)


def listed(connection: sqlite3.Connection, words: Sequence[str], folder: str, limit: int) -> list[Summary]:
    """The conversations that have every one of `words`, the one changed last first."""
    condition, values = search.condition(connection, words)
    where = f"({condition})" + (" AND folder = ?" if folder else "")
    chosen = f"SELECT {_CONVERSATION} FROM conversation WHERE {where} ORDER BY changed DESC, id LIMIT ?"
    rows = connection.execute(
        f"WITH chosen AS ({chosen}) SELECT c.*, COUNT(t.id), TOTAL(t.input_tokens), TOTAL(t.output_tokens),"
        " TOTAL(t.cached_tokens), SUM(t.cost) FROM chosen c LEFT JOIN turn t ON t.conversation = c.id"
        " GROUP BY c.id ORDER BY c.changed DESC, c.id",
        (*values, *([sound(folder)] if folder else []), max(0, limit)),
    )
    return [_summary(row, row[6], Usage(int(row[7]), int(row[8]), int(row[9])), row[10]) for row in rows]


def matching(connection: sqlite3.Connection, beginning: str) -> list[tuple[float, str]]:
    """When conversations were changed last, and their ids, which begin so."""
    rows = connection.execute(
        "SELECT changed, id FROM conversation WHERE SUBSTR(id, 1, ?) = ? LIMIT 100",
        (len(beginning), sound(beginning)),
    )
    return [(changed, name) for changed, name in rows]


def rename(connection: sqlite3.Connection, conversation: str, title: str) -> bool:
    with writing(connection):
        done = connection.execute("UPDATE conversation SET title = ? WHERE id = ?", (title_of(title), conversation))
        return done.rowcount > 0


def delete(connection: sqlite3.Connection, conversations: Iterable[str]) -> set[str]:
    """Deletes conversations, and gives those that there were. No word of them stays in the file."""
    gone: set[str] = set()
    with writing(connection):
        indexed = search.is_there(connection)
        for each in conversations:
            if indexed:
                search.forget(connection, each)
            if connection.execute("DELETE FROM conversation WHERE id = ?", (each,)).rowcount:
                gone.add(each)
        if gone and indexed:
            search.condense(connection)
    if gone:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return gone


def older_than(connection: sqlite3.Connection, moment: float) -> list[str]:
    """The conversations that have not changed since `moment`."""
    return [name for (name,) in connection.execute("SELECT id FROM conversation WHERE changed < ?", (moment,))]


def last_but_one(connection: sqlite3.Connection) -> float | None:
    """When the conversation was changed that was the latest before the latest one; None where there is none."""
    found = connection.execute("SELECT changed FROM conversation ORDER BY changed DESC LIMIT 1 OFFSET 1").fetchone()
    return found[0] if found else None


def all_of(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT id FROM conversation")]


def copy(source: sqlite3.Connection, target: sqlite3.Connection, conversation: str) -> bool:
    """Makes `conversation` in `target` what it is in `source`, but for turns that only `target` has. False where `source`
    does not have it."""
    found = source.execute(f"SELECT {_CONVERSATION} FROM conversation WHERE id = ?", (conversation,)).fetchone()
    turns = source.execute(f"SELECT {_TURN} FROM turn WHERE conversation = ?", (conversation,)).fetchall()
    if found is None:
        return False
    names = [name.strip() for name in _TURN.split(",")]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in ("id", "conversation"))
    with writing(target):
        target.execute(
            f"INSERT INTO conversation ({_CONVERSATION}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
            " SET title = excluded.title, changed = MAX(changed, excluded.changed)",
            found,
        )
        target.executemany(
            f"INSERT INTO turn ({_TURN}) VALUES ({', '.join('?' * len(names))}) ON CONFLICT (id) DO UPDATE"
            f" SET {changes} WHERE settled = 0",
            turns,
        )
    return True


def _fields(turn: Turn, now: float) -> dict[str, Any]:
    """The columns that a turn itself decides."""
    usage = turn.usage
    return {
        "role": turn.role,
        "text": sound(turn.text),
        "at": turn.at if turn.at and math.isfinite(turn.at) else now,
        "command": sound(turn.command),
        "provider": sound(turn.provider),
        "model": sound(turn.model),
        "input_tokens": _count(usage.input_tokens),
        "output_tokens": _count(usage.output_tokens),
        "cached_tokens": _count(usage.cached_tokens),
        "cost": turn.cost if turn.cost is not None and math.isfinite(turn.cost) else None,
        "state": turn.state,
        "problem": sound(turn.problem),
        "shown": json.dumps([sound(name) for name in turn.shown], ensure_ascii=False),
        "reasoning": sound(turn.reasoning),
    }


def _count(number: int) -> int:
    return min(max(0, number), _LARGEST)


def _summary(row: Sequence[Any], turns: int, usage: Usage, cost: float | None) -> Summary:
    name, title, folder, origin, begun, changed = row[:6]
    return Summary(name, title, folder, origin, begun, changed, turns, usage, cost)


def _turn(row: Sequence[Any]) -> Turn:
    (
        number,
        _,
        _,
        role,
        text,
        at,
        command,
        provider,
        model,
        came,
        went,
        cached,
        cost,
        state,
        problem,
        shown,
        reasoning,
        _,
    ) = row
    return Turn(
        role if role in _ROLES else "user",
        text,
        number,
        at,
        command,
        provider,
        model,
        Usage(came, went, cached),
        cost,
        state if state in _STATES else "partial",
        problem,
        _names(shown),
        reasoning,
    )


def _names(shown: str) -> tuple[str, ...]:
    try:
        names = json.loads(shown)
    except (ValueError, RecursionError):
        return ()
    return tuple(map(str, names)) if isinstance(names, list) else ()
