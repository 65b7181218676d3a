"""Parts, tools and fields of Google's Gemini API, beyond text.

Sources: https://ai.google.dev/gemini-api/docs/function-calling, /docs/thought-signatures, /docs/image-understanding,
/docs/structured-output, and https://ai.google.dev/api/generate-content (GenerationConfig, LogprobsResult).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    TokenLogprob,
    ToolCall,
    ToolResult,
)
from picode.core.generation import GenerationOptions, ResponseFormat, ToolChoice
from picode.core.messages import Message, Request
from picode.wire.dialect import Profile
from picode.wire.generation import arguments_of, budget_of, loaded, require_data
from picode.wire.shapes import JsonObject, compact, items, mapping, string
from picode.wire.turns import parts_of

NAME = "gemini"
HAS = frozenset(
    """
    tools tool_choice format effort thinking_tokens top_p top_k frequency_penalty presence_penalty logprobs top_logprobs
    """.split()
)
_UNSIGNED = "skip_thought_signature_validator"
"""In place of the signature of a call that another model made: https://ai.google.dev/gemini-api/docs/thought-signatures."""
_LEVELS = {"none": "minimal", "minimal": "minimal", "low": "low", "medium": "medium", "high": "high", "xhigh": "high"}


def encode_parts(turn: Message, request: Request, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The parts of a turn. `names` are the tools of the calls by their ids, as results are told apart by the tool's name."""
    encoded = [each for part in parts_of(turn) for each in _parts(part, request, names)]
    first = next((part for part in encoded if "functionCall" in part), None)
    if first is not None and "thoughtSignature" not in first and "gemini-3" in request.model:
        first["thoughtSignature"] = _UNSIGNED
    return encoded


def _parts(part: Part, request: Request, names: Mapping[str, str]) -> list[dict[str, Any]]:
    if isinstance(part, Text | Refusal):
        return [{"text": part.text}]
    if isinstance(part, Image):
        return [_image(part, request)]
    if isinstance(part, ToolCall):
        call = {"functionCall": {**compact(id=part.id), "name": part.name, "args": arguments_of(part)}}
        return [call | compact(thoughtSignature=part.signature)]
    if isinstance(part, ToolResult):
        said = {"error" if part.error else "result": part.text}
        named = {**compact(id=part.call), "name": part.name or names.get(part.call, part.call)}
        images = [_image(each, request) for each in part.parts if isinstance(each, Image)]
        return [{"functionResponse": {**named, "response": said}}, *images]
    if isinstance(part, Reasoning) and part.signature:
        return [{"text": part.text, "thought": True, "thoughtSignature": part.signature}]
    return []


def _image(image: Image, request: Request) -> dict[str, Any]:
    if image.url.startswith(("gs://", "https://generativelanguage.googleapis.com/")):
        return {"fileData": {"fileUri": image.url}}
    image = require_data(image, request, NAME)
    return {"inlineData": {"mimeType": image.media_type, "data": image.data}}


def encode_settings(asked: GenerationOptions) -> dict[str, Any]:
    """The fields of `generationConfig`."""
    return compact(
        topP=asked.top_p,
        topK=asked.top_k,
        frequencyPenalty=asked.frequency_penalty,
        presencePenalty=asked.presence_penalty,
        responseLogprobs=asked.logprobs or None,
        logprobs=asked.top_logprobs,
        **_format(asked.format),
    )


def _format(form: ResponseFormat | None) -> dict[str, Any]:
    if form is None:
        return {}
    schema = {"responseJsonSchema": loaded(form.schema)} if form.kind == "schema" else {}
    return {"responseMimeType": "application/json", **schema}


def encode_thinking(asked: GenerationOptions, profile: Profile) -> dict[str, Any] | None:
    """How much is thought, where the program says so: a level for models that know levels, else a budget."""
    budget = budget_of(asked)
    if budget is None or not profile.reasoning:
        return None
    if asked.effort and profile.least_effort and not profile.least_effort.isdecimal():
        return {"thinkingLevel": _LEVELS.get(asked.effort, asked.effort), "includeThoughts": True}
    return {"thinkingBudget": budget, **compact(includeThoughts=budget > 0 or None)}


def encode_tools(asked: GenerationOptions) -> dict[str, Any]:
    """The fields that say which tools there are and how they may be called."""
    if not asked.tools:
        return {}
    declared = [
        {"name": tool.name, **compact(description=tool.description), "parametersJsonSchema": loaded(tool.schema)}
        for tool in asked.tools
    ]
    body: dict[str, Any] = {"tools": [{"functionDeclarations": declared}]}
    if asked.tool_choice is not None:
        body["toolConfig"] = {"functionCallingConfig": _calling(asked.tool_choice)}
    mode = body.get("toolConfig", {}).get("functionCallingConfig", {}).get("mode", "AUTO")
    if mode == "AUTO" and any(tool.strict for tool in asked.tools):  # arguments are held to their schemas
        body["toolConfig"] = {"functionCallingConfig": {"mode": "VALIDATED"}}
    return body


def _calling(choice: ToolChoice) -> dict[str, Any]:
    if choice.mode == "tool":
        return {"mode": "ANY", "allowedFunctionNames": [choice.name]}
    return {"mode": {"auto": "AUTO", "none": "NONE", "required": "ANY"}[choice.mode]}


def decode_deltas(parts: list[JsonObject], candidate: JsonObject) -> tuple[Delta, ...]:
    """The calls, signatures and probabilities of one event. A call comes in one piece; its index is set by the reader."""
    found: list[Delta] = []
    for part in parts:
        call, signature = mapping(part.get("functionCall")), string(part.get("thoughtSignature"))
        if call:
            given = json.dumps(call.get("args") or {}, ensure_ascii=False)
            name = string(call.get("name"))
            found.append(CallDelta(-1, string(call.get("id")), name, given, signature))
        elif signature:
            found.append(ReasoningProof(signature))
    result = mapping(candidate.get("logprobsResult"))
    tops = items(result.get("topCandidates"))
    for at, chosen in enumerate(items(result.get("chosenCandidates"))):
        others = items(mapping(tops[at]).get("candidates")) if at < len(tops) else ()
        found.append(_token(mapping(chosen), tuple(_token(mapping(each)) for each in others)))
    return tuple(found)


def _token(fields: JsonObject, top: tuple[TokenLogprob, ...] = ()) -> TokenLogprob:
    number = fields.get("logProbability")
    return TokenLogprob(
        string(fields.get("token")), float(number) if isinstance(number, (int, float)) else 0.0, top=top
    )
