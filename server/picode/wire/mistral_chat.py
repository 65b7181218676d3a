"""Mistral's chat completions: OpenAI's, but for a few names, and strict about them.

Sources: https://docs.mistral.ai/api/#tag/chat and https://docs.mistral.ai/capabilities/completion/usage (prefix).
`stream_options` and `seed` are refused ("Extra inputs are not permitted", status 422); usage comes unasked.
"""

from __future__ import annotations

from typing import Any

from picode.core.messages import Request
from picode.wire.choices import decode_event, decode_whole
from picode.wire.dialect import Call, Dialect, Profile
from picode.wire.failures import explain
from picode.wire.shapes import compact
from picode.wire.turns import arrange, chat_of

NAME = "mistral_chat"


def encode(request: Request, profile: Profile) -> Call:
    """`POST /chat/completions`."""
    system, turns = arrange(chat_of(request, NAME), profile)
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    messages += [{"role": turn.role, "content": turn.text} for turn in turns]
    if turns and turns[-1].role == "assistant":
        messages[-1]["prefix"] = True
    body: dict[str, Any] = {
        "model": request.model,
        "messages": messages,
        "max_tokens": request.max_tokens,
        "stream": request.stream,
    }
    body |= compact(stop=list(request.stop), temperature=request.temperature, random_seed=request.seed)
    return Call("/chat/completions", body, "sse" if request.stream else "json")


DIALECT = Dialect(NAME, encode, decode_event, decode_whole, explain)
