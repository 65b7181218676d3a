"""Answers as documents that are on no disk: `workspace/textDocumentContent` (LSP 3.18)."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from lsprotocol import types

from picode.core.markdown import sanitize
from picode.lsp.display.display import footer, heading

if TYPE_CHECKING:
    from picode.lsp.answers import Answer
    from picode.lsp.server import PiCodeServer

_PAUSE = 0.08
"""Seconds between two refreshes."""

_PATIENCE = 2.0
"""Seconds that a client may take to refresh before it is asked again."""

ENDED = ("whole", "cut", "refused", "stopped", "failed")


def answer_uri(answer: Answer) -> str:
    """The document of an answer."""
    return f"picode:/answers/{answer.id}/{quote(file_name(answer))}"


def file_name(answer: Answer) -> str:
    """What its document is called."""
    return re.sub(r"[^\w .-]+", "", answer.title).strip()[:60] + ".md"


def document_text(answer: Answer) -> str:
    """The document as it is now."""
    end = footer(answer) if answer.state in ENDED else "\n\n…\n"
    return heading(answer) + sanitize(answer.text) + end


class VirtualDisplay:
    """Has the client show the document, and ask for it again while it grows."""

    def __init__(self, ls: PiCodeServer, answer: Answer) -> None:
        self._ls = ls
        self._answer = answer
        self._changed = asyncio.Event()
        self._refreshing: asyncio.Task[None] | None = None

    def asked(self, question: str) -> None:
        pass

    def began(self, *, show: bool) -> None:
        if not show or self._refreshing is not None:
            return
        uri = answer_uri(self._answer)
        shown = types.ShowDocumentParams(uri=uri, external=False, take_focus=False)
        self._ls.protocol.send_request(types.WINDOW_SHOW_DOCUMENT, shown)
        self._refreshing = asyncio.create_task(self._refresh(uri))

    def grew(self, *, thinking: bool = False) -> None:
        self._changed.set()

    async def ended(self) -> None:
        self._changed.set()
        if self._refreshing is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._refreshing), _PATIENCE + 1)
        self._refreshing.cancel()

    async def _refresh(self, uri: str) -> None:
        refresh = types.TextDocumentContentRefreshParams(uri)
        while True:
            await self._changed.wait()
            self._changed.clear()
            last = self._answer.state in ENDED
            with contextlib.suppress(Exception):  # a client that can't refresh shows what it has
                request = self._ls.protocol.send_request_async(types.WORKSPACE_TEXT_DOCUMENT_CONTENT_REFRESH, refresh)
                await asyncio.wait_for(request, _PATIENCE)
            if last:
                return
            await asyncio.sleep(_PAUSE)
