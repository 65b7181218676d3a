"""What is asked of a model and what comes back, in no provider's vocabulary.

A `Request` carries one of two prompts: `Fill` (code around a cursor, to be filled in) or `Chat` (turns of a
conversation). An answer is a sequence of `Chunk`s whose last one carries `finish`; a stream that ends without it
was cut off.

Text is all that suggestions and questions need. What programs send besides (images, tools, signed reasoning) is in `content`
and `generation`, which are imported only where there is some.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from picode.core.content import Delta, Part
    from picode.core.generation import ClientBody, GenerationOptions

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. `elsewhere` are the parts of `text` that come from other files than the one that it is
    about. Where a turn holds more than text, `parts` is all of it in order, and `text` its words. Results of tools are in turns
    of the user."""

    role: Role
    text: str
    elsewhere: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of another file (or of another place of this one) that helps to fill in the cursor's place."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Fill:
    """Code around a cursor. `prefix` ends and `suffix` begins exactly at the cursor. `elsewhere` are the parts of `prefix` that
    come from other files."""

    prefix: str
    suffix: str = ""
    path: str = ""
    language: str = ""
    snippets: tuple[Snippet, ...] = ()
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation whose next turn is the model's. A last message of the assistant is a prefill."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one model.

    `max_tokens` bounds the answer. `stop` strings end it and are not part of it. A `temperature` of None leaves the
    choice to the provider. `stream` false asks for the answer in one piece. `beginning` is what the answer has to begin with;
    only servers that can enforce it are sent it.

    `path` is the file that it is about, and `files` are the names of the others that the prompt shows. They are
    for the record of what was sent (`picode audit`) and go to no provider.
    """

    model: str
    prompt: Fill | Chat
    max_tokens: int
    stop: tuple[str, ...] = ()
    temperature: float | None = None
    seed: int | None = None
    stream: bool = True
    beginning: str = ""
    path: str = ""
    files: tuple[str, ...] = ()
    generation: GenerationOptions | None = None
    """What a program asks for beyond the fields above."""
    client_body: ClientBody | None = None
    """The request as the client wrote it: a provider of the same dialect gets that instead."""

    @property
    def size(self) -> int:
        """Characters of the prompt, or of the whole body where a program sent it."""
        if self.client_body is not None:
            return len(self.client_body.text)
        prompt = self.prompt
        if isinstance(prompt, Chat):
            return sum(len(message.text) for message in prompt.messages)
        return len(prompt.prefix) + len(prompt.suffix) + sum(len(snippet.text) for snippet in prompt.snippets)


class Finish(Enum):
    """Why an answer ended."""

    STOP = "stop"
    LENGTH = "length"
    REFUSED = "refused"
    CALLS = "calls"  # the model waits for the results of tools


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; `cached_tokens` are those of `input_tokens` it did not read again."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0

    def merged(self, later: Usage) -> Usage:
        """Providers report usage in parts, cumulatively: the larger figure of each kind is the newer one."""
        return Usage(
            max(self.input_tokens, later.input_tokens),
            max(self.output_tokens, later.output_tokens),
            max(self.cached_tokens, later.cached_tokens),
        )


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an answer. `reasoning` is the model's thinking aloud, which is never part of the answer. `deltas` are pieces
    of tool calls and the like; `raw` is what the provider sent, where the client speaks its dialect."""

    text: str = ""
    reasoning: str = ""
    finish: Finish | None = None
    usage: Usage | None = None
    deltas: tuple[Delta, ...] = ()
    raw: bytes = b""

    @property
    def characters(self) -> int:
        """Of what the model wrote: text, reasoning, the arguments of calls."""
        calls = sum(len(getattr(delta, "arguments", "")) for delta in self.deltas)
        return len(self.text) + len(self.reasoning) + calls


def joined(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """`chunks` that arrived together, as few as possible: those that follow one another and hold text alone, or reasoning
    alone, are one. Each chunk passes several queues on its way to a client; a burst of tokens costs as much as one then."""
    waiting: Chunk | None = None
    try:
        for chunk in chunks:
            if waiting is not None and _is_joinable(waiting) and _is_joinable(chunk) and not _are_mixed(waiting, chunk):
                waiting = Chunk(
                    waiting.text + chunk.text, waiting.reasoning + chunk.reasoning, raw=waiting.raw + chunk.raw
                )
                continue
            if waiting is not None:
                yield waiting
            waiting = chunk
    except Exception:  # what came before a failure is given out
        if waiting is not None:
            yield waiting
        raise
    if waiting is not None:
        yield waiting


def _is_joinable(chunk: Chunk) -> bool:
    return chunk.finish is None and chunk.usage is None and not chunk.deltas


def _are_mixed(one: Chunk, other: Chunk) -> bool:
    return bool((one.text and other.reasoning) or (one.reasoning and other.text))
