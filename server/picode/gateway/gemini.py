"""Google's Gemini API, from the server's side: requests in, answers and events out.

Sources: https://ai.google.dev/api/generate-content (generateContent, streamGenerateContent), /api/tokens, /api/models. A stream
is a JSON array, or with `alt=sse` events.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from picode.assistant.routing.exchange import GatewayReply, GatewayRequest, Reuse
from picode.core.content import Calls, ReasoningProof, TokenLogprob, ToolCall, of_kind
from picode.core.messages import Chat, Chunk, Finish, Usage
from picode.gateway.api_errors import ApiError, as_gemini
from picode.gateway.fields import (
    MOST_STOPS,
    Fraction,
    OpenBody,
    Penalty,
    Seed,
    Stop,
    Temperature,
    Tokens,
    client_body,
    require_some,
)
from picode.gateway.gemini_content import ENCRYPTED, generation_of, in_camel_case, messages_of
from picode.gateway.names import ModelRef
from picode.gateway.openai import name_of
from picode.gateway.replies import Answer
from picode.wire.generation import arguments_of
from picode.wire.shapes import items

_FINISHES = {Finish.STOP: "STOP", Finish.LENGTH: "MAX_TOKENS", Finish.REFUSED: "SAFETY", Finish.CALLS: "STOP"}
_IMMATERIAL = frozenset("model safetySettings labels serviceTier store".split())
"""Fields about billing, records and Google's own filters."""

JSON_KEEPALIVE = b"\n"
"""White space, which JSON may have between the elements of an array."""


class _Google(OpenBody):
    """Fields with Google's names."""

    model_config = ConfigDict(extra="allow", protected_namespaces=(), alias_generator=to_camel, populate_by_name=True)


class _GoogleBody(_Google):
    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return in_camel_case(value)


class GenerationConfig(_Google):
    """How the answer is to be made."""

    temperature: Temperature | None = None
    top_p: Fraction | None = None
    top_k: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    max_output_tokens: Tokens | None = None
    stop_sequences: Annotated[list[Stop], Field(max_length=MOST_STOPS)] | None = None
    seed: Seed | None = None
    candidate_count: Annotated[int, Field(ge=1, le=128)] | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    response_logprobs: bool | None = None
    logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    response_mime_type: str | None = None
    response_modalities: list[str] | None = None
    response_schema: dict[str, Any] | None = None
    response_json_schema: dict[str, Any] | None = None
    thinking_config: dict[str, Any] | None = None


class GenerateContentRequest(_GoogleBody):
    """A conversation whose next turn is asked for."""

    contents: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=10_000)]
    system_instruction: dict[str, Any] | str | None = None
    tools: list[dict[str, Any]] | None = None
    tool_config: dict[str, Any] | None = None
    generation_config: GenerationConfig = GenerationConfig()

    @property
    def thinks(self) -> bool:
        """Whether the client wants to see what the model thinks."""
        return (self.generation_config.thinking_config or {}).get("includeThoughts") is True

    def gateway_request(self, named: ModelRef, reuse: Reuse, came: tuple[Request, str], verb: str) -> GatewayRequest:
        """The request for the assistant. `came` is the request as it came and its text, `verb` what is asked of the model.
        Raises `ApiError` for a conversation that is none."""
        config, stream = self.generation_config, verb != "generateContent"
        fields = config.model_dump(by_alias=True, exclude_none=True)
        unknown = [*self.unknown(_IMMATERIAL), *(f"generationConfig.{name}" for name in config.unknown(frozenset()))]
        generation = generation_of(fields, self.tools or (), self.tool_config or {}, unknown)
        path = f"/{{model}}:{verb}{'?alt=sse' if stream else ''}"
        return GatewayRequest(
            Chat(require_some(messages_of(self.contents, self.system_instruction), "contents")),
            *named,
            max_tokens=config.max_output_tokens,
            temperature=config.temperature,
            stop=tuple(config.stop_sequences or ()),
            seed=config.seed,
            reuse=reuse,
            whole=not stream,
            generation=generation,
            client_body=client_body("gemini", came[1], came[0], stream=stream, unknown=unknown, path=path),
        )


class CountTokensRequest(_GoogleBody):
    """A conversation whose tokens are to be counted, or a whole request with it."""

    contents: list[dict[str, Any]] | None = None
    generate_content_request: dict[str, Any] | None = None

    def gateway_request(self, named: ModelRef) -> GatewayRequest:
        """The request for the assistant. Nothing is answered, so fields that PiCode does not know change nothing."""
        asked = self.generate_content_request or {"contents": self.contents or []}
        turns = messages_of(items(asked.get("contents")), asked.get("systemInstruction"))
        generation = generation_of({}, items(asked.get("tools")), {}, [])
        return GatewayRequest(Chat(require_some(turns, "contents")), *named, whole=True, generation=generation)


