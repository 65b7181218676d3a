"""Answers in documents that the client opens: virtual ones (`workspace/textDocumentContent`, LSP 3.18), or files for clients
that show only files."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from pathlib import Path
from urllib.parse import quote

from lsprotocol import types

from picode.lsp.answers import FINAL_STATES, CommandAnswer
from picode.lsp.display.markdown import document_text, file_name
from picode.lsp.session import Session

log = logging.getLogger(__name__)

_REFRESH_INTERVAL = 0.08
"""Seconds between two refreshes of a virtual document."""

_REFRESH_TIMEOUT = 2.0
"""Seconds that a client may take for a refresh before the next one is sent."""

_WRITE_INTERVAL = 0.1
"""Seconds between two writes of a file."""

_FILES_KEPT = 30


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
        pass

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


class FileDisplay:
    """Writes the answer to a file in the user's private folder, again and again while it grows."""

    def __init__(self, session: Session, answer: CommandAnswer) -> None:
        self._session = session
        self._answer = answer
        self._file: Path | None = None
        self._writing: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    def show_question(self, question: str) -> None:
        pass

    def wait(self, reason: str, seconds: float) -> None:
        pass

    def start(self, *, show: bool) -> None:
        if show and self._writing is None:
            self._writing = asyncio.create_task(self._keep_writing())

    def update(self, *, retracted: bool = False) -> None:
        self._changed.set()

    async def finish(self) -> None:
        if self._writing is None:
            return
        self._writing.cancel()
        await asyncio.wait({self._writing})
        await self._write()

    async def _keep_writing(self) -> None:
        await self._write()
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._write()
            await asyncio.sleep(_WRITE_INTERVAL)

    async def _write(self) -> None:
        first, name = self._file is None, f"{self._answer.id} {file_name(self._answer)}"
        try:
            self._file = await asyncio.to_thread(_write_file, self._file, name, document_text(self._answer))
        except Exception as error:
            log.warning("an answer could not be written to a file: %s", error)
            return
        if first:
            self._session.show_document(self._file.as_uri())


def _write_file(file: Path | None, name: str, text: str) -> Path:
    """The file that was written: `file`, or a new one of that name, for which old ones are deleted. Raises `OSError`."""
    from picode.io.folders import private_folder, runtime_folder

    if file is None:
        folder = private_folder(runtime_folder() / "answers", "PICODE_RUNTIME_DIR")
        for old in sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)[:-_FILES_KEPT]:
            with contextlib.suppress(OSError):
                old.unlink()
        file = folder / name
    with open(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", errors="replace"
    ) as opened:
        opened.write(text)
    return file
