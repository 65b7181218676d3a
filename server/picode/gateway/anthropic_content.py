"""The messages, tools and fields of Anthropic's messages as the assistant knows them.

Sources: https://docs.claude.com/en/api/messages, /en/docs/agents-and-tools/tool-use/overview,
/en/docs/build-with-claude/vision, /en/docs/build-with-claude/extended-thinking.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from picode.core.content import Image, Opaque, Part, Reasoning, Text, ToolCall, ToolResult
from picode.core.generation import GenerationOptions, ResponseFormat, Tool, ToolChoice
from picode.core.messages import Message, Role, turn_of
from picode.gateway.api_errors import ApiError

_CHOICES = {"auto": "auto", "none": "none", "any": "required"}


def message_of(role: Role, content: Any, place: str) -> Message:
    """One message; `place` is where it stands in the body. Raises `ApiError` for what is no message."""
    return turn_of(role, _parts(content, f"{place}.content"))


def _parts(content: Any, place: str) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (Text(content),) if content else ()
    if not isinstance(content, list):
        raise ApiError(400, "invalid", f"{place}: a text or a list of blocks is wanted.", field=place, retry=False)
    return tuple(_part(block, f"{place}.{at}") for at, block in enumerate(content))


def _part(block: Any, place: str) -> Part:
    if not isinstance(block, dict):
        raise ApiError(400, "invalid", f"{place}: an object is wanted.", field=place, retry=False)
    kind = block.get("type", "text")
    if kind == "text" and isinstance(block.get("text"), str):
        return Text(block["text"])
    if kind == "image" and isinstance(block.get("source"), dict):
        return _image(block["source"], place)
    if kind == "thinking":
        return Reasoning(str(block.get("thinking") or ""), str(block.get("signature") or ""))
    if kind == "redacted_thinking":
        return Reasoning(encrypted=str(block.get("data") or ""))
    if kind == "tool_use":
        arguments = json.dumps(block.get("input") or {}, ensure_ascii=False)
        return ToolCall(str(block.get("id") or ""), str(block.get("name") or ""), arguments)
    if kind == "tool_result":
        return _result(block, place)
    return Opaque(place, str(kind))


def _image(source: Mapping[str, Any], place: str) -> Part:
    if source.get("type") == "base64":
        return Image(str(source.get("media_type") or ""), str(source.get("data") or ""))
    if source.get("type") == "url":
        return Image(url=str(source.get("url") or ""))
    return Opaque(f"{place}.source", str(source.get("type")))


def _result(block: Mapping[str, Any], place: str) -> Part:
    shown = _parts(block.get("content") or "", f"{place}.content")
    parts = tuple(part for part in shown if isinstance(part, Text | Image))
    if len(parts) < len(shown):
        odd = next(at for at, part in enumerate(shown) if not isinstance(part, Text | Image))
        return Opaque(f"{place}.content.{odd}", str(block["content"][odd].get("type")))
    return ToolResult(str(block.get("tool_use_id") or ""), parts, error=block.get("is_error") is True)


def tools_of(tools: Sequence[Any], unknown: list[str]) -> tuple[Tool, ...]:
    """The tools that the program runs itself; the places of others, which only Anthropic runs, go into `unknown`."""
    found = []
    for at, tool in enumerate(tools):
        if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
            raise ApiError(400, "invalid", f"tools.{at}: a tool has a name.", field=f"tools.{at}.name", retry=False)
        if tool.get("type", "custom") != "custom" or not isinstance(tool.get("input_schema"), dict):
            unknown.append(f"tools.{at} ({str(tool.get('type'))[:40]})")
            continue
        schema, strict = json.dumps(tool["input_schema"], ensure_ascii=False), tool.get("strict")
        description = str(tool.get("description") or "")
        found.append(Tool(tool["name"], description, schema, strict if isinstance(strict, bool) else None))
    return tuple(found)


def generation_of(fields: Mapping[str, Any], unknown: list[str]) -> GenerationOptions:
    """What the fields of a body ask for beyond text; the names of those that ask for something else go into `unknown`."""
    choice = fields.get("tool_choice") or {}
    output = fields.get("output_config") or {}
    budget, effort = _thinking(fields.get("thinking") or {})
    form = output.get("format") or fields.get("output_format")
    metadata = fields.get("metadata") or {}
    return GenerationOptions(
        tools=tools_of(fields.get("tools") or (), unknown),
        tool_choice=_choice(choice, unknown),
        parallel_calls=False if choice.get("disable_parallel_tool_use") is True else None,
        format=_format(form, unknown),
        effort=str(output.get("effort") or effort),
        thinking_tokens=budget,
        top_p=fields.get("top_p"),
        top_k=fields.get("top_k"),
        metadata=tuple((str(name), str(value)) for name, value in metadata.items()),
    )


def _choice(choice: Mapping[str, Any], unknown: list[str]) -> ToolChoice | None:
    kind = choice.get("type")
    if kind == "tool":
        return ToolChoice("tool", str(choice.get("name") or ""))
    if isinstance(kind, str) and kind in _CHOICES:
        return ToolChoice(_CHOICES[kind])  # type: ignore[arg-type]
    if choice:
        unknown.append("tool_choice")
    return None


def _format(form: Any, unknown: list[str]) -> ResponseFormat | None:
    if isinstance(form, dict) and isinstance(form.get("schema"), dict):
        return ResponseFormat("schema", json.dumps(form["schema"], ensure_ascii=False))
    if form:
        unknown.append("output_config.format")
    return None


def _thinking(thinking: Mapping[str, Any]) -> tuple[int | None, str]:
    """The budget, and the level. Adaptive thinking leaves both to the model."""
    kind, budget = thinking.get("type"), thinking.get("budget_tokens")
    if kind == "disabled":
        return 0, ""
    return (budget, "") if kind == "enabled" and isinstance(budget, int) else (None, "")
