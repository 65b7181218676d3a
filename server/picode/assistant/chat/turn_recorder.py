"""Writes an answer to its conversation while it arrives, so that a part of it is kept if it breaks off."""

from __future__ import annotations

import asyncio

from picode.assistant.ports import ConversationStore
from picode.core.conversation import Turn

_SOON = 0.2
"""Seconds after which text that has arrived is written."""


class TurnRecorder:
    """Records one turn of the user and the answer to it."""

    def __init__(self, store: ConversationStore, conversation: str) -> None:
        self.conversation = conversation
        self._store = store
        self._turn = 0
        self._text = ""
        self._writing: asyncio.Task[None] | None = None

    async def user(self, turn: Turn) -> None:
        """Writes the user's turn."""
        await self._store.add(self.conversation, turn)

    async def answer(self, turn: Turn) -> None:
        """Writes the answer's turn, which is still empty."""
        self._turn = await self._store.add(self.conversation, turn)

    def grow(self, text: str) -> None:
        """The answer's text so far. Returns at once; a background task writes it."""
        if text == self._text:
            return
        self._text = text
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def end(self, turn: Turn) -> None:
        """Writes the answer's final turn."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait({self._writing})
        await self._store.settle(self._turn, turn)

    async def _write_soon(self) -> None:
        written = None
        while self._text != written:  # more may arrive while the store writes
            await asyncio.sleep(_SOON)
            written = self._text
            await self._store.grow(self._turn, written)
