"""llama.cpp's `/infill` and `/props`, from the server's side: requests in, answers and events out.

Sources: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md ("POST /infill", "POST /completion", "GET
/props"); what https://github.com/ggml-org/llama.vim (autoload/llama.vim) and llama.vscode (src/llama-server.ts) send.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, Any

from pydantic import BaseModel, Field

from picode import __version__
from picode.assistant.routing.exchange import GatewayReply, GatewayRequest, Reuse
from picode.core.messages import Chunk, Fill, Finish, Snippet, Usage
from picode.gateway.api_errors import ApiError, as_llamacpp
from picode.gateway.fields import MOST_STOPS, Body, ModelName, Name, OpenBody, Seed, Stop, Temperature, refuse
from picode.gateway.names import ModelRef
from picode.gateway.openai import name_of
from picode.gateway.replies import Answer, Stopwatch

_SHAPING = ("grammar", "json_schema", "logit_bias", "lora", "n_probs")
"""Fields of llama.cpp's sampler without which the answer would be another one. Those that only tune it (`top_k`, `samplers`, …)
are left to the model that is asked."""
_MOST_FILES = 256
_NONE = Usage()


class ExtraFile(Body):
    """A chunk of another file."""

    filename: Annotated[Name, Field(max_length=4096)] = ""
    text: str = ""


class InfillRequest(OpenBody):
    """Code around a cursor. `prompt` is what stands between `input_prefix` and the cursor on its line. With `n_predict` 0
    nothing is wanted but that the server read the files in advance."""

    model: ModelName = "default"
    input_prefix: str = ""
    input_suffix: str = ""
    input_extra: Annotated[list[ExtraFile], Field(max_length=_MOST_FILES)] = []
    prompt: str = ""
    n_predict: Annotated[int, Field(ge=-2, le=1_000_000)] = -1
    t_max_predict_ms: Annotated[float, Field(allow_inf_nan=False)] = 0
    temperature: Temperature | None = None
    seed: Seed | None = None
    stop: Annotated[list[Stop], Field(max_length=MOST_STOPS)] = []
    stream: bool = False
    response_fields: Annotated[list[str], Field(max_length=100)] = []

    @property
    def asks(self) -> bool:
        """Whether a model is to be asked: a request that only warms a cache, or has nothing around the cursor, wants no
        answer."""
        return self.n_predict != 0 and bool((self.input_prefix + self.prompt + self.input_suffix).strip())

    def gateway_request(self, named: ModelRef, reuse: Reuse) -> GatewayRequest:
        """The request for the assistant. Raises `ApiError` for a field that PiCode does not support."""
        extra = self.model_extra or {}
        refuse((bool(extra.get(name)), f"`{name}`", name, "Leave it out.") for name in _SHAPING)
        files = tuple(Snippet(each.filename, each.text) for each in self.input_extra if each.text.strip())
        fill = Fill(self.input_prefix + self.prompt, self.input_suffix, snippets=files)
        return GatewayRequest(
            fill,
            *named,
            max_tokens=self.n_predict if self.n_predict > 0 else None,
            temperature=self.temperature,
            stop=tuple(self.stop),
            seed=self.seed if self.seed is not None and self.seed >= 0 else None,
            reuse=reuse,
            whole=not self.stream and self.t_max_predict_ms <= 0,
            trims=True,
        )


class InfillResponse(BaseModel):
    """The whole answer; with `response_fields`, only the fields that it names."""

    content: str
    model: str
    stop: bool
    stop_type: str
    tokens_predicted: int
    tokens_evaluated: int
    tokens_cached: int
    truncated: bool
    timings: dict[str, float]


class ServerProperties(BaseModel):
    """What the server is. `n_ctx` in `default_generation_settings` is the context window of the model, in tokens."""

    default_generation_settings: dict[str, Any]
    total_slots: int
    model_alias: str
    model_path: str
    chat_template: str
    modalities: dict[str, bool]
    build_info: str


def timings(watch: Stopwatch, usage: Usage) -> dict[str, float]:
    """llama.cpp's figures, in milliseconds and tokens a second."""
    figures: dict[str, float] = {"cache_n": usage.cached_tokens}
    counts = (("prompt", usage.input_tokens), ("predicted", usage.output_tokens))
    for (name, count), seconds in zip(counts, watch.spent(), strict=True):
        figures |= {f"{name}_n": count, f"{name}_ms": round(seconds * 1000, 3)}
        figures[f"{name}_per_token_ms"] = round(seconds * 1000 / count, 3) if count else 0.0
        figures[f"{name}_per_second"] = round(count / seconds, 3) if seconds else 0.0
    return figures


