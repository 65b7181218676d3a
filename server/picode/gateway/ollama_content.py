"""The messages, tools and options of Ollama's API as the assistant knows them.

Sources: https://github.com/ollama/ollama/blob/main/docs/api.md, /docs/modelfile.md (options); https://docs.ollama.com/capabilities
(thinking, tool calling, structured outputs, vision).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from picode.core.content import Image, Part, Reasoning, Text, ToolCall, ToolResult
from picode.core.generation import GenerationOptions, ResponseFormat
from picode.core.messages import Message
from picode.gateway.api_errors import ApiError
from picode.gateway.call_pairs import CallPairs
from picode.gateway.fields import data_image
from picode.gateway.openai_content import plain_or_rich, tools_of
from picode.wire.shapes import items, mapping, string

_SIGNATURES = {"iVBOR": "image/png", "/9j/": "image/jpeg", "R0lG": "image/gif", "UklG": "image/webp"}
"""How pictures begin in base64: the API does not say what they are."""

_KNOWN = frozenset(
    """
    num_predict stop temperature seed top_p top_k frequency_penalty presence_penalty
    """.split()
)
_LOADING = frozenset(
    """
    num_ctx num_keep num_batch num_gpu main_gpu num_thread low_vram vocab_only use_mmap use_mlock numa f16_kv draft_num_predict
    """.split()
)
"""Options about how a model is loaded: an answer means the same without them."""
_USUAL_TOP_K = 40
"""Ollama's own value, which asks nothing of a model that has another."""
_NEUTRAL: Mapping[str, tuple[float, ...]] = {
    "min_p": (0,),
    "typical_p": (0, 1),
    "tfs_z": (1,),
    "repeat_last_n": (0, 64),
    "repeat_penalty": (1, 1.1),
    "mirostat": (0,),
    "mirostat_tau": (5,),
    "mirostat_eta": (0.1,),
    "penalize_newline": (0, 1),
}
"""Options of the sampler that other APIs lack, with the values that ask for nothing or that are Ollama's own."""


def messages_of(turns: Sequence[Mapping[str, Any]]) -> list[Message]:
    """The conversation. Raises `ApiError` for what is none."""
    pairs = CallPairs()
    return [_message(turn, f"messages.{at}", pairs) for at, turn in enumerate(turns)]


def _message(turn: Mapping[str, Any], place: str, pairs: CallPairs) -> Message:
    role, content = string(turn.get("role")), string(turn.get("content"))
    if role == "system":
        return Message("system", content)
    text: list[Part] = [Text(content)] if content else []
    if role == "tool":
        name = string(turn.get("tool_name")) or string(turn.get("name"))
        call = pairs.answered(name, string(turn.get("tool_call_id")))
        words = (Text(content),) if content else ()
        return Message("user", "", parts=(ToolResult(call, (*words, *images_of(turn.get("images"))), name),))
    if role not in ("user", "assistant"):
        problem = f"{place}.role: system, user, assistant or tool is wanted."
        raise ApiError(400, "invalid", problem, field=f"{place}.role", retry=False)
    thought = string(turn.get("thinking")) if role == "assistant" else ""
    parts: list[Part] = [Reasoning(thought)] if thought else []
    return plain_or_rich(role, [*parts, *text, *images_of(turn.get("images")), *_calls(turn, pairs)])


def _calls(turn: Mapping[str, Any], pairs: CallPairs) -> list[Part]:
    found: list[Part] = []
    for call in map(mapping, items(turn.get("tool_calls"))):
        function = mapping(call.get("function"))
        name, arguments = string(function.get("name")), function.get("arguments")
        given = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
        found.append(ToolCall(pairs.called(name, string(call.get("id"))), name, given))
    return found


def images_of(images: Any) -> tuple[Image, ...]:
    """Pictures, each in base64."""
    return tuple(map(_image, filter(None, map(string, items(images)))))


def _image(data: str) -> Image:
    if data.startswith("data:"):
        return data_image(data)
    return Image(next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), "image/png"), data)


def generation_of(fields: Mapping[str, Any], options: Mapping[str, Any], unknown: list[str]) -> GenerationOptions:
    """What a request asks for beyond text; the names of fields that ask for something else go into `unknown`."""
    form, think = fields.get("format"), fields.get("think")
    unknown += [f"options.{name}" for name, value in options.items() if not _is_known(name, value)]
    if form and form != "json" and not isinstance(form, dict):
        unknown.append("format")
    schema = ResponseFormat("schema", json.dumps(form, ensure_ascii=False)) if isinstance(form, dict) and form else None
    return GenerationOptions(
        tools=tools_of(items(fields.get("tools")), unknown),
        format=ResponseFormat("json") if form == "json" else schema,
        effort=think if isinstance(think, str) else {True: "medium", False: "none", None: ""}[think],
        top_p=options.get("top_p"),
        top_k=None if options.get("top_k") == _USUAL_TOP_K else options.get("top_k"),
        frequency_penalty=options.get("frequency_penalty") or None,
        presence_penalty=options.get("presence_penalty") or None,
        logprobs=bool(fields.get("logprobs")),
        top_logprobs=fields.get("top_logprobs") or None,
    )


def _is_known(name: str, value: Any) -> bool:
    if name in _KNOWN or name in _LOADING or value is None:
        return True
    return isinstance(value, int | float) and value in _NEUTRAL.get(name, ())
