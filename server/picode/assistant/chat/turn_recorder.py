"""Writes an answer into its conversation while it arrives, so that nothing is lost when something ends too early."""

from __future__ import annotations

import asyncio

from picode.assistant.ports import ConversationStore
from picode.core.conversation import Turn

_SOON = 0.2
"""Seconds within which what has arrived is handed to the store."""


class TurnRecorder:
    """Keeps one question and its answer."""

    def __init__(self, store: ConversationStore, conversation: str) -> None:
        self.conversation = conversation
        self._store = store
        self._turn = 0
        self._text = ""
        self._writing: asyncio.Task[None] | None = None

    async def user(self, turn: Turn) -> None:
        """What the user said."""
        await self._store.add(self.conversation, turn)

    async def answer(self, turn: Turn) -> None:
        """An answer is going to arrive."""
        self._turn = await self._store.add(self.conversation, turn)

    def grow(self, text: str) -> None:
        """So much has arrived. Waits for nobody."""
        if text == self._text:
            return
        self._text = text
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def end(self, turn: Turn) -> None:
        """That was all."""
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
