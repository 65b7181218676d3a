"""Exports conversations as Markdown and JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NotRequired, TypedDict

from picode.core.asking import typed_in
from picode.core.conversation import Conversation, Summary, Turn, TurnState
from picode.core.messages import Role, Usage

FORMAT = 1
"""The version of the JSON's shape. It changes with an incompatible change."""

_FENCE = re.compile(r"^ {0,3}(`{3,}+|~{3,}+)(.*)$")
_WHO = {"user": "You", "assistant": "Answer", "system": "Instructions"}
_ENDS = {"partial": "Broken off", "failed": "Failed"}


def as_markdown(conversation: Conversation) -> str:
    """Markdown, with a heading above each turn. The turns' text is unchanged; reasoning is left out."""
    summary = conversation.summary
    parts = [f"# {summary.title or 'Conversation'}", _head(summary)]
    for turn in conversation.turns:
        parts += [f"## {_heading(turn)}", closed(turn.text.strip("\n")), *_notes(turn)]
    return "\n\n".join(part for part in parts if part) + "\n"


class KeptUsage(TypedDict):
    """Tokens as the provider counted them."""

    inputTokens: int
    outputTokens: int
    cachedTokens: int


class KeptTurn(TypedDict):
    """A turn of a stored conversation. `at` is in UTC (ISO 8601), `cost` in US dollars (null if it is not known)."""

    role: Role
    text: str
    at: str
    command: str
    provider: str
    model: str
    usage: KeptUsage
    cost: float | None
    state: TurnState
    problem: str
    shown: list[str]
    reasoning: NotRequired[str]
    typed: NotRequired[str]
    """Of a question: what the user typed, without the code that went with it."""


class KeptSummary(TypedDict):
    """A stored conversation without its turns. Times are in UTC (ISO 8601), `cost` is in US dollars."""

    id: str
    title: str
    folder: str
    origin: str
    begun: str
    changed: str
    turnCount: int
    usage: KeptUsage
    cost: float | None


class KeptConversation(KeptSummary):
    """A stored conversation. `format` is the version of this shape."""

    format: int
    turns: list[KeptTurn]


def as_json(conversation: Conversation) -> KeptConversation:
    """A JSON object: times in UTC (ISO 8601), costs in US dollars."""
    return {
        "format": FORMAT,
        **summary_as_json(conversation.summary),
        "turns": [_turn(turn) for turn in conversation.turns],
    }


def summary_as_json(summary: Summary) -> KeptSummary:
    """A JSON object with everything but the turns."""
    return {
        "id": summary.id,
        "title": summary.title,
        "folder": summary.folder,
        "origin": summary.origin,
        "begun": moment(summary.begun),
        "changed": moment(summary.changed),
        "turnCount": summary.turns,
        "usage": _usage(summary.usage),
        "cost": summary.cost,
    }


def moment(seconds: float) -> str:
    """Unix seconds as ISO 8601, in UTC; empty for a time out of range."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return ""


def closed(text: str) -> str:
    """`text` with its last code block closed: that of an answer that broke off would include what follows.

    >>> closed("Do:\\n```python\\nx = 1")
    'Do:\\n```python\\nx = 1\\n```'
    """
    fence = ""
    for line in text.split("\n"):
        if not (found := _FENCE.match(line)):
            continue
        marks, rest = found.groups()
        if not fence:
            fence = marks if marks[0] == "~" or "`" not in rest else ""
        elif marks[0] == fence[0] and len(marks) >= len(fence) and not rest.strip():
            fence = ""
    return f"{text}\n{fence}" if fence else text


def _head(summary: Summary) -> str:
    facts = [
        moment(summary.begun).replace("T", " ").replace("Z", " UTC"),
        f"`{summary.folder}`" if summary.folder else "",
    ]
    usage = summary.usage
    if usage.input_tokens or usage.output_tokens:
        facts.append(f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out")
    if summary.cost is not None:
        facts.append(f"${summary.cost:.4f}")
    return " · ".join(fact for fact in facts if fact)


def _heading(turn: Turn) -> str:
    who = _WHO[turn.role]
    if turn.role == "user":
        return f"{who} (/{turn.command})" if turn.command else who
    by = ", ".join(name for name in (turn.model, turn.provider) if name)
    return f"{who} ({by})" if by else who


def _notes(turn: Turn) -> list[str]:
    notes: list[str] = []
    if turn.shown:
        notes.append("> Shown to the model: " + ", ".join(f"`{name}`" for name in turn.shown))
    problem = " ".join(turn.problem.split())
    if turn.state in _ENDS:
        notes.append(f"> {_ENDS[turn.state]}: {problem}" if problem else f"> {_ENDS[turn.state]}.")
    elif problem:
        notes.append(f"> {problem}")
    return notes


def _turn(turn: Turn) -> KeptTurn:
    kept: KeptTurn = {
        "role": turn.role,
        "text": turn.text,
        "at": moment(turn.at),
        "command": turn.command,
        "provider": turn.provider,
        "model": turn.model,
        "usage": _usage(turn.usage),
        "cost": turn.cost,
        "state": turn.state,
        "problem": turn.problem,
        "shown": list(turn.shown),
    }
    if turn.reasoning:
        kept["reasoning"] = turn.reasoning
    if turn.role == "user" and (typed := typed_in(turn.text)) != turn.text:
        kept["typed"] = typed
    return kept


def _usage(usage: Usage) -> KeptUsage:
    return {
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "cachedTokens": usage.cached_tokens,
    }
