"""Answers in virtual documents, which the client opens and requests from the server (`workspace/textDocumentContent`, LSP
3.18)."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import quote

from lsprotocol import types

from picode.core.endings import waiting
from picode.core.terminal import notice
from picode.lsp.answers import FINAL_STATES, CommandAnswer
from picode.lsp.display.markdown import file_name
from picode.lsp.session import Session

_REFRESH_INTERVAL = 0.08
"""Seconds between two refreshes of a virtual document."""

_REFRESH_TIMEOUT = 2.0
"""Seconds that a client may take for a refresh before the next one is sent."""


def answer_uri(answer: CommandAnswer) -> str:
    """The virtual document of an answer."""
    return f"picode:/answers/{answer.id}/{quote(file_name(answer))}"


class VirtualDocumentDisplay:
    """Has the client open the virtual document, and request its text again while the answer grows."""

    def __init__(self, session: Session, answer: CommandAnswer) -> None:
        self._session = session
        self._answer = answer
        self._changed = asyncio.Event()
        self._refreshing: asyncio.Task[None] | None = None

    def show_question(self, question: str) -> None:
        pass

    def wait(self, reason: str, seconds: float) -> None:
        self._session.tasks.report(self._answer.token, notice(waiting(reason, seconds)))

    def start(self, *, show: bool) -> None:
        if show and self._refreshing is None:
            uri = answer_uri(self._answer)
            self._session.show_document(uri)
            self._refreshing = asyncio.create_task(self._refresh(uri))

    def update(self, *, retracted: bool = False) -> None:
        self._changed.set()

    async def finish(self) -> None:
        self._changed.set()
        if self._refreshing is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._refreshing), _REFRESH_TIMEOUT + 1)
        self._refreshing.cancel()

    async def present(self) -> None:
        pass

    async def _refresh(self, uri: str) -> None:
        params = types.TextDocumentContentRefreshParams(uri)
        while True:
            await self._changed.wait()
            self._changed.clear()
            last = self._answer.state in FINAL_STATES
            with contextlib.suppress(Exception):  # a client that can't refresh goes on showing what it has
                request = self._session.send_request_async(types.WORKSPACE_TEXT_DOCUMENT_CONTENT_REFRESH, params)
                await asyncio.wait_for(request, _REFRESH_TIMEOUT)
            if last:
                return
            await asyncio.sleep(_REFRESH_INTERVAL)
