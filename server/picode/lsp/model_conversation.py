"""Conversations of other programs of the editor with a language model, from the client's JSON to a request of the assistant."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

from pygls.exceptions import JsonRpcInvalidParams

from picode.assistant.routing.exchange import GatewayRequest
from picode.core.content import Image, Part, Reasoning, Text, ToolCall, ToolResult
from picode.core.generation import NO_ARGUMENTS, GenerationOptions, Tool, ToolChoice
from picode.core.messages import Chat, Message, turn_of
from picode.lsp.arguments import (
    CallPart,
    DataPart,
    LanguageModelMessage,
    ModelConversation,
    ReasoningPart,
    RespondArguments,
    ResultPart,
    TextPart,
    ToolDefinition,
)

_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_TEXTS = ("application/json", "application/xml", "application/javascript", "application/x-sh")


def gateway_request(given: ModelConversation, command: str) -> GatewayRequest:
    """The conversation that `given`, the argument of `command`, holds. Raises `JsonRpcInvalidParams` for a file that is neither
    text nor an image."""
    messages = tuple(_message(each, f"{command}: messages.{at}") for at, each in enumerate(given.messages))
    generation = GenerationOptions(tools=tuple(map(_tool, given.tools)))
    return GatewayRequest(Chat(messages), given.provider, given.model, reuse="never", generation=generation)


def response_request(given: RespondArguments, feature: str) -> GatewayRequest:
    """The request for a response, counted as one of `feature`. Raises `JsonRpcInvalidParams`, also for a conversation in which
    nothing is asked."""
    name, options = "picode.languageModels.respond", given.options
    chat = gateway_request(given, name).prompt
    assert isinstance(chat, Chat)
    if not any(each.parts or each.text.strip() for each in chat.messages if each.role != "system"):
        raise JsonRpcInvalidParams(f"{name}: messages: nothing is asked, all messages are empty.")
    if given.must_call and not given.tools:
        raise JsonRpcInvalidParams(f"{name}: mustCall: there is no tool to call.")
    generation = GenerationOptions(
        tools=tuple(map(_tool, given.tools)),
        tool_choice=ToolChoice("required") if given.must_call else None,
        effort=options.reasoning_effort or "",
        top_p=options.top_p,
        top_k=options.top_k,
        frequency_penalty=options.frequency_penalty,
        presence_penalty=options.presence_penalty,
    )
    return GatewayRequest(
        chat,
        given.provider,
        given.model,
        max_tokens=options.max_tokens,
        temperature=options.temperature,
        stop=tuple(options.stop or ()),
        seed=options.seed,
        reuse="never",
        generation=generation,
        feature=feature,
        by_hand=True,
    )


def _tool(given: ToolDefinition) -> Tool:
    schema = json.dumps(given.parameters, ensure_ascii=False) if given.parameters else NO_ARGUMENTS
    return Tool(given.name, given.description, schema)


def _message(given: LanguageModelMessage, place: str) -> Message:
    calls = {part.id for part in given.parts if isinstance(part, CallPart)}
    signatures = {
        part.id: part.signature for part in given.parts if isinstance(part, ReasoningPart) and part.id in calls
    }
    parts: list[Part] = list(_reasoning([part for part in given.parts if isinstance(part, ReasoningPart)], calls))
    for at, part in enumerate(given.parts):
        if isinstance(part, CallPart):
            parts.append(ToolCall(part.id, part.name, part.arguments, signatures.get(part.id, "")))
        elif isinstance(part, ResultPart):
            shown = (each for inner in part.parts for each in _shown(inner, f"{place}.parts.{at}"))
            parts.append(ToolResult(part.call, tuple(shown), error=part.error))
        elif not isinstance(part, ReasoningPart):
            parts += _shown(part, f"{place}.parts.{at}")
    return turn_of(given.role, parts)


def _reasoning(given: list[ReasoningPart], calls: set[str]) -> Iterator[Reasoning]:
    """The blocks of reasoning. Their text may come in pieces, of which the last has the proof; the signature of a call is none
    of theirs."""
    text = ""
    for part in given:
        text += part.text
        proof = part.signature if part.id not in calls else ""
        if proof or part.encrypted:
            yield Reasoning(part.whole or text, proof, part.encrypted, part.id)
            text = ""
    if text:
        yield Reasoning(text)


def _shown(part: TextPart | DataPart, place: str) -> Iterator[Text | Image]:
    """What a model can be shown of `part`. A media type without a slash is a mark of the editor's, such as `cache_control`."""
    if isinstance(part, TextPart):
        if part.text:
            yield Text(part.text)
        return
    kind = part.media_type.partition(";")[0].strip().lower()
    kind = "image/jpeg" if kind == "image/jpg" else kind
    if kind in _IMAGES:
        yield Image(kind, part.data)
    elif kind.startswith("text/") or kind in _TEXTS or kind.endswith(("+json", "+xml")):
        yield Text(_decoded(part.data, place))
    elif "/" in kind:
        problem = "is neither text nor an image that models take (PNG, JPEG, GIF, WebP)"
        raise JsonRpcInvalidParams(f"{place}: a file of the type {kind[:80]} {problem}.")


def _decoded(data: str, place: str) -> str:
    try:
        return base64.b64decode(data).decode("utf-8", "replace")
    except ValueError:
        raise JsonRpcInvalidParams(f"{place}: data: it is no base64.") from None
