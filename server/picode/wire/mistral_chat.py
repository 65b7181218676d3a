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
from picode.wire.turns import arrange, chat_of, is_text, text_messages

NAME = "mistral_chat"
_HAS = frozenset("tools tool_choice parallel_calls format top_p frequency_penalty presence_penalty".split())


def encode(request: Request, profile: Profile) -> Call:
    """`POST /chat/completions`."""
    system, turns = arrange(chat_of(request, NAME), profile)
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    more: dict[str, Any] = {}
    if is_text(request, turns):
        messages += text_messages(turns)
    else:
        from picode.wire.openai_content import encode_turn

        messages += [message for turn in turns for message in encode_turn(turn, plain=True)]
        more = _more(request)
    if turns and turns[-1].role == "assistant":
        messages[-1]["prefix"] = True
    body: dict[str, Any] = {
        "model": request.model,
        "messages": messages,
        "max_tokens": request.max_tokens,
        "stream": request.stream,
    }
    body |= compact(stop=list(request.stop), temperature=request.temperature, random_seed=request.seed)
    return Call("/chat/completions", body | more, "sse" if request.stream else "json")


def _more(request: Request) -> dict[str, Any]:
    """The fields of what is asked for beyond text. A required call is `any` here."""
    from picode.wire.generation import generation_of
    from picode.wire.openai_content import encode_format, encode_tools

    asked = generation_of(request, NAME, _HAS)
    body = encode_tools(asked)
    if body.get("tool_choice") == "required":
        body["tool_choice"] = "any"
    return body | compact(
        response_format=encode_format(asked.format),
        top_p=asked.top_p,
        frequency_penalty=asked.frequency_penalty,
        presence_penalty=asked.presence_penalty,
    )


DIALECT = Dialect(NAME, encode, decode_event, decode_whole, explain)
