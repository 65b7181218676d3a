"""The answers of this session's commands: the request, how far the answer has come, and what became of its edit."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NotRequired, TypedDict

from picode.core.markdown import sanitize
from picode.core.messages import Usage
from picode.core.slash import Output

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import CommandRequest, Selection
    from picode.assistant.status import Action
    from picode.core.edits import Proposal
    from picode.lsp.extensions import RemedyCommand

AnswerState = Literal["asked", "waiting", "began", "growing", "whole", "cut", "refused", "stopped", "failed"]
"""`waiting`: the model is asked again later. `cut`: it reached the longest length. `refused`: the model declined.
`stopped`: the user cancelled it."""

FINAL_STATES: Final = frozenset({"whole", "cut", "refused", "stopped", "failed"})

EditState = Literal["proposed", "applied", "unchanged", "declined", "refused"]
"""`declined`: by the user or the editor. `refused`: PiCode did not accept the model's code; `reason` says why."""

_KEPT = 100


@dataclass(slots=True)
class AnswerEdit:
    """The edit that an answer makes. `selection` is the code that it replaces."""

    selection: Selection
    state: EditState
    proposal: Proposal | None = None
    reason: str = ""
    in_parts: bool = False
    """The user has decided about a part of it: `proposal` is what is left, and no longer what the answer says."""
    settled: bool = False
    """The user has kept it or taken it back: no code lens offers anything about it."""


@dataclass(slots=True)
class CommandAnswer:
    """One answer. `text` is as the model wrote it: it is sanitized before it is shown."""

    request: CommandRequest
    title: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    state: AnswerState = "asked"
    text: str = ""
    reasoning: str = ""
    """The model's reasoning, which is no part of `text`."""
    conversation: str = ""
    provider: str = ""
    model: str = ""
    note: str = ""
    shown: tuple[str, ...] = ()
    """What the model was shown of the user's files, for the user."""
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    """US dollars; None if the price is not known."""
    problem: str = ""
    """Why the answer is empty or not whole, and what to do."""
    remedy: Action | None = None
    """What helps against `problem`, where that is a failure."""
    edit: AnswerEdit | None = None
    token: int | str = ""
    """The progress token, by which it can be cancelled."""


class CommandAnswers:
    """The latest answers, by id."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, CommandAnswer] = OrderedDict()

    def add(self, answer: CommandAnswer) -> CommandAnswer:
        """Keeps `answer`, and gives it back. The oldest one is dropped."""
        self._answers[answer.id] = answer
        while len(self._answers) > _KEPT:
            self._answers.popitem(last=False)
        return answer

    def get(self, identifier: str) -> CommandAnswer | None:
        """None for an id that is unknown, or was dropped."""
        return self._answers.get(identifier)

    def reviewable(self, uri: str) -> list[tuple[CommandAnswer, AnswerEdit]]:
        """The answers whose edits are applied to a document and not settled yet, with those edits."""
        return [
            (answer, edit)
            for answer in self._answers.values()
            if (edit := answer.edit) is not None
            and edit.selection.uri == uri
            and edit.state == "applied"
            and not edit.settled
        ]


class EditOutcome(TypedDict):
    """`added` and `removed` count lines."""

    state: EditState
    reason: str
    added: int
    removed: int


class AnswerUsage(TypedDict):
    """Tokens as the provider counted them."""

    input: int
    output: int


class Wait(TypedDict):
    """What is waited for: `reason` in a few words, and for how many seconds."""

    reason: str
    seconds: float


class AnswerParams(TypedDict):
    """The parameters of `picode/answer` (docs/protocol.md): what is new of an answer. `text` and `reasoning` take the place of
    what was sent before, `delta` and `reasoningDelta` follow it. `remedy` helps against `problem`. `cost` is in US dollars
    (null if it is not known)."""

    id: str
    state: AnswerState
    command: str
    title: str
    conversation: str
    question: NotRequired[str]
    typed: NotRequired[str]
    wait: NotRequired[Wait]
    token: NotRequired[int | str]
    provider: NotRequired[str]
    model: NotRequired[str]
    shown: NotRequired[list[str]]
    note: NotRequired[str]
    delta: NotRequired[str]
    thinking: NotRequired[bool]
    reasoningDelta: NotRequired[str]
    text: NotRequired[str]
    reasoning: NotRequired[str]
    problem: NotRequired[str]
    remedy: NotRequired[RemedyCommand]
    usage: NotRequired[AnswerUsage]
    cost: NotRequired[float | None]


class ProposedName(TypedDict):
    """A name that the model proposes, and why."""

    name: str
    reason: str


class SlashResult(TypedDict):
    """The result of `picode.slash` and of `picode.edit.again` (docs/protocol.md)."""

    id: str
    command: str
    output: Output
    text: str
    reasoning: NotRequired[str]
    conversation: str
    provider: str
    model: str
    note: str
    shown: list[str]
    state: AnswerState
    problem: NotRequired[str]
    edit: NotRequired[EditOutcome]
    names: NotRequired[list[ProposedName]]


def slash_result(answer: CommandAnswer, text: str) -> SlashResult:
    """The result of `picode.slash`; `text` is the sanitized answer."""
    fields: SlashResult = {
        "id": answer.id,
        "command": answer.request.command.name,
        "output": answer.request.command.output,
        "text": text,
        "conversation": answer.conversation,
        "provider": answer.provider,
        "model": answer.model,
        "note": answer.note,
        "shown": list(answer.shown),
        "state": answer.state,
    }
    if answer.reasoning:
        fields["reasoning"] = sanitize(answer.reasoning)
    if answer.problem:
        fields["problem"] = answer.problem
    if (edit := answer.edit) is not None:
        added, removed = (edit.proposal.added, edit.proposal.removed) if edit.proposal else (0, 0)
        fields["edit"] = {"state": edit.state, "reason": edit.reason, "added": added, "removed": removed}
    if answer.request.command.output == "names":
        fields["names"] = _names(answer)
    return fields


def _names(answer: CommandAnswer) -> list[ProposedName]:
    """The names that an answer proposes, without the one that is there."""
    from picode.core.names import names_in
    from picode.core.terminal import notice
    from picode.syntax.scope import name_at

    chosen = answer.request.selection
    old = name_at(chosen.lines, chosen.start, chosen.end, chosen.language) if chosen is not None else ""
    return [{"name": each.name, "reason": notice(each.reason)} for each in names_in(answer.text, old)]
