"""Answers as files, for clients that show documents but only those on a disk."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from picode.lsp.display.virtual import document_text, file_name

if TYPE_CHECKING:
    from picode.lsp.answers import Answer
    from picode.lsp.server import PiCodeServer

log = logging.getLogger(__name__)

_PAUSE = 0.1
_KEPT = 30


class FileDisplay:
    """Writes the answer into a file of the user's private folder, again and again while it grows."""

    def __init__(self, ls: PiCodeServer, answer: Answer) -> None:
        self._ls = ls
        self._answer = answer
        self._file: Path | None = None
        self._writing: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    def asked(self, question: str) -> None:
        pass

    def began(self, *, show: bool) -> None:
        if show and self._writing is None:
            self._writing = asyncio.create_task(self._keep_writing())

    def grew(self, *, thinking: bool = False) -> None:
        self._changed.set()

    async def ended(self) -> None:
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
            await asyncio.sleep(_PAUSE)

    async def _write(self) -> None:
        first = self._file is None
        text = document_text(self._answer)
        try:
            self._file = await asyncio.to_thread(
                _write, self._file, f"{self._answer.id} {file_name(self._answer)}", text
            )
        except Exception as error:
            log.warning("an answer could not be written to a file: %s", error)
            return
        if first:
            shown = types.ShowDocumentParams(uri=self._file.as_uri(), external=False, take_focus=False)
            self._ls.protocol.send_request(types.WINDOW_SHOW_DOCUMENT, shown)


def _write(file: Path | None, name: str, text: str) -> Path:
    from picode.io.folders import private_folder, runtime_folder

    if file is None:
        folder = private_folder(runtime_folder() / "answers", "PICODE_RUNTIME_DIR")
        for old in sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)[:-_KEPT]:
            with contextlib.suppress(OSError):
                old.unlink()
        file = folder / name
    with open(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", errors="replace"
    ) as opened:
        opened.write(text)
    return file
