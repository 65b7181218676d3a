"""Answers in the shape that OpenAI's chat and completion APIs have, and everything that imitates them.

Sources: https://platform.openai.com/docs/api-reference/chat/streaming and /completions/object; for what others add,
https://docs.mistral.ai/api, https://api-docs.deepseek.com/api/create-chat-completion (reasoning_content),
https://openrouter.ai/docs/api-reference/overview (reasoning, errors within a stream), and
https://learn.microsoft.com/azure/ai-services/openai/reference (a first event without choices).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from picode.core.errors import ServerFailure
from picode.core.messages import Chunk, Finish, Usage
from picode.wire.dialect import Event
from picode.wire.failures import stream_failure
from picode.wire.shapes import JsonObject, count, items, mapping, parse, string

if TYPE_CHECKING:
    from picode.core.content import Delta

DONE = "[DONE]"

_FINISHES = {
    "length": Finish.LENGTH,
    "max_tokens": Finish.LENGTH,
    "max_output_tokens": Finish.LENGTH,
    "model_length": Finish.LENGTH,  # Mistral: the window is full
    "content_filter": Finish.REFUSED,
    "refusal": Finish.REFUSED,
    "safety": Finish.REFUSED,
    "tool_calls": Finish.CALLS,
    "function_call": Finish.CALLS,
}
_FAILURES = frozenset({"error", "insufficient_system_resource", "abort", "aborted"})
"""Finish reasons that mean no answer: OpenRouter's, DeepSeek's, vLLM's."""


def decode_event(event: Event, provider: str) -> Iterable[Chunk]:
    """The chunks of one event of a stream."""
    data = event.data.strip()
    if not data:
        return ()
    if data == DONE:
        return (Chunk(finish=Finish.STOP),)
    body = parse(data, provider)
    raise_for_error(body, provider, event.name)
    return tuple(_chunks(mapping(body), provider, whole=False))


def decode_whole(body: Any, provider: str) -> Iterable[Chunk]:
    """The chunks of an answer in one piece."""
    raise_for_error(body, provider)
    fields = mapping(body)
    if not items(fields.get("choices")):
        raise ServerFailure(
            provider, "sent an answer without any choice in it.", "Check that the base URL is that of the API."
        )
    return tuple(_chunks(fields, provider, whole=True))


def raise_for_error(body: Any, provider: str, event_name: str = "") -> None:
    """Raises the `ProviderError` that `body`, received with status 200, tells of. Does nothing if it tells of none."""
    fields = mapping(body[0] if isinstance(body, list) and body else body)
    if fields.get("error") or fields.get("object") == "error" or event_name == "error":
        raise stream_failure(body, provider)


def usage_of(value: Any) -> Usage | None:
    """The `usage` object of an answer. None where it counts nothing."""
    if not value:  # as in all events of a stream but one
        return None
    fields = mapping(value)
    cached = count(mapping(fields.get("prompt_tokens_details")).get("cached_tokens"))
    usage = Usage(
        count(fields.get("prompt_tokens")),
        count(fields.get("completion_tokens")),
        cached or count(fields.get("prompt_cache_hit_tokens")),  # DeepSeek
    )
    return usage if usage != Usage() else None


def _chunks(body: JsonObject, provider: str, *, whole: bool) -> Iterable[Chunk]:
    usage = usage_of(body.get("usage")) or usage_of(mapping(body.get("x_groq")).get("usage"))
    choice = _first_choice(body)
    finish = _finish(choice, provider)
    if finish is None and whole:
        finish = Finish.STOP
    part = mapping(choice.get("delta")) or mapping(choice.get("message"))
    text, reasoning = _content(part.get("content"))
    text = text or string(choice.get("text"))
    reasoning += string(part.get("reasoning_content")) or string(part.get("reasoning"))
    if refusal := string(part.get("refusal")):
        text, finish = text + refusal, Finish.REFUSED
    rich = part.get("tool_calls") or part.get("function_call") or choice.get("logprobs")
    deltas = decode_deltas(part, choice) if rich else ()
    if text or reasoning or finish or usage or deltas:
        yield Chunk(text, reasoning, finish, usage, deltas)


def decode_deltas(part: JsonObject, choice: JsonObject) -> tuple[Delta, ...]:
    """Pieces of tool calls, and the probabilities of tokens."""
    from picode.wire.openai_deltas import call_deltas, logprobs

    former = [{"function": part["function_call"]}] if part.get("function_call") else []  # before there were tools
    return (*logprobs(choice.get("logprobs")), *call_deltas([*items(part.get("tool_calls")), *former]))


def _first_choice(body: JsonObject) -> JsonObject:
    for each in items(body.get("choices")):
        choice = mapping(each)
        if choice.get("index") in (0, None):
            return choice
    return {}


def _finish(choice: JsonObject, provider: str) -> Finish | None:
    if not choice.get("finish_reason"):  # as in all events of a stream but one
        return None
    reason = string(choice.get("finish_reason")).lower()
    if reason in _FAILURES:
        raise ServerFailure(provider, f"gave up on its answer ({reason}).", "Try again, or choose another model.")
    return _FINISHES.get(reason, Finish.STOP) if reason else None


def _content(value: Any) -> tuple[str, str]:
    """Text and reasoning of `content`: a string, or a list of typed parts (Mistral's reasoning models)."""
    if not isinstance(value, list):
        return string(value), ""
    text, reasoning = [], []
    for part in map(mapping, value):
        if part.get("type") == "thinking":
            thoughts = part.get("thinking")
            reasoning += [string(thoughts)] if isinstance(thoughts, str) else [_content(thoughts)[0]]
        else:
            text.append(string(part.get("text")))
    return "".join(text), "".join(reasoning)
