"""What dialects have in common where a program asks for more than text: which fields a format has, and values in its terms."""

from __future__ import annotations

import json
from typing import Any

from picode.core.content import Image, Opaque, ToolCall
from picode.core.errors import Unsupported
from picode.core.generation import GenerationOptions
from picode.core.messages import Chat, Request
from picode.wire.dialect import Profile
from picode.wire.shapes import mapping

_NAMES = {
    "format": "response_format",
    "effort": "reasoning_effort",
    "thinking_tokens": "thinking.budget_tokens",
    "parallel_calls": "parallel_tool_calls",
    "verbosity": "text.verbosity",
}
"""Names of fields as programs know them, where they differ from `GenerationOptions`'s."""

_HINTS = frozenset({"effort", "thinking_tokens", "metadata"})
"""Fields that ask nothing of a model which does not reason, or of a server which keeps no labels: the answer means the same."""

_EFFORTS = ((0, "none"), (4_096, "low"), (16_384, "medium"))
_BUDGETS = {"none": 0, "minimal": 1_024, "low": 2_048, "medium": 8_192, "high": 24_576, "xhigh": 32_768, "max": 32_768}
"""Tokens of reasoning for each level, as Google and Anthropic document theirs for OpenAI's levels
(https://ai.google.dev/gemini-api/docs/openai#thinking)."""


def generation_of(request: Request, dialect: str, has: frozenset[str]) -> GenerationOptions:
    """What `request` asks for. Raises `Unsupported` for what the format does not have; `has` names what it does."""
    asked = request.generation or GenerationOptions()
    for name in asked.asked():
        usual = name == "parallel_calls" and asked.parallel_calls
        if name not in has and name not in _HINTS and not usual:
            raise Unsupported(_NAMES.get(name, name), request.model, dialect)
    if isinstance(request.prompt, Chat):
        for message in request.prompt.messages:
            for part in message.parts:
                if isinstance(part, Opaque):
                    raise Unsupported(
                        part.field, request.model, f"{dialect}, for content of the type {part.kind[:40]!r}"
                    )
    return asked


def effort_of(asked: GenerationOptions, profile: Profile) -> str:
    """The level of reasoning to ask for, in OpenAI's words; empty: the provider's choice. What a program says goes before the
    settings; a model that does not reason is asked for none."""
    if asked.effort:
        return asked.effort if profile.reasoning or profile.effort else ""
    if asked.thinking_tokens is None or not profile.reasoning:
        return profile.effort
    return next((effort for most, effort in _EFFORTS if asked.thinking_tokens <= most), "high")


def budget_of(asked: GenerationOptions) -> int | None:
    """The bound on reasoning in tokens; None where nothing is said about it."""
    return asked.thinking_tokens if asked.thinking_tokens is not None else _BUDGETS.get(asked.effort)


def loaded(text: str) -> dict[str, Any]:
    """A JSON object from its text; an empty one for what is none."""
    try:
        return dict(mapping(json.loads(text)))
    except (ValueError, RecursionError):
        return {}


def arguments_of(call: ToolCall) -> dict[str, Any]:
    """The arguments of a call as an object. What is none, as where an answer broke off, stays under the one name `arguments`: a
    tool refuses that, and does not run without any."""
    try:
        value = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        value = call.arguments
    return value if isinstance(value, dict) else {"arguments": value}


def data_url(image: Image) -> str:
    """The address of `image`, with its bytes within where there are some."""
    return image.url or f"data:{image.media_type};base64,{image.data}"


def require_data(image: Image, request: Request, dialect: str) -> Image:
    """`image`, whose bytes the format wants. Raises `Unsupported` where there is only an address: PiCode fetches none."""
    if not image.data:
        raise Unsupported("image_url.url", request.model, f"{dialect}, which takes images as data alone")
    return image
