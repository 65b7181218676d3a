"""OpenAI's chat completions, the most widely imitated format.

Source: https://platform.openai.com/docs/api-reference/chat/create. A prefill is a last message of the assistant with no
mark on it, which is how llama.cpp's server takes one
(https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md); OpenAI's own models take none.
"""

from __future__ import annotations

from picode.core.messages import Request
from picode.wire.choices import decode_event, decode_whole
from picode.wire.dialect import Call, Dialect, Profile
from picode.wire.failures import explain
from picode.wire.shapes import compact
from picode.wire.turns import arrange, chat_of

NAME = "openai_chat"
MOST_STOPS = 4
"""The API takes four; the caller cuts at all of them anyway."""


def encode(request: Request, profile: Profile) -> Call:
    """`POST /chat/completions`."""
    system, turns = arrange(chat_of(request, NAME), profile)
    messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": turn.role, "content": turn.text} for turn in turns]
    body = {
        "model": request.model,
        "messages": messages,
        profile.limit_name: request.max_tokens,
        "stream": request.stream,
    }
    body |= compact(seed=request.seed, reasoning_effort=profile.effort)
    if profile.sampling:
        body |= compact(stop=list(request.stop[:MOST_STOPS]), temperature=request.temperature)
    if request.stream and profile.stream_usage:
        body["stream_options"] = {"include_usage": True}
    return Call("/chat/completions", body, "sse" if request.stream else "json")


DIALECT = Dialect(NAME, encode, decode_event, decode_whole, explain)
