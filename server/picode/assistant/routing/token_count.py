"""How many tokens a conversation has, by the provider's own count where it gives one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from picode.assistant.ports import Deadlines, Transport
from picode.assistant.routing.upstream import Target, call_of, complete, http_request, read_body
from picode.core.errors import ServerFailure
from picode.core.generation import GenerationOptions
from picode.core.messages import Chat, Fill, Request
from picode.wire.dialect import Call, Failed
from picode.wire.gemini import resource_name
from picode.wire.shapes import count, mapping, parse

_DEADLINES = Deadlines(connect=5, idle=10, total=10)
_LARGEST = 64 * 1024
_CHARACTERS = 4
"""To a token."""
_IMAGE = 1_600
"""Tokens of an image of a usual size (https://docs.claude.com/en/docs/build-with-claude/vision#calculate-image-costs)."""
_ANTHROPIC = ("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config")
_GEMINI = ("contents", "systemInstruction", "tools", "toolConfig")
"""The fields of a request that are counted."""


def estimated(prompt: Fill | Chat, generation: GenerationOptions | None) -> int:
    """The tokens of what a model is shown, by its characters."""
    from picode.core.content import Image, Reasoning, Text, ToolCall, ToolResult

    characters, images = 0, 0
    messages = prompt.messages if isinstance(prompt, Chat) else ()
    parts = [part for message in messages for part in message.parts or (Text(message.text),)]
    parts += [inner for part in parts if isinstance(part, ToolResult) for inner in part.parts]
    for part in parts:
        if isinstance(part, Text | Reasoning):
            characters += len(part.text)
        elif isinstance(part, ToolCall):
            characters += len(part.name) + len(part.arguments)
        images += isinstance(part, Image)
    for tool in generation.tools if generation else ():
        characters += len(tool.name) + len(tool.description) + len(tool.schema)
    return max(1, characters // _CHARACTERS + images * _IMAGE)


async def counted(request: Request, target: Target, transport: Transport) -> int | None:
    """The tokens of `request` as the provider counts them; None where its API counts none. Raises `ProviderError`s."""
    if (asking := _COUNTED.get(target.dialect.name)) is None:
        return None
    call, field = asking(call_of(request, target), request.model)
    title = target.provider.title
    async with transport.send(http_request(call, target), title, _DEADLINES) as response:
        text = (await read_body(response, _LARGEST)).decode(errors="replace")
        if response.status != 200:
            failed = Failed(response.status, response.headers, text, keyed=bool(target.endpoint.key))
            error = target.dialect.explain(failed, title)
            complete(error, target.provider, target.endpoint)
            raise error
    if not (tokens := count(mapping(parse(text, title)).get(field))):
        raise ServerFailure(title, "counted no tokens.")
    return tokens


def _of_anthropic(call: Call, model: str) -> tuple[Call, str]:
    """https://docs.claude.com/en/api/messages-count-tokens"""
    body = {name: call.body[name] for name in _ANTHROPIC if name in call.body}
    return replace(call, path="/messages/count_tokens", body=body, text="", framing="json"), "input_tokens"


def _of_gemini(call: Call, model: str) -> tuple[Call, str]:
    """https://ai.google.dev/api/tokens"""
    name = resource_name(model)
    body = {"model": name, **{field: call.body[field] for field in _GEMINI if field in call.body}}
    path = f"/{name}:countTokens"
    return replace(call, path=path, body={"generateContentRequest": body}, text="", framing="json"), "totalTokens"


_COUNTED: Mapping[str, Callable[[Call, str], tuple[Call, str]]] = {
    "anthropic_messages": _of_anthropic,
    "gemini": _of_gemini,
}
"""Makes of a call, by its dialect, the one that counts its tokens, and names the field of the answer."""
