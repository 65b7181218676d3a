"""Slash commands over HTTP. Their context is the code in the request; nothing else of this machine is in the prompt."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from picode.assistant.chat.command_request import Began, CommandRequest, Ended, Event, Piece, Selection, Waits
from picode.assistant.routing.exchange import GatewayReply
from picode.bootstrap import Assistant
from picode.core.document import Position, split_lines
from picode.core.languages import language_of
from picode.core.messages import Chunk
from picode.core.slash import Command, parse
from picode.gateway.api_errors import ApiError
from picode.gateway.names import ModelRef
from picode.gateway.own import CompletionBody


async def run_command(assistant: Assistant, body: CompletionBody, named: ModelRef, owner: str) -> GatewayReply:
    """The reply, as soon as the model has begun to answer. `owner` is the name of the token. Raises `PiCodeError`, and
    `ApiError` for a command that needs an editor and for a conversation that is not the owner's."""
    command, args = parse(body.command or "", assistant.commands())
    _check(command)
    origin = f"gateway/{owner}"
    if body.conversation:
        await _check_conversation(assistant, body.conversation, origin)
    provider, model = named
    request = CommandRequest(
        replace(command, shows=frozenset({"file"})),  # not open files or changes: the client may be on another machine
        args,
        selection=_selection(body) if body.code else None,
        conversation=body.conversation,
        provider=provider,
        model=model,
        origin=origin,
        takes_text_back=False,
    )
    events = assistant.asker.ask(request)
    try:
        while isinstance(began := await anext(events), Waits):
            pass
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


async def _check_conversation(assistant: Assistant, name: str, origin: str) -> None:
    """The same for one of another token, of an editor and for none at all: the error does not say what exists."""
    found = await assistant.conversations.read(name)
    if found is None or found.summary.origin != origin:
        problem = f"This token has no conversation {name[:100]!r}."
        raise ApiError(404, "not_found", problem, field="conversation", retry=False)


def _check(command: Command) -> None:
    if command.about == "changes":
        raise _needs_editor(command, "is about a repository")
    if command.output == "local" and command.name != "help":
        raise _needs_editor(
            command, "chooses for everybody; `model` chooses for one request, and GET /api/models lists them"
        )


def _needs_editor(command: Command, why: str) -> ApiError:
    return ApiError(
        400, "invalid", f"{command.slash} {why}: it works in editors and terminals.", field="command", retry=False
    )


def _selection(body: CompletionBody) -> Selection:
    """The whole code of the request."""
    lines = split_lines(body.code)
    end = Position(len(lines) - 1, len(lines[-1]))
    language = body.language or language_of(body.path)
    return Selection(body.path, body.path or None, language, lines, Position(0, 0), end)
