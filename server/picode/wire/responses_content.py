"""Items, tools and fields of OpenAI's responses, beyond text.

Sources: https://platform.openai.com/docs/api-reference/responses/create (input items, tools, text.format, include) and
/docs/guides/reasoning (encrypted reasoning).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from picode.core.content import (
    CallDelta,
    Delta,
    Image,
    Part,
    Reasoning,
    ReasoningProof,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from picode.core.generation import GenerationOptions, ResponseFormat, Tool, ToolChoice
from picode.core.messages import Message
from picode.wire.dialect import Profile
from picode.wire.generation import data_url, effort_of, loaded
from picode.wire.openai_content import encode_format
from picode.wire.openai_deltas import logprobs
from picode.wire.shapes import JsonObject, compact, count, mapping, string
from picode.wire.turns import parts_of

HAS = frozenset(
    "tools tool_choice parallel_calls format effort verbosity thinking_tokens top_p logprobs top_logprobs metadata".split(),
)


def encode_items(turn: Message) -> list[dict[str, Any]]:
    """The items of a turn, in order; words and pictures that follow each other are one message."""
    found: list[dict[str, Any]] = []
    for part in parts_of(turn):
        item = _item(part)
        if item is not None:
            found.append(item)
        elif isinstance(part, Text | Refusal | Image):
            content = _content(part, turn.role)
            if not found or found[-1].get("role") is None:
                found.append({"role": turn.role, "content": []})
            found[-1]["content"].append(content)
    return found


def _item(part: Part) -> dict[str, Any] | None:
    if isinstance(part, ToolCall):
        return {"type": "function_call", "call_id": part.id, "name": part.name, "arguments": part.arguments}
    if isinstance(part, ToolResult):
        output: Any = part.told
        if any(isinstance(each, Image) for each in part.parts):
            told = [Text("Error")] if part.error else []
            output = [_content(each, "user") for each in (*told, *part.parts)]
        return {"type": "function_call_output", "call_id": part.call, "output": output}
    if isinstance(part, Reasoning) and part.encrypted:  # thoughts of other models mean nothing to this API
        summary = [{"type": "summary_text", "text": part.text}] if part.text else []
        return {"type": "reasoning", **compact(id=part.id), "summary": summary, "encrypted_content": part.encrypted}
    return None


def _content(part: Part, role: str) -> dict[str, Any]:
    if isinstance(part, Image):
        return {"type": "input_image", "image_url": data_url(part), "detail": part.detail or "auto"}
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    assert isinstance(part, Text)
    return {"type": "output_text" if role == "assistant" else "input_text", "text": part.text}


def encode_fields(asked: GenerationOptions, profile: Profile) -> dict[str, Any]:
    """The fields of what is asked for beyond text. Reasoning is asked for in encrypted form, so that it can come back."""
    include = ["message.output_text.logprobs"] if asked.logprobs else []
    if profile.reasoning and asked.tools:
        include.append("reasoning.encrypted_content")
    return compact(
        tools=[_tool(tool) for tool in asked.tools],
        tool_choice=_choice(asked.tool_choice) if asked.tools and asked.tool_choice else None,
        parallel_tool_calls=asked.parallel_calls if asked.tools else None,
        text=compact(format=_format(asked.format), verbosity=asked.verbosity),
        reasoning=compact(effort=effort_of(asked, profile)),
        top_p=asked.top_p if profile.sampling else None,
        top_logprobs=asked.top_logprobs,
        include=include,
    )


def _tool(tool: Tool) -> dict[str, Any]:
    named = {"type": "function", "name": tool.name, **compact(description=tool.description)}
    return {**named, "parameters": loaded(tool.schema), "strict": bool(tool.strict)}


def _choice(choice: ToolChoice) -> str | dict[str, Any]:
    return {"type": "function", "name": choice.name} if choice.mode == "tool" else choice.mode


def _format(form: ResponseFormat | None) -> dict[str, Any] | None:
    """As in chat, with the fields of the schema beside the type."""
    encoded = encode_format(form)
    return encoded and {"type": encoded["type"], **encoded.get("json_schema", {})}


def decode_event(kind: str, fields: JsonObject) -> tuple[Delta, ...]:
    """The calls, proofs and probabilities of one event."""
    index, item = count(fields.get("output_index")), mapping(fields.get("item"))
    if kind == "response.output_item.added" and item.get("type") == "function_call":
        return (CallDelta(index, string(item.get("call_id")), string(item.get("name")), string(item.get("arguments"))),)
    if kind == "response.function_call_arguments.delta":
        return (CallDelta(index, arguments=string(fields.get("delta"))),)
    if kind == "response.function_call_arguments.done":
        return (CallDelta(index, arguments=string(fields.get("arguments")), repeats=True),)
    if kind == "response.output_item.done" and item.get("type") == "function_call":
        named = CallDelta(index, string(item.get("call_id")), string(item.get("name")))
        return (replace(named, arguments=string(item.get("arguments")), repeats=True),)
    if kind == "response.output_item.done" and item.get("type") == "reasoning" and item.get("encrypted_content"):
        return (ReasoningProof(encrypted=string(item.get("encrypted_content")), id=string(item.get("id"))),)
    return logprobs(fields.get("logprobs")) if kind == "response.output_text.delta" else ()


def decode_item(value: Any, index: int) -> tuple[Delta, ...]:
    """The same of an item of a whole response."""
    item = mapping(value)
    if item.get("type") == "function_call":
        given = string(item.get("arguments")) or "{}"
        return (CallDelta(index, string(item.get("call_id")), string(item.get("name")), given),)
    if item.get("type") == "reasoning" and item.get("encrypted_content"):
        return (ReasoningProof(encrypted=string(item.get("encrypted_content")), id=string(item.get("id"))),)
    parts = item.get("content")
    found = (logprobs(mapping(part).get("logprobs")) for part in (parts if isinstance(parts, list) else ()))
    return tuple(each for rows in found for each in rows)
