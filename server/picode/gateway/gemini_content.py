"""The contents, tools and fields of Google's Gemini API as the assistant knows them.

Sources: https://ai.google.dev/api/generate-content, /api/caching (Content, Part, Tool, Schema);
https://ai.google.dev/gemini-api/docs/thought-signatures, /docs/function-calling. Names of fields may be written in both ways
that Google's JSON allows, `systemInstruction` and `system_instruction`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from picode.core.content import Image, Opaque, Part, Reasoning, Text, ToolCall, ToolResult
from picode.core.generation import NO_ARGUMENTS, GenerationOptions, ResponseFormat, Tool, ToolChoice
from picode.core.messages import Message
from picode.gateway.api_errors import ApiError
from picode.gateway.call_pairs import CallPairs
from picode.gateway.openai_content import plain_or_rich
from picode.wire.shapes import items, mapping, string

ENCRYPTED = "picode-encrypted:"
"""Begins a signature that holds reasoning which only its provider can read, so that clients bring it back."""

_FREE = frozenset("args response parameters parametersJsonSchema responseSchema responseJsonSchema labels".split())
"""Fields whose content has names of its own."""

_CHOICES: Mapping[str, ToolChoice] = {
    "AUTO": ToolChoice("auto"),
    "VALIDATED": ToolChoice("auto"),
    "NONE": ToolChoice("none"),
    "ANY": ToolChoice("required"),
}


_DEEPEST = 100
"""Levels of a body; none of Google's has ten."""


_USUAL_TOP_K = (40, 64)
"""Google's own values, which its clients send with every request: they ask nothing of a model that has others."""


def in_camel_case(value: Any, depth: int = 0) -> Any:
    """`value` with the names of its fields as the documentation writes them. Raises `ValueError` for what is nested too
    deeply."""
    if depth > _DEEPEST:
        raise ValueError(f"more than {_DEEPEST} levels")
    if isinstance(value, list):
        return [in_camel_case(each, depth + 1) for each in value]
    if not isinstance(value, dict):
        return value
    named = ((re.sub(r"_([a-z])", lambda found: found[1].upper(), name), inner) for name, inner in value.items())
    return {name: inner if name in _FREE else in_camel_case(inner, depth + 1) for name, inner in named}


def messages_of(contents: Sequence[Any], system: Any) -> list[Message]:
    """The conversation. Raises `ApiError` for what is none."""
    pairs = CallPairs()
    found = []
    if system:
        told = items(mapping(system).get("parts")) if isinstance(system, dict) else [{"text": string(system)}]
        found.append(Message("system", "".join(string(mapping(part).get("text")) for part in told)))
    for at, content in enumerate(contents):
        place = f"contents.{at}"
        if not isinstance(content, dict):
            raise ApiError(400, "invalid", f"{place}: an object is wanted.", field=place, retry=False)
        role = "assistant" if content.get("role") == "model" else "user"
        parts = [_part(part, f"{place}.parts.{n}", pairs) for n, part in enumerate(items(content.get("parts")))]
        found.append(plain_or_rich(role, list(_joined(parts))))
    return found


def _part(part: Any, place: str, pairs: CallPairs) -> Part:
    fields = mapping(part)
    signature = string(fields.get("thoughtSignature"))
    if fields.get("thought") is True:
        if signature.startswith(ENCRYPTED):
            return Reasoning(encrypted=signature.removeprefix(ENCRYPTED))
        return Reasoning(string(fields.get("text")), signature)
    if isinstance(fields.get("text"), str):
        return Text(fields["text"])
    if call := mapping(fields.get("functionCall")):
        name = string(call.get("name"))
        arguments = json.dumps(call.get("args") or {}, ensure_ascii=False)
        return ToolCall(pairs.called(name, string(call.get("id"))), name, arguments, signature)
    if result := mapping(fields.get("functionResponse")):
        return _result(result, pairs)
    data, file = mapping(fields.get("inlineData")), mapping(fields.get("fileData"))
    kind = string(data.get("mimeType")) or string(file.get("mimeType"))
    if data and kind.startswith("image/"):
        return Image(kind, string(data.get("data")))
    if file and (kind.startswith("image/") or not kind):
        return Image(url=string(file.get("fileUri")))
    return Opaque(place, kind or next(iter(fields), "nothing"))


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    """`parts`, of which clients keep the pieces of a stream: text is one, and a thought ends with its signature."""
    last: Part | None = None
    for part in parts:
        if isinstance(last, Text) and isinstance(part, Text):
            last = Text(last.text + part.text)
        elif (
            isinstance(last, Reasoning)
            and isinstance(part, Reasoning)
            and not (last.signature or last.encrypted or part.encrypted)
        ):
            last = Reasoning(last.text + part.text, part.signature)
        else:
            if last is not None:
                yield last
            last = part
    if last is not None:
        yield last


