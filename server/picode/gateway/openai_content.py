"""The messages, tools and fields of OpenAI's chat completions as the assistant knows them.

Source: https://platform.openai.com/docs/api-reference/chat/create.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from picode.core.content import Image, Opaque, Part, Reasoning, Refusal, Text, ToolCall, ToolResult, text_of
from picode.core.generation import NO_ARGUMENTS, ResponseFormat, Tool, ToolChoice
from picode.core.messages import Message, turn_of
from picode.gateway.api_errors import ApiError
from picode.gateway.fields import data_image
from picode.wire.shapes import items, mapping

_TEXTS = ("text", "input_text", "output_text")


def message_of(role: str, fields: Mapping[str, Any], place: str) -> Message:
    """One message; `place` is where it stands in the body. Raises `ApiError` for what is no message."""
    content = fields.get("content")
    if role in ("system", "developer"):
        return Message("system", text_of(_parts(content, f"{place}.content")))
    if role in ("tool", "function"):
        call = fields.get("tool_call_id") or fields.get("name")
        if not call:
            raise ApiError(400, "invalid", f"{place}: the call is missing.", field=f"{place}.tool_call_id", retry=False)
        shown = _shown(_parts(content, f"{place}.content"), place)
        return Message("user", "", parts=(ToolResult(str(call), shown, str(fields.get("name") or "")),))
    parts = list(_parts(content, f"{place}.content"))
    if role == "assistant":
        thought = fields.get("reasoning_content") or fields.get("reasoning")
        if isinstance(thought, str) and thought:
            parts.insert(0, Reasoning(thought))
        if isinstance(fields.get("refusal"), str):
            parts.append(Refusal(fields["refusal"]))
        parts += _calls(fields, place)
    return turn_of("assistant" if role == "assistant" else "user", parts)


def _calls(fields: Mapping[str, Any], place: str) -> Iterator[Part]:
    legacy = fields.get("function_call")
    if isinstance(legacy, dict):
        name = str(legacy.get("name", ""))
        yield ToolCall(name, name, str(legacy.get("arguments") or "{}"))
    for at, call in enumerate(items(fields.get("tool_calls"))):
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            kind = call.get("type") if isinstance(call, dict) else type(call).__name__
            yield Opaque(f"{place}.tool_calls.{at}", str(kind))
            continue
        google = mapping(mapping(call.get("extra_content")).get("google")).get("thought_signature")
        arguments = function.get("arguments")
        given = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
        yield ToolCall(str(call.get("id", "")), str(function.get("name", "")), given, str(google or ""))


def _parts(content: Any, place: str) -> tuple[Part, ...]:
    if content is None or content == "":
        return ()
    if isinstance(content, str):
        return (Text(content),)
    if not isinstance(content, list):
        raise ApiError(400, "invalid", f"{place}: a text or a list of parts is wanted.", field=place, retry=False)
    return tuple(_part(part, f"{place}.{at}") for at, part in enumerate(content))


def _part(part: Any, place: str) -> Part:
    if not isinstance(part, dict):
        raise ApiError(400, "invalid", f"{place}: an object is wanted.", field=place, retry=False)
    kind, text = part.get("type", "text"), part.get("text")
    if kind in _TEXTS and isinstance(text, str):
        return Text(text)
    if kind == "refusal" and isinstance(part.get("refusal"), str):
        return Refusal(part["refusal"])
    if kind in ("image_url", "input_image"):
        image = part.get("image_url")
        url, detail = (
            (image.get("url"), image.get("detail")) if isinstance(image, dict) else (image, part.get("detail"))
        )
        if isinstance(url, str):
            return data_image(url, detail if isinstance(detail, str) else "")
    return Opaque(place, str(kind))


def _shown(parts: Sequence[Part], place: str) -> tuple[Text | Image, ...]:
    if any(isinstance(part, Opaque) for part in parts):
        problem = "the result of a tool is text and images."
        raise ApiError(400, "invalid", f"{place}: {problem}", field=f"{place}.content", retry=False)
    return tuple(part for part in parts if isinstance(part, Text | Image))


def tools_of(tools: Sequence[Any], unknown: list[str]) -> tuple[Tool, ...]:
    """The functions among `tools`; the places of others, which only OpenAI runs, go into `unknown`."""
    found = []
    for at, tool in enumerate(tools):
        function = tool.get("function", tool) if isinstance(tool, dict) else None
        if not isinstance(function, dict) or tool.get("type", "function") != "function":
            kind = tool.get("type") if isinstance(tool, dict) else type(tool).__name__
            unknown.append(f"tools.{at} ({str(kind)[:40]})")
            continue
        found.append(tool_of(function, f"tools.{at}"))
    return tuple(found)


def tool_of(function: Mapping[str, Any], place: str) -> Tool:
    """One function. Raises `ApiError` for one without a name."""
    name, schema = function.get("name"), function.get("parameters")
    if not isinstance(name, str) or not name:
        raise ApiError(400, "invalid", f"{place}: a tool has a name.", field=f"{place}.function.name", retry=False)
    strict = function.get("strict")
    text = json.dumps(schema, ensure_ascii=False) if isinstance(schema, dict) and schema else NO_ARGUMENTS
    return Tool(name, str(function.get("description") or ""), text, strict if isinstance(strict, bool) else None)


def choice_of(choice: Any, unknown: list[str]) -> ToolChoice | None:
    """Which tools may be called. A choice of another kind goes into `unknown`."""
    if choice is None:
        return None
    if choice in ("auto", "none", "required"):
        return ToolChoice(choice)
    if isinstance(choice, dict):
        function = choice.get("function", choice)
        if choice.get("type") == "function" and isinstance(function, dict) and isinstance(function.get("name"), str):
            return ToolChoice("tool", function["name"])
    unknown.append("tool_choice")
    return None


def format_of(form: Any, unknown: list[str]) -> ResponseFormat | None:
    """The form of the answer, of chat (`json_schema` within) or of responses (its fields beside the type)."""
    if not isinstance(form, dict) or form.get("type", "text") == "text":
        return None
    if form["type"] == "json_object":
        return ResponseFormat("json")
    named = form.get("json_schema", form)
    if form["type"] == "json_schema" and isinstance(named, dict) and isinstance(named.get("schema"), dict):
        strict = named.get("strict")
        return ResponseFormat(
            "schema",
            json.dumps(named["schema"], ensure_ascii=False),
            str(named.get("name") or ""),
            str(named.get("description") or ""),
            strict if isinstance(strict, bool) else None,
        )
    unknown.append("response_format")
    return None
