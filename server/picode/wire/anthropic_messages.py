"""Anthropic's messages.

Sources: https://docs.claude.com/en/api/messages, /en/docs/build-with-claude/streaming (events),
/en/docs/build-with-claude/prompt-caching (marks), /en/docs/build-with-claude/prompt-engineering/prefill-claudes-response.
llama.cpp's server speaks it too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from picode.core.errors import ServerFailure
from picode.core.messages import Chunk, Finish, Message, Request, Usage
from picode.wire.dialect import Call, Dialect, Event, Profile
from picode.wire.failures import explain, stream_failure
from picode.wire.shapes import compact, count, items, mapping, parse, string
from picode.wire.turns import arrange, chat_of, is_text

if TYPE_CHECKING:
    from picode.core.content import Delta

NAME = "anthropic_messages"
VERSION = "2023-06-01"
_MARK = {"cache_control": {"type": "ephemeral"}}

_FINISHES = {
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "refusal": Finish.REFUSED,
    "tool_use": Finish.CALLS,
}


def encode(request: Request, profile: Profile) -> Call:
    """`POST /messages`.

    The system text is marked for the prompt cache, as it opens every conversation. So is the last turn of a conversation
    that has gone on, which the next question will begin with; a first question may be the only one, and writing the
    cache costs more than reading.
    """
    system, turns = arrange(chat_of(request, NAME), profile)
    messages = [_message(turn) for turn in turns]
    if turns and turns[-1].role == "assistant" and not turns[-1].parts:  # a prefill must not end with blanks
        messages[-1]["content"] = turns[-1].text.rstrip()
    elif len(turns) > 1:
        _mark_end(messages[-1])
    body: dict[str, Any] = {
        "model": request.model,
        "messages": messages,
        "max_tokens": request.max_tokens,
        "stream": request.stream,
    }
    if system:
        body["system"] = [{"type": "text", "text": system, **_MARK}]
    # A stop sequence of blanks only is refused; the caller cuts there anyway.
    body |= compact(stop_sequences=[stop for stop in request.stop if stop.strip()])
    if profile.sampling and request.temperature is not None:
        body["temperature"] = min(request.temperature, 1.0)
    if profile.effort:
        body["output_config"] = {"effort": profile.effort}
    if not is_text(request, turns):
        body |= _more(request, body)
    return Call("/messages", body, "sse" if request.stream else "json", headers={"anthropic-version": VERSION})


def _message(turn: Message) -> dict[str, Any]:
    if not turn.parts:
        return {"role": turn.role, "content": turn.text}
    from picode.wire.anthropic_content import encode_blocks

    return {"role": turn.role, "content": encode_blocks(turn)}


def _mark_end(message: dict[str, Any]) -> None:
    if isinstance(message["content"], str):
        message["content"] = [{"type": "text", "text": message["content"]}]
    if message["content"]:
        message["content"][-1] |= _MARK


def _more(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    from picode.wire.anthropic_content import HAS, encode_fields
    from picode.wire.generation import generation_of

    fields = encode_fields(generation_of(request, NAME, HAS), request, NAME)
    if "output_config" in fields:
        fields["output_config"] = {**body.get("output_config", {}), **fields["output_config"]}
    # https://docs.claude.com/en/docs/build-with-claude/extended-thinking: with it, neither may be set
    if fields.get("thinking", {}).get("type") == "enabled":
        body.pop("temperature", None)
        fields.pop("top_k", None)
    return fields


def decode(event: Event, provider: str) -> Iterable[Chunk]:
    """The chunks of one event, which its data's `type` tells."""
    if not event.data.strip():
        return ()
    body = parse(event.data, provider)
    fields = mapping(body)
    kind = string(fields.get("type")) or event.name
    if kind == "error" or fields.get("error"):
        raise stream_failure(body, provider)
    if kind == "message_start":
        return _nonempty(Chunk(usage=_usage(mapping(fields.get("message")).get("usage"))))
    if kind == "content_block_start":
        return _nonempty(_block(fields.get("content_block"), count(fields.get("index"))))
    if kind == "content_block_delta":
        return _nonempty(_block(fields.get("delta"), count(fields.get("index"))))
    if kind == "message_delta":
        finish = _finish(mapping(fields.get("delta")).get("stop_reason"))
        return _nonempty(Chunk(finish=finish, usage=_usage(fields.get("usage"))))
    return (Chunk(finish=Finish.STOP),) if kind == "message_stop" else ()


def decode_whole(body: Any, provider: str) -> Iterable[Chunk]:
    """The chunks of a whole message."""
    fields = mapping(body)
    if fields.get("type") == "error" or fields.get("error"):
        raise stream_failure(body, provider)
    if not isinstance(fields.get("content"), list):
        raise ServerFailure(provider, "sent an answer without content.", "Check that the base URL is that of the API.")
    blocks = [_block(each, at, whole=True) for at, each in enumerate(items(fields.get("content")))]
    return (
        Chunk(
            "".join(block.text for block in blocks),
            "".join(block.reasoning for block in blocks),
            _finish(fields.get("stop_reason")) or Finish.STOP,
            _usage(fields.get("usage")),
            tuple(delta for block in blocks for delta in block.deltas),
        ),
    )


_PLAIN = frozenset({"text", "text_delta", "thinking_delta"})


def _block(value: Any, index: int, *, whole: bool = False) -> Chunk:
    # "text" and "text_delta", "thinking" and "thinking_delta"; calls and signatures are not part of the answer's text.
    fields = mapping(value)
    deltas: tuple[Delta, ...] = ()
    if string(fields.get("type")) not in _PLAIN:
        from picode.wire.anthropic_content import decode_block

        deltas = decode_block(value, index, whole=whole)
    return Chunk(string(fields.get("text")), string(fields.get("thinking")), deltas=deltas)


def _finish(reason: Any) -> Finish | None:
    return _FINISHES.get(string(reason), Finish.STOP) if string(reason) else None


def _usage(value: Any) -> Usage | None:
    # `input_tokens` counts only what the cache had nothing to do with.
    fields = mapping(value)
    cached = count(fields.get("cache_read_input_tokens"))
    fresh = count(fields.get("input_tokens")) + count(fields.get("cache_creation_input_tokens"))
    usage = Usage(fresh + cached, count(fields.get("output_tokens")), cached)
    return usage if usage != Usage() else None


def _nonempty(chunk: Chunk) -> Iterable[Chunk]:
    return (chunk,) if chunk != Chunk() else ()


DIALECT = Dialect(NAME, encode, decode, decode_whole, explain)
