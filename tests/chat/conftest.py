"""An assistant with a scripted upstream, and documents as an editor has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from picode import bootstrap
from picode.assistant.chat.command_request import Began, CommandRequest, Ended, Event, Piece, Selection
from picode.assistant.status import Alert, Status
from picode.bootstrap import Assistant, Surroundings
from picode.core.document import Position, split_lines
from picode.core.slash import named_files, parse
from support.upstream import ScriptedUpstream

SETTINGS = {
    "inline": {"provider": "scripted", "model": "scripted-model"},
    "providers": {"scripted": {"baseUrl": "http://127.0.0.1:9/v1"}},
}


@dataclass
class OpenFile:
    """A document that is open. Implements `picode.assistant.ports.OpenDocument`."""

    uri: str
    path: str | None
    language: str
    version: int
    lines: list[str]


@dataclass
class Desk:
    """Somebody who asks things about files of a project."""

    assistant: Assistant
    upstream: ScriptedUpstream
    project: Path
    documents: list[OpenFile]
    alerts: list[str] = field(default_factory=list)

    def open(self, name: str, text: str, language: str = "python") -> OpenFile:
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, newline="")
        document = OpenFile(path.as_uri(), str(path), language, 1, split_lines(text))
        self.documents.append(document)
        return document

    def select(self, name: str, marked: str, language: str = "python") -> Selection:
        """Opens a file whose selection is marked by `<sel>…</sel>`, or whose cursor by `<cursor>`."""
        first, _, rest = marked.partition("<sel>" if "<sel>" in marked else "<cursor>")
        inside, _, last = rest.partition("</sel>") if "<sel>" in marked else ("", "", rest)
        document = self.open(name, first + inside + last, language)
        return Selection(
            document.uri, document.path, language, tuple(document.lines), _place(first), _place(first + inside), 1
        )

    def inquiry(self, text: str, selection: Selection | None = None, **more: object) -> CommandRequest:
        command, words = parse(text, self.assistant.commands())
        fields = {"files": named_files(words), "folder": str(self.project), **more}
        return CommandRequest(command, words, selection, **fields)  # type: ignore[arg-type]

    async def ask(self, text: str, selection: Selection | None = None, **more: object) -> GatewayReply:
        reply = GatewayReply()
        async for event in self.assistant.asker.ask(self.inquiry(text, selection, **more)):
            reply.take(event)
        return reply


@dataclass
class GatewayReply:
    events: list[Event] = field(default_factory=list)

    def take(self, event: Event) -> None:
        self.events.append(event)

    @property
    def began(self) -> Began:
        return next(each for each in self.events if isinstance(each, Began))

    @property
    def pieces(self) -> str:
        return "".join(each.text for each in self.events if isinstance(each, Piece))

    @property
    def ended(self) -> Ended:
        assert isinstance(self.events[-1], Ended)
        return self.events[-1]


def _place(before: str) -> Position:
    lines = split_lines(before)
    return Position(len(lines) - 1, len(lines[-1]))


class _Quiet:
    def __init__(self, alerts: list[str]) -> None:
        self._alerts = alerts

    def status(self, status: Status) -> None: ...

    def alert(self, alert: Alert) -> None:
        self._alerts.append(alert.message)

    def models_changed(self) -> None: ...
    def progress(self, message: str, fraction: float | None) -> None: ...


@pytest.fixture
def upstream() -> ScriptedUpstream:
    return ScriptedUpstream()


@pytest.fixture
async def desk(upstream: ScriptedUpstream, project: Path) -> AsyncIterator[Desk]:
    documents: list[OpenFile] = []
    alerts: list[str] = []
    surroundings = Surroundings(folders=(str(project),), editor=SETTINGS)
    assistant = await bootstrap.build(_Quiet(alerts), surroundings, environ={}, transport=upstream, documents=documents)
    yield Desk(assistant, upstream, project, documents, alerts)
    await assistant.close()
