"""The items, tools and fields of OpenAI's responses as the assistant knows them.

Sources: https://platform.openai.com/docs/api-reference/responses/create, /docs/guides/function-calling#custom-tools,
/docs/guides/reasoning.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from picode.core.content import Image, Opaque, Part, Reasoning, Text, ToolCall, ToolResult
from picode.core.generation import Tool
from picode.core.messages import Message, turn_of
from picode.gateway.api_errors import ApiError
from picode.gateway.openai_content import message_of, tool_of
from picode.wire.shapes import items

SIGNED = "picode-signature:"
"""Begins an `encrypted_content` that holds the signature of readable reasoning, so that clients bring it back."""

_INPUT = json.dumps({"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]})
"""The schema of a tool that takes free text (a custom tool), for providers that know functions alone."""


def messages_of(given: str | Sequence[Any], place: str = "input") -> list[Message]:
    """The turns that the items of an input or an output make. Raises `ApiError` for what is no item."""
    if isinstance(given, str):
        return [Message("user", given)]
    found = []
    for at, item in enumerate(given):
        where = f"{place}.{at}"
        if not isinstance(item, dict):
            raise ApiError(400, "invalid", f"{where}: an object is wanted.", field=where, retry=False)
        if item.get("type", "message") == "message":
            role = str(item.get("role", "user"))
            found.append(message_of(role, item, where))
        else:
            part = _part(item, where)
            found.append(turn_of("user" if isinstance(part, ToolResult) else "assistant", [part]))
    return found


def _part(item: Mapping[str, Any], place: str) -> Part:
    kind = str(item.get("type"))
    if kind in ("function_call", "custom_tool_call"):
        free = kind == "custom_tool_call"
        given = json.dumps({"input": _text(item, "input")}) if free else _text(item, "arguments") or "{}"
        called = ClientTool(_text(item, "name"), _text(item, "namespace"), free)
        return ToolCall(_text(item, "call_id"), called.function, given)
    if kind in ("function_call_output", "custom_tool_call_output"):
        return ToolResult(_text(item, "call_id"), _shown(item.get("output"), place))
    if kind == "reasoning":
        return _reasoning(item)
    return Opaque(place, kind)


def _shown(output: Any, place: str) -> tuple[Text | Image, ...]:
    content = output if isinstance(output, str | list) else json.dumps(output, ensure_ascii=False)
    result = message_of("tool", {"tool_call_id": "-", "content": content}, place).parts[0]
    assert isinstance(result, ToolResult)
    return result.parts


def _reasoning(item: Mapping[str, Any]) -> Reasoning:
    rows = [*items(item.get("content")), *items(item.get("summary"))]
    text = "\n\n".join(str(row.get("text", "")) for row in rows if isinstance(row, dict))
    proof = _text(item, "encrypted_content")
    if proof.startswith(SIGNED):
        return Reasoning(text, proof.removeprefix(SIGNED), id=_text(item, "id"))
    return Reasoning(text, encrypted=proof, id=_text(item, "id"))


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class ClientTool:
    """A tool as the program calls it. `free`: it takes free text instead of JSON."""

    name: str
    namespace: str = ""
    free: bool = False

    @property
    def function(self) -> str:
        """The name of the function that providers are offered: they know no namespaces."""
        return f"{self.namespace}__{self.name}" if self.namespace else self.name


def tools_of(tools: Iterable[Any], unknown: list[str]) -> tuple[tuple[Tool, ...], dict[str, ClientTool]]:
    """The tools that the program runs itself, and how it calls each, by the names of the functions. The places of others, which
    only OpenAI runs, go into `unknown`."""
    found: list[Tool] = []
    clients: dict[str, ClientTool] = {}
    for place, namespace, tool in _flat(tools, "tools", ""):
        kind = tool.get("type") if isinstance(tool, dict) else type(tool).__name__
        if kind not in ("function", "custom"):
            unknown.append(f"{place} ({str(kind)[:40]})")
            continue
        function = tool_of(tool, place)
        client = ClientTool(function.name, namespace, kind == "custom")
        clients[client.function] = client
        found.append(replace(_custom(function, tool.get("format")) if client.free else function, name=client.function))
    return tuple(found), clients


def _flat(tools: Iterable[Any], place: str, namespace: str) -> Iterator[tuple[str, str, Any]]:
    """The tools with their places and namespaces."""
    for at, tool in enumerate(tools):
        inner = tool.get("tools") if isinstance(tool, dict) and tool.get("type") == "namespace" else None
        if isinstance(inner, list) and not namespace:
            yield from _flat(inner, f"{place}.{at}.tools", str(tool.get("name") or ""))
        else:
            yield f"{place}.{at}", namespace, tool


def _custom(tool: Tool, form: Any) -> Tool:
    """A tool that takes free text as a function of one string. The grammar of that text, which no function has, is told in
    words."""
    grammar = form.get("definition") if isinstance(form, dict) else None
    told = f"{tool.description}\n\nThe input follows this grammar:\n{grammar}" if grammar else tool.description
    return Tool(tool.name, told.strip(), _INPUT)
