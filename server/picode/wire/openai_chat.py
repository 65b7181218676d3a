"""OpenAI's chat completions, the most widely imitated format.

Source: https://platform.openai.com/docs/api-reference/chat/create. A prefill is a last message of the assistant with no
mark on it, which is how llama.cpp's server takes one
(https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md); OpenAI's own models take none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from picode.core.messages import Request
from picode.wire.choices import decode_event, decode_whole
from picode.wire.dialect import Call, Dialect, Profile
from picode.wire.failures import explain
from picode.wire.shapes import compact
from picode.wire.turns import arrange, chat_of, is_text, text_messages

if TYPE_CHECKING:
    from picode.core.generation import GenerationOptions

NAME = "openai_chat"
MOST_STOPS = 4
"""The API takes four; the caller cuts at all of them anyway."""


_HAS = frozenset(
    """
    tools tool_choice parallel_calls format effort verbosity thinking_tokens top_p top_k frequency_penalty presence_penalty
    logprobs top_logprobs metadata
    """.split()
)


def encode(request: Request, profile: Profile) -> Call:
    """`POST /chat/completions`."""
    system, turns = arrange(chat_of(request, NAME), profile, inner_system=True)
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    body: dict[str, Any] = {
        "model": request.model,
        "messages": messages,
        profile.limit_name: request.max_tokens,
        "stream": request.stream,
    }
    effort = profile.effort
    if is_text(request, turns):
        messages += text_messages(turns)
    else:
        from picode.wire.generation import effort_of, generation_of
        from picode.wire.openai_content import encode_turn

        asked = generation_of(request, NAME, _HAS)
        messages += [message for turn in turns for message in encode_turn(turn)]
        body |= _more(asked, profile)
        effort = effort_of(asked, profile)
    body |= compact(seed=request.seed, reasoning_effort=effort)
    if profile.sampling:
        body |= compact(stop=list(request.stop[:MOST_STOPS]), temperature=request.temperature)
    if request.stream and profile.stream_usage:
        body["stream_options"] = {"include_usage": True}
    return Call("/chat/completions", body, "sse" if request.stream else "json")


def _more(asked: GenerationOptions, profile: Profile) -> dict[str, Any]:
    """The fields of what is asked for beyond text. `top_k` is llama.cpp's, vLLM's and OpenRouter's."""
    from picode.wire.openai_content import encode_format, encode_tools

    body = encode_tools(asked) | compact(
        response_format=encode_format(asked.format),
        logprobs=asked.logprobs or None,
        top_logprobs=asked.top_logprobs,
        verbosity=asked.verbosity,
    )
    if profile.sampling:
        body |= compact(
            top_p=asked.top_p,
            top_k=asked.top_k,
            frequency_penalty=asked.frequency_penalty,
            presence_penalty=asked.presence_penalty,
        )
    return body


DIALECT = Dialect(NAME, encode, decode_event, decode_whole, explain)
