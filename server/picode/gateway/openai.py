"""OpenAI's chat completions and completions, from the server's side: requests in, answers and events out.

Sources: https://platform.openai.com/docs/api-reference/chat/create, /chat/streaming, /completions/create, /models/list.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import Request
from pydantic import BaseModel, Field

from picode.assistant.routing.exchange import GatewayReply, GatewayRequest, Reuse
from picode.core.content import CallDelta, TokenLogprob, new_call_id, of_kind
from picode.core.generation import GenerationOptions
from picode.core.messages import Chat, Chunk, Fill, Finish, Usage
from picode.gateway.api_errors import ApiError, as_openai
from picode.gateway.fields import (
    MOST_STOPS,
    Body,
    Fraction,
    ModelName,
    OpenBody,
    Penalty,
    Seed,
    Stop,
    Temperature,
    Tokens,
    as_list,
    client_body,
    refuse,
    require_some,
)
from picode.gateway.names import ModelRef
from picode.gateway.openai_content import choice_of, format_of, message_of, tools_of
from picode.gateway.replies import Answer
from picode.providers.templated import next_edit_family, read_prompt
from picode.wire.openai_content import encode_call, signed

_FINISHES = {
    Finish.STOP: "stop",
    Finish.LENGTH: "length",
    Finish.REFUSED: "content_filter",
    Finish.CALLS: "tool_calls",
}
_IMMATERIAL = frozenset(
    """
    user store service_tier safety_identifier prompt_cache_key prompt_cache_retention
    """.split()
)
"""Fields about billing, records and caches: an answer is the same without them."""
_USUAL_TOKENS = 16
"""Of a completion, by the API's documentation."""

DONE = b"data: [DONE]\n\n"