def infilled(
    model: str, text: str, watch: Stopwatch, *, finish: Finish = Finish.STOP, usage: Usage = _NONE, stopped_by: str = ""
) -> dict[str, Any]:
    """The whole answer. `stopped_by` is the stop string that ended it."""
    return {
        "content": text,
        "id_slot": 0,
        "stop": True,
        "model": model,
        "stop_type": "word" if stopped_by else "limit" if finish is Finish.LENGTH else "eos",
        "stopping_word": stopped_by,
        "tokens_predicted": usage.output_tokens,
        "tokens_evaluated": usage.input_tokens,
        "tokens_cached": usage.cached_tokens,
        "truncated": False,
        "has_new_line": "\n" in text,
        "timings": timings(watch, usage),
    }


def answer(reply: GatewayReply, given: Answer, watch: Stopwatch, wanted: Sequence[str]) -> dict[str, Any]:
    """The whole answer, or the fields of it that are `wanted`."""
    return selected(_answered(reply, given.text, watch), wanted)


def _answered(reply: GatewayReply, text: str, watch: Stopwatch) -> dict[str, Any]:
    model, stop = name_of(reply), reply.stopped_by
    return infilled(model, text, watch, finish=reply.finish, usage=reply.usage, stopped_by=stop)


def selected(fields: dict[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
    """The fields at the paths `wanted`, under these (`timings/prompt_n`); all of them where none is."""
    if not wanted:
        return fields
    found = {}
    for path in wanted:
        value: Any = fields
        for name in path.split("/"):
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            found[path] = value
    return found


def bounded(reply: GatewayReply, milliseconds: float) -> None:
    """Ends the answer of `reply` when it has been written for that long and has come to the end of a line; 0: never."""
    if milliseconds <= 0:
        return
    inner = reply.chunks

    async def chunks() -> AsyncGenerator[Chunk]:
        end, lines, said = 0.0, False, 0
        async with aclosing(inner):
            async for chunk in inner:
                yield chunk
                now = time.monotonic()
                end = end or now + milliseconds / 1000
                lines, said = lines or "\n" in chunk.text, said + chunk.characters
                if lines and now >= end:
                    reply.finish, reply.usage = Finish.LENGTH, Usage(reply.usage.input_tokens, max(1, said // 4))
                    return

    reply.chunks = chunks()


class InfillEvents:
    """The events of one stream: one for each piece, the last one with all that is known."""

    def __init__(self, reply: GatewayReply, watch: Stopwatch, request: str) -> None:
        self._reply = reply
        self._watch = watch
        self._request = request
        self._lines = False

    def opening(self) -> bytes:
        return b""

    def piece(self, chunk: Chunk) -> bytes:
        self._lines = self._lines or "\n" in chunk.text
        return _event({"content": chunk.text, "id_slot": 0, "stop": False}) if chunk.text else b""

    def closing(self, reply: GatewayReply) -> bytes:
        return _event({**_answered(reply, "", self._watch), "has_new_line": self._lines})

    def failure(self, error: ApiError) -> bytes:
        return _event(as_llamacpp(error, self._request))


def properties(model: str, window: int) -> dict[str, Any]:
    """What the server is; `window` is the context window of its model, in tokens."""
    return {
        "default_generation_settings": {"n_ctx": window, "params": {}},
        "total_slots": 1,
        "model_alias": model,
        "model_path": model,
        "chat_template": "",
        "modalities": {"vision": False, "audio": False},
        "build_info": f"picode-{__version__}",
    }


def _event(fields: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(fields)}\n\n".encode()
