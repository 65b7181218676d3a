"""A conversation in the one form that every chat API takes: system text first, then alternating turns without blanks.

Several servers refuse two turns of one role in a row, a system message in the middle, or an empty text; merging them
says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from picode.core.errors import ConfigurationError
from picode.core.messages import Chat, Fill, Message, Request
from picode.wire.dialect import Profile

if TYPE_CHECKING:
    from picode.core.content import Part


def chat_of(request: Request, dialect: str) -> Chat:
    """The conversation that `request` carries. Raises `ConfigurationError` if it carries code to fill in."""
    if isinstance(request.prompt, Chat):
        return request.prompt
    raise ConfigurationError(
        f"The dialect {dialect!r} takes conversations, not code to fill in.",
        "Set the provider's fill dialect to openai_completions or another that fills in.",
    )


def fill_of(request: Request, dialect: str) -> Fill:
    """The code to fill in that `request` carries. Raises `ConfigurationError` if it carries a conversation."""
    if isinstance(request.prompt, Fill):
        return request.prompt
    raise ConfigurationError(
        f"The dialect {dialect!r} takes code to fill in, not conversations.",
        "Set the provider's chat dialect to openai_chat or another that holds conversations.",
    )


def arrange(chat: Chat, profile: Profile, *, inner_system: bool = False) -> tuple[str, tuple[Message, ...]]:
    """The system text (empty where there is none, or the model takes none) and the turns.

    `inner_system`: the format has system turns within a conversation, so that those with parts stay where they are. A model
    that takes no system prompt finds it at the head of the first turn of the user. A last message of the assistant stays only
    where the profile says that the model goes on from it.
    """
    inner = [each for each in chat.messages if each.role == "system" and each.parts] if inner_system else []
    heads = (each for each in chat.messages if each.role == "system" and each not in inner)
    system = "\n\n".join(each.text for each in heads if each.text.strip())
    turns: list[Message] = []
    for message in chat.messages:
        if message in inner and not profile.system_prompt:
            message = replace(message, role="user")
        if (message.role == "system" and message not in inner) or not (message.parts or message.text.strip()):
            continue
        if turns and turns[-1].role == message.role:
            turns[-1] = _joined(turns[-1], message)
        else:
            turns.append(message)
    if turns and turns[-1].role == "assistant" and not profile.prefill:
        turns.pop()
    if system and not profile.system_prompt:
        if turns and turns[0].role == "user":
            turns[0] = _joined(Message("user", system), turns[0])
        else:
            turns.insert(0, Message("user", system))
        system = ""
    return system, tuple(turns)


def is_text(request: Request, turns: Sequence[Message]) -> bool:
    """Whether `request` is text alone, as questions of users are: then nothing about other content is imported."""
    return request.generation is None and not any(turn.parts for turn in turns)


def text_messages(turns: Sequence[Message]) -> list[dict[str, Any]]:
    """Turns of text alone, as most formats have them."""
    return [{"role": turn.role, "content": turn.text} for turn in turns]


def call_names(turns: Sequence[Message]) -> dict[str, str]:
    """The tools that were called, by the ids of the calls."""
    from picode.core.content import ToolCall

    return {part.id: part.name for turn in turns for part in turn.parts if isinstance(part, ToolCall)}


def _joined(first: Message, second: Message) -> Message:
    text = "\n\n".join(each.text for each in (first, second) if each.text)
    if not first.parts and not second.parts:
        return Message(first.role, text)
    return Message(first.role, text, parts=(*parts_of(first), *parts_of(second)))


def parts_of(message: Message) -> tuple[Part, ...]:
    """All that `message` holds, in order; text of blanks alone, which several servers refuse, is left out."""
    from picode.core.content import Text

    if message.parts:
        return tuple(part for part in message.parts if not isinstance(part, Text) or part.text.strip())
    return (Text(message.text),) if message.text.strip() else ()
