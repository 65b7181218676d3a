"""Which answers the gateway keeps, and what of an answer is kept."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any

from picode.assistant.routing.exchange import GatewayReply, GatewayRequest
from picode.assistant.routing.upstream import Target
from picode.core.messages import Chat, Chunk, Finish, Usage

if TYPE_CHECKING:
    from picode.core.generation import ClientBody


def is_plain(asked: GatewayRequest) -> bool:
    """Whether text alone is asked for and comes back, which is what can be kept."""
    rich = isinstance(asked.prompt, Chat) and any(message.parts for message in asked.prompt.messages)
    more = asked.client_body is not None and _says_more(asked.client_body)
    return not (rich or more or (asked.generation and asked.generation.asked()))


_PLAIN_FIELDS = frozenset(
    """
    model messages system instructions input max_tokens max_completion_tokens max_output_tokens temperature stop
    stop_sequences seed stream stream_options store user metadata service_tier safety_identifier prompt_cache_key
    prompt_cache_retention
    """.split()
)


def _says_more(body: ClientBody) -> bool:
    """Whether a body says what is not in the request that PiCode makes of it, and so in no key of a kept answer."""
    fields = json.loads(body.text)
    turns = fields.get("messages", fields.get("input"))
    turns = turns if isinstance(turns, list) else []
    contents = [fields.get("system"), *(turn.get("content") for turn in turns)]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return bool(
        body.unknown
        or any(name != "anthropic-version" for name, _ in body.headers)
        or fields.keys() - _PLAIN_FIELDS
        or any(turn.keys() - {"role", "content", "type"} for turn in turns)
        or any(part.keys() - {"type", "text", "cache_control"} for part in parts)
    )


def written(reply: GatewayReply, text: str) -> str:
    usage = reply.usage
    return json.dumps(
        {
            "text": text,
            "finish": reply.finish.value,
            "stop": reply.stopped_by,
            "usage": [usage.input_tokens, usage.output_tokens, usage.cached_tokens],
        }
    )


def read(kept: str | None) -> Mapping[str, Any] | None:
    """What was kept; None where it is none of ours."""
    try:
        fields = json.loads(kept) if kept else None
        if not isinstance(fields, dict) or not isinstance(fields["text"], str) or not isinstance(fields["stop"], str):
            return None
        _ = Finish(fields["finish"])
        numbers = fields["usage"]
        sound = len(numbers) == 3 and all(type(each) is int and each >= 0 for each in numbers)
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return fields if sound else None


def replay(kept: Mapping[str, Any], lead: Target) -> GatewayReply:
    async def whole() -> AsyncGenerator[Chunk]:
        yield Chunk(kept["text"])

    return GatewayReply(
        lead.provider.name,
        lead.model,
        whole(),
        cached=True,
        finish=Finish(kept["finish"]),
        usage=Usage(*kept["usage"]),
        stopped_by=kept["stop"],
    )
