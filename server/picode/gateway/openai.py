"""OpenAI's chat completions and completions, from the server's side: requests in, answers and events out.

Sources: https://platform.openai.com/docs/api-reference/chat/create, /chat/streaming, /completions/create, /models/list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from picode.assistant.routing.gateway import GatewayReply, GatewayRequest, Reuse
from picode.core.messages import Chat, Chunk, Fill, Finish, Role, Usage
from picode.gateway.api_errors import ApiError, as_openai
from picode.gateway.fields import (
    MOST_STOPS,
    Body,
    Content,
    ModelName,
    Seed,
    Stop,
    Temperature,
    Tokens,
    as_list,
    messages_of,
    refuse,
    text_of,
)
from picode.gateway.names import ModelRef

_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_FINISHES = {Finish.STOP: "stop", Finish.LENGTH: "length", Finish.REFUSED: "content_filter"}
_USUAL_TOKENS = 16
"""Of a completion, by the API's documentation."""

KEEPALIVE = b": still there\n\n"
DONE = b"data: [DONE]\n\n"


class ChatMessage(Body):
    """A message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content | None = None
    tool_calls: list[Any] | None = None


class StreamOptions(Body):
    include_usage: bool | None = None


class Format(Body):
    type: str = "text"


class _Common(Body):
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
    tools: list[Any] | None = None
    tool_choice: Any = None
    functions: list[Any] | None = None
    response_format: Format | None = None
    logprobs: bool | None = None
    audio: Any = None

    def gateway_request(self, named: ModelRef, reuse: Reuse) -> GatewayRequest:
        """The request for the assistant. Raises `ApiError` for a field that PiCode does not support."""
        refuse(
            (
                ((self.n or 1) > 1, "several answers at once", "n", "Leave `n` out."),
                (bool(self.tools) and self.tool_choice != "none", "tools", "tools", "Leave `tools` out."),
                (bool(self.functions), "functions", "functions", "Leave `functions` out."),
                (bool(self.logprobs), "log probabilities", "logprobs", "Leave `logprobs` out."),
                (self.audio is not None, "audio", "audio", "Leave `audio` out."),
                (
                    self.response_format is not None and self.response_format.type != "text",
                    "answers of a fixed form",
                    "response_format",
                    "Ask for JSON in words.",
                ),
            )
        )
        turns = [(_role(turn, at), text_of(turn.content, f"messages.{at}.content")) for at, turn in _numbered(self)]
        return GatewayRequest(
            Chat(messages_of(turns, "messages")),
            *named,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            temperature=self.temperature,
            stop=as_list(self.stop),
            seed=self.seed,
            reuse=reuse,
            whole=not self.stream,
        )


class CompletionRequest(_Common):
    """Text that is to be gone on with, or with `suffix` to be filled in."""

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
            Fill(prompt, self.suffix or ""),
            *named,
            max_tokens=self.max_tokens or _USUAL_TOKENS,
            temperature=self.temperature,
            stop=as_list(self.stop),
            seed=self.seed,
            reuse=reuse,
            whole=not self.stream,
        )


def _numbered(request: ChatRequest) -> Iterable[tuple[int, ChatMessage]]:
    return enumerate(request.messages)


def _role(turn: ChatMessage, at: int) -> Role:
    refuse(
        (
            (turn.role not in _ROLES, f"messages of the role {turn.role!r}", f"messages.{at}.role", "Leave them out."),
            (bool(turn.tool_calls), "calls of tools", f"messages.{at}.tool_calls", "Leave them out."),
        )
    )
    return _ROLES[turn.role]


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
    content: str
    reasoning_content: str | None = None


class ChatChoice(BaseModel):
    index: Literal[0]
    message: AssistantMessage
    finish_reason: Literal["stop", "length", "content_filter"]
    logprobs: None


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


def chat_answer(reply: GatewayReply, text: str, reasoning: str, identifier: str, created: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if reasoning:
        message["reasoning_content"] = reasoning
    choice = {"index": 0, "message": message, "finish_reason": _FINISHES[reply.finish], "logprobs": None}
    head = {"id": f"chatcmpl-{identifier}", "object": "chat.completion", "created": created}
    return {**head, "model": name_of(reply), "choices": [choice], "usage": completion_usage(reply.usage)}


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
        said = [
            f"{name}: {json.dumps(text)}"
            for name, text in (('"reasoning_content"', chunk.reasoning), ('"content"', chunk.text))
            if text
        ]
        return self._choice(f'"delta": {{{", ".join(said)}}}')

    def closing(self, reply: GatewayReply) -> bytes:
        finish = _FINISHES[reply.finish]
        end = self._choice('"delta": {}' if self._chat else '"text": ""', f'"{finish}"')
        if self._usage:
            end += f'{self._head}"choices": [], "usage": {json.dumps(completion_usage(reply.usage))}}}\n\n'.encode()
        return end + DONE

    def failure(self, error: ApiError) -> bytes:
        return f"data: {json.dumps(as_openai(error, ''))}\n\n".encode()

    def _choice(self, what: str, finish: str = "null") -> bytes:
        choice = f'{{"index": 0, {what}, "logprobs": null, "finish_reason": {finish}}}'
        return f'{self._head}"choices": [{choice}]}}\n\n'.encode()
