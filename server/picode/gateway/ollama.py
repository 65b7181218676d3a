"""Ollama's API, from the server's side: requests in, answers and lines out.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md. Streams are lines of JSON, and the usual case.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, Field

from picode.assistant.routing.exchange import GatewayReply, GatewayRequest, Reuse
from picode.core.content import Calls, Text, TokenLogprob, ToolCall, identified, of_kind
from picode.core.messages import Chat, Chunk, Fill, Finish, Message, turn_of
from picode.gateway.api_errors import ApiError, as_ollama
from picode.gateway.embeddings import embedding_request, vectors_of
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
    as_list,
    client_body,
    refuse,
    require_some,
)
from picode.gateway.names import ModelRef
from picode.gateway.ollama_content import generation_of, images_of, messages_of
from picode.gateway.openai import encode_logprob, fill_of, name_of
from picode.gateway.replies import Answer, Stopwatch
from picode.wire.dialect import Profile
from picode.wire.generation import arguments_of

VERSION = "0.13.0"
"""The version of Ollama whose API this is: some clients ask for a least one."""

NDJSON = "application/x-ndjson"
KEEPALIVE = b" "
"""A blank before the next line: a line of its own would be no JSON."""

_IMMATERIAL = frozenset("keep_alive truncate shift name verbose".split())
"""Fields about how long a model stays loaded, and what becomes of a prompt that is too long, which the providers decide."""


class Options(OpenBody):
    """Parameters of the model."""

    num_predict: Annotated[int, Field(ge=-2, le=1_000_000)] | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=MOST_STOPS)] | None = None
    temperature: Temperature | None = None
    seed: Seed | None = None
    top_p: Fraction | None = None
    top_k: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None


class _Asking(OpenBody):
    model: ModelName
    options: Options | None = None
    stream: bool = True
    format: str | dict[str, Any] | None = None
    think: bool | str | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None

    @property
    def shows_thought(self) -> bool:
        """Whether the client wants to see what the model thinks."""
        return self.think not in (False, "none")

    def _request(
        self,
        prompt: Fill | Chat,
        named: ModelRef,
        reuse: Reuse,
        came: tuple[Request, str, str] | None,
        only_here: Sequence[str] = (),
    ) -> GatewayRequest:
        """The request for `prompt`. `came` is the request as it came, its text and its path, for providers of the same API;
        `only_here` names fields that only they have."""
        unknown = [*self.unknown(_IMMATERIAL), *only_here]
        options = self.options or Options()
        generation = generation_of(self.model_dump(), options.model_dump(exclude_none=True), unknown)
        body = came and client_body("ollama", came[1], came[0], stream=self.stream, unknown=unknown, path=came[2])
        refuse((not body, f"`{name}`", name, "Leave it out.") for name in unknown)
        return GatewayRequest(
            prompt,
            *named,
            max_tokens=options.num_predict if (options.num_predict or 0) > 0 else None,
            temperature=options.temperature,
            stop=as_list(options.stop),
            seed=options.seed,
            reuse=reuse,
            whole=not self.stream,
            generation=generation,
            client_body=body,
        )


class ChatRequest(_Asking):
    """A conversation whose next turn is asked for. Without messages, the model is only to be loaded."""

    messages: Annotated[list[dict[str, Any]], Field(max_length=10_000)] = []
    tools: list[dict[str, Any]] | None = None

    def gateway_request(self, named: ModelRef, reuse: Reuse, request: Request, text: str) -> GatewayRequest:
        """The request for the assistant; `text` is the body. Raises `ApiError` for a conversation that is none."""
        chat = Chat(require_some(messages_of(self.messages), "messages"))
        return self._request(chat, named, reuse, (request, text, "/api/chat"))


class GenerateRequest(_Asking):
    """A question; with `suffix` or `raw`, text that is to be gone on with. Without a prompt, the model is only to be loaded."""

    prompt: str = ""
    suffix: str = ""
    system: str = ""
    images: list[str] | None = None
    raw: bool = False
    template: str = ""
    context: list[Any] | None = None

    def gateway_request(self, named: ModelRef, reuse: Reuse, request: Request, text: str) -> GatewayRequest:
        """The request for the assistant; `text` is the body. A prompt in a family's template is read back, and so goes to no
        provider as it came. Raises `ApiError` for a question that is none."""
        came = (request, text, "/api/generate")
        if self.raw or self.suffix:
            fill = fill_of(self.prompt, self.suffix)
            return self._request(fill, named, reuse, came if fill == Fill(self.prompt, self.suffix) else None)
        question = turn_of("user", [Text(self.prompt), *images_of(self.images)])
        system = [Message("system", self.system)] if self.system else []
        only_here = [name for name in ("template", "context") if getattr(self, name)]
        return self._request(Chat(require_some([*system, question], "prompt")), named, reuse, came, only_here)


class EmbedRequest(OpenBody):
    """Texts whose vectors are asked for."""

    model: ModelName
    input: str | Annotated[list[str], Field(max_length=2048)] = []
    dimensions: Annotated[int, Field(ge=1, le=100_000)] | None = None

    @property
    def texts(self) -> list[str]:
        """The texts; none where the model is only to be loaded."""
        return [self.input] if isinstance(self.input, str) else self.input

    def gateway_request(self, named: ModelRef, request: Request, text: str) -> GatewayRequest:
        """The request for the assistant; `text` is the body. Raises `ApiError` where no model is named, or a text is empty."""
        unknown = self.unknown(_IMMATERIAL | {"options"})
        body = client_body("ollama", text, request, stream=False, unknown=unknown, path="/api/embed")
        return embedding_request(self.texts, named, body)


class ShowRequest(Body):
    """Which model is shown; `name` is the field's former name."""

    model: ModelName = ""
    name: ModelName = ""


