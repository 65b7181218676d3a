"""Blocks, tools and fields of Anthropic's messages, beyond text.

Sources: https://docs.claude.com/en/docs/agents-and-tools/tool-use/implement-tool-use, /en/docs/build-with-claude/vision,
/en/docs/build-with-claude/extended-thinking (signatures, redacted thinking), /en/docs/build-with-claude/structured-outputs.
"""

from __future__ import annotations

import json
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
from picode.core.errors import Unsupported
from picode.core.generation import GenerationOptions, Tool, ToolChoice
from picode.core.messages import Message, Request
from picode.wire.generation import arguments_of, loaded
from picode.wire.shapes import compact, mapping, string
from picode.wire.turns import parts_of

HAS = frozenset(
    "tools tool_choice parallel_calls format effort thinking_tokens top_p top_k metadata".split(),
)
_EFFORTS = {"minimal": "low", "none": ""}
_LEAST_BUDGET = 1024


def encode_blocks(turn: Message) -> list[dict[str, Any]]:
    """The blocks of a turn. Results of tools come first: the API wants them right behind their calls."""
    parts = sorted(parts_of(turn), key=lambda part: not isinstance(part, ToolResult))
    return [block for part in parts if (block := _block(part)) is not None]


def _block(part: Part) -> dict[str, Any] | None:
    if isinstance(part, Text | Refusal):
        return {"type": "text", "text": part.text}
    if isinstance(part, Image):
        return {"type": "image", "source": _source(part)}
    if isinstance(part, ToolCall):
        return {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments_of(part)}
    if isinstance(part, ToolResult):
        return _result(part)
    if isinstance(part, Reasoning) and part.encrypted:
        return {"type": "redacted_thinking", "data": part.encrypted}
    if isinstance(part, Reasoning) and part.signature:  # thoughts of other models have no signature, and are refused
        return {"type": "thinking", "thinking": part.text, "signature": part.signature}
    return None


def _source(image: Image) -> dict[str, Any]:
    if image.url:
        return {"type": "url", "url": image.url}
    return {"type": "base64", "media_type": image.media_type, "data": image.data}


def _result(result: ToolResult) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "tool_result", "tool_use_id": result.call}
    if any(isinstance(part, Image) for part in result.parts):
        block["content"] = [_block(part) for part in result.parts]
    else:
        block |= compact(content=result.text)
    return {**block, "is_error": True} if result.error else block


def encode_fields(asked: GenerationOptions, request: Request, dialect: str) -> dict[str, Any]:
    """The fields of what is asked for beyond text."""
    body = compact(
        tools=[_tool(tool) for tool in asked.tools],
        top_p=asked.top_p,
        top_k=asked.top_k,
        metadata=dict(pair for pair in asked.metadata if pair[0] == "user_id"),
        output_config=_output(asked, request, dialect),
        thinking=_thinking(asked, request),
    )
    if asked.tools and (asked.tool_choice or asked.parallel_calls is False):
        choice = _choice(asked.tool_choice or ToolChoice("auto"))
        if asked.parallel_calls is False and choice["type"] != "none":
            choice["disable_parallel_tool_use"] = True
        body["tool_choice"] = choice
    return body


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        **compact(description=tool.description, strict=tool.strict or None),
        "input_schema": {"type": "object", **loaded(tool.schema)},
    }


def _choice(choice: ToolChoice) -> dict[str, Any]:
    if choice.mode == "tool":
        return {"type": "tool", "name": choice.name}
    return {"type": "any" if choice.mode == "required" else choice.mode}


def _output(asked: GenerationOptions, request: Request, dialect: str) -> dict[str, Any]:
    if asked.format is not None and asked.format.kind == "json":
        raise Unsupported("response_format.type json_object", request.model, f"{dialect}, which takes a schema")
    form = asked.format and {"type": "json_schema", "schema": loaded(asked.format.schema)}
    return compact(effort=_EFFORTS.get(asked.effort, asked.effort), format=form)


def _thinking(asked: GenerationOptions, request: Request) -> dict[str, Any] | None:
    if asked.thinking_tokens is None:
        return {"type": "disabled"} if asked.effort == "none" else None
    budget = min(max(asked.thinking_tokens, _LEAST_BUDGET), request.max_tokens - 1)
    if asked.thinking_tokens == 0 or budget < _LEAST_BUDGET:
        return {"type": "disabled"}
    return {"type": "enabled", "budget_tokens": budget}


def decode_block(block: Any, index: int, *, whole: bool) -> tuple[Delta, ...]:
    """The calls and proofs in a block, or in its beginning, or in a delta of it."""
    fields = mapping(block)
    kind = string(fields.get("type"))
    if kind == "tool_use":
        given = json.dumps(fields.get("input") or {}, ensure_ascii=False) if whole or fields.get("input") else ""
        return (CallDelta(index, string(fields.get("id")), string(fields.get("name")), given),)
    if kind == "input_json_delta":
        return (CallDelta(index, arguments=string(fields.get("partial_json"))),)
    if kind == "redacted_thinking":
        return (ReasoningProof(encrypted=string(fields.get("data"))),)
    signature = string(fields.get("signature"))
    return (ReasoningProof(signature),) if signature else ()
