"""Messages, tools and fields of Cohere's chat, beyond text.

Sources: https://docs.cohere.com/v2/docs/tool-use-overview, /v2/docs/tool-use-streaming, /v2/docs/image-inputs,
/v2/docs/structured-outputs, /v2/docs/reasoning. Probabilities are refused: the API names tokens by number and not by text.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from picode.core.content import CallDelta, Image, Text, ToolCall, ToolResult
from picode.core.errors import Unsupported
from picode.core.generation import GenerationOptions
from picode.core.messages import Message, Request
from picode.wire.dialect import Profile
from picode.wire.generation import budget_of, generation_of, loaded
from picode.wire.openai_content import encode_tool, encode_turn
from picode.wire.openai_deltas import call_deltas
from picode.wire.shapes import JsonObject, compact, mapping
from picode.wire.turns import parts_of

NAME = "cohere"
_HAS = frozenset(
    "tools tool_choice format effort thinking_tokens top_p top_k frequency_penalty presence_penalty".split(),
)


def encode_turns(turns: tuple[Message, ...], request: Request) -> list[dict[str, Any]]:
    """The messages of a conversation: OpenAI's, but for what a model says before it calls tools (`tool_plan`)."""
    messages: list[dict[str, Any]] = []
    for turn in turns:
        if any(isinstance(part, ToolResult) and _has_image(part) for part in turn.parts):
            raise Unsupported("messages.content (image in a tool result)", request.model, NAME)
        calls = any(isinstance(part, ToolCall) for part in turn.parts)
        for message in encode_turn(turn, plain=True):
            if calls:
                plan = "".join(part.text for part in parts_of(turn) if isinstance(part, Text))
                message = {key: value for key, value in message.items() if key != "content"} | compact(tool_plan=plan)
            messages.append(message)
    return messages


def _has_image(result: ToolResult) -> bool:
    return any(isinstance(part, Image) for part in result.parts)


def encode_fields(request: Request, profile: Profile) -> dict[str, Any]:
    """The fields of what is asked for beyond text. Raises `Unsupported` where one certain tool has to be called."""
    asked = generation_of(request, NAME, _HAS)
    choice = asked.tool_choice
    if asked.tools and choice is not None and choice.mode == "tool":
        raise Unsupported(
            "tool_choice.function", request.model, f"{NAME}, where a call can be required, but not of which tool"
        )
    form = asked.format
    body = compact(
        tools=[encode_tool(replace(tool, strict=None)) for tool in asked.tools],
        strict_tools=any(tool.strict for tool in asked.tools) or None,
        response_format=form and {"type": "json_object", **compact(json_schema=loaded(form.schema))},
        p=asked.top_p,
        k=asked.top_k,
        frequency_penalty=asked.frequency_penalty,
        presence_penalty=asked.presence_penalty,
        thinking=_thinking(asked, profile),
    )
    if asked.tools and choice is not None and choice.mode != "auto":
        body["tool_choice"] = choice.mode.upper()
    return body


def _thinking(asked: GenerationOptions, profile: Profile) -> dict[str, Any] | None:
    budget = budget_of(asked)
    if budget is None or not profile.reasoning:
        return None
    return {"type": "enabled", "token_budget": budget} if budget else {"type": "disabled"}


def decode_call(event: JsonObject) -> tuple[CallDelta, ...]:
    """The piece of a call in `tool-call-start` and `tool-call-delta`."""
    calls = mapping(mapping(event.get("delta")).get("message")).get("tool_calls")
    return call_deltas([{**mapping(calls), "index": event.get("index")}] if calls else [])