class Generated(BaseModel):
    """The whole answer. Durations are in nanoseconds."""

    model: str
    created_at: str
    done: bool
    done_reason: str
    message: dict[str, Any] | None = None
    response: str | None = None
    thinking: str | None = None
    total_duration: int
    load_duration: int
    prompt_eval_count: int
    prompt_eval_duration: int
    eval_count: int
    eval_duration: int


class Embedded(BaseModel):
    """The vectors, in the order of the texts. Durations are in nanoseconds."""

    model: str
    embeddings: list[list[float]]
    total_duration: int
    load_duration: int
    prompt_eval_count: int


class ModelTags(BaseModel):
    """The models that can be asked here and now."""

    models: list[dict[str, Any]]


class ShownModel(BaseModel):
    """A model: what it can do (`capabilities`), and its context window in `model_info`."""

    details: dict[str, Any]
    model_info: dict[str, Any]
    capabilities: list[str]


class Version(BaseModel):
    version: str


def loaded(model: str, *, chat: bool) -> dict[str, Any]:
    """The answer to a request that only loads a model."""
    said = {"message": {"role": "assistant", "content": ""}} if chat else {"response": ""}
    return {"model": model, "created_at": _now(), **said, "done": True, "done_reason": "load"}


def answer(reply: GatewayReply, given: Answer, watch: Stopwatch, *, chat: bool, thinks: bool) -> dict[str, Any]:
    """The whole answer. What the model thinks is for clients that want it (`thinks`)."""
    said = _said(given.text + given.refusal, given.reasoning if thinks else "", given.calls, chat=chat)
    return {"model": name_of(reply), "created_at": _now(), **said, **_logprobs(given.logprobs), **_end(reply, watch)}


def embedded(reply: GatewayReply, given: Answer, texts: Sequence[str], watch: Stopwatch) -> dict[str, Any]:
    """The whole answer. Raises `ApiError` where there is not one vector for each text."""
    return {
        "model": name_of(reply),
        "embeddings": [list(vector) for vector in vectors_of(reply, given, len(texts))],
        "total_duration": round(sum(watch.spent()) * 1_000_000_000),
        "load_duration": 0,
        "prompt_eval_count": reply.usage.input_tokens,
    }


