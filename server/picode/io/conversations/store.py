"""Conversations for the port `ConversationStore`: in the file that all servers share, and in memory what it can't take.

One thread does all the work. A conversation that can't be written, or that the settings say not to keep, is copied into
memory and goes on there; whatever is asked of it later is asked there first. What was kept so against the user's wish goes
to the file as soon as that can be written again, and at the latest when the store is closed.
"""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from picode.core.conversation import Conversation, Summary, Turn
from picode.core.errors import ConfigurationError
from picode.io.conversations import rows, search
from picode.io.conversations.file import BUSY, ConversationFile, Unusable, memory
from picode.io.workers import Worker
from picode.settings.model import Conversations

log = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_SECONDS = 30.0
"""How long a file that could not be written is left alone: each attempt may wait for a lock."""

GROW_SECONDS = 0.1
"""How often the text of an answer that is arriving is written."""

_LETTERS = "bcdfghjkmnpqrstvwxz"
"""No vowels, so that no id is a word; none that looks like another."""
_ID_LENGTH = 8
_DAY = 86_400


class SqliteConversations:
    """The store in `folder`. `settings` gives the section in force, `alert` is called with what only the user can repair."""

    def __init__(
        self,
        folder: Callable[[], Path],
        settings: Callable[[], Conversations],
        alert: Callable[[str], None],
        clock: Callable[[], float] = time.time,
        busy: float = BUSY,
    ) -> None:
        self._settings = settings
        self._alert = alert
        self._clock = clock
        self._worker = Worker("conversations")
        self._file = ConversationFile(folder, self._tell, busy)
        self._memory: sqlite3.Connection | None = None
        self._aside: dict[str, bool] = {}
        """What is in memory, and whether it goes to the file when that is possible."""
        self._home: dict[int, str] = {}
        """The conversations of turns that are arriving."""
        self._arriving: dict[int, str] = {}
        """Texts that are still to be written, by turn."""
        self._written: dict[int, float] = {}
        self._lock = threading.Lock()
        self._left_alone_until = 0.0
        self._tidy_at = 0.0
        self._news: list[str] = []
        self._told: set[str] = set()

    # The port

    async def begin(self, title: str, folder: str = "", origin: str = "") -> str:
        name = "".join(secrets.choice(_LETTERS) for _ in range(_ID_LENGTH))
        summary = Summary(name, title, folder, origin, self._clock())
        await self._do(lambda: self._write(name, lambda into: rows.insert_conversation(into, summary)))
        self._worker.submit(self._tidy)
        return name

    async def add(self, conversation: str, turn: Turn) -> int:
        number = secrets.randbits(53)
        added = replace(turn, id=number)
        if turn.state == "partial":
            self._home[number] = conversation
        now = self._clock()
        await self._do(lambda: self._write(conversation, lambda into: rows.insert_turn(into, conversation, added, now)))
        return number

    async def grow(self, turn: int, text: str) -> None:
        with self._lock:
            waits = turn in self._arriving
            self._arriving[turn] = text
        if waits:
            return
        delay = self._written.get(turn, 0.0) + GROW_SECONDS - time.monotonic()
        if delay > 0:
            asyncio.get_running_loop().call_later(delay, self._send, turn)
        else:
            self._send(turn)

    async def settle(self, turn: int, turn_now: Turn) -> None:
        with self._lock:
            self._arriving.pop(turn, None)
        now = self._clock()
        with contextlib.suppress(RuntimeError):  # closed: the text so far is written
            await self._do(lambda: self._settle(turn, turn_now, now))

    async def read(self, conversation: str) -> Conversation | None:
        return await self._do(lambda: self._read(conversation))

    async def match(self, beginning: str) -> Sequence[str]:
        return await self._do(lambda: self._match(beginning.strip().lower()))

    async def list(self, *, search: str = "", folder: str = "", limit: int = 50) -> Sequence[Summary]:
        return await self._do(lambda: self._list(search, folder, limit))

    async def rename(self, conversation: str, title: str) -> bool:
        return await self._do(lambda: self._write(conversation, lambda into: rows.rename(into, conversation, title)))

    async def delete(self, conversation: str) -> bool:
        return await self._do(lambda: self._delete([conversation])) > 0

    async def delete_older(self, days: float) -> int:
        moment = self._clock() - days * _DAY
        return await self._do(lambda: self._delete_before(moment))

    @property
    def in_trouble(self) -> bool:
        """Whether a problem was reported since the file was last written without one."""
        return bool(self._told)

    def close(self) -> None:
        """Writes what is still to be written, and closes the file. Blocks until then."""
        self._worker.close(self._close)

    # Between the loop and the thread

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            return await self._worker.run(work)
        finally:
            self._deliver()

    def _send(self, turn: int) -> None:
        with contextlib.suppress(RuntimeError):  # closed, and so written
            self._worker.submit(lambda: self._grow(turn))

    def _deliver(self) -> None:
        news, self._news = self._news, []
        for each in news:
            self._alert(each)

    # In the thread

    def _tell(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            self._news.append(message)
            log.warning("conversations: %s", message)

    def _write(self, conversation: str, work: Callable[[sqlite3.Connection], T]) -> T:
        """Does `work` where `conversation` is."""
        self._bring_home()
        kept = self._settings().enabled
        if kept and conversation not in self._aside and not self._left_alone:
            try:
                return self._file.use(work, writes=True)
            except Unusable as error:
                self._leave_alone(error)
        if conversation not in self._aside:
            self._take_aside(conversation)
            self._aside[conversation] = kept
        return work(self._in_memory())

    def _grow(self, turn: int) -> None:
        with self._lock:
            text = self._arriving.pop(turn, None)
        conversation = self._home.get(turn)
        if text is not None and conversation is not None:
            self._written[turn] = time.monotonic()
            self._write(conversation, lambda into: rows.grow(into, turn, text))

    def _settle(self, turn: int, turn_now: Turn, now: float) -> None:
        self._written.pop(turn, None)
        conversation = self._home.pop(turn, None)
        if conversation is not None:
            self._write(conversation, lambda into: rows.settle(into, turn, turn_now, now))

    def _read(self, conversation: str) -> Conversation | None:
        if conversation in self._aside:
            return rows.read(self._in_memory(), conversation)
        return self._from_file(lambda file: rows.read(file, conversation), None)

    def _match(self, beginning: str) -> builtins.list[str]:
        found: builtins.list[tuple[float, str]] = self._from_file(lambda file: rows.matching(file, beginning), [])
        found = [each for each in found if each[1] not in self._aside]
        if self._aside:
            found += rows.matching(self._in_memory(), beginning)
        return [name for _, name in sorted(found, reverse=True)]

    def _list(self, text: str, folder: str, limit: int) -> builtins.list[Summary]:
        words = search.words_of(text)
        more = limit + len(self._aside)
        none: builtins.list[Summary] = []
        found = self._from_file(lambda file: rows.listed(file, words, folder, more), none)
        found = [each for each in found if each.id not in self._aside]
        if self._aside:
            found += rows.listed(self._in_memory(), words, folder, limit)
        return sorted(found, key=lambda each: each.changed, reverse=True)[: max(0, limit)]

    def _delete(self, conversations: Sequence[str]) -> int:
        if not conversations:
            return 0
        gone = rows.delete(self._in_memory(), conversations) if self._aside else set()
        for each in conversations:
            self._aside.pop(each, None)
        if self._there_is_a_file():
            try:
                gone |= self._file.use(lambda file: rows.delete(file, conversations), writes=True)
            except Unusable as error:
                self._leave_alone(error)
        return len(gone)

    def _delete_before(self, moment: float) -> int:
        none: builtins.list[str] = []
        old = set(self._from_file(lambda file: rows.older_than(file, moment), none))
        if self._aside:
            old -= self._aside.keys()
            old.update(rows.older_than(self._in_memory(), moment))
        return self._delete(sorted(old))

    def _tidy(self) -> None:
        """Once a day, what is older than the user wants to keep goes. How old something is, is counted from the conversation
        before the one that has just begun: a clock that is years ahead for a while must not cost all of them."""
        days = self._settings().days
        if not days or time.monotonic() < self._tidy_at:
            return
        self._tidy_at = time.monotonic() + _DAY
        before = self._from_file(rows.last_but_one, None)
        if before is not None:
            self._delete_before(min(before, self._clock()) - days * _DAY)

    def _close(self) -> None:
        for turn in tuple(self._arriving):
            self._grow(turn)
        self._left_alone_until = 0.0
        self._bring_home()
        self._file.close()
        if self._memory is not None:
            self._memory.close()
            self._memory = None

    def _from_file(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        if not self._there_is_a_file():
            return otherwise
        try:
            return self._file.use(work, writes=False)
        except Unusable as error:
            self._tell(str(error))
            return otherwise

    def _there_is_a_file(self) -> bool:
        try:
            return self._file.exists()
        except (OSError, ValueError, ConfigurationError):
            return False

    # In memory

    @property
    def _left_alone(self) -> bool:
        return time.monotonic() < self._left_alone_until

    def _leave_alone(self, error: Unusable) -> None:
        self._left_alone_until = time.monotonic() + RETRY_SECONDS
        self._tell(str(error))

    def _in_memory(self) -> sqlite3.Connection:
        if self._memory is None:
            self._memory = memory()
        return self._memory

    def _take_aside(self, conversation: str) -> None:
        into = self._in_memory()
        self._from_file(lambda file: rows.copy(file, into, conversation), False)

    def _bring_home(self) -> None:
        """Writes to the file what it could not take before."""
        homeless = [name for name, kept in self._aside.items() if kept]
        if not homeless or self._left_alone:
            return
        source = self._in_memory()
        try:
            for each in homeless:
                self._file.use(lambda file, each=each: rows.copy(source, file, each), writes=True)  # type: ignore[misc]
                rows.delete(source, [each])
                del self._aside[each]
        except Unusable as error:
            self._leave_alone(error)
        else:
            self._told.clear()