class ChatMessage(OpenBody):
    """A message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None

    @property
    def has_name(self) -> bool:
        """Whether it says who of several participants speaks. The name of a tool is another thing."""
        return self.role not in ("tool", "function") and bool((self.model_extra or {}).get("name"))


class StreamOptions(Body):
    include_usage: bool | None = None


class _Common(OpenBody):
    model: ModelName = "default"
    max_tokens: Tokens | None = None
    temperature: Temperature | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=MOST_STOPS)] | None = None
    seed: Seed | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None

    @property
    def wants_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)


class ChatRequest(_Common):
    """A conversation whose next turn is asked for."""

    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=10_000)]
    max_completion_tokens: Tokens | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    response_format: dict[str, Any] | None = None
    reasoning_effort: Annotated[str, Field(max_length=40)] | None = None
    verbosity: Annotated[str, Field(max_length=40)] | None = None
    top_p: Fraction | None = None
    top_k: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    metadata: dict[str, str] | None = None

    def gateway_request(self, named: ModelRef, reuse: Reuse, request: Request, text: str) -> GatewayRequest:
        """The request for the assistant; `text` is the body. Raises `ApiError` for a conversation that is none."""
        unknown: list[str] = [*self.unknown(_IMMATERIAL)]
        generation = self._generation(unknown)
        unknown += [f"messages.{at}.name" for at, turn in enumerate(self.messages) if turn.has_name]
        messages = [
            message_of(turn.role, turn.model_dump(exclude_none=True), f"messages.{at}")
            for at, turn in enumerate(self.messages)
        ]
        return GatewayRequest(
            Chat(require_some(messages, "messages")),
            *named,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            temperature=self.temperature,
            stop=as_list(self.stop),
            seed=self.seed,
            reuse=reuse,
            whole=not self.stream,
            generation=generation,
            client_body=client_body("openai_chat", text, request, stream=bool(self.stream), unknown=unknown),
        )

    def _generation(self, unknown: list[str]) -> GenerationOptions:
        return GenerationOptions(
            tools=tools_of(self.tools or (), unknown),
            tool_choice=choice_of(self.tool_choice, unknown),
            parallel_calls=self.parallel_tool_calls,
            format=format_of(self.response_format, unknown),
            effort=self.reasoning_effort or "",
            verbosity=self.verbosity or "",
            top_p=self.top_p,
            top_k=self.top_k,
            frequency_penalty=self.frequency_penalty,
            presence_penalty=self.presence_penalty,
            logprobs=bool(self.logprobs),
            top_logprobs=self.top_logprobs,
            n=self.n or 1,
            metadata=tuple((self.metadata or {}).items()),
        )


class CompletionRequest(_Common):
    """Text that is to be gone on with, or with `suffix` to be filled in. A prompt in a family's fill-in-the-middle template is
    code to be filled in, too, by whatever model is asked."""

    prompt: str | list[Any]
    suffix: str | None = None
    echo: bool | None = None
    best_of: int | None = None
    logprobs: int | None = None

    def gateway_request(self, named: ModelRef, reuse: Reuse) -> GatewayRequest:
        """The request for the assistant. Raises `ApiError` for a field that PiCode does not support."""
        prompt = self.prompt if isinstance(self.prompt, str) else _only(self.prompt)
        refuse(
            (
                ((self.n or 1) > 1 or (self.best_of or 1) > 1, "several answers at once", "n", "Leave `n` out."),
                (bool(self.echo), "echoing the prompt", "echo", "Leave `echo` out."),
                (self.logprobs is not None, "log probabilities", "logprobs", "Leave `logprobs` out."),
            )
        )
        return GatewayRequest(
            fill_of(prompt, self.suffix or ""),
            *named,
            max_tokens=self.max_tokens or _USUAL_TOKENS,
            temperature=self.temperature,
            stop=as_list(self.stop),
            seed=self.seed,
            reuse=reuse,
            whole=not self.stream,
            family=next_edit_family(prompt),
        )


def fill_of(prompt: str, suffix: str = "") -> Fill:
    """The code around the cursor that a prompt shows, by itself or in the template of some family."""
    templated = None if suffix or next_edit_family(prompt) else read_prompt(prompt)
    return templated or Fill(prompt, suffix)


def _only(prompts: list[Any]) -> str:
    if len(prompts) == 1 and isinstance(prompts[0], str):
        return prompts[0]
    raise ApiError(
        400, "invalid", "`prompt` has to be one text: lists and tokens are not supported.", field="prompt", retry=False
    )


class CompletionUsage(BaseModel):
    """Tokens, as the provider counted them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: dict[str, int]


class AssistantMessage(BaseModel):
    role: Literal["assistant"]
    content: str | None
    reasoning_content: str | None = None
    refusal: str | None = None
    tool_calls: list[dict[str, Any]] | None = None


class ChatChoice(BaseModel):
    index: int
    message: AssistantMessage
    finish_reason: Literal["stop", "length", "content_filter", "tool_calls"]
    logprobs: dict[str, Any] | None


class ChatCompletion(BaseModel):
    """The whole answer in a conversation."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: CompletionUsage


class TextChoice(BaseModel):
    index: Literal[0]
    text: str
    finish_reason: Literal["stop", "length", "content_filter"]
    logprobs: None


class Completion(BaseModel):
    """The whole completion."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[TextChoice]
    usage: CompletionUsage


class ModelInfo(BaseModel):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(BaseModel):
    """The models that can be asked here and now."""

    object: Literal["list"]
    data: list[ModelInfo]


def name_of(reply: GatewayReply) -> str:
    """Who answered, as the gateway names models."""
    return f"{reply.provider}/{reply.model}"


def chat_answer(reply: GatewayReply, answer: Answer, identifier: str, created: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text}
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    if answer.refusal:
        message |= {"content": answer.text or None, "refusal": answer.refusal}
    if calls := [encode_call(call) for call in answer.calls]:
        message |= {"content": answer.text or None, "tool_calls": calls}
    logprobs = (
        {"content": [encode_logprob(each) for each in answer.logprobs], "refusal": None} if answer.logprobs else None
    )
    choice = {"index": 0, "message": message, "finish_reason": _FINISHES[reply.finish], "logprobs": logprobs}
    head = {"id": f"chatcmpl-{identifier}", "object": "chat.completion", "created": created}
    return {**head, "model": name_of(reply), "choices": [choice], "usage": completion_usage(reply.usage)}