class Candidate(BaseModel):
    content: dict[str, Any]
    finishReason: str  # noqa: N815 (Google's name)
    index: int


class GenerateContentResponse(BaseModel):
    """The whole answer, or a piece of it."""

    candidates: list[Candidate]
    usageMetadata: dict[str, int]  # noqa: N815
    modelVersion: str  # noqa: N815
    responseId: str  # noqa: N815


class TokenCount(BaseModel):
    """How many tokens a conversation has."""

    totalTokens: int  # noqa: N815


class GeminiModel(BaseModel):
    """A model."""

    name: str
    displayName: str  # noqa: N815
    supportedGenerationMethods: list[str]  # noqa: N815


class GeminiModels(BaseModel):
    """The models that can be asked here and now."""

    models: list[GeminiModel]


def model_info(name: str, title: str) -> dict[str, Any]:
    return {
        "name": f"models/{name}",
        "version": "1",
        "displayName": title,
        "description": "",
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
    }


def answer(reply: GatewayReply, given: Answer, identifier: str, *, thinks: bool) -> dict[str, Any]:
    """The whole answer. What the model thinks is for clients that want it (`thinks`)."""
    parts = _thought(given.reasoning, given.proofs) if thinks else []
    if text := given.text + given.refusal:
        parts.append({"text": text})
    parts += map(_call, given.calls)
    return _response(reply, identifier, parts, reply.finish, given.logprobs)


class GeminiEvents:
    """The events of one stream. Calls are told whole, when the answer has ended. What the model thinks is for clients that want
    it (`thinks`)."""

    def __init__(self, reply: GatewayReply, identifier: str, request: str, *, thinks: bool) -> None:
        self._reply = reply
        self._identifier = identifier
        self._request = request
        self._thinks = thinks
        self._calls = Calls()

    def opening(self) -> bytes:
        return b""

    def piece(self, chunk: Chunk) -> bytes:
        self._calls.add(chunk.deltas)
        parts = _thought(chunk.reasoning, of_kind(chunk.deltas, ReasoningProof)) if self._thinks else []
        if chunk.text:
            parts.append({"text": chunk.text})
        tokens = of_kind(chunk.deltas, TokenLogprob)
        return self._event(parts, None, tokens) if parts or tokens else b""

    def closing(self, reply: GatewayReply) -> bytes:
        return self._event([_call(call) for call in self._calls.whole()], reply.finish)

    def failure(self, error: ApiError) -> bytes:
        return f"data: {json.dumps(as_gemini(error, self._request))}\n\n".encode()

    def _event(self, parts: list[dict[str, Any]], finish: Finish | None, tokens: Sequence[TokenLogprob] = ()) -> bytes:
        return f"data: {json.dumps(_response(self._reply, self._identifier, parts, finish, tokens))}\n\n".encode()


async def as_array(frames: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Server-sent events as the elements of one JSON array, for clients that do not ask for events."""
    begun = False
    async with aclosing(frames):
        async for frame in frames:
            for block in frame.replace(b"\r\n", b"\n").split(b"\n\n"):
                lines = [line[5:].strip() for line in block.split(b"\n") if line.startswith(b"data:")]
                if lines:
                    yield (b",\n" if begun else b"[") + b"\n".join(lines)
                    begun = True
    yield b"]" if begun else b"[]"


def _response(
    reply: GatewayReply,
    identifier: str,
    parts: list[dict[str, Any]],
    finish: Finish | None,
    tokens: Sequence[TokenLogprob] = (),
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    usage = {}
    if finish is not None:
        candidate["finishReason"] = _FINISHES[finish]
        usage = {"usageMetadata": _usage(reply.usage)}
    if tokens:
        candidate["logprobsResult"] = {
            "chosenCandidates": [_token(each) for each in tokens],
            "topCandidates": [{"candidates": [_token(one) for one in each.top]} for each in tokens],
        }
    return {"candidates": [candidate], **usage, "modelVersion": name_of(reply), "responseId": identifier}


def _thought(text: str, proofs: Sequence[ReasoningProof]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"text": text, "thought": True}] if text else []
    for proof in proofs:
        signature = ENCRYPTED + proof.encrypted if proof.encrypted else proof.signature
        parts.append({"text": "", "thought": True, "thoughtSignature": signature})
    return parts


def _call(call: ToolCall) -> dict[str, Any]:
    identifier = {"id": call.id} if call.id else {}
    signed = {"thoughtSignature": call.signature} if call.signature else {}
    return {"functionCall": {**identifier, "name": call.name, "args": arguments_of(call)}, **signed}


def _token(each: TokenLogprob) -> dict[str, Any]:
    return {"token": each.token, "logProbability": each.logprob}


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens,
        "cachedContentTokenCount": usage.cached_tokens,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
    }
