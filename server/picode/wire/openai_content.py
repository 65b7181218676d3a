"""Messages, tools and fields of OpenAI's chat completions, beyond text.

Sources: https://platform.openai.com/docs/api-reference/chat/create, /docs/guides/function-calling, /docs/guides/images-vision,
/docs/guides/structured-outputs; `extra_content.google.thought_signature` is Gemini's
(https://ai.google.dev/gemini-api/docs/thought-signatures).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from picode.core.content import Image, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from picode.core.generation import GenerationOptions, ResponseFormat, Tool, ToolChoice
from picode.core.messages import Message
from picode.wire.generation import data_url, loaded
from picode.wire.shapes import compact
from picode.wire.turns import parts_of

JsonBody = dict[str, Any]


def encode_turn(turn: Message, *, plain: bool = False) -> Iterator[JsonBody]:
    """The messages that `turn` is in this format: results of tools are messages of their own, and come first. `plain`: the
    server knows no `refusal`, which is text there, and wants no reasoning back."""
    if not turn.parts:
        yield {"role": turn.role, "content": turn.text}
        return
    parts = parts_of(turn)
    if turn.role == "system":
        yield {"role": "system", "content": turn.text}
        return
    if turn.role == "assistant":
        yield _plain_assistant(parts) if plain else _assistant(parts)
        return
    shown: list[JsonBody] = []
    for part in parts:
        if isinstance(part, ToolResult):
            yield {"role": "tool", "tool_call_id": part.call, "content": part.told}
            shown += [_content(each) for each in part.parts if isinstance(each, Image)]
    shown += [_content(part) for part in parts if isinstance(part, Text | Image)]
    if shown:
        yield {"role": "user", "content": shown}


def _content(part: Part) -> JsonBody:
    if isinstance(part, Image):
        return {"type": "image_url", "image_url": {"url": data_url(part), **compact(detail=part.detail)}}
    assert isinstance(part, Text)
    return {"type": "text", "text": part.text}


def _assistant(parts: tuple[Part, ...]) -> JsonBody:
    text = "".join(part.text for part in parts if isinstance(part, Text))
    message: JsonBody = {"role": "assistant", "content": text or None}
    if refusal := "".join(part.text for part in parts if isinstance(part, Refusal)):
        message["refusal"] = refusal
    if calls := [encode_call(part) for part in parts if isinstance(part, ToolCall)]:
        message["tool_calls"] = calls
        # DeepSeek, Kimi and vLLM want it back with the calls; others ignore it
        message |= compact(reasoning_content="".join(part.text for part in parts if isinstance(part, Reasoning)))
    return message


def _plain_assistant(parts: tuple[Part, ...]) -> JsonBody:
    said = tuple(Text(part.text) if isinstance(part, Refusal) else part for part in parts)
    return _assistant(tuple(part for part in said if not isinstance(part, Reasoning)))


def encode_call(call: ToolCall) -> JsonBody:
    """A whole call."""
    body = {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
    return body | signed(call.signature)


def signed(signature: str) -> JsonBody:
    """Where Google's API and its clients have the signature of a call."""
    return {"extra_content": {"google": {"thought_signature": signature}}} if signature else {}


def encode_tools(asked: GenerationOptions) -> JsonBody:
    """The fields that say which tools there are and how they may be called."""
    if not asked.tools:
        return {}
    body = {"tools": [encode_tool(tool) for tool in asked.tools]}
    body |= compact(tool_choice=asked.tool_choice and encode_choice(asked.tool_choice))
    body |= compact(parallel_tool_calls=asked.parallel_calls)
    return body


def encode_tool(tool: Tool) -> JsonBody:
    """One tool."""
    function = {"name": tool.name, **compact(description=tool.description, strict=tool.strict)}
    return {"type": "function", "function": {**function, "parameters": loaded(tool.schema)}}


def encode_choice(choice: ToolChoice) -> str | JsonBody:
    """Which tool must be called."""
    return {"type": "function", "function": {"name": choice.name}} if choice.mode == "tool" else choice.mode


def encode_format(form: ResponseFormat | None) -> JsonBody | None:
    """The form of the answer; None where it is free."""
    if form is None:
        return None
    if form.kind == "json":
        return {"type": "json_object"}
    named = {"name": form.name or "answer", **compact(description=form.description, strict=form.strict)}
    return {"type": "json_schema", "json_schema": {**named, "schema": loaded(form.schema)}}
