"""Answers that are shown when they are whole, for clients that can't show one while it grows: a file that the client opens,
else a message. Progress is reported meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from pathlib import Path

from lsprotocol import types

from picode.core.endings import waiting
from picode.core.markdown import sanitize
from picode.core.terminal import notice
from picode.lsp.answers import CommandAnswer
from picode.lsp.capabilities import shows_documents
from picode.lsp.display.markdown import document_text, endings, file_name, footer
from picode.lsp.session import Session

log = logging.getLogger(__name__)

_LONGEST = 4000
"""Characters of a message. The file has the whole answer."""

_REPORT_INTERVAL = 0.5
"""Seconds between two reports of progress."""

_FILES_KEPT = 30


class WholeDisplay:
    """Editors don't read a file again that has changed on the disk, so it is opened once, with all of the answer in it."""

    def __init__(self, session: Session, answer: CommandAnswer) -> None:
        self._session = session
        self._answer = answer
        self._show = False
        self._reported = 0.0

    def show_question(self, question: str) -> None:
        pass

    def wait(self, reason: str, seconds: float) -> None:
        self._session.tasks.report(self._answer.token, notice(waiting(reason, seconds)))

    def start(self, *, show: bool) -> None:
        self._show = self._show or show

    def update(self, *, retracted: bool = False) -> None:
        now = time.monotonic()
        if now - self._reported >= _REPORT_INTERVAL:
            self._reported = now
            lines = self._answer.text.count("\n") + 1
            message = f"{lines} line{'s' * (lines > 1)}" if self._answer.text else "thinking"
            self._session.tasks.report(self._answer.token, message)

    async def finish(self) -> None:
        pass

    async def present(self) -> None:
        if not self._show or not (self._answer.text.strip() or self._answer.problem):
            return
        name = f"{self._answer.id}-{file_name(self._answer).replace(' ', '-')}"
        file: Path | None = None
        try:
            file = await asyncio.to_thread(_write_file, name, document_text(self._answer))
        except Exception as error:
            log.warning("an answer could not be written to a file: %s", error)
        if file is not None and shows_documents(self._session.client_capabilities):
            self._session.show_document(file.as_uri())
        else:
            self._session.show_message(self._level(), self._message(file))

    def _level(self) -> types.MessageType:
        """One that is shown: vim-lsp shows warnings and errors; ALE, which declares nothing about windows, and Kate, which has
        no name, open a panel for errors only."""
        shows_warnings = self._session.client_capabilities.window and self._session.client_name
        return types.MessageType.Warning if shows_warnings else types.MessageType.Error

    def _message(self, file: Path | None) -> str:
        text = sanitize(self._answer.text).strip()
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]}…"
        if file is None:
            return (text + footer(self._answer)).strip("\n -")
        # What the model was shown is in the file. In an echo area of a few lines, it would be all that is seen.
        return "\n\n".join(filter(None, [text, *endings(self._answer), f"This answer as a file: {file}"]))


def _write_file(name: str, text: str) -> Path:
    """The file of that name in the user's private folder, written; the oldest ones there are deleted. Raises `OSError`."""
    from picode.io.folders import private_folder, runtime_folder

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
