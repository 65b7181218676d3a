"""Fields that the requests of several APIs have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from picode.core.content import Image, Text
from picode.core.generation import ClientBody
from picode.core.messages import Message, Role
from picode.gateway.api_errors import ApiError

LONGEST_NAME = 256
MOST_STOPS = 16
MOST_TOKENS = 1_000_000


def _without_nul(name: str) -> str:
    if "\0" in name:
        raise ValueError("a name has no NUL")
    return name


Name = Annotated[str, AfterValidator(_without_nul)]
"""A name of a file, a model or something else. C libraries would take a NUL for its end."""

ModelName = Annotated[Name, Field(max_length=LONGEST_NAME)]
Tokens = Annotated[int, Field(ge=1, le=MOST_TOKENS)]
Temperature = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Penalty = Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)]
Stop = Annotated[str, Field(max_length=1000)]
Seed = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]


class Body(BaseModel):
    """A request's body. Unknown fields are ignored: clients send many that have no effect."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())


class OpenBody(Body):
    """A request's body whose unknown fields are kept: a provider of the same API may know them."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    def unknown(self, immaterial: frozenset[str]) -> tuple[str, ...]:
        """The names of the unknown fields that ask for something; those in `immaterial` do not change what an answer means."""
        extra = self.model_extra or {}
        return tuple(name for name, value in extra.items() if value is not None and name not in immaterial)


class Part(BaseModel):
    """A part of a message."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    type: str = "text"
    text: str | None = None


Content = str | list[Part]


def text_of(content: Content | None, field: str) -> str:
    """The text of a message. Raises `ApiError` for content that is not text; `field` is its place in the body."""
    if content is None or isinstance(content, str):
        return content or ""
    texts = []
    for at, part in enumerate(content):
        if part.text is None or part.type not in ("text", "input_text", "output_text"):
            raise unsupported(f"content of the type {part.type[:40]!r}", f"{field}.{at}", "Send text only.")
        texts.append(part.text)
    return "".join(texts)


def unsupported(what: str, field: str, remedy: str) -> ApiError:
    """The error for a field that PiCode does not support: ignoring it would answer another question."""
    return ApiError(400, "invalid", f"PiCode doesn't support {what}. {remedy}", field=field, retry=False)


def refuse(demands: Iterable[tuple[bool, str, str, str]]) -> None:
    """Raises `ApiError` for the first demand that is made. A demand is: whether it is made, what, field, remedy."""
    for made, what, field, remedy in demands:
        if made:
            raise unsupported(what, field, remedy)


def messages_of(turns: Sequence[tuple[Role, str]], field: str) -> tuple[Message, ...]:
    """The messages of a conversation. Raises `ApiError` if all of them are empty."""
    return require_some([Message(role, text) for role, text in turns], field)


def client_body(
    dialect: str, text: str, request: Request, *, stream: bool, unknown: Sequence[str], path: str = ""
) -> ClientBody:
    """The body of `request` in its own words, with the headers that belong to it."""
    headers = tuple((name, request.headers[name]) for name in _PASSED if name in request.headers)
    return ClientBody(dialect, text, stream, headers, tuple(unknown), path)


_PASSED = ("anthropic-version", "anthropic-beta", "openai-beta")
"""Headers that say how a body is to be read."""


def data_image(url: str, detail: str = "") -> Image:
    """The image at `url`, which may be a `data:` URL that holds it."""
    head, comma, data = url.partition(",")
    if not url.startswith("data:") or not comma or not head.endswith(";base64"):
        return Image(url=url, detail=detail)
    return Image(head[5:].partition(";")[0], data, detail=detail)


def require_some(messages: Sequence[Message], field: str) -> tuple[Message, ...]:
    """`messages`, in which a system turn behind others has parts: it belongs where it stands. Raises `ApiError` if all of them
    are empty."""
    if not any(each.parts or each.text.strip() for each in messages if each.role != "system"):
        raise ApiError(400, "invalid", "Nothing is asked: all messages are empty.", field=field, retry=False)
    heads = next((at for at, each in enumerate(messages) if each.role != "system"), len(messages))
    inner = (replace(each, parts=(Text(each.text),)) if each.role == "system" else each for each in messages[heads:])
    return (*messages[:heads], *inner)


def as_list(stop: Any) -> tuple[str, ...]:
    """The stop strings of a field that holds one, several, or none."""
    return () if stop is None else (stop,) if isinstance(stop, str) else tuple(stop)
