"""Fields that the requests of several APIs have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

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
Stop = Annotated[str, Field(max_length=1000)]
Seed = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]


class Body(BaseModel):
    """A request's body. Unknown fields are ignored: clients send many that have no effect."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())


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
        if part.text is None or part.type not in ("text", "input_text", "output_text", "api_error"):
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
    if not any(text.strip() for role, text in turns if role != "system"):
        raise ApiError(400, "invalid", "Nothing is asked: all messages are empty.", field=field, retry=False)
    return tuple(Message(role, text) for role, text in turns)


def as_list(stop: Any) -> tuple[str, ...]:
    """The stop strings of a field that holds one, several, or none."""
    return () if stop is None else (stop,) if isinstance(stop, str) else tuple(stop)
