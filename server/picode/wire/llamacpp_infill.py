"""llama.cpp's `/infill`, which knows the model's fill-in-the-middle tokens from its vocabulary and takes other files apart.

Source: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md, "POST /infill" and "POST /completion".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from picode.core.errors import ServerFailure
from picode.core.messages import Chunk, Finish, Request, Usage
from picode.core.token_healing import grammar_of
from picode.wire.dialect import Call, Dialect, Event, Profile
from picode.wire.failures import explain, stream_failure
from picode.wire.shapes import compact, count, mapping, parse, string
from picode.wire.turns import fill_of

NAME = "llamacpp_infill"


def encode(request: Request, profile: Profile) -> Call:
    """`POST /infill`. The whole prefix goes into `input_prefix`: what `prompt` adds to it differs between versions."""
    fill = fill_of(request, NAME)
    body: dict[str, Any] = {
        "input_prefix": fill.prefix,
        "input_suffix": fill.suffix,
        "input_extra": [{"filename": each.path, "text": each.text} for each in fill.snippets],
        "prompt": "",
        "n_predict": request.max_tokens,
        "stream": request.stream,
        "cache_prompt": True,
    }
    stops = list(dict.fromkeys((*request.stop, *profile.stops)))
    body |= compact(model=request.model, stop=stops, temperature=request.temperature, seed=request.seed)
    if request.beginning:  # only ever set for llama.cpp
        body["grammar"] = grammar_of(request.beginning)
    return Call("/infill", body, "sse" if request.stream else "json")


def decode(event: Event, provider: str) -> Iterable[Chunk]:
    """The chunks of one event. The one with `stop` true is the last."""
    data = event.data.strip()
    if not data or data == "[DONE]":
        return ()
    body = parse(data, provider)
    _raise_for_error(body, provider, event.name)
    chunk = _chunk(body, ended=mapping(body).get("stop") is True)
    return (chunk,) if chunk != Chunk() else ()


def decode_whole(body: Any, provider: str) -> Iterable[Chunk]:
    """The chunks of an answer in one piece."""
    _raise_for_error(body, provider)
    if "content" not in mapping(body):
        raise ServerFailure(provider, "sent an answer without content.", "Check that the base URL is llama.cpp's.")
    return (_chunk(body, ended=True),)


def _raise_for_error(body: Any, provider: str, event_name: str = "") -> None:
    if mapping(body).get("error") or event_name == "error":
        raise stream_failure(body, provider)


def _chunk(body: Any, *, ended: bool) -> Chunk:
    fields = mapping(body)
    limited = fields.get("stop_type") == "limit" or fields.get("stopped_limit") is True  # the latter before 2025
    usage = Usage(
        count(fields.get("tokens_evaluated")),
        count(fields.get("tokens_predicted")),
        count(mapping(fields.get("timings")).get("cache_n")),
    )
    finish = Finish.LENGTH if limited else Finish.STOP
    return Chunk(
        string(fields.get("content")),
        finish=finish if ended else None,
        usage=usage if ended and usage != Usage() else None,
    )


DIALECT = Dialect(NAME, encode, decode, decode_whole, explain, files=True)