def _call_piece(delta: CallDelta) -> dict[str, Any]:
    function = {"name": delta.name} if delta.name else {}
    begun = {"id": delta.id or new_call_id(), "type": "function"} if delta.name else {}
    return {
        "index": delta.index,
        **begun,
        "function": {**function, "arguments": delta.arguments},
        **signed(delta.signature),
    }


def encode_logprob(each: TokenLogprob) -> dict[str, Any]:
    """The probability of a token, as chat and responses have it."""
    octets = list(each.bytes) if each.bytes is not None else None
    top = [{"token": one.token, "logprob": one.logprob, "bytes": one.bytes and list(one.bytes)} for one in each.top]
    return {"token": each.token, "logprob": each.logprob, "bytes": octets, "top_logprobs": top}


def completion_answer(reply: GatewayReply, text: str, identifier: str, created: int) -> dict[str, Any]:
    choice = {"index": 0, "text": text, "finish_reason": _FINISHES[reply.finish], "logprobs": None}
    head = {"id": f"cmpl-{identifier}", "object": "text_completion", "created": created}
    return {**head, "model": name_of(reply), "choices": [choice], "usage": completion_usage(reply.usage)}


def completion_usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def model_info(name: str, provider: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": provider}


class OpenAIEvents:
    """The events of one stream. What all of them begin with is written once: most of a stream is its envelopes."""

    def __init__(self, reply: GatewayReply, identifier: str, created: int, *, chat: bool, usage: bool) -> None:
        prefix, kind = ("chatcmpl-", "chat.completion.chunk") if chat else ("cmpl-", "text_completion")
        head = {"id": prefix + identifier, "object": kind, "created": created, "model": name_of(reply)}
        self._head = f"data: {json.dumps(head)[:-1]}, "
        self._chat = chat
        self._usage = usage

    def opening(self) -> bytes:
        return self._choice('"delta": {"role": "assistant", "content": ""}') if self._chat else b""

    def piece(self, chunk: Chunk) -> bytes:
        if not self._chat:
            return self._choice(f'"text": {json.dumps(chunk.text)}') if chunk.text else b""
        words = '"refusal"' if chunk.finish is Finish.REFUSED else '"content"'
        said = [
            f"{name}: {json.dumps(text)}"
            for name, text in (('"reasoning_content"', chunk.reasoning), (words, chunk.text))
            if text
        ]
        logprobs = "null"
        if chunk.deltas:
            calls = [_call_piece(each) for each in of_kind(chunk.deltas, CallDelta)]
            said += [f'"tool_calls": {json.dumps(calls)}'] if calls else []
            tokens = [encode_logprob(each) for each in of_kind(chunk.deltas, TokenLogprob)]
            logprobs = json.dumps({"content": tokens, "refusal": None}) if tokens else "null"
        if not said and logprobs == "null":
            return b""
        return self._choice(f'"delta": {{{", ".join(said)}}}', logprobs=logprobs)

    def closing(self, reply: GatewayReply) -> bytes:
        finish = _FINISHES[reply.finish]
        end = self._choice('"delta": {}' if self._chat else '"text": ""', f'"{finish}"')
        if self._usage:
            end += f'{self._head}"choices": [], "usage": {json.dumps(completion_usage(reply.usage))}}}\n\n'.encode()
        return end + DONE

    def failure(self, error: ApiError) -> bytes:
        return f"data: {json.dumps(as_openai(error, ''))}\n\n".encode()

    def _choice(self, what: str, finish: str = "null", logprobs: str = "null") -> bytes:
        choice = f'{{"index": 0, {what}, "logprobs": {logprobs}, "finish_reason": {finish}}}'
        return f'{self._head}"choices": [{choice}]}}\n\n'.encode()
