"""What was asked and answered, as it is kept: a conversation is a row of turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from picode.core.messages import Role, Usage

TurnState = Literal["whole", "partial", "failed"]
"""`partial`: broken off, or still being written. `failed`: `problem` says why; `text` is what had arrived."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as it is kept. What is empty or None is not known, or goes without saying.

    `id` is given by the store. `at` is when it began, in Unix seconds; 0 stands for now. `command` is the slash command that
    was asked, without the slash. `cost` is in US dollars by the published price. `shown` names the files that the model was
    shown.
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


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation without its words. `begun` and `changed` are Unix seconds. `folder` is the workspace that it is about,
    `origin` where it was held (an editor's name, "chat", …). `cost` is the sum of the costs that are known, None where none
    is."""

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
