"""Anthropic's messages, from the server's side: requests in, answers and events out.

Sources: https://docs.claude.com/en/api/messages, /en/docs/build-with-claude/streaming (events), /en/api/messages-count-tokens,
/en/api/models-list.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from picode.assistant.routing.gateway import GatewayReply, GatewayRequest, Reuse
from picode.core.messages import Chat, Chunk, Finish, Role
from picode.gateway.api_errors import ApiError, as_anthropic
from picode.gateway.fields import (
    MOST_STOPS,
    Body,
    Content,
    ModelName,
    Stop,
    Temperature,
    Tokens,
    messages_of,
    refuse,
    text_of,
)
from picode.gateway.names import ModelRef
from picode.gateway.openai import name_of

_FINISHES = {Finish.STOP: "end_turn", Finish.LENGTH: "max_tokens", Finish.REFUSED: "api_error"}
_CHARACTERS = 4

KEEPALIVE = b'event: ping\ndata: {"type": "ping"}\n\n'


class MessageParam(Body):
    """A message of a conversation."""

    role: Literal["user", "assistant", "system"]
    content: Content


class _Conversation(Body):
    model: ModelName = "default"
    messages: Annotated[list[MessageParam], Field(min_length=1, max_length=10_000)]
    system: Content | None = None
    tools: list[Any] | None = None
    tool_choice: dict[str, Any] | None = None

    def chat(self) -> Chat:
        """The request for the assistant. Raises `ApiError` for a field that PiCode does not support."""
        unused = (self.tool_choice or {}).get("type") == "none"
        refuse(((bool(self.tools) and not unused, "tools", "tools", "Leave `tools` out."),))
        turns: list[tuple[Role, str]] = []
        if self.system:
            parts = (
                self.system
                if isinstance(self.system, str)
                else "\n\n".join(text_of([part], f"system.{at}") for at, part in enumerate(self.system))
            )
            turns.append(("system", parts))
        turns += [(turn.role, text_of(turn.content, f"messages.{at}.content")) for at, turn in enumerate(self.messages)]
        return Chat(messages_of(turns, "messages"))


class CountRequest(_Conversation):
    """A conversation whose tokens are to be counted."""


class MessagesRequest(_Conversation):
    """A conversation whose next turn is asked for."""

    max_tokens: Tokens
    temperature: Temperature | None = None
    stop_sequences: Annotated[list[Stop], Field(max_length=MOST_STOPS)] | None = None
    stream: bool | None = None

    def gateway_request(self, named: ModelRef, reuse: Reuse) -> GatewayRequest:
        """The request for the assistant. Raises `ApiError` for a field that PiCode does not support. Clients are told which
        stop sequence it was, so PiCode cuts there."""
        return GatewayRequest(
            self.chat(),
            *named,
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            stop=tuple(self.stop_sequences or ()),
            own_stops=True,
            reuse=reuse,
            whole=not self.stream,
        )


class TextBlock(BaseModel):
    type: Literal["text"]
    text: str


class MessageUsage(BaseModel):
    """Tokens, as the provider counted them."""

    input_tokens: int
    output_tokens: int
    cache_read_input_tokens: int
    cache_creation_input_tokens: int


class MessageResponse(BaseModel):
    """The whole answer."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    content: list[TextBlock]
    stop_reason: Literal["end_turn", "max_tokens", "stop_sequence", "api_error"]
    stop_sequence: str | None
    usage: MessageUsage


class TokenCount(BaseModel):
    """How many tokens a conversation has, estimated: a token is about four characters."""

    input_tokens: int


def answer(reply: GatewayReply, text: str, identifier: str) -> dict[str, Any]:
    return {
        **_head(reply, identifier),
        "content": [{"type": "text", "text": text}] if text else [],
        **_end(reply),
        "usage": {"input_tokens": _fresh(reply), **_rest(reply)},
    }


def counted(chat: Chat) -> dict[str, Any]:
    return {"input_tokens": max(1, sum(len(message.text) for message in chat.messages) // _CHARACTERS)}


def model_info(name: str, title: str) -> dict[str, Any]:
    return {"type": "model", "id": name, "display_name": title, "created_at": "1970-01-01T00:00:00Z"}


def _head(reply: GatewayReply, identifier: str) -> dict[str, Any]:
    return {"id": f"msg_{identifier}", "type": "message", "role": "assistant", "model": name_of(reply)}


def _end(reply: GatewayReply) -> dict[str, Any]:
    reason = "stop_sequence" if reply.stopped_by else _FINISHES[reply.finish]
    return {"stop_reason": reason, "stop_sequence": reply.stopped_by or None}


def _fresh(reply: GatewayReply) -> int:
    return max(0, reply.usage.input_tokens - reply.usage.cached_tokens)


def _rest(reply: GatewayReply) -> dict[str, Any]:
    usage = reply.usage
    return {
        "output_tokens": usage.output_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation_input_tokens": 0,
    }


class AnthropicEvents:
    """The events of one stream: a message with one block of text."""

    def __init__(self, reply: GatewayReply, identifier: str, request: str, asked: int) -> None:
        self._reply = reply
        self._identifier = identifier
        self._request = request
        self._asked = asked

    def opening(self) -> bytes:
        """`usage` is what can be said before anything has been counted; the end says it exactly."""
        usage = {"input_tokens": self._asked, "output_tokens": 0}
        usage |= {"cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
        unknown: dict[str, Any] = {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
        block = {"index": 0, "content_block": {"type": "text", "text": ""}}
        return (
            _event("message_start", message={**_head(self._reply, self._identifier), **unknown})
            + _event("content_block_start", **block)
            + KEEPALIVE
        )

    def piece(self, chunk: Chunk) -> bytes:
        if not chunk.text:  # a model's thinking would need a signature of Anthropic's
            return b""
        return (
            'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 0, '
            f'"delta": {{"type": "text_delta", "text": {json.dumps(chunk.text)}}}}}\n\n'
        ).encode()

    def closing(self, reply: GatewayReply) -> bytes:
        usage = {"input_tokens": _fresh(reply), **_rest(reply)}
        return (
            _event("content_block_stop", index=0)
            + _event("message_delta", delta=_end(reply), usage=usage)
            + _event("message_stop")
        )

    def failure(self, error: ApiError) -> bytes:
        return f"event: error\ndata: {json.dumps(as_anthropic(error, self._request))}\n\n".encode()


def _event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()
