"""What a turn of a conversation holds besides text, and the pieces of it that arrive in a stream.

JSON that belongs to a program (the arguments of a call, a schema) is kept as its text: it is immutable, and goes on as it came.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Text:
    """Words of the turn's author."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: its bytes in base64 with their media type, or the URL that the provider fetches it from. `detail` is OpenAI's
    word for how closely to look (`low`, `high`, `auto`)."""

    media_type: str = ""
    data: str = ""
    url: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model wants made. `arguments` is the text of a JSON object. `signature` is what Gemini wants back with
    the call."""

    id: str
    name: str
    arguments: str = "{}"
    signature: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the call named `call` gave; `name` is the tool's. `error`: the tool failed."""

    call: str
    parts: tuple[Text | Image, ...] = ()
    name: str = ""
    error: bool = False

    @property
    def text(self) -> str:
        """The words of the result, without its images."""
        return "\n".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def told(self) -> str:
        """`text` for formats that have no other place for a failure: then it begins with `Error`."""
        return f"Error: {self.text}" if self.error and not self.text.lower().startswith("error") else self.text


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What the model thought. `signature` is the provider's proof of it, which has to come back unchanged; `encrypted` is
    thought that only the provider can read (`redacted_thinking`, `encrypted_content`). `id` is the provider's name of it."""

    text: str = ""
    signature: str = ""
    encrypted: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The words with which the model declined."""

    text: str


@dataclass(frozen=True, slots=True)
class Opaque:
    """Content of a kind that only one API has. `field` is its place in the body of the request, `kind` its type there. It
    reaches providers of that API as it is, and no others."""

    field: str
    kind: str


Part = Text | Image | ToolCall | ToolResult | Reasoning | Refusal | Opaque


@dataclass(frozen=True, slots=True)
class CallDelta:
    """A piece of a tool call. Pieces of one call have one `index`, which is -1 where the call is whole in itself; the first has
    its `id` and `name`, and `arguments` add up. `repeats`: `arguments` are all of the call's, which may have come in pieces
    already."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""
    signature: str = ""
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class ReasoningProof:
    """The end of a block of reasoning: its signature, or all of it where it is `encrypted`."""

    signature: str = ""
    encrypted: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """How probable a token was, as a natural logarithm, and which others were (`top`)."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    top: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class Embedding:
    """The vector of a text. Vectors come in the order of the texts."""

    values: tuple[float, ...]


Delta = CallDelta | ReasoningProof | TokenLogprob | Embedding
_D = TypeVar("_D", CallDelta, ReasoningProof, TokenLogprob, Embedding)


def of_kind(deltas: Iterable[Delta], kind: type[_D]) -> tuple[_D, ...]:
    """Those of `deltas` that are of one kind, in their order."""
    return tuple(delta for delta in deltas if isinstance(delta, kind))


def new_call_id() -> str:
    """An id for a tool call of a provider that gives none. OpenAI's and Anthropic's clients take any."""
    return f"call_{uuid.uuid4().hex[:24]}"


def identified(call: ToolCall) -> ToolCall:
    """`call` with an id."""
    return call if call.id else replace(call, id=new_call_id())


def text_of(parts: Iterable[Part]) -> str:
    """The words of a turn, those of a refusal included."""
    return "".join(part.text for part in parts if isinstance(part, Text | Refusal))


class Calls:
    """Tool calls put together from their pieces."""

    def __init__(self) -> None:
        self._by_index: dict[int, list[CallDelta]] = {}

    def add(self, deltas: Iterable[Delta]) -> None:
        """Takes the pieces of calls among `deltas`, which come next."""
        for delta in of_kind(deltas, CallDelta):
            self._by_index.setdefault(delta.index, []).append(delta)

    def whole(self) -> tuple[ToolCall, ...]:
        """The calls in the order in which they began. No arguments are an empty object."""
        return tuple(map(_whole, self._by_index.values()))


def _whole(pieces: list[CallDelta]) -> ToolCall:
    def first(values: Iterable[str]) -> str:
        return next(filter(None, values), "")

    return ToolCall(
        first(each.id for each in pieces),
        first(each.name for each in pieces),
        "".join(each.arguments for each in pieces) or "{}",
        first(each.signature for each in pieces),
    )
