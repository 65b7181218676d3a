"""Ollama's own API: `/api/generate` for code to fill in, `/api/chat` for conversations, NDJSON for streams.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md. `suffix` needs a model whose template has `.Suffix`
(`/api/show` tells); with `raw` the prompt goes to the model as it is, and our own template does the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from picode.core.errors import ServerFailure
from picode.core.messages import Chat, Chunk, Finish, Message, Request, Usage
from picode.wire.dialect import Call, Dialect, Event, Profile
from picode.wire.failures import explain, stream_failure
from picode.wire.shapes import compact, count, mapping, parse, string
from picode.wire.turns import arrange, is_text, text_messages

if TYPE_CHECKING:
    from picode.core.content import Delta

NAME = "ollama"


def encode(request: Request, profile: Profile) -> Call:
    """`POST /api/chat` or `POST /api/generate`. `think` turns reasoning off where the effort is "none"."""
    stops = list(request.stop)
    body: dict[str, Any] = {"model": request.model, "stream": request.stream}
    if isinstance(request.prompt, Chat):
        path = "/api/chat"
        system, turns = arrange(request.prompt, profile, inner_system=True)
        body["messages"] = [{"role": "system", "content": system}] if system else []
        body["messages"] += _messages(turns, request)
        if profile.effort:
            body["think"] = False if profile.effort == "none" else profile.effort
    else:
        path = "/api/generate"
        stops = list(dict.fromkeys((*request.stop, *profile.stops)))
        if profile.suffix and request.prompt.suffix:  # with an empty one, Ollama takes the template for conversations
            body |= {"prompt": request.prompt.prefix, "suffix": request.prompt.suffix}
        else:
            prompt = profile.fim.render(request.prompt) if profile.fim else request.prompt.prefix
            body |= {"prompt": prompt, "raw": True}
    body["options"] = compact(
        num_predict=request.max_tokens, stop=stops, temperature=request.temperature, seed=request.seed
    )
    if request.generation is not None:
        from picode.wire.ollama_content import encode_fields, encode_options

        body |= encode_fields(request, profile)
        body["options"] |= encode_options(request.generation)
    return Call(path, body, "ndjson" if request.stream else "json")


def _messages(turns: tuple[Message, ...], request: Request) -> list[dict[str, Any]]:
    if is_text(request, turns):
        return text_messages(turns)
    from picode.wire.ollama_content import encode_turns

    return encode_turns(turns, request)


def decode(event: Event, provider: str) -> Iterable[Chunk]:
    """The chunks of one line."""
    body = parse(event.data, provider)
    _raise_for_error(body, provider)
    chunk = _chunk(body, ended=mapping(body).get("done") is True)
    return (chunk,) if chunk != Chunk() else ()


def decode_whole(body: Any, provider: str) -> Iterable[Chunk]:
    """The chunks of an answer in one piece."""
    _raise_for_error(body, provider)
    fields = mapping(body)
    if "response" not in fields and "message" not in fields:
        raise ServerFailure(
            provider, "sent an answer without a response.", "Check that the base URL is that of the API."
        )
    return (_chunk(body, ended=True),)


def _raise_for_error(body: Any, provider: str) -> None:
    if mapping(body).get("error"):
        raise stream_failure(body, provider)


def _chunk(body: Any, *, ended: bool) -> Chunk:
    fields = mapping(body)
    message = mapping(fields.get("message"))
    usage = Usage(count(fields.get("prompt_eval_count")), count(fields.get("eval_count")))
    finish = Finish.LENGTH if fields.get("done_reason") == "length" else Finish.STOP
    deltas: tuple[Delta, ...] = ()
    if message.get("tool_calls") or fields.get("logprobs"):
        from picode.wire.ollama_content import decode_deltas

        deltas = decode_deltas(fields)
    return Chunk(
        string(fields.get("response")) or string(message.get("content")),
        string(fields.get("thinking")) or string(message.get("thinking")),
        finish if ended else None,
        usage if usage != Usage() else None,
        deltas,
    )


DIALECT = Dialect(NAME, encode, decode, decode_whole, explain)
