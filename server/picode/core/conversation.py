"""Stored conversations: sequences of turns, and what of them a model is sent again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from picode.core.messages import Message, Role, Usage
from picode.core.reasoning import split_reasoning

TurnState = Literal["whole", "partial", "failed"]
"""`partial`: broken off, or still being written. `failed`: `problem` says why; `text` is the part that had arrived. The
`problem` of a `whole` turn says why the answer ends where it does: it was cut, or the model declined."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One stored turn.

    `id` is assigned by the store. `at` is the time of its start in Unix seconds; 0 stands for now. `command` is the name of the
    slash command, without the slash. `cost` is in US dollars by the published price; None if that is not known. `shown` names
    the files in the prompt. `reasoning` is the model's, which is no part of `text`.
    """

    role: Role
    text: str
    id: int = 0
    at: float = 0.0
    command: str = ""
    provider: str = ""
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    state: TurnState = "whole"
    problem: str = ""
    shown: tuple[str, ...] = ()
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation without its turns. `begun` and `changed` are in Unix seconds. `folder` is the workspace's folder,
    `origin` the program that it was held in (`editor`, `terminal`, or `gateway/`
    and the name of the token). `cost` is the sum of the known costs in US dollars; None if none is known."""

    id: str
    title: str
    folder: str = ""
    origin: str = ""
    begun: float = 0.0
    changed: float = 0.0
    turns: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A whole conversation, its turns in order."""

    summary: Summary
    turns: tuple[Turn, ...] = ()


def history(turns: Iterable[Turn]) -> tuple[Message, ...]:
    """The questions that were answered, with their answers: what a model is sent with the next question.

    A question without an answer would be answered along with the next one. Reasoning is left out, also where an older release
    stored it as a part of the answer.
    """
    messages: list[Message] = []
    question: Turn | None = None
    for turn in turns:
        if turn.role != "assistant":
            question = turn
            continue
        text = split_reasoning(turn.text).text
        if question is not None and text.strip():
            messages += (Message(question.role, question.text), Message("assistant", text))
        question = None
    return tuple(messages)


def first_answered(turns: Iterable[Turn], count: int) -> tuple[Turn, ...]:
    """The first `count` questions that were answered, with their answers."""
    kept: list[Turn] = []
    question: Turn | None = None
    for turn in turns:
        if turn.role != "assistant":
            question = turn
        elif question is not None and turn.text.strip():
            kept += (question, turn)
            question = None
    return tuple(kept[: 2 * count])
