"""A home, a folder and a provider with escape sequences in every text that the command line might print."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

from picode.assistant.usage.events import Attempt, CallEnded, Sent
from picode.core.conversation import Turn
from picode.core.messages import Usage
from picode.io.conversations.store import SqliteConversations
from picode.io.folders import data_folder, state_folder
from picode.io.usage_store import UsageStore
from picode.settings.model import Conversations
from support.upstream import as_chat, completion_stream

HOSTILE = (
    "\x1b[31ma\x1b]0;title\x07b\x1b]52;c;ZXZpbA==\x07c\x1b]8;;https://evil.example\x1b\\d\x1b]8;;\x1b\\\x1bPq#0\x1b\\"
    "\x9b2Je\x9d0;title\x9cf\x90q\x9c\x1bc\x08\x7f\u202eg\u2066\u200b\U000e0041h [link=https://evil.example]i[/link] [bold]j"
    "[k](command:evil?%5B%5D)"
)
"""CSI, OSC 0, 8 and 52, DCS and RIS in 7 and 8 bits, backspace, delete, bidirectional controls, tags, rich's markup, and a link
as VS Code makes one of a notification's text."""

NAME = HOSTILE.replace("/", "_")
"""The same as a file's name."""


class HostileProvider:
    """A model server whose every text is `HOSTILE`: names of models, answers, and with `failing` errors."""

    def __init__(self, *, failing: bool = False) -> None:
        self._failing = failing

    async def __aenter__(self) -> HostileProvider:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        if self._failing:
            error = {"error": {"message": HOSTILE, "type": HOSTILE, "code": HOSTILE}}
            status, kind, body = "418 Odd", "application/json", json.dumps(error, ensure_ascii=False).encode()
        elif b"/models" in head:
            listing = {"data": [{"id": "plain"}, {"id": HOSTILE}, {"id": "m", "name": HOSTILE, "owned_by": HOSTILE}]}
            status, kind, body = "200 OK", "application/json", json.dumps(listing, ensure_ascii=False).encode()
        else:
            pieces = completion_stream(f"return 1{HOSTILE}\n")
            status, kind = "200 OK", "text/event-stream"
            body = b"".join(map(as_chat, pieces) if b"/chat/" in head else pieces)
        writer.write(
            f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nx-odd: a\r\nconnection: close\r\n\r\n".encode() + body
        )
        writer.close()


def furnish(folder: Path, base_url: str) -> dict[str, str]:
    """Fills the test's home; gives the environment for `run`."""
    (folder / NAME).write_text("def f():\n    ", "utf-8")
    (folder / ".picode.toml").write_text(
        f"[inline]\nprovider = {json.dumps(HOSTILE)}\n{json.dumps('k' + HOSTILE)} = 1\n"
    )
    _hold_conversation(str(folder / NAME))
    _send(str(folder / NAME))
    settings = Path(os.environ["XDG_CONFIG_HOME"]) / "picode" / "config.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(_settings(base_url)), "utf-8")
    (data_folder() / "models").mkdir(parents=True, exist_ok=True)
    (data_folder() / "models" / f"{NAME}.gguf").write_bytes(b"GGUF")
    return {"PYTHONIOENCODING": "utf-8", f"ODD_{HOSTILE.replace('=', '')}_PROXY": HOSTILE}


def _settings(base_url: str) -> dict[str, Any]:
    row = {"baseUrl": base_url, "dialect": "openai_chat", "fill": "openai_completions", "model": "plain"}
    return {
        "inline": {"provider": "team", "fallback": [HOSTILE]},
        "chat": {"provider": "team", "systemPrompt": HOSTILE},
        "providers": {"team": {**row, "headers": {"x-note": HOSTILE}}, HOSTILE: {"baseUrl": HOSTILE, "model": HOSTILE}},
        "network": {"caFile": HOSTILE, "proxy": HOSTILE},
        HOSTILE: HOSTILE,
    }


def _hold_conversation(folder: str) -> None:
    async def hold() -> None:
        store = SqliteConversations(data_folder, lambda: Conversations(days=0), print, time.time)
        name = await store.begin(HOSTILE, folder, "editor")
        await store.add(name, Turn("user", HOSTILE, command=HOSTILE))
        await store.add(
            name, Turn("assistant", f"{HOSTILE} needle", provider=HOSTILE, model=HOSTILE, usage=Usage(1, 2))
        )
        store.close()

    asyncio.run(hold())


def _send(path: str) -> None:
    store = UsageStore(state_folder)
    sent = Sent(HOSTILE, path=path, files=(path,), characters=1, redacted={HOSTILE: 2})
    store.record(
        CallEnded("inline", HOSTILE, 1.0, 3.5, [Attempt(HOSTILE, HOSTILE, 1.0, 3.5, 2.0, cost=0.1, sent=sent)])
    )
    store.close()
