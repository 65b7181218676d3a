"""Google's Gemini API.

Sources: https://ai.google.dev/api/generate-content (generateContent, streamGenerateContent, FinishReason, BlockReason) and
https://ai.google.dev/gemini-api/docs/thinking (thinkingBudget, thinkingLevel, thought parts).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from picode.core.errors import ServerFailure
from picode.core.messages import Chunk, Finish, Message, Request, Usage
from picode.wire.dialect import Call, Dialect, Event, Profile
from picode.wire.failures import explain, stream_failure
from picode.wire.shapes import JsonObject, compact, count, first, items, mapping, parse, string
from picode.wire.turns import arrange, call_names, chat_of, is_text

if TYPE_CHECKING:
    from picode.core.content import Delta

NAME = "gemini"
MOST_STOPS = 5

_REFUSALS = frozenset(
    {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "MODEL_ARMOR"}
)

_BAD_CALLS = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"})


def encode(request: Request, profile: Profile) -> Call:
    """`POST /models/{model}:streamGenerateContent?alt=sse`, or `:generateContent` for an answer in one piece.

    An effort that is a number is a budget of thinking tokens (0: none); a word is a thinking level.
    """
    system, turns = arrange(chat_of(request, NAME), profile)
    settings = compact(
        maxOutputTokens=request.max_tokens,
        stopSequences=list(request.stop[:MOST_STOPS]),
        temperature=request.temperature if profile.sampling else None,
        seed=request.seed,
        thinkingConfig=_thinking(profile),
    )
    body: dict[str, Any] = {"contents": _contents(turns, request), "generationConfig": settings}
    if not is_text(request, turns):
        more_settings, more = _more(request, profile)
        settings |= more_settings
        body |= more
    if system:
        body["systemInstruction"] = {"parts": [{"text": system}]}
    verb = "streamGenerateContent?alt=sse" if request.stream else "generateContent"
    return Call(f"/{resource_name(request.model)}:{verb}", body, "sse" if request.stream else "json")


def resource_name(model: str) -> str:
    """The name of a model as a path has it: `models/NAME`, or as it is where it names its collection."""
    return quote(model if "/" in model else f"models/{model}")


def _contents(turns: tuple[Message, ...], request: Request) -> list[dict[str, Any]]:
    roles = ["model" if turn.role == "assistant" else "user" for turn in turns]
    if is_text(request, turns):
        return [{"role": role, "parts": [{"text": turn.text}]} for role, turn in zip(roles, turns, strict=True)]
    from picode.wire.gemini_content import encode_parts

    names = call_names(turns)
    return [
        {"role": role, "parts": encode_parts(turn, request, names)} for role, turn in zip(roles, turns, strict=True)
    ]


def _more(request: Request, profile: Profile) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is asked for beyond text: the fields of `generationConfig`, and those of the body."""
    from picode.wire.gemini_content import HAS, encode_settings, encode_thinking, encode_tools
    from picode.wire.generation import generation_of

    asked = generation_of(request, NAME, HAS)
    settings = encode_settings(asked) | compact(thinkingConfig=encode_thinking(asked, profile))
    return settings, encode_tools(asked)


def decode(event: Event, provider: str) -> Iterable[Chunk]:
    """The chunks of one event. No event of its own ends the stream: the last one carries `finishReason`."""
    if not event.data.strip():
        return ()
    return _chunks(parse(event.data, provider), provider)


def decode_whole(body: Any, provider: str) -> Iterable[Chunk]:
    """The chunks of a whole answer; of a stream that came as one array (no `alt=sse`), too."""
    chunks = [chunk for each in (body if isinstance(body, list) else [body]) for chunk in _chunks(each, provider)]
    if not chunks:
        raise ServerFailure(
            provider, "sent an answer without candidates.", "Check that the base URL is that of the API."
        )
    if all(chunk.finish is None for chunk in chunks):
        chunks.append(Chunk(finish=Finish.STOP))
    return chunks


def _thinking(profile: Profile) -> dict[str, Any] | None:
    if not profile.reasoning:
        return None
    if profile.effort.isdecimal():
        return {"thinkingBudget": int(profile.effort)}
    return {"thinkingLevel": profile.effort} if profile.effort else {"includeThoughts": True}


def _chunks(body: Any, provider: str) -> list[Chunk]:
    fields = mapping(body[0] if isinstance(body, list) and body else body)
    if fields.get("error"):
        raise stream_failure(fields, provider)
    candidate = first(fields.get("candidates"))
    _raise_for_calls(candidate, provider)
    parts = [mapping(part) for part in items(mapping(candidate.get("content")).get("parts"))]
    chunk = Chunk(
        "".join(string(part.get("text")) for part in parts if part.get("thought") is not True),
        "".join(string(part.get("text")) for part in parts if part.get("thought") is True),
        _finish(fields, candidate),
        _usage(fields.get("usageMetadata")),
        _deltas(parts, candidate),
    )
    return [chunk] if chunk != Chunk() else []


def _deltas(parts: list[JsonObject], candidate: JsonObject) -> tuple[Delta, ...]:
    if not candidate.get("logprobsResult") and not any("functionCall" in p or "thoughtSignature" in p for p in parts):
        return ()
    from picode.wire.gemini_content import decode_deltas

    return decode_deltas(parts, candidate)


def _raise_for_calls(candidate: JsonObject, provider: str) -> None:
    """Raises `ServerFailure` where the answer ended since the model wrote a call that is none: there is nothing to go on
    with."""
    reason = string(candidate.get("finishReason"))
    if reason in _BAD_CALLS:
        said = string(candidate.get("finishMessage"))[:200]
        raise ServerFailure(
            provider, f"the model's call of a tool was not valid ({reason}). {said}".strip(), "Try again."
        )


def _finish(body: JsonObject, candidate: JsonObject) -> Finish | None:
    if string(mapping(body.get("promptFeedback")).get("blockReason")):
        return Finish.REFUSED
    reason = string(candidate.get("finishReason"))
    if reason in ("", "FINISH_REASON_UNSPECIFIED"):
        return None
    if reason in _REFUSALS:
        return Finish.REFUSED
    return Finish.LENGTH if reason == "MAX_TOKENS" else Finish.STOP


def _usage(value: Any) -> Usage | None:
    fields = mapping(value)
    usage = Usage(
        count(fields.get("promptTokenCount")),
        count(fields.get("candidatesTokenCount")) + count(fields.get("thoughtsTokenCount")),
        count(fields.get("cachedContentTokenCount")),
    )
    return usage if usage != Usage() else None


DIALECT = Dialect(NAME, encode, decode, decode_whole, explain)
