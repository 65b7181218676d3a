"""Slash commands over HTTP: about the code that comes with them, and about nothing else of this machine."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from picode.assistant.chat.command_request import Began, CommandRequest, Ended, Event, Piece, Selection
from picode.assistant.context.file_types import language_of
from picode.assistant.routing.gateway import GatewayReply
from picode.bootstrap import Assistant
from picode.core.document import Position, split_lines
from picode.core.messages import Chunk
from picode.core.slash import Command, parse
from picode.gateway.failures import Refused
from picode.gateway.names import Named
from picode.gateway.own import CompletionBody


async def carry_out(assistant: Assistant, body: CompletionBody, named: Named) -> GatewayReply:
    """Returns with the first word of the answer. Raises `PiCodeError`s, and `Refused` for commands that need an editor."""
    command, words = parse(body.command or "", assistant.commands())
    _check(command, words)
    provider, model = named
    inquiry = CommandRequest(
        # What lies open or changed on this machine is not the business of whoever asks.
        replace(command, shows=frozenset({"file"})),
        words,
        selection=_selection(body) if body.code else None,
        conversation=body.conversation,
        provider=provider,
        model=model,
        origin="gateway",
    )
    events = assistant.asker.ask(inquiry)
    try:
        began = await anext(events)
    except BaseException:
        await events.aclose()
        raise
    assert isinstance(began, Began)
    reply = GatewayReply(began.provider, began.model, _nothing(), note=began.note, conversation=began.conversation)
    reply.chunks = _chunks(events, reply)
    return reply


async def _chunks(events: AsyncGenerator[Event], reply: GatewayReply) -> AsyncGenerator[Chunk]:
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Piece):
                yield Chunk(event.text, event.reasoning)
            elif isinstance(event, Ended):
                reply.finish, reply.usage = event.finish, event.usage


async def _nothing() -> AsyncGenerator[Chunk]:
    return
    yield


def _check(command: Command, words: str) -> None:
    if command.about == "changes":
        raise _needs_editor(command, "is about a repository")
    if command.output == "local" and command.name != "help":
        raise _needs_editor(
            command, "chooses for everybody; `model` chooses for one request, and GET /api/models lists them"
        )


def _needs_editor(command: Command, why: str) -> Refused:
    return Refused(
        400, "invalid", f"{command.slash} {why}: it works in editors and terminals.", field="command", retry=False
    )


def _selection(body: CompletionBody) -> Selection:
    """All of the code."""
    lines = split_lines(body.code)
    end = Position(len(lines) - 1, len(lines[-1]))
    language = body.language or language_of(body.path)
    return Selection(body.path, body.path or None, language, lines, Position(0, 0), end)
