"""The answers of this session: what was asked, how far each has come, and what became of its edit."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from picode.core.messages import Usage

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import CommandRequest, Selection
    from picode.core.edits import Proposal

State = Literal["asked", "began", "growing", "whole", "cut", "refused", "stopped", "failed"]
EditState = Literal["proposed", "applied", "unchanged", "declined", "refused"]

_KEPT = 100


@dataclass(slots=True)
class Edit:
    """What an answer makes of the code. `selection` is what it was asked about."""

    selection: Selection
    state: EditState
    proposal: Proposal | None = None
    reason: str = ""
    kept: bool = False
    """The user is content with it, or has taken it back: nothing is offered any more."""


@dataclass(slots=True)
class Answer:
    """One answer. `text` is as the model wrote it: nobody is shown it like that."""

    inquiry: CommandRequest
    title: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    state: State = "asked"
    text: str = ""
    conversation: str = ""
    provider: str = ""
    model: str = ""
    note: str = ""
    shown: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    problem: str = ""
    edit: Edit | None = None
    token: int | str = ""
    """Of its progress: by it, it can be stopped."""


class Answers:
    """The latest answers, by id."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self.on_forget: Callable[[str], None] = lambda _: None

    def add(self, answer: Answer) -> Answer:
        self._answers[answer.id] = answer
        while len(self._answers) > _KEPT:
            forgotten, _ = self._answers.popitem(last=False)
            self.on_forget(forgotten)
        return answer

    def get(self, identifier: str) -> Answer | None:
        """None where it is forgotten, or never was."""
        return self._answers.get(identifier)

    def edits_of(self, uri: str) -> list[Answer]:
        """The answers whose edits were applied to a document, and about which the user may still want to say something."""
        return [
            each
            for each in self._answers.values()
            if (edit := each.edit) is not None
            and edit.selection.uri == uri
            and edit.state == "applied"
            and not edit.kept
        ]


def result(answer: Answer, text: str) -> dict[str, Any]:
    """The result of `picode.slash`; `text` is the harmless form of the answer."""
    fields: dict[str, Any] = {
        "id": answer.id,
        "command": answer.inquiry.command.name,
        "output": answer.inquiry.command.output,
        "text": text,
        "conversation": answer.conversation,
        "provider": answer.provider,
        "model": answer.model,
        "note": answer.note,
        "shown": list(answer.shown),
        "state": answer.state,
    }
    if answer.problem:
        fields["problem"] = answer.problem
    if (edit := answer.edit) is not None:
        proposal = edit.proposal
        fields["edit"] = {
            "state": edit.state,
            "reason": edit.reason,
            "added": proposal.added if proposal else 0,
            "removed": proposal.removed if proposal else 0,
        }
    return fields
