"""Anthropic's messages, from the server's side: requests in, answers and events out.

Sources: https://docs.claude.com/en/api/messages, /en/docs/build-with-claude/streaming (events), /en/api/messages-count-tokens,
/en/api/models-list.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import Request
from pydantic import BaseModel, Field

from picode.assistant.routing.exchange import GatewayReply, GatewayRequest, Reuse
from picode.core.content import CallDelta, ReasoningProof, new_call_id, of_kind
from picode.core.messages import Chat, Chunk, Finish, Usage
from picode.gateway.anthropic_content import generation_of, message_of
from picode.gateway.api_errors import ApiError, as_anthropic
from picode.gateway.call_order import CallOrder
from picode.gateway.fields import (
    MOST_STOPS,
    Fraction,
    ModelName,
    OpenBody,
    Stop,
    Temperature,
    Tokens,
    client_body,
    require_some,
)
from picode.gateway.names import ModelRef
from picode.gateway.openai import name_of
from picode.gateway.replies import Answer
from picode.wire.generation import arguments_of

_FINISHES = {
    Finish.STOP: "end_turn",
    Finish.LENGTH: "max_tokens",
    Finish.REFUSED: "refusal",
    Finish.CALLS: "tool_use",
}
_IMMATERIAL = frozenset("service_tier container inference_geo context_management cache_control".split())
"""Fields about billing, records, caches and the trimming of old turns: an answer means the same without them."""

KEEPALIVE = b'event: ping\ndata: {"type": "ping"}\n\n'


class MessageParam(OpenBody):
    """A message of a conversation."""

    role: Literal["user", "assistant", "system"]
    content: str | list[dict[str, Any]]


class _Conversation(OpenBody):
    model: ModelName = "default"
    messages: Annotated[list[MessageParam], Field(min_length=1, max_length=10_000)]
    system: str | list[dict[str, Any]] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: dict[str, Any] | None = None
    thinking: dict[str, Any] | None = None
    output_config: dict[str, Any] | None = None

    def chat(self) -> Chat:
        """The conversation. Raises `ApiError` for one that is none."""
        turns = [message_of("system", self.system, "system")] if self.system else []
        turns += [message_of(turn.role, turn.content, f"messages.{at}") for at, turn in enumerate(self.messages)]
        return Chat(require_some(turns, "messages"))

    @property
    def thinks(self) -> bool:
        """Whether the client wants to see what the model thinks."""
        return (self.thinking or {}).get("type") in ("enabled", "adaptive")


class CountRequest(_Conversation):
    """A conversation whose tokens are to be counted."""

    def gateway_request(self, named: ModelRef, request: Request, text: str) -> GatewayRequest:
        """The request for the assistant; `text` is the body. Raises `ApiError` for a conversation that is none. Nothing is
        answered, so fields that PiCode does not know change nothing."""
        generation = generation_of(self.model_dump(exclude_none=True, exclude={"messages", "system"}), [])
        body = client_body("anthropic_messages", text, request, stream=False, unknown=())
        return GatewayRequest(self.chat(), *named, whole=True, generation=generation, client_body=body)


class MessagesRequest(_Conversation):
    """A conversation whose next turn is asked for."""

    max_tokens: Tokens
    temperature: Temperature | None = None
    top_p: Fraction | None = None
    top_k: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    stop_sequences: Annotated[list[Stop], Field(max_length=MOST_STOPS)] | None = None
    stream: bool | None = None
    metadata: dict[str, Any] | None = None

    def gateway_request(self, named: ModelRef, reuse: Reuse, request: Request, text: str) -> GatewayRequest:
        """The request for the assistant; `text` is the body. Raises `ApiError` for a conversation that is none. Clients are
        told which stop sequence it was, so PiCode cuts there where another dialect is spoken."""
        unknown = [*self.unknown(_IMMATERIAL)]
        generation = generation_of(self.model_dump(exclude_none=True, exclude={"messages", "system"}), unknown)
        return GatewayRequest(
            self.chat(),
            *named,
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            stop=tuple(self.stop_sequences or ()),
            own_stops=True,
            reuse=reuse,
            whole=not self.stream,
            generation=generation,
            client_body=client_body("anthropic_messages", text, request, stream=bool(self.stream), unknown=unknown),
        )


class ContentBlock(BaseModel):
    """Text, a tool call (`id`, `name`, `input`), or thinking with its `signature`."""

    type: Literal["text", "tool_use", "thinking", "redacted_thinking"]
    text: str | None = None
    id: str | None = None
    name: str | None = None
    input: dict[str, Any] | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None


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
    content: list[ContentBlock]
    stop_reason: Literal["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal"]
    stop_sequence: str | None
    usage: MessageUsage


class TokenCount(BaseModel):
    """How many tokens a conversation has."""

    input_tokens: int


def answer(reply: GatewayReply, given: Answer, identifier: str, *, thinks: bool) -> dict[str, Any]:
    """The whole answer. What the model thinks is for clients that want it (`thinks`)."""
    blocks = _thoughts(given) if thinks else []
    if text := given.text + given.refusal:
        blocks.append({"type": "text", "text": text})
    blocks += [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments_of(call)} for call in given.calls
    ]
    return {**_head(reply, identifier), "content": blocks, **_end(reply), "usage": _usage(reply.usage)}


def _thoughts(given: Answer) -> list[dict[str, Any]]:
    signature = next((proof.signature for proof in given.proofs if proof.signature), "")
    shown = [{"type": "thinking", "thinking": given.reasoning, "signature": signature}] if given.reasoning else []
    hidden = [{"type": "redacted_thinking", "data": proof.encrypted} for proof in given.proofs if proof.encrypted]
    return [*shown, *hidden]


def model_info(name: str, title: str) -> dict[str, Any]:
    return {"type": "model", "id": name, "display_name": title, "created_at": "1970-01-01T00:00:00Z"}


def _head(reply: GatewayReply, identifier: str) -> dict[str, Any]:
    return {"id": f"msg_{identifier}", "type": "message", "role": "assistant", "model": name_of(reply)}


def _end(reply: GatewayReply) -> dict[str, Any]:
    reason = "stop_sequence" if reply.stopped_by else _FINISHES[reply.finish]
    return {"stop_reason": reason, "stop_sequence": reply.stopped_by or None}


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "input_tokens": max(0, usage.input_tokens - usage.cached_tokens),
        "output_tokens": usage.output_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation_input_tokens": 0,
    }


class AnthropicEvents:
    """The events of one stream: a message whose blocks follow each other. What the model thinks is for clients that want it
    (`thinks`)."""

    def __init__(self, reply: GatewayReply, identifier: str, request: str, asked: int, *, thinks: bool) -> None:
        self._reply = reply
        self._identifier = identifier
        self._request = request
        self._asked = asked
        self._thinks = thinks
        self._order = CallOrder()
        self._blocks = 0
        self._open: tuple[str, int] | None = None
        """The kind of the block that is open, and for a call its index among the provider's."""

    def opening(self) -> bytes:
        """`usage` is what can be said before anything has been counted; the end says it exactly."""
        usage = _usage(Usage(self._asked))
        unknown: dict[str, Any] = {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
        return _event("message_start", message={**_head(self._reply, self._identifier), **unknown})

    def piece(self, chunk: Chunk) -> bytes:
        return b"".join(map(self._say, self._order.feed(chunk)))

    def _say(self, chunk: Chunk) -> bytes:
        said = b""
        if chunk.reasoning and self._thinks:
            said += self._begin(("thinking", 0), {"type": "thinking", "thinking": "", "signature": ""})
            said += self._delta({"type": "thinking_delta", "thinking": chunk.reasoning})
        for proof in of_kind(chunk.deltas, ReasoningProof) if self._thinks else ():
            said += self._proof(proof)
        if chunk.text:
            said += self._begin(("text", 0), {"type": "text", "text": ""})
            said += self._delta({"type": "text_delta", "text": chunk.text})
        for call in of_kind(chunk.deltas, CallDelta):
            said += self._call(call)
        return said

    def closing(self, reply: GatewayReply) -> bytes:
        usage = _usage(reply.usage)
        rest = b"".join(map(self._say, self._order.close()))
        empty = b"" if self._blocks else self._begin(("text", 0), {"type": "text", "text": ""})
        return (
            rest
            + empty
            + self._close()
            + _event("message_delta", delta=_end(reply), usage=usage)
            + _event("message_stop")
        )

    def failure(self, error: ApiError) -> bytes:
        return f"event: error\ndata: {json.dumps(as_anthropic(error, self._request))}\n\n".encode()

    def _proof(self, proof: ReasoningProof) -> bytes:
        if proof.encrypted:
            return self._begin(("redacted", self._blocks), {"type": "redacted_thinking", "data": proof.encrypted})
        begun = self._begin(("thinking", 0), {"type": "thinking", "thinking": "", "signature": ""})
        return begun + self._delta({"type": "signature_delta", "signature": proof.signature}) + self._close()

    def _call(self, delta: CallDelta) -> bytes:
        block = {"type": "tool_use", "id": delta.id or new_call_id(), "name": delta.name, "input": {}}
        begun = self._begin(("call", delta.index), block)
        return begun + (
            self._delta({"type": "input_json_delta", "partial_json": delta.arguments}) if delta.arguments else b""
        )

    def _begin(self, kind: tuple[str, int], block: dict[str, Any]) -> bytes:
        """Ends the open block and begins one, unless one of this kind is open."""
        if self._open == kind:
            return b""
        ended, first = self._close(), not self._blocks
        self._open, self._blocks = kind, self._blocks + 1
        begun = _event("content_block_start", index=self._blocks - 1, content_block=block)
        return ended + begun + (KEEPALIVE if first else b"")

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return _event("content_block_delta", index=self._blocks - 1, delta=delta)

    def _close(self) -> bytes:
        if self._open is None:
            return b""
        self._open = None
        return _event("content_block_stop", index=self._blocks - 1)


def _event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()
