"""Texts to vectors, in the words of each API that has embeddings.

Sources: https://platform.openai.com/docs/api-reference/embeddings/create, https://docs.mistral.ai/api/#tag/embeddings,
https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings, https://ai.google.dev/api/embeddings. The texts are
the turns of the request's conversation; the vectors are the deltas of the answer's one chunk.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable, Iterable
from typing import Any

from picode.core.content import Embedding
from picode.core.errors import ServerFailure
from picode.core.messages import Chunk, Finish, Request, Usage
from picode.wire.dialect import Call, Dialect, Event, Profile
from picode.wire.failures import explain, stream_failure
from picode.wire.gemini import resource_name
from picode.wire.shapes import compact, count, items, mapping
from picode.wire.turns import chat_of

_Encode = Callable[[Request, "int | None"], Call]
_Read = Callable[[Any], "tuple[list[Any], int]"]
"""The vectors of an answer, and the tokens of the texts (0: not counted)."""


def dialect_of(name: str, dimensions: int | None) -> Dialect | None:
    """The dialect in which a provider that holds conversations in the dialect `name` is asked for embeddings, of so many
    `dimensions` (None: as many as the model has); None where it can't be."""
    if name not in _APIS:
        return None
    spoken, encode, read = _APIS[name]

    def encoded(request: Request, profile: Profile) -> Call:
        return encode(request, dimensions)

    def decoded(body: Any, provider: str) -> Iterable[Chunk]:
        return (_chunk(body, provider, read),)

    def streamed(event: Event, provider: str) -> Iterable[Chunk]:
        return ()

    return Dialect(spoken, encoded, streamed, decoded, explain)


def _texts(request: Request) -> list[str]:
    return [turn.text for turn in chat_of(request, "embeddings").messages]


def _to_openai(request: Request, dimensions: int | None) -> Call:
    body = {"model": request.model, "input": _texts(request), **compact(dimensions=dimensions)}
    return Call("/embeddings", body, "json")


def _to_mistral(request: Request, dimensions: int | None) -> Call:
    body = {"model": request.model, "input": _texts(request), **compact(output_dimension=dimensions)}
    return Call("/embeddings", body, "json")


def _to_ollama(request: Request, dimensions: int | None) -> Call:
    return Call(
        "/api/embed", {"model": request.model, "input": _texts(request), **compact(dimensions=dimensions)}, "json"
    )


def _to_gemini(request: Request, dimensions: int | None) -> Call:
    name = resource_name(request.model)
    asked = [
        {"model": name, "content": {"parts": [{"text": text}]}, **compact(outputDimensionality=dimensions)}
        for text in _texts(request)
    ]
    return Call(f"/{name}:batchEmbedContents", {"requests": asked}, "json")


def _of_openai(body: Any) -> tuple[list[Any], int]:
    rows = sorted(map(mapping, items(mapping(body).get("data"))), key=lambda row: count(row.get("index")))
    return [row.get("embedding") for row in rows], count(mapping(mapping(body).get("usage")).get("prompt_tokens"))


def _of_ollama(body: Any) -> tuple[list[Any], int]:
    return [*items(mapping(body).get("embeddings"))], count(mapping(body).get("prompt_eval_count"))


def _of_gemini(body: Any) -> tuple[list[Any], int]:
    return [mapping(row).get("values") for row in items(mapping(body).get("embeddings"))], 0


_APIS: dict[str, tuple[str, _Encode, _Read]] = {
    "openai_chat": ("openai_chat", _to_openai, _of_openai),
    "openai_responses": ("openai_chat", _to_openai, _of_openai),
    "mistral_chat": ("mistral_chat", _to_mistral, _of_openai),
    "ollama": ("ollama", _to_ollama, _of_ollama),
    "gemini": ("gemini", _to_gemini, _of_gemini),
}
"""By the dialect of conversations: the dialect by which the address is known, and both directions. Anthropic has no embeddings,
and Cohere's need to be told what they are for."""


def _chunk(body: Any, provider: str, read: _Read) -> Chunk:
    if mapping(body).get("error"):
        raise stream_failure(body, provider)
    vectors, tokens = read(body)
    found = tuple(Embedding(_values(each)) for each in vectors)
    if not found or not all(each.values for each in found):
        raise ServerFailure(provider, "sent an answer without embeddings.", "Check that the model is one that embeds.")
    return Chunk(finish=Finish.STOP, usage=Usage(tokens) if tokens else None, deltas=found)


def _values(vector: Any) -> tuple[float, ...]:
    """A list of numbers, or 32-bit ones in base64; empty for what is neither."""
    if isinstance(vector, str):
        try:
            octets = base64.b64decode(vector, validate=True)
        except (binascii.Error, ValueError):
            return ()
        return struct.unpack(f"<{len(octets) // 4}f", octets[: len(octets) // 4 * 4])
    numbers = [each for each in items(vector) if isinstance(each, int | float) and not isinstance(each, bool)]
    return tuple(map(float, numbers)) if len(numbers) == len(items(vector)) else ()
