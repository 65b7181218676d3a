"""The gate that every request passes on its way to a model: secrets stay on this machine.

In what goes to a provider elsewhere they are replaced by placeholders, and put back into its answer. A model on this machine
sees the text as it is.
"""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import accumulate
from secrets import token_bytes
from typing import TYPE_CHECKING, Any

from picode.assistant.routing.upstream import Target
from picode.core.errors import PiCodeError
from picode.core.messages import Chat, Chunk, Fill, Message, Request, Snippet
from picode.core.prompt import MARKER
from picode.core.secrets import Placeholders, Restorer

if TYPE_CHECKING:
    from picode.core.content import Delta

_log = logging.getLogger(__name__)

_REMEMBERED = 16
"""Requests that are looked at again: for the cache, for each try, and by each model of a chain. As many as are in flight."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it may go out."""

    request: Request
    secrets: Mapping[str, str]
    """By their placeholders in `request`. It is left out of `repr`."""
    kinds: Mapping[str, int]
    """How many secrets of each kind were replaced."""
    keepable: bool = True
    """Whether what is answered may be kept on the disk: not if there was a secret to repeat."""
    foreign: frozenset[str] = frozenset()
    """The placeholders of secrets that stand only in other files than the cursor's. They are not put back."""
    typed: str = ""
    """The beginning that the model was to write, where it is a part of a secret: it is put before the answer here instead."""

    tell: Callable[[int], object] = field(default=lambda _: None, compare=False)
    """Is called with the number of secrets that an answer would have had in a link, or from another file."""

    def __repr__(self) -> str:
        return f"Outgoing({dict(self.kinds)})"

    def restored(self, chunks: AsyncGenerator[Chunk]) -> AsyncGenerator[Chunk]:
        """`chunks` with the secrets back in their places."""
        return self._restored(chunks) if self.secrets else chunks

    async def _restored(self, chunks: AsyncGenerator[Chunk]) -> AsyncGenerator[Chunk]:
        shown = _texts(self.request)
        text, reasoning = (Restorer(self.secrets, foreign=self.foreign, shown=shown) for _ in range(2))
        arguments = _Arguments(self.secrets, self.foreign)
        first = self.typed
        async with aclosing(chunks):
            try:
                async for chunk in chunks:
                    said, thought = text.feed(chunk.text), reasoning.feed(chunk.reasoning)
                    if said or chunk.finish:
                        said, first = first + said, ""
                    deltas = tuple(map(arguments.restored, chunk.deltas))
                    if deltas:  # what comes before a call or a proof is given out before it
                        said, thought = said + text.close(), thought + reasoning.close()
                    if chunk.finish:
                        said, thought = said + text.close(), thought + reasoning.close()
                        deltas = (*deltas, *arguments.close())
                    if said or thought or chunk.finish or chunk.usage or deltas:
                        # What the provider sent holds placeholders, perhaps in pieces: the client gets it said anew.
                        yield replace(chunk, text=said, reasoning=thought, deltas=deltas, raw=b"")
            except PiCodeError:
                if rest := text.close():
                    yield Chunk(rest)
                raise
            finally:
                if text.withheld:
                    self.tell(text.withheld)


class _Arguments:
    """Puts secrets back into the arguments of tool calls, which are JSON, while they arrive."""

    def __init__(self, secrets: Mapping[str, str], foreign: frozenset[str]) -> None:
        self._secrets = {word: json.dumps(secret)[1:-1] for word, secret in secrets.items()}
        self._foreign = foreign
        self._by_call: dict[int, Restorer] = {}

    def restored(self, delta: Delta) -> Delta:
        """`delta` as the client may have it. An end that may be the beginning of a placeholder waits."""
        from picode.core.content import CallDelta

        if not isinstance(delta, CallDelta):
            return delta
        restorer = self._by_call.setdefault(delta.index, Restorer(self._secrets, foreign=self._foreign))
        return replace(delta, arguments=restorer.feed(delta.arguments))

    def close(self) -> tuple[Delta, ...]:
        """What was waiting when the answer ended."""
        if not self._by_call:
            return ()
        from picode.core.content import CallDelta

        rests = ((index, restorer.close()) for index, restorer in self._by_call.items())
        return tuple(CallDelta(index, arguments=rest) for index, rest in rests if rest)