def tag(name: str, title: str, provider: str) -> dict[str, Any]:
    """A model of the list. Its digest is that of its name: there is no file to have one of."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return {
        "name": name,
        "model": name,
        "modified_at": "1970-01-01T00:00:00Z",
        "size": 0,
        "digest": digest,
        "details": _details(provider, title),
    }


def shown(name: str, profile: Profile, provider: str) -> dict[str, Any]:
    """What the model of that name can do."""
    known = [("completion", True), ("tools", profile.chat), ("vision", profile.chat), ("insert", True)]
    return {
        "license": "",
        "modelfile": "",
        "parameters": "",
        "template": "",
        "details": _details(provider, profile.family),
        "model_info": {
            "general.architecture": "picode",
            "general.basename": name,
            "picode.context_length": profile.window,
        },
        "capabilities": [*(name for name, has in known if has), *(["thinking"] if profile.reasoning else [])],
        "modified_at": "1970-01-01T00:00:00Z",
    }


def _details(provider: str, family: str) -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": provider,
        "family": family,
        "families": [family],
        "parameter_size": "",
        "quantization_level": "",
    }


class OllamaLines:
    """The lines of one stream. Calls are told whole, when the answer has ended."""

    def __init__(self, reply: GatewayReply, watch: Stopwatch, request: str, *, chat: bool, thinks: bool) -> None:
        self._name = name_of(reply)
        self._watch = watch
        self._request = request
        self._chat = chat
        self._thinks = thinks
        self._calls = Calls()

    def opening(self) -> bytes:
        return b""

    def piece(self, chunk: Chunk) -> bytes:
        self._calls.add(chunk.deltas)
        thought = chunk.reasoning if self._thinks else ""
        tokens = of_kind(chunk.deltas, TokenLogprob)
        if not (chunk.text or thought or tokens):
            return b""
        return self._line({**_said(chunk.text, thought, (), chat=self._chat), **_logprobs(tokens), "done": False})

    def closing(self, reply: GatewayReply) -> bytes:
        calls = tuple(map(identified, self._calls.whole()))
        told = self._line({**_said("", "", calls, chat=True), "done": False}) if calls and self._chat else b""
        return told + self._line({**_said("", "", (), chat=self._chat), **_end(reply, self._watch)})

    def failure(self, error: ApiError) -> bytes:
        return f"{json.dumps(as_ollama(error, self._request))}\n".encode()

    def _line(self, fields: Mapping[str, Any]) -> bytes:
        return f"{json.dumps({'model': self._name, 'created_at': _now(), **fields}, ensure_ascii=False)}\n".encode()


def _said(text: str, thought: str, calls: Sequence[ToolCall], *, chat: bool) -> dict[str, Any]:
    thinking = {"thinking": thought} if thought else {}
    if not chat:
        return {"response": text, **thinking}
    called = [
        {"id": call.id, "function": {"index": at, "name": call.name, "arguments": arguments_of(call)}}
        for at, call in enumerate(calls)
    ]
    return {"message": {"role": "assistant", "content": text, **thinking, **({"tool_calls": called} if called else {})}}


def _logprobs(tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
    return {"logprobs": [encode_logprob(each) for each in tokens]} if tokens else {}


def _end(reply: GatewayReply, watch: Stopwatch) -> dict[str, Any]:
    read, wrote = (round(seconds * 1_000_000_000) for seconds in watch.spent())
    return {
        "done": True,
        "done_reason": "length" if reply.finish is Finish.LENGTH else "stop",
        "total_duration": read + wrote,
        "load_duration": 0,
        "prompt_eval_count": reply.usage.input_tokens,
        "prompt_eval_duration": read,
        "eval_count": reply.usage.output_tokens,
        "eval_duration": wrote,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
