"""Requests and answers that go through as they are, where a program speaks the dialect of the provider.

Of a request only the name of the model changes; an answer's bytes are kept beside what they mean, event by event.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from picode.core.generation import ClientBody
from picode.core.messages import Chunk, Request
from picode.wire.dialect import Call, Framing
from picode.wire.reading import AnswerReader

_PATHS = {
    "openai_chat": "/chat/completions",
    "anthropic_messages": "/messages",
    "openai_responses": "/responses",
    "gemini": "/{model}:generateContent",
    "ollama": "/api/chat",
}
_STREAMS: dict[str, Framing] = {"ollama": "ndjson"}
"""Framings of streams that are no server-sent events."""
_VERSION = {"anthropic_messages": {"anthropic-version": "2023-06-01"}}
_BLANK = re.compile(r"[ \t\r\n]*")
_ENDS: dict[Framing, re.Pattern[bytes]] = {"sse": re.compile(rb"\r\n\r\n|\n\n|\r\r"), "ndjson": re.compile(rb"\n")}
"""What ends an event of each framing."""
_DECODER = json.JSONDecoder()


def passes_through(request: Request, dialect: str) -> bool:
    """Whether `request` goes to a provider of `dialect` in the client's own words."""
    body = request.client_body
    return body is not None and body.dialect == dialect and body.stream == request.stream and dialect in _PATHS


def call_of(request: Request, body: ClientBody) -> Call:
    """The call with the client's body, in which only the model is another; of some APIs it is in the path alone."""
    path, text = body.path or _PATHS[body.dialect], body.text
    if "{model}" in path:
        from picode.wire.gemini import resource_name

        path = path.replace("{model}", resource_name(request.model))
    else:
        text = with_model(text, request.model)
    framing = _STREAMS.get(body.dialect, "sse") if body.stream else "json"
    headers = {**_VERSION.get(body.dialect, {}), **dict(body.headers)}
    return Call(path, json.loads(text), framing, headers=headers, text=text)


def with_model(text: str, model: str) -> str:
    """The JSON object `text` with the model's name in place of its own. All other characters stay as they are."""
    value = json.dumps(model, ensure_ascii=False)
    spans = fields_of(text)
    if not (places := [span for name, span in spans if name == "model"]):
        at = text.index("{") + 1
        return f'{text[:at]}"model": {value}{", " if spans else ""}{text[at:]}'
    for start, end in reversed(places):  # of two fields of one name, readers differ in which counts
        text = text[:start] + value + text[end:]
    return text


def fields_of(text: str) -> list[tuple[str, tuple[int, int]]]:
    """The names of the fields of the JSON object `text`, each with where its value begins and ends. Raises `ValueError` for
    what is no object."""
    found: list[tuple[str, tuple[int, int]]] = []
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        raise ValueError("no object")
    at = _skip(text, at + 1)
    while text[at : at + 1] == '"':
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)  # behind the colon
        _, end = _DECODER.raw_decode(text, at)
        found.append((name, (at, end)))
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
    return found


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    assert blank is not None
    return blank.end()


_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"(?P<key>[ \t\r\n]*+:)?|(?P<open>\\?\Z))', re.DOTALL)
_BINARY = frozenset({"data", "signature", "encrypted_content", "thoughtSignature", "thought_signature"})
"""Fields whose strings are bytes or proofs, in which there are no words, if they look so."""
_BYTES = re.compile(r"[A-Za-z0-9+/_-]{200,}={0,2}")
_DATA_URL = re.compile(r"data:[\w.+-]{0,60}/[\w.+-]{0,60}(?:;[\w=.+-]{0,60}){0,4};base64,[A-Za-z0-9+/_=-]*+\Z")


def map_strings(text: str, change: Callable[[str], str]) -> str:
    r"""JSON `text` with `change` made to each of its strings that holds words, names of fields too. What `change` leaves alone
    stays as it was.

    >>> map_strings('{"a": "\\u00e9",  "b": "x"}', lambda words: words.replace("x", "y"))
    '{"a": "\\u00e9",  "b": "y"}'
    """
    key = ""

    def changed(found: re.Match[str]) -> str:
        nonlocal key
        if found["open"] is not None:
            return found[0]
        colon = found["key"] or ""
        words = json.loads(found[0].removesuffix(colon), strict=False)
        if colon:
            key = words
        elif (key in _BINARY and _BYTES.fullmatch(words)) or _DATA_URL.match(words):
            return found[0]
        new = change(words)
        return found[0] if new == words else json.dumps(new) + colon

    return _STRING.sub(changed, text)


class RawReader:
    """Reads an answer as `reader` does, and gives each chunk what it was read from.

    An event is given out only when it is whole and sound: one that tells of a failure raises instead. Where the server answers
    in another framing than was asked for, there is nothing raw.
    """

    def __init__(self, reader: AnswerReader, framing: Framing, *, many: bool = False) -> None:
        self._reader = reader
        self._many = many
        """Whether several answers come, of which `reader` reads one."""
        self._framing = framing
        self._held = bytearray()
        self._searched = 0
        """How many bytes of `_held` have no end of an event."""

    @property
    def finished(self) -> bool:
        return self._reader.finished

    @property
    def whole(self) -> bool:
        return self._reader.whole and not self._many

    def feed(self, piece: bytes) -> Iterator[Chunk]:
        """The chunks that `piece` completes."""
        self._held += piece
        if self._framing == "json":
            yield from self._reader.feed(piece)
            return
        ends = [end.end() for end in _ENDS[self._framing].finditer(self._held, self._searched)]
        events = [bytes(self._held[start:end]) for start, end in pairwise((0, *ends))]
        del self._held[: (ends or (0,))[-1]]
        self._searched = max(0, len(self._held) - 3)  # an end may be cut in two
        for event in events:
            yield from self._raw(self._reader.feed(event), event)

    def close(self) -> Iterator[Chunk]:
        """The chunks that the end of the body completes. Raises as `AnswerReader.close` does."""
        rest, self._held = bytes(self._held), bytearray()
        if self._framing == "json":
            yield from self._raw(self._reader.close(), rest)
            return
        last = list(self._reader.feed(rest)) if rest else []
        ended = list(self._reader.close())  # where that says that the answer broke off, half an event is not given out
        if rest:
            yield from self._raw(last, rest)
        yield from ended

    def _raw(self, chunks: Iterable[Chunk], raw: bytes) -> list[Chunk]:
        found = list(chunks)
        if self._reader.framing not in (self._framing, None):
            return found
        if not found:
            return [Chunk(raw=raw)]
        first = found[0]  # `dataclasses.replace` would take a third of the time of all this
        found[0] = Chunk(first.text, first.reasoning, first.finish, first.usage, first.deltas, raw)
        return found
