"""What has arrived of an answer is in the store soon, however slow that is."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from picode.assistant.chat.turn_recorder import TurnRecorder
from picode.assistant.ports import ConversationStore
from picode.core.conversation import Turn


class SlowStore:
    """A store that takes its time for each piece."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.writing = asyncio.Event()
        self.go_on = asyncio.Event()

    async def add(self, conversation: str, turn: Turn) -> int:
        return 1

    async def grow(self, turn: int, text: str) -> None:
        self.texts.append(text)
        self.writing.set()
        await self.go_on.wait()

    async def settle(self, turn: int, turn_now: Turn) -> None:
        self.texts.append(turn_now.text)


async def test_what_arrives_while_the_store_writes_is_written_next() -> None:
    store = SlowStore()
    keeper = TurnRecorder(cast("ConversationStore", cast("Any", store)), "c")
    await keeper.answer(Turn("assistant", ""))
    keeper.grow("a")
    async with asyncio.timeout(5):
        await store.writing.wait()
        keeper.grow("ab")
        store.go_on.set()
        while store.texts != ["a", "ab"]:
            await asyncio.sleep(0.01)
    await keeper.end(Turn("assistant", "ab"))
