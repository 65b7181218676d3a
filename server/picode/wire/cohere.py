"""Cohere's chat, second version.

Sources: https://docs.cohere.com/v2/reference/chat, /v2/reference/chat-stream and /v2/docs/reasoning.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from picode.core.errors import ProviderTimeout, ServerFailure
from picode.core.messages import Chunk, Finish, Request, Usage
from picode.wire.dialect import Call, Dialect, Event, Profile
from picode.wire.failures import explain, stream_failure
from picode.wire.shapes import JsonObject, compact, count, items, mapping, parse, string
from picode.wire.turns import arrange, chat_of, is_text, text_messages

NAME = "cohere"
MOST_STOPS = 5


def encode(request: Request, profile: Profile) -> Call:
    """`POST /chat`, under a base URL that ends in /v2."""
    system, turns = arrange(chat_of(request, NAME), profile)
    messages = [{"role": "system", "content": system}] if system else []
    more: dict[str, Any] = {}
    if is_text(request, turns):
        messages += text_messages(turns)
    else:
        from picode.wire.cohere_content import encode_fields, encode_turns

        messages += encode_turns(turns, request)
        more = encode_fields(request, profile)
    body: dict[str, Any] = {
        "model": request.model,
        "messages": messages,
        "max_tokens": request.max_tokens,
        "stream": request.stream,
    }
    body |= compact(stop_sequences=list(request.stop[:MOST_STOPS]), temperature=request.temperature, seed=request.seed)
    if profile.effort == "none":
        body["thinking"] = {"type": "disabled"}
    return Call("/chat", body | more, "sse" if request.stream else "json")


def decode(event: Event, provider: str) -> Iterable[Chunk]:
    """The chunks of one event, which its data's `type` tells."""
    data = event.data.strip()
    if not data or data == "[DONE]":
        return ()
    body = parse(data, provider)
    fields = mapping(body)
    kind = string(fields.get("type")) or event.name
    delta = mapping(fields.get("delta"))
    if kind in ("content-start", "content-delta"):
        chunk = _content([mapping(delta.get("message")).get("content")])
        return (chunk,) if chunk != Chunk() else ()
    if kind in ("tool-call-start", "tool-call-delta"):
        from picode.wire.cohere_content import decode_call

        return (Chunk(deltas=decode_call(fields)),)
    if kind == "tool-plan-delta":
        return (Chunk(string(mapping(delta.get("message")).get("tool_plan"))),)
    if kind == "message-end":
        return (Chunk(finish=_finish(delta, provider), usage=_usage(delta.get("usage"))),)
    if kind == "error" or (not kind and (fields.get("error") or fields.get("message"))):
        raise stream_failure(body, provider)
    return ()


def decode_whole(body: Any, provider: str) -> Iterable[Chunk]:
    """The chunks of a whole answer."""
    fields = mapping(body)
    if fields.get("error") or isinstance(fields.get("message"), str):
        raise stream_failure(body, provider)
    message = mapping(fields.get("message"))
    if not message:
        raise ServerFailure(
            provider, "sent an answer without a message.", "Check that the base URL is that of the API."
        )
    content = _content(items(message.get("content")))
    finish = _finish(fields, provider)
    text, calls = string(message.get("tool_plan")) + content.text, message.get("tool_calls")
    if not calls:
        return (Chunk(text, content.reasoning, finish, _usage(fields.get("usage"))),)
    from picode.wire.openai_deltas import call_deltas

    return (Chunk(text, content.reasoning, finish, _usage(fields.get("usage")), call_deltas(calls)),)


def _content(parts: Iterable[Any]) -> Chunk:
    fields = [mapping(part) for part in parts]
    return Chunk(
        "".join(string(part.get("text")) for part in fields), "".join(string(part.get("thinking")) for part in fields)
    )


def _finish(fields: JsonObject, provider: str) -> Finish:
    reason = string(fields.get("finish_reason")).upper()
    if reason == "TIMEOUT":
        raise ProviderTimeout(provider, "took too long, by its own account.", "Try again, or choose a faster model.")
    if reason == "ERROR_TOXIC":
        return Finish.REFUSED
    if reason.startswith("ERROR"):
        raise stream_failure(fields.get("error") or {}, provider)
    return Finish.LENGTH if reason in ("MAX_TOKENS", "ERROR_LIMIT") else Finish.STOP


def _usage(value: Any) -> Usage | None:
    fields = mapping(value)
    tokens = mapping(fields.get("tokens")) or mapping(fields.get("billed_units"))
    usage = Usage(
        count(tokens.get("input_tokens")), count(tokens.get("output_tokens")), count(fields.get("cached_tokens"))
    )
    return usage if usage != Usage() else None


DIALECT = Dialect(NAME, encode, decode, decode_whole, explain)
