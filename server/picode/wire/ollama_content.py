"""Messages, tools and fields of Ollama's chat, beyond text.

Sources: https://github.com/ollama/ollama/blob/main/docs/api.md (chat), https://docs.ollama.com/capabilities/tool-calling,
/capabilities/structured-outputs, /capabilities/vision, /capabilities/thinking.
"""

from __future__ import annotations

from typing import Any

from picode.core.content import CallDelta, Delta, Image, Reasoning, Refusal, Text, ToolCall, ToolResult
from picode.core.errors import Unsupported
from picode.core.generation import GenerationOptions
from picode.core.messages import Message, Request
from picode.wire.dialect import Profile
from picode.wire.generation import arguments_of, effort_of, generation_of, loaded, require_data
from picode.wire.openai_content import encode_tool
from picode.wire.openai_deltas import call_deltas, logprobs
from picode.wire.shapes import JsonObject, compact, mapping
from picode.wire.turns import call_names, parts_of

NAME = "ollama"
_HAS = frozenset(
    """
    tools tool_choice format effort thinking_tokens top_p top_k frequency_penalty presence_penalty logprobs top_logprobs
    """.split()
)


def encode_turns(turns: tuple[Message, ...], request: Request) -> list[dict[str, Any]]:
    """The messages of a conversation. Results of tools are messages of their own, named by the tool."""
    names = call_names(turns)
    return [message for turn in turns for message in _messages(turn, request, names)]


def _messages(turn: Message, request: Request, names: dict[str, str]) -> list[dict[str, Any]]:
    parts, messages = parts_of(turn), []
    for part in parts:
        if isinstance(part, ToolResult):
            name = part.name or names.get(part.call, part.call)
            images = [require_data(each, request, NAME).data for each in part.parts if isinstance(each, Image)]
            messages.append({"role": "tool", "tool_name": name, "content": part.told, **compact(images=images)})
    message = {"role": turn.role, "content": "".join(part.text for part in parts if isinstance(part, Text | Refusal))}
    more = compact(
        images=[require_data(part, request, NAME).data for part in parts if isinstance(part, Image)],
        thinking="".join(part.text for part in parts if isinstance(part, Reasoning)),
        tool_calls=[
            {"function": {"name": part.name, "arguments": arguments_of(part)}}
            for part in parts
            if isinstance(part, ToolCall)
        ],
    )
    return [*messages, message | more] if message["content"] or more else messages


def encode_fields(request: Request, profile: Profile) -> dict[str, Any]:
    """The fields of the body. Raises `Unsupported` where a tool has to be called: the server can't be told."""
    asked = generation_of(request, NAME, _HAS)
    choice = asked.tool_choice
    if asked.tools and choice is not None and choice.mode in ("required", "tool"):
        raise Unsupported("tool_choice", request.model, f"{NAME}, where models call tools as they like")
    offered = asked.tools if choice is None or choice.mode != "none" else ()
    form = asked.format
    effort = effort_of(asked, profile)
    return compact(
        tools=[encode_tool(tool) for tool in offered],
        format=form and ("json" if form.kind == "json" else loaded(form.schema)),
        think=False if effort == "none" else effort or None,
        logprobs=asked.logprobs or None,
        top_logprobs=asked.top_logprobs,
    )


def encode_options(asked: GenerationOptions) -> dict[str, Any]:
    """The fields of `options`."""
    return compact(
        top_p=asked.top_p,
        top_k=asked.top_k,
        frequency_penalty=asked.frequency_penalty,
        presence_penalty=asked.presence_penalty,
    )


def decode_deltas(fields: JsonObject) -> tuple[Delta, ...]:
    """The calls, each in one piece, and the probabilities of one line. Several lines may bring calls, all with the index 0."""
    calls = call_deltas(mapping(fields.get("message")).get("tool_calls"))
    whole = (CallDelta(-1, each.id, each.name, each.arguments or "{}") for each in calls)
    return (*logprobs(fields.get("logprobs")), *whole)
