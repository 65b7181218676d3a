"""One of several processes that use a store at once: `python crowd.py FOLDER NAME COUNT`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from picode.core.conversation import Turn
from picode.io.conversations.store import SqliteConversations
from picode.settings.model import Conversations


async def hold(folder: Path, name: str, count: int) -> None:
    store = SqliteConversations(lambda: folder, Conversations, lambda message: sys.exit(message))
    for number in range(count):
        conversation = await store.begin(f"{name} {number}")
        await store.add(conversation, Turn("user", f"question {number} of {name}"))
        answer = await store.add(conversation, Turn("assistant", "", state="partial"))
        await store.grow(answer, "half")
        await store.settle(answer, Turn("assistant", f"answer {number} of {name}"))
        await store.list(search="answer")
    store.close()


asyncio.run(hold(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
