"""OpenAI's responses.

Sources: https://platform.openai.com/docs/api-reference/responses/create and /responses-streaming. llama.cpp's server
speaks it too. There is no `stop` and no `seed` here: the caller cuts the answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from picode.core.errors import ServerFailure
from picode.core.messages import Chunk, Finish, Message, Request, Usage
from picode.wire.dialect import Call, Dialect, Event, Profile
from picode.wire.failures import explain, stream_failure
from picode.wire.shapes import JsonObject, compact, count, items, mapping, parse, string
from picode.wire.turns import arrange, chat_of, is_text, text_messages

if TYPE_CHECKING:
    from picode.core.content import Delta

NAME = "openai_responses"
LEAST_TOKENS = 16
"""The API refuses a smaller bound on the answer."""


def encode(request: Request, profile: Profile) -> Call:
    """`POST /responses`. `store` false: the provider keeps no copy for later retrieval."""
    system, turns = arrange(chat_of(request, NAME), profile, inner_system=True)
    body: dict[str, Any] = {
        "model": request.model,
        "input": _input(turns, request),
        "max_output_tokens": max(LEAST_TOKENS, request.max_tokens),
        "stream": request.stream,
        "store": False,
    }
    body |= compact(
        instructions=system,
        temperature=request.temperature if profile.sampling else None,
        reasoning=compact(effort=profile.effort),
    )
    if not is_text(request, turns):
        from picode.wire.generation import generation_of
        from picode.wire.responses_content import HAS, encode_fields

        body |= encode_fields(generation_of(request, NAME, HAS), profile)
    return Call("/responses", body, "sse" if request.stream else "json")


def _input(turns: tuple[Message, ...], request: Request) -> list[dict[str, Any]]:
    if is_text(request, turns):
        return text_messages(turns)
    from picode.wire.responses_content import encode_items

    return [item for turn in turns for item in (encode_items(turn) if turn.parts else text_messages([turn]))]


def decode(event: Event, provider: str) -> Iterable[Chunk]:
    """The chunks of one event, which its data's `type` tells."""
    data = event.data.strip()
    if not data or data == "[DONE]":
        return ()
    body = parse(data, provider)
    fields = mapping(body)
    kind = string(fields.get("type")) or event.name
    delta = string(fields.get("delta"))
    if kind == "error" or (not kind and fields.get("error")):
        raise stream_failure(body, provider)
    if kind in ("response.completed", "response.incomplete", "response.failed"):
        return (_end(mapping(fields.get("response")), provider),)
    deltas = _deltas(kind, fields)
    if kind == "response.output_text.delta" and (delta or deltas):
        return (Chunk(delta, deltas=deltas),)
    if deltas:
        return (Chunk(deltas=deltas),)
    if not delta:
        return ()
    if kind == "response.refusal.delta":
        return (Chunk(delta, finish=Finish.REFUSED),)
    if kind in ("response.reasoning_text.delta", "response.reasoning_summary_text.delta"):
        return (Chunk(reasoning=delta),)
    return ()


def decode_whole(body: Any, provider: str) -> Iterable[Chunk]:
    """The chunks of a whole response."""
    fields = mapping(body)
    if fields.get("error"):
        raise stream_failure(body, provider)
    if not isinstance(fields.get("output"), list):
        raise ServerFailure(provider, "sent an answer without output.", "Check that the base URL is that of the API.")
    end = _end(fields, provider)
    text = _texts(fields, "content", ("output_text", "refusal"))
    reasoning = _texts(fields, "summary", ("summary_text",)) + _texts(fields, "content", ("reasoning_text",))
    deltas: tuple[Delta, ...] = ()
    output = items(fields.get("output"))
    if output:
        from picode.wire.responses_content import decode_item

        deltas = tuple(delta for at, item in enumerate(output) for delta in decode_item(item, at))
    return (Chunk(text, reasoning, end.finish, end.usage, deltas),)


_WITH_DELTAS = frozenset(
    f"response.{name}"
    for name in """
    output_item.added output_item.done function_call_arguments.delta function_call_arguments.done
    """.split()
)


def _deltas(kind: str, fields: JsonObject) -> tuple[Delta, ...]:
    if kind not in _WITH_DELTAS and not fields.get("logprobs"):
        return ()
    from picode.wire.responses_content import decode_event

    return decode_event(kind, fields)


def _end(response: JsonObject, provider: str) -> Chunk:
    status = string(response.get("status"))
    if response.get("error") or status in ("failed", "cancelled"):
        raise stream_failure(response, provider)
    usage = mapping(response.get("usage"))
    counted = Usage(
        count(usage.get("input_tokens")),
        count(usage.get("output_tokens")),
        count(mapping(usage.get("input_tokens_details")).get("cached_tokens")),
    )
    return Chunk(finish=_finish(response, status), usage=counted if counted != Usage() else None)


def _finish(response: JsonObject, status: str) -> Finish:
    if _texts(response, "content", ("refusal",)):
        return Finish.REFUSED
    if status != "incomplete":
        return Finish.STOP
    reason = mapping(response.get("incomplete_details")).get("reason")
    return Finish.REFUSED if reason == "content_filter" else Finish.LENGTH


def _texts(response: JsonObject, place: str, kinds: tuple[str, ...]) -> str:
    """The text of all parts of `kinds` that the output's items hold at `place`."""
    parts = (mapping(part) for item in items(response.get("output")) for part in items(mapping(item).get(place)))
    return "".join(
        string(part.get("text")) or string(part.get("refusal")) for part in parts if part.get("type") in kinds
    )


DIALECT = Dialect(NAME, encode, decode, decode_whole, explain)
