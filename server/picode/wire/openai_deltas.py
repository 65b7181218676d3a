"""Pieces of tool calls and probabilities of tokens in answers of OpenAI's shape.

Source: https://platform.openai.com/docs/api-reference/chat-streaming. Ollama's and llama.cpp's differ in little: arguments
may be an object, an index may be missing.
"""

from __future__ import annotations

import json
from typing import Any

from picode.core.content import CallDelta, TokenLogprob
from picode.wire.shapes import items, mapping, string


def call_deltas(value: Any) -> tuple[CallDelta, ...]:
    """The pieces in `tool_calls`."""
    found = []
    for at, each in enumerate(items(value)):
        call = mapping(each)
        function = mapping(call.get("function"))
        index, arguments = call.get("index", function.get("index")), function.get("arguments")
        google = mapping(mapping(call.get("extra_content")).get("google"))
        found.append(
            CallDelta(
                index if isinstance(index, int) and not isinstance(index, bool) and index >= 0 else at,
                string(call.get("id")),
                string(function.get("name")),
                arguments_text(arguments),
                string(google.get("thought_signature")),
            )
        )
    return tuple(found)


def arguments_text(value: Any) -> str:
    """Arguments as their JSON text, whether they came as text or as an object."""
    return string(value) if isinstance(value, str) or value is None else json.dumps(value, ensure_ascii=False)


def logprobs(value: Any) -> tuple[TokenLogprob, ...]:
    """The tokens in `logprobs`: an object with `content`, or the array itself."""
    rows = value if isinstance(value, list) else mapping(value).get("content")
    return tuple(_token(mapping(each)) for each in items(rows))


def _token(fields: Any) -> TokenLogprob:
    number, octets = fields.get("logprob"), fields.get("bytes")
    sound = isinstance(octets, list) and all(isinstance(each, int) for each in octets)
    return TokenLogprob(
        string(fields.get("token")),
        float(number) if isinstance(number, (int, float)) else 0.0,
        tuple(octets) if sound and octets is not None else None,
        tuple(_token(mapping(each)) for each in items(fields.get("top_logprobs"))),
    )
