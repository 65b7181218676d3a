"""Edits for clients that show them while they are written: `picode/edit`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

from picode.core.document import body, from_column
from picode.core.edits import Line, preview
from picode.lsp import extensions
from picode.lsp.answers import CommandAnswer
from picode.lsp.confirming import name_to_confirm
from picode.lsp.session import Session

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import Selection

_PREVIEW_INTERVAL = 0.06
"""Seconds between two previews."""

LineKind = Literal[" ", "-", "+", "?"]
LiveEditState = Literal["streaming", "ready", "unchanged", "refused", "stopped", "failed"]

_LINE_KINDS: dict[str, LineKind] = {" ": " ", "-": "-", "+": "+", "…": "?"}
"""The protocol's names of the kinds of lines of `core.edits.preview`."""


class EditLine(TypedDict):
    """A line of the preview. `kind` is ` `, `-`, `+`, or `?` for a line that the answer has not reached."""

    kind: LineKind
    text: str


class EditParams(TypedDict):
    """The parameters of `picode/edit` (docs/protocol.md). `range` is in whole lines of version `version` of the document."""

    id: str
    uri: str
    version: int | None
    range: dict[Literal["start", "end"], dict[Literal["line", "character"], int]]
    title: str
    state: LiveEditState
    lines: list[EditLine]
    reason: str
    confirm: str


class LiveEdit:
    """Shows one edit while its answer is written."""

    def __init__(self, session: Session, answer: CommandAnswer, selection: Selection) -> None:
        self._session = session
        self._answer = answer
        self._selection = selection
        self._previewing: asyncio.Task[None] | None = None
        self._lines: Sequence[Line] = ()

    def update(self) -> None:
        """The answer's text has grown."""
        if self._previewing is None or self._previewing.done():
            self._previewing = asyncio.create_task(self._preview())

    async def finish(self, state: LiveEditState, lines: Sequence[Line] = (), reason: str = "") -> None:
        """Sends the final state of the edit."""
        if self._previewing is not None:
            self._previewing.cancel()
            await asyncio.wait({self._previewing})
        ready = state == "ready"
        confirm = await asyncio.to_thread(name_to_confirm, self._session, self._selection) if ready else ""
        self._notify(state, lines, reason, confirm)

    async def _preview(self) -> None:
        await asyncio.sleep(_PREVIEW_INTERVAL)
        at, text = self._selection, self._answer.text
        lines = await asyncio.to_thread(preview, at.lines, at.start, at.end, text, at.language, unit=at.unit)
        if lines and lines != self._lines:
            self._lines = lines
            self._notify("streaming", lines)

    def _notify(self, state: LiveEditState, lines: Sequence[Line], reason: str = "", confirm: str = "") -> None:
        at, encoding = self._selection, self._session.documents.encoding
        last = at.lines[at.last_line]
        params: EditParams = {
            "id": self._answer.id,
            "uri": at.uri,
            "version": at.version,
            "range": {
                "start": {"line": at.start.line, "character": 0},
                "end": {"line": at.last_line, "character": from_column(last, len(body(last)), encoding)},
            },
            "title": self._answer.title,
            "state": state,
            "lines": [{"kind": _LINE_KINDS[kind], "text": text} for kind, text in lines],
            "reason": reason,
            "confirm": confirm,
        }
        self._session.notify(extensions.EDIT, params)