def _result(result: Mapping[str, Any], pairs: CallPairs) -> ToolResult:
    name, response = string(result.get("name")), result.get("response")
    fields = mapping(response)
    error = fields.keys() == {"error"}
    said = (
        next(iter(fields.values())) if len(fields) == 1 and fields.keys() <= {"output", "result", "error"} else response
    )
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    blobs = (mapping(mapping(part).get("inlineData")) for part in items(result.get("parts")))
    images = tuple(Image(string(blob.get("mimeType")), string(blob.get("data"))) for blob in blobs if blob)
    call = pairs.answered(name, string(result.get("id")))
    return ToolResult(call, (Text(text), *images), name, error=error)


def tools_of(tools: Sequence[Any], config: Mapping[str, Any], unknown: list[str]) -> tuple[Tool, ...]:
    """The functions among `tools`, of which `config` may allow only some; the places of others, which only Google runs, go into
    `unknown`."""
    allowed = items(config.get("allowedFunctionNames"))
    found = []
    for at, tool in enumerate(map(mapping, tools)):
        unknown += [f"tools.{at} ({name[:40]})" for name in tool if name != "functionDeclarations"]
        for declared in map(mapping, items(tool.get("functionDeclarations"))):
            name = string(declared.get("name"))
            if not name:
                place = f"tools.{at}.functionDeclarations"
                raise ApiError(400, "invalid", f"{place}: a function has a name.", field=f"{place}.name", retry=False)
            if not allowed or name in allowed:
                found.append(Tool(name, string(declared.get("description")), _parameters(declared)))
    return tuple(found)


def _parameters(declared: Mapping[str, Any]) -> str:
    schema = declared.get("parametersJsonSchema") or json_schema(declared.get("parameters"))
    return json.dumps(schema, ensure_ascii=False) if isinstance(schema, dict) and schema else NO_ARGUMENTS


def choice_of(config: Mapping[str, Any], unknown: list[str]) -> ToolChoice | None:
    """Which functions may be called."""
    mode, allowed = string(config.get("mode")).upper(), items(config.get("allowedFunctionNames"))
    if mode == "ANY" and len(allowed) == 1:
        return ToolChoice("tool", string(allowed[0]))
    if mode and mode != "MODE_UNSPECIFIED" and mode not in _CHOICES:
        unknown.append("toolConfig.functionCallingConfig.mode")
    return _CHOICES.get(mode)


def json_schema(schema: Any, depth: int = 0) -> Any:
    """A schema of Google's kind as JSON Schema: types are in lower case there, and null is a type."""
    if isinstance(schema, list):
        return [json_schema(each, depth + 1) for each in schema]
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return schema
    found: dict[str, Any] = {}
    for name, value in schema.items():
        if name == "type" and isinstance(value, str):
            found[name] = [value.lower(), "null"] if schema.get("nullable") is True else value.lower()
        elif name == "properties" and isinstance(value, dict):
            found[name] = {each: json_schema(inner, depth + 1) for each, inner in value.items()}
        elif name in ("enum", "required", "example", "default"):
            found[name] = value
        elif name in _COUNTS and isinstance(value, str) and value.isascii() and value.isdecimal():
            found[name] = int(value)
        elif name not in ("nullable", "propertyOrdering", "property_ordering"):
            found[name] = json_schema(value, depth + 1)
    return found


_COUNTS = frozenset("minItems maxItems minLength maxLength minProperties maxProperties".split())
"""Fields that Google's JSON writes as strings, since they are 64-bit integers."""


def format_of(config: Mapping[str, Any]) -> ResponseFormat | None:
    """The form of the answer. `config` is the `generationConfig`."""
    schema = config.get("responseJsonSchema") or json_schema(config.get("responseSchema"))
    if isinstance(schema, dict) and schema:
        return ResponseFormat("schema", json.dumps(schema, ensure_ascii=False), "answer")
    return ResponseFormat("json") if config.get("responseMimeType") == "application/json" else None


def generation_of(
    config: Mapping[str, Any], tools: Sequence[Any], tool_config: Mapping[str, Any], unknown: list[str]
) -> GenerationOptions:
    """What a request asks for beyond text; the names of fields that ask for something else go into `unknown`."""
    thinking = mapping(config.get("thinkingConfig"))
    calling = mapping(tool_config.get("functionCallingConfig"))
    budget = thinking.get("thinkingBudget")
    if config.get("responseMimeType") not in (None, "", "text/plain", "application/json"):
        unknown.append("generationConfig.responseMimeType")
    if set(items(config.get("responseModalities"))) - {"TEXT"}:
        unknown.append("generationConfig.responseModalities")
    return GenerationOptions(
        tools=tools_of(tools, calling, unknown),
        tool_choice=choice_of(calling, unknown),
        format=format_of(config),
        effort=string(thinking.get("thinkingLevel")).lower(),
        thinking_tokens=budget if isinstance(budget, int) and budget >= 0 else None,
        top_p=config.get("topP"),
        top_k=None if config.get("topK") in _USUAL_TOP_K else config.get("topK"),
        frequency_penalty=config.get("frequencyPenalty"),
        presence_penalty=config.get("presencePenalty"),
        logprobs=bool(config.get("responseLogprobs")),
        top_logprobs=config.get("logprobs"),
        n=config.get("candidateCount") or 1,
    )
