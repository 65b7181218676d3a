"""Holds a conversation whose last answer grows until the process is killed: `python writer.py FOLDER`.

Prints the conversation's id, and then the length of the text that is known to be written.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

from picode.core.conversation import Turn
from picode.io.conversations import store
from picode.settings.model import Conversations

store.GROW_SECONDS = 0.0  # otherwise few pieces would be written between two kills


async def hold(folder: Path) -> None:
    kept = store.SqliteConversations(lambda: folder, Conversations, print)
    conversation = await kept.begin("Counting")
    await kept.add(conversation, Turn("user", "Count."))
    answer = await kept.add(conversation, Turn("assistant", "", state="partial"))
    print(conversation, flush=True)
    text = ""
    for number in itertools.count():
        text += f"{number} "
        await kept.grow(answer, text)
        await kept.match("")  # behind it in the queue
        print(len(text), flush=True)


asyncio.run(hold(Path(sys.argv[1])))
