"""How an answer is to be made: tools, form, reasoning, sampling. All of it immutable; JSON Schemas are kept as their text."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

NO_ARGUMENTS = '{"type": "object", "properties": {}}'
"""The schema of a tool that takes none."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may have called. `schema` is the JSON Schema of its arguments, an object. `strict`: arguments
    are held to the schema; None leaves that to the provider."""

    name: str
    description: str = ""
    schema: str = NO_ARGUMENTS
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """Whether tools are called: as the model likes, never, some tool in any case, or the one called `name`."""

    mode: Literal["auto", "none", "required", "tool"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class ResponseFormat:
    """An answer that is JSON: any object, or one that fits `schema`."""

    kind: Literal["json", "schema"]
    schema: str = ""
    name: str = ""
    description: str = ""
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """What a program asks of an answer, beyond its length, stops, temperature and seed. None and empty leave it to the
    provider.

    `effort` is a level of reasoning in OpenAI's words (`none`, `minimal`, `low`, `medium`, `high`, `xhigh`), `thinking_tokens`
    a bound on it (0: no reasoning). `verbosity` is how long an answer is to be, in OpenAI's words (`low`, `medium`, `high`).
    `top_logprobs` counts the alternatives of each token.
    """

    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_calls: bool | None = None
    format: ResponseFormat | None = None
    effort: str = ""
    verbosity: str = ""
    thinking_tokens: int | None = None
    top_p: float | None = None
    top_k: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logprobs: bool = False
    top_logprobs: int | None = None
    n: int = 1
    metadata: tuple[tuple[str, str], ...] = ()

    def asked(self) -> tuple[str, ...]:
        """The names of the fields that ask for something."""
        usual = GenerationOptions()
        return tuple(each.name for each in fields(self) if getattr(self, each.name) != getattr(usual, each.name))


@dataclass(frozen=True, slots=True)
class ClientBody:
    """The body of a request as the client wrote it, in a dialect's JSON, for providers that speak that dialect.

    `stream`: it asks for a stream. `headers` go with it (names in lower case). `unknown` names the fields that PiCode can't say
    in another dialect. `path` is where it belongs below the base URL, with `{model}` for a model that the body does not name;
    empty: the dialect's usual path.
    """

    dialect: str
    text: str
    stream: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    path: str = ""