def _texts(request: Request) -> tuple[str, ...]:
    """What a model is shown with `request`."""
    prompt = request.prompt
    if isinstance(prompt, Chat):
        return tuple(each.text for each in prompt.messages)
    return (prompt.prefix, prompt.suffix, *(each.text for each in prompt.snippets))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


class Privacy:
    """The gate of one session. `enabled` is the user's word on it; `tell` is given what the user should know, once."""

    def __init__(
        self,
        placeholders: Placeholders,
        enabled: Callable[[], bool] = lambda: True,
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._placeholders = placeholders
        self._enabled = enabled
        self._tell = tell
        self._told = False
        self._seen: OrderedDict[Request, Outgoing] = OrderedDict()

    @classmethod
    def of_session(
        cls, enabled: Callable[[], bool] = lambda: True, tell: Callable[[str], object] = lambda _: None
    ) -> Privacy:
        """The gate of this process, with placeholders that no other has."""
        return cls(Placeholders(token_bytes(32)), enabled, tell)

    def prepare(self, request: Request, target: Target) -> Outgoing:
        """`request` as it may go to `target`. Takes a millisecond for a prompt of 12,000 characters."""
        redacted = self._redacted(request)
        if target.provider.local or not self._enabled():
            return Outgoing(request, {}, {}, keepable=redacted.keepable)
        return redacted

    def _withheld(self, count: int) -> None:
        _log.warning("%d secret(s) stay placeholders in an answer: %s.", count, _WHY)
        if not self._told:
            self._told = True
            self._tell(f"Secrets stay placeholders (SECRET_…) in an answer: {_WHY}.")

    def _redacted(self, request: Request) -> Outgoing:
        if (known := self._seen.get(request)) is not None:
            self._seen.move_to_end(request)
            return known
        work = _Work(self._placeholders)
        prompt, beginning, typed = request.prompt, request.beginning, ""
        if isinstance(prompt, Chat):
            last = prompt.messages[-1] if prompt.messages else None
            prompt = Chat(
                tuple(work.turn(each, begun=each is last and each.role == "assistant") for each in prompt.messages)
            )
        else:
            prompt, beginning, typed = work.fill(prompt, beginning)
        more = work.rest(request) if request.generation or request.client_body else {}
        found = replace(request, prompt=prompt, beginning=beginning, **more) if work.secrets else request
        foreign = frozenset(work.secrets.keys() - work.own)
        outgoing = Outgoing(found, work.secrets, work.kinds, not work.secrets, foreign, typed, self._withheld)
        self._seen[request] = outgoing
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return outgoing


_WHY = "they belong to another file, or would stand in a new link or image"


class _Work:
    """One prompt, and what was found in it."""

    def __init__(self, placeholders: Placeholders) -> None:
        self._placeholders = placeholders
        self.secrets: dict[str, str] = {}
        self.kinds: dict[str, int] = {}
        self._known: dict[str, str] = {}
        self.own: set[str] = set()
        """The placeholders of secrets in the cursor's document, or in what is said of it."""

    def turn(self, message: Message, *, begun: bool) -> Message:
        """`message`, in which the marker stands where the user is typing, or the end does where it has `begun`: a secret may
        lie there."""
        if message.parts:
            return self._rich(message)
        parts = message.text.split(MARKER)
        *cuts, end = accumulate(map(len, parts))
        pieces = self._pieces("".join(parts), *cuts, typed=(*cuts, *((end,) if begun else ())))
        self._own("".join(parts), message.elsewhere)
        self._known[message.text] = MARKER.join(pieces)
        return Message(message.role, self._known[message.text])

    def _rich(self, message: Message) -> Message:
        from picode.core.content import Image, Part, Reasoning, Refusal, Text, ToolCall, ToolResult, text_of

        def seen(part: Text | Image) -> Text | Image:
            if isinstance(part, Text):
                return replace(part, text=self.words(part.text))
            return replace(part, url=self.words(part.url)) if part.url else part

        def redacted(part: Part) -> Part:
            if isinstance(part, Text | Refusal):
                return replace(part, text=self.words(part.text))
            if isinstance(part, Reasoning):
                return replace(part, text=self.words(part.text))
            if isinstance(part, ToolCall):
                return replace(part, arguments=self.json(part.arguments))
            if isinstance(part, ToolResult):
                return replace(part, parts=tuple(map(seen, part.parts)))
            return seen(part) if isinstance(part, Image) else part

        parts = tuple(map(redacted, message.parts))
        return replace(message, text=text_of(parts), parts=parts)

    def rest(self, request: Request) -> dict[str, Any]:
        """What `request` says besides its prompt, by the names of its fields."""
        more: dict[str, Any] = {}
        if (asked := request.generation) is not None:
            tools = tuple(
                replace(tool, description=self.words(tool.description), schema=self.json(tool.schema))
                for tool in asked.tools
            )
            form = asked.format
            if form is not None:
                form = replace(form, description=self.words(form.description), schema=self.json(form.schema))
            more["generation"] = replace(asked, tools=tools, format=form)
            more["stop"] = tuple(map(self.words, request.stop))
        if (body := request.client_body) is not None:
            more["client_body"] = replace(body, text=self.body(body.text))
        return more

    def words(self, text: str) -> str:
        """`text` without the secrets that a program has put into its own request."""
        if text not in self._known:
            (self._known[text],) = self._pieces(text)
            self.own |= self.secrets.keys()
        return self._known[text]

    def json(self, text: str) -> str:
        """`text`, which may be JSON, without secrets: in its strings as they read, and by the names of its fields."""
        if text[:1] not in ("{", "[") or not _is_json(text):
            return self.words(text)
        inner = self.body(text)
        whole = self.words(inner)
        return whole if _is_json(whole) else inner

    def body(self, text: str) -> str:
        """JSON without secrets in its strings, also in those that are JSON themselves, as the arguments of calls are."""
        from picode.wire.passthrough import map_strings

        return map_strings(text, self.json)

    def _own(self, text: str, elsewhere: tuple[str, ...] = ()) -> None:
        """Takes note of the secrets in `text` that do not stand only in its parts from other files."""
        for part in elsewhere:
            text = text.replace(part, "\n", 1)
        self.own |= {word for word, secret in self.secrets.items() if secret in text}

    def fill(self, fill: Fill, beginning: str) -> tuple[Fill, str, str]:
        """`fill` and `beginning`; and the latter as it was, where the model can't be held to it any more."""
        cursor = len(fill.prefix) + len(beginning)
        text = fill.prefix + beginning + fill.suffix
        prefix, healed, suffix = self._pieces(text, len(fill.prefix), cursor, typed=(cursor,))
        self._own(text, fill.elsewhere)
        snippets = tuple(Snippet(each.path, *self._pieces(each.text)) for each in fill.snippets)
        typed = beginning if healed != beginning else ""
        if typed:
            prefix, healed = prefix + healed, ""
        return replace(fill, prefix=prefix, suffix=suffix, snippets=snippets, elsewhere=()), healed, typed

    def _pieces(self, text: str, *cuts: int, typed: tuple[int, ...] = ()) -> tuple[str, ...]:
        redacted = self._placeholders.redact(text, cuts, typed=typed)
        self.secrets |= redacted.secrets
        for kind, count in redacted.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + count
        return redacted.pieces
