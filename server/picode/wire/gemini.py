"""Google's Gemini API.

Sources: https://ai.google.dev/api/generate-content (generateContent, streamGenerateContent, FinishReason, BlockReason) and
https://ai.google.dev/gemini-api/docs/thinking (thinkingBudget, thinkingLevel, thought parts).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from picode.core.errors import ServerFailure
from picode.core.messages import Chunk, Finish, Request, Usage
from picode.wire.dialect import Call, Dialect, Event, Profile
from picode.wire.failures import explain, stream_failure
from picode.wire.shapes import JsonObject, compact, count, first, items, mapping, parse, string
from picode.wire.turns import arrange, chat_of

NAME = "gemini"
MOST_STOPS = 5

_REFUSALS = frozenset(
    {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "MODEL_ARMOR"}
)


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
    body: dict[str, Any] = {
        "contents": [
            {"role": "model" if turn.role == "assistant" else "user", "parts": [{"text": turn.text}]} for turn in turns
        ],
        "generationConfig": settings,
    }
    if system:
        body["systemInstruction"] = {"parts": [{"text": system}]}
    model = request.model if "/" in request.model else f"models/{request.model}"
    verb = "streamGenerateContent?alt=sse" if request.stream else "generateContent"
    return Call(f"/{quote(model)}:{verb}", body, "sse" if request.stream else "json")


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
    parts = [mapping(part) for part in items(mapping(candidate.get("content")).get("parts"))]
    chunk = Chunk(
        "".join(string(part.get("text")) for part in parts if part.get("thought") is not True),
        "".join(string(part.get("text")) for part in parts if part.get("thought") is True),
        _finish(fields, candidate),
        _usage(fields.get("usageMetadata")),
    )
    return [chunk] if chunk != Chunk() else []


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
