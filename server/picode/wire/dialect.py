"""What a dialect is: pure functions from a `Request` to the bytes of a provider's HTTP API, and back.

A dialect is named for the wire format, not for a company: many providers speak `openai_chat`. It is a value, not a
class to inherit from; its module builds it once, and `wire.DIALECTS` lists them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from picode.core.errors import ProviderError
from picode.core.fim import FimTemplate
from picode.core.messages import Chunk, Request

Framing = Literal["sse", "ndjson", "json"]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a model can do, as far as its prompts are concerned, and how its server wants to be asked.

    `window` is the context window in tokens. `fim` is None where the family has no fill-in-the-middle tokens. `stops`
    are strings that mean the model has left the code it was to write. `suffix` says that the endpoint builds the
    fill-in-the-middle prompt itself, from a field of that name. `prefill` says that the model goes on from a last
    message of the assistant; where it doesn't, such a message is left out.

    `effort` is the reasoning effort to ask for, in the provider's word (empty: the provider's choice), and
    `least_effort` the lowest that the model knows, for answers that can't wait. `sampling` false is for models that
    refuse `temperature` (and, at OpenAI, `stop`). `limit_name` is the chat field that bounds the answer,
    and `stream_usage` says whether usage of a stream is asked for (servers that refuse unknown fields want it false).
    """

    family: str
    window: int = 8192
    fim: FimTemplate | None = None
    stops: tuple[str, ...] = ()
    chat: bool = True
    system_prompt: bool = True
    reasoning: bool = False
    suffix: bool = False
    prefill: bool = False
    effort: str = ""
    least_effort: str = ""
    sampling: bool = True
    limit_name: str = "max_tokens"
    stream_usage: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP request but for its origin and its key. `path` is relative to the provider's base URL. `text`: `body` as it is to
    be written; empty where that is left to the sender."""

    path: str
    body: Mapping[str, Any]
    framing: Framing
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream: a server-sent event, or a line of NDJSON (whose `name` is empty)."""

    data: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The parts of a failed HTTP response that tell why. Header names are in lower case, `body` is what arrived, and `keyed`
    tells whether the request carried a key."""

    status: int
    headers: Mapping[str, str]
    body: str
    keyed: bool = True


@dataclass(frozen=True, slots=True)
class Dialect:
    """A wire format.

    `encode(request, profile)` gives the call; it raises `ConfigurationError` for a prompt of a kind that the format can't
    carry. `decode(event, provider)` gives the chunks of one stream event, and `decode_whole(body, provider)` those of an
    answer in one piece (the parsed JSON); both raise a `ProviderError` where the event or body says that the provider
    failed. Unknown fields and events are ignored. `explain(failed, provider)` turns a response with a status of 400 and
    more into the error of the hierarchy.

    `decode` keeps no state, so its chunks are what each event says by itself. The first STOP or LENGTH ends the answer:
    what follows may add usage, nothing else. REFUSED marks each piece of a refusal's words (or stands alone, where the
    provider gives none), and a STOP after it doesn't take it back. `wire.reading.AnswerReader` applies these rules.
    """

    name: str
    encode: Callable[[Request, Profile], Call]
    decode: Callable[[Event, str], Iterable[Chunk]]
    decode_whole: Callable[[Any, str], Iterable[Chunk]]
    explain: Callable[[Failed, str], ProviderError]
    files: bool = False
    """Whether the format itself has a place for other files. Else a family's template may have one."""

    def carries_files(self, profile: Profile) -> bool:
        """Whether `Fill.snippets` reach a model of `profile` as they are."""
        templated = profile.fim is not None and not profile.suffix
        return self.files or (templated and profile.fim is not None and bool(profile.fim.file_separator))
