"""Edits for clients that show them while they are written: `picode/edit`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from picode.core.document import body, from_column
from picode.core.edits import Line, preview
from picode.lsp import extensions
from picode.lsp.confirming import name_to_confirm

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import Selection
    from picode.lsp.answers import Answer
    from picode.lsp.server import PiCodeServer

_PAUSE = 0.06
"""Seconds between two looks at what has been written."""

_KINDS = {"…": "?"}


class LiveEdit:
    """Shows one edit."""

    def __init__(self, ls: PiCodeServer, answer: Answer, selection: Selection) -> None:
        self._ls = ls
        self._answer = answer
        self._selection = selection
        self._looking: asyncio.Task[None] | None = None
        self._text = ""
        self._lines: Sequence[Line] = ()

    def grew(self) -> None:
        """There is more of the answer."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())

    async def ended(self, state: str, lines: Sequence[Line] = (), reason: str = "") -> None:
        """That was all."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})
        confirm = await asyncio.to_thread(name_to_confirm, self._ls, self._selection) if state == "ready" else ""
        self._tell(state, lines, reason, confirm)

    async def _look(self) -> None:
        await asyncio.sleep(_PAUSE)
        at = self._selection
        lines = await asyncio.to_thread(
            preview, at.lines, at.start, at.end, self._answer.text, at.language, unit=at.unit
        )
        if lines and lines != self._lines:
            self._lines = lines
            self._tell("streaming", lines)

    def _tell(self, state: str, lines: Sequence[Line], reason: str = "", confirm: str = "") -> None:
        at, encoding = self._selection, self._ls.documents.encoding
        first, last = at.start.line, at.last_line
        fields: dict[str, Any] = {
            "id": self._answer.id,
            "uri": at.uri,
            "version": at.version,
            "range": {
                "start": {"line": first, "character": 0},
                "end": {"line": last, "character": from_column(at.lines[last], len(body(at.lines[last])), encoding)},
            },
            "title": self._answer.title,
            "state": state,
            "lines": [{"kind": _KINDS.get(kind, kind), "text": text} for kind, text in lines],
            "reason": reason,
            "confirm": confirm,
        }
        self._ls.protocol.notify(extensions.EDIT, fields)
