"""PiCode's own API: one request for completions, conversations and slash commands; lists of providers and models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from picode.assistant.routing.exchange import GatewayReply, GatewayRequest, Reuse
from picode.assistant.routing.models import Choice
from picode.assistant.routing.provider_status import ProviderStatus
from picode.core.messages import Chat, Chunk, Fill, Role
from picode.gateway.api_errors import ApiError, as_own
from picode.gateway.fields import (
    MOST_STOPS,
    Body,
    Content,
    ModelName,
    Name,
    Seed,
    Stop,
    Temperature,
    Tokens,
    as_list,
    messages_of,
    text_of,
)
from picode.gateway.names import ModelRef
from picode.gateway.replies import Answer


class ConversationMessage(Body):
    """A message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: Content


class CompletionBody(Body):
    """What is wanted: code to be filled in (`prompt`, `suffix`), the next turn of a conversation (`messages`), or a slash
    command (`command`) about some `code`. Exactly one of the three."""

    prompt: str | None = None
    """The code before the cursor."""
    suffix: str = ""
    """The code behind the cursor."""
    messages: Annotated[list[ConversationMessage], Field(min_length=1, max_length=10_000)] | None = None
    """The conversation so far."""
    command: Annotated[str, Field(max_length=10_000)] | None = None
    """A slash command with its words, such as `/explain the error handling`."""
    code: str = ""
    """What the slash command is about."""
    conversation: Annotated[Name, Field(max_length=100)] = ""
    """The conversation that a slash command goes on with: an earlier answer names it."""
    path: Annotated[Name, Field(max_length=4096)] = ""
    """The file of the code, by which it may be excluded, and which tells its language."""
    language: Annotated[Name, Field(max_length=100)] = ""
    """The language of the code, such as `python`."""
    provider: ModelName = ""
    model: ModelName = ""
    max_tokens: Tokens | None = None
    temperature: Temperature | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=MOST_STOPS)] | None = None
    seed: Seed | None = None
    stream: bool = False

    def check(self) -> None:
        """Raises `ApiError` unless exactly one of `prompt`, `messages` and `command` is given."""
        given = [name for name in ("prompt", "messages", "command") if getattr(self, name) is not None]
        if len(given) != 1:
            problem = f"{' and '.join(given)} exclude each other." if given else "Nothing is asked for."
            raise ApiError(400, "invalid", f"{problem} Send `prompt`, `messages` or `command`.", retry=False)

    def gateway_request(self, named: ModelRef, reuse: Reuse) -> GatewayRequest:
        """The request for the assistant. Raises `ApiError` if all messages are empty."""
        asked: Fill | Chat
        if self.messages is not None:
            turns: list[tuple[Role, str]] = [
                (turn.role, text_of(turn.content, f"messages.{at}.content")) for at, turn in enumerate(self.messages)
            ]
            asked = Chat(messages_of(turns, "messages"))
        else:
            asked = Fill(self.prompt or "", self.suffix, self.path, self.language)
        return GatewayRequest(
            asked,
            *named,
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            stop=as_list(self.stop),
            seed=self.seed,
            reuse=reuse,
            whole=not self.stream,
        )


class TokenUsage(BaseModel):
    """Tokens, as the provider counted them."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int


class Completed(BaseModel):
    """The whole answer. `note` says why it took longer than usual, where it did; `conversation` is where that of a slash
    command is kept."""

    id: str
    provider: str
    model: str
    text: str
    reasoning: str
    finish: Literal["stop", "length", "refused", "calls"]
    usage: TokenUsage
    cached: bool
    note: str
    conversation: str


class ProviderRow(BaseModel):
    """A provider. `missing` says what has to be set before it can be asked; `running` whether its server runs, where that can
    be told."""

    name: str
    title: str
    local: bool
    missing: str
    running: bool | None
    documentation: str


class ModelRow(BaseModel):
    """A model. `detail` says what is missing where it is not `available`; `id` is its name in all the APIs."""

    id: str
    provider: str
    title: str
    model: str
    available: bool
    current: bool
    detail: str


def completed(reply: GatewayReply, answer: Answer, identifier: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "provider": reply.provider,
        "model": reply.model,
        "text": answer.text + answer.refusal,
        "reasoning": answer.reasoning,
        "finish": reply.finish.value,
        "usage": asdict(reply.usage),
        "cached": reply.cached,
        "note": reply.note,
        "conversation": reply.conversation,
    }


def provider_row(standing: ProviderStatus) -> dict[str, Any]:
    row = standing.provider
    return {
        "name": row.name,
        "title": row.title,
        "local": row.local,
        "missing": standing.missing,
        "running": standing.running,
        "documentation": row.documentation,
    }


def model_row(choice: Choice) -> dict[str, Any]:
    return {"id": f"{choice.provider}/{choice.model}" if choice.model else choice.provider, **choice.as_json()}


class OwnEvents:
    """`began`, then a `piece` each, then `ended`; or `failed`."""

    def __init__(self, reply: GatewayReply, identifier: str, request: str) -> None:
        self._reply = reply
        self._identifier = identifier
        self._request = request

    def opening(self) -> bytes:
        reply = self._reply
        who = {"id": self._identifier, "provider": reply.provider, "model": reply.model}
        more = {"cached": reply.cached, "note": reply.note, "conversation": reply.conversation}
        return _event("began", {**who, **more})

    def piece(self, chunk: Chunk) -> bytes:
        said = {"text": chunk.text, "reasoning": chunk.reasoning}
        return _event("piece", {name: text for name, text in said.items() if text})

    def closing(self, reply: GatewayReply) -> bytes:
        return _event("ended", {"finish": reply.finish.value, "usage": asdict(reply.usage)})

    def failure(self, error: ApiError) -> bytes:
        return _event("failed", as_own(error, self._request))


def _event(name: str, fields: Mapping[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(fields)}\n\n".encode()
