"""The use-case of the gateway, and of editors that offer PiCode's models to other programs: their requests, through the same
routing as an editor's own."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from picode import postprocess
from picode.assistant.ports import AnswerStore, Excluder
from picode.assistant.routing.call import Answered, Caller
from picode.assistant.routing.call_options import CallOptions, chat_options, inline_options
from picode.assistant.routing.disk_cache import DiskCache
from picode.assistant.routing.route import Chain, Router
from picode.assistant.routing.upstream import Target
from picode.assistant.usage.events import LookupDone
from picode.core import prompt
from picode.core.document import Position, Snapshot, split_lines
from picode.core.errors import BadRequest, ConfigurationError, ContextTooLong, Private, ProviderError, Unsupported
from picode.core.messages import Chat, Chunk, Fill, Finish, Request, Usage
from picode.core.stops import StopCutter
from picode.core.tokens import Rates
from picode.settings.model import Settings

if TYPE_CHECKING:
    from picode.core.generation import ClientBody, GenerationOptions

Reuse = Literal["deterministic", "always", "never"]

FEATURE = "gateway"
"""Under which the gateway's questions are counted."""

_STORE_PATIENCE = 0.5
"""Seconds that a kept answer is waited for: a program can wait longer than a user who types."""

_AGENT_TOKENS = 32_000
"""Tokens of an answer with tools, where the program sets no limit: a call may hold a whole file. A provider that allows fewer
says so, and is asked for these."""

_CHARACTERS = 4
"""To a token, where the provider counts none."""


@dataclass(frozen=True, slots=True)
class GatewayRequest:
    """One request of a program. An empty `provider` or `model` means that of the settings, `max_tokens` None their limit.

    `own_stops`: PiCode cuts at the stop strings instead of the provider, so that it is known which one ended the answer.
    """

    prompt: Fill | Chat
    provider: str = ""
    model: str = ""
    max_tokens: int | None = None
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    own_stops: bool = False
    reuse: Reuse = "deterministic"
    whole: bool = False
    """The program takes the answer in one piece: one that breaks off before is asked for again."""
    generation: GenerationOptions | None = None
    """What is asked for beyond the fields above."""
    client_body: ClientBody | None = None
    """The request as the program wrote it, for providers that speak its dialect."""
    owner: str = ""
    """The name of the token that it came with. Other tokens do not get its answer, unless the settings share answers."""
    feature: str = FEATURE
    """Under which it is counted."""
    by_hand: bool = False
    """The user has asked for it: a model that failed a moment ago is asked all the same."""


@dataclass(slots=True)
class GatewayReply:
    """An answer that has begun. The fields after `chunks` are final when `chunks` has ended.

    Closing `chunks` closes the connection to the provider.
    """

    provider: str
    model: str
    chunks: AsyncGenerator[Chunk]
    raw: bool = False
    """Each chunk carries what the provider sent, which is for the program as it is."""
    cached: bool = False
    note: str = ""
    """Why it took longer than usual; empty if it did not."""
    finish: Finish = Finish.STOP
    usage: Usage = field(default_factory=Usage)
    """By the provider's count, else estimated."""
    stopped_by: str = ""
    """The stop string at which PiCode cut the answer."""
    conversation: str = ""
    """The id of its conversation; empty if it is in none."""


class Relay:
    """Answers the requests of other programs; one object serves all of them."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        router: Router,
        caller: Caller,
        store: AnswerStore,
        excluder: Excluder,
    ) -> None:
        self._settings = settings
        self._router = router
        self._caller = caller
        self._disk = DiskCache(store, caller.privacy)
        self._excluder = excluder
        self.rates = Rates()
        """Characters to a token, by provider and model."""

    async def answer(self, asked: GatewayRequest) -> GatewayReply:
        """Returns when the first word of the answer has arrived, or at once if the answer is kept.

        Raises `PiCodeError`s, also out of the chunks. Cancelling it closes the connection to the provider.
        """
        settings = self._settings()
        if not settings.enabled:
            raise ConfigurationError("PiCode is turned off.", "Set picode.enabled.")
        path = asked.prompt.path if isinstance(asked.prompt, Fill) else ""
        if path and (why := await self._excluder.find_reason(path)) is not None:
            raise Private(f"Nothing is asked about this file: {why}.")
        find = self._router.chat_chain if isinstance(asked.prompt, Chat) else self._router.inline_chain
        chain = await find(settings, asked.provider, asked.model)
        key = self._key(asked, chain.lead, settings)
        if key and (kept := _read(await self._disk.find(key, _STORE_PATIENCE))) is not None:
            self._caller.record(LookupDone(chain.lead.provider.name, chain.lead.model, asked.feature, "disk"))
            return _replay(kept, chain.lead)
        self._caller.record(LookupDone(chain.lead.provider.name, chain.lead.model, asked.feature, "none"))
        return await self._ask(asked, chain, settings, key)

    async def count(self, asked: GatewayRequest) -> int:
        """The tokens of what `asked` shows a model: as its provider counts them, else estimated. Raises `PiCodeError` where no
        model can be chosen."""
        from picode.assistant.routing.token_count import counted, estimated

        settings = self._settings()
        lead = (await self._router.chat_chain(settings, asked.provider, asked.model)).lead
        request = _request(asked, lead, settings)
        outgoing = self._caller.privacy.prepare(request, lead)
        try:
            tokens = await counted(outgoing.request, lead, self._caller.transport)
        except ProviderError:
            tokens = None
        return tokens if tokens is not None else estimated(request.prompt, request.generation)

    def _key(self, asked: GatewayRequest, lead: Target, settings: Settings) -> str:
        """Under which the answer is kept; empty where it is not to be."""
        if asked.reuse == "never" or (asked.reuse == "deterministic" and asked.temperature != 0):
            return ""
        if not _is_plain(asked):
            return ""
        # Kept with its end and its usage, and so apart from what suggestions keep.
        shaping = {"stops": asked.stop, "whole": True}
        if not settings.gateway.share_answers:
            shaping["owner"] = asked.owner
        return self._disk.entry(_request(asked, lead, settings), lead, settings, shaping).key

    async def _ask(self, asked: GatewayRequest, chain: Chain, settings: Settings, key: str) -> GatewayReply:
        heard: list[Answered] = []

        def request_for(target: Target, shorter: bool) -> Request:
            if shorter:  # the program knows what of it can go, we don't
                raise ContextTooLong(
                    target.provider.title, "the prompt is longer than the model reads.", "Send less.", status=400
                )
            return _request(asked, target, settings)

        chunks = self._caller.ask(
            request_for, chain.candidates, _call_options(asked, settings, chain.lead), heard.append
        )
        try:
            first = await anext(chunks)
        except BaseException:
            await chunks.aclose()
            raise
        target = heard[0].target
        reply = GatewayReply(target.provider.name, target.model, chunks, bool(first.raw), note=heard[0].note)
        reply.chunks = self._read(reply, first, chunks, asked, target, key if target is chain.lead else "")
        return reply

    async def _read(
        self,
        reply: GatewayReply,
        first: Chunk,
        chunks: AsyncGenerator[Chunk],
        asked: GatewayRequest,
        target: Target,
        key: str,
    ) -> AsyncGenerator[Chunk]:
        """The chunks for the program: cut at its stops, and where a conversation was held about code, the code alone."""
        cutter = StopCutter(() if reply.raw else asked.stop)
        arrival = _Arrival(asked.prompt, target) if isinstance(asked.prompt, Fill) and target.asks_chat else None
        usage, said, text = Usage(), 0, ""
        async with aclosing(chunks):
            chunk: Chunk | None = first
            while chunk is not None and not cutter.found:
                usage = usage.merged(chunk.usage) if chunk.usage else usage
                said += chunk.characters
                reply.finish = chunk.finish or reply.finish
                piece = cutter.feed(arrival.feed(chunk.text) if arrival else chunk.text)
                if chunk.deltas and not cutter.found:  # what was said before a call is given out before it
                    piece += cutter.close()
                if piece or chunk.reasoning or chunk.deltas or chunk.raw:
                    text += piece
                    yield Chunk(piece, chunk.reasoning, _refusal(chunk), deltas=chunk.deltas, raw=chunk.raw)
                chunk = None if cutter.found else await anext(chunks, None)
        rest = cutter.feed(arrival.close()) if arrival else ""
        if rest := rest + ("" if cutter.found else cutter.close()):
            text += rest
            yield Chunk(rest)
        reply.stopped_by = cutter.found
        reply.finish = Finish.STOP if cutter.found else reply.finish
        reply.usage = self._usage(asked, target, usage, said)
        if key and text.strip() and reply.finish in (Finish.STOP, Finish.LENGTH):
            self._disk.keep(key, _written(reply, text), "")

    def _usage(self, asked: GatewayRequest, target: Target, told: Usage, said: int) -> Usage:
        """What the provider has `told`, from which the rates learn; the rest estimated, `said` characters being the answer."""
        if told.input_tokens:
            from picode.assistant.routing.token_count import learn

            learn(self.rates, target, asked.prompt, asked.generation, told.input_tokens)
        size = _request(asked, target, self._settings()).size
        return Usage(
            told.input_tokens or max(1, size // _CHARACTERS),
            told.output_tokens or -(-said // _CHARACTERS),
            told.cached_tokens,
        )


def _refusal(chunk: Chunk) -> Finish | None:
    """REFUSED for the words of a refusal, which are no answer."""
    return Finish.REFUSED if chunk.finish is Finish.REFUSED and chunk.text else None


def _is_plain(asked: GatewayRequest) -> bool:
    """Whether text alone is asked for and comes back, which is what can be kept."""
    rich = isinstance(asked.prompt, Chat) and any(message.parts for message in asked.prompt.messages)
    more = asked.client_body is not None and _says_more(asked.client_body)
    return not (rich or more or (asked.generation and asked.generation.asked()))


_PLAIN_FIELDS = frozenset(
    """
    model messages system instructions input max_tokens max_completion_tokens max_output_tokens temperature stop
    stop_sequences seed stream stream_options store user metadata service_tier safety_identifier prompt_cache_key
    prompt_cache_retention
    """.split()
)


def _says_more(body: ClientBody) -> bool:
    """Whether a body says what is not in the request that PiCode makes of it, and so in no key of a kept answer."""
    fields = json.loads(body.text)
    turns = fields.get("messages", fields.get("input"))
    turns = turns if isinstance(turns, list) else []
    contents = [fields.get("system"), *(turn.get("content") for turn in turns)]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return bool(
        body.unknown
        or any(name != "anthropic-version" for name, _ in body.headers)
        or fields.keys() - _PLAIN_FIELDS
        or any(turn.keys() - {"role", "content", "type"} for turn in turns)
        or any(part.keys() - {"type", "text", "cache_control"} for part in parts)
    )


class _Arrival:
    """What a model wrote in a conversation about code, as the code that belongs at the cursor."""

    def __init__(self, fill: Fill, target: Target) -> None:
        lines = split_lines(fill.prefix)
        cursor = Position(len(lines) - 1, len(lines[-1]))
        snapshot = Snapshot("", split_lines(fill.prefix + fill.suffix), cursor, language=fill.language)
        self._place = postprocess.describe(snapshot, multiline=True, chat=True, stops=target.profile.stops)
        self._raw = ""
        self._given = ""

    def feed(self, text: str) -> str:
        self._raw += text
        return self._more(postprocess.normalize(self._raw, self._place, ended=False)) if text else ""

    def close(self) -> str:
        return self._more(postprocess.normalize(self._raw, self._place, whole=True))

    def _more(self, now: str) -> str:
        if not now.startswith(self._given):  # what was given out can't be taken back
            return ""
        more, self._given = now[len(self._given) :], now
        return more


def _request(asked: GatewayRequest, target: Target, settings: Settings) -> Request:
    """Raises `BadRequest` where a conversation is asked of a model that holds none, `Unsupported` where there are fields that
    only another API has."""
    content: Fill | Chat = asked.prompt
    if isinstance(content, Chat):
        agent = asked.generation is not None and asked.generation.tools
        usual = max(settings.advanced.chat.max_tokens, _AGENT_TOKENS if agent else 0)
        if not target.profile.chat:
            problem = f"{target.model} completes code and holds no conversations."
            raise BadRequest(target.provider.title, problem, "Choose another model for this.", status=400)
    else:
        usual = settings.inline.max_tokens
        if not target.asks_chat and not target.dialect.carries_files(target.profile):
            content = prompt.fold(content)
        content = prompt.ask_to_fill(content) if target.asks_chat else content
    body = _body_for(asked, target)
    # In a conversation about code the stops are strings of the code, which the model is free to write around it.
    own = asked.own_stops or (isinstance(asked.prompt, Fill) and target.asks_chat)
    return Request(
        target.model,
        content,
        max_tokens=asked.max_tokens or usual,
        stop=() if own else asked.stop,
        temperature=asked.temperature,
        seed=asked.seed,
        stream=body is None or body.stream,
        generation=asked.generation,
        client_body=body,
        path=asked.prompt.path if isinstance(asked.prompt, Fill) else "",
        files=tuple(each.path for each in asked.prompt.snippets) if isinstance(asked.prompt, Fill) else (),
    )


def _body_for(asked: GatewayRequest, target: Target) -> ClientBody | None:
    """The program's own words, if `target` understands them. PiCode's own server is part of PiCode: no program speaks with
    it."""
    body = asked.client_body
    if body is None or (body.dialect == target.dialect.name and target.provider.name != "embedded"):
        return body
    if body.unknown:
        raise Unsupported(body.unknown[0], target.model, target.dialect.name)
    return None


def _call_options(asked: GatewayRequest, settings: Settings, lead: Target) -> CallOptions:
    """Filling in is retried only as long as a suggestion, but its answer may take as long as one in a conversation."""
    chat = chat_options(settings, by_hand=asked.by_hand, feature=asked.feature)
    chat = replace(chat, whole=asked.whole, stops=asked.stop)
    body = asked.client_body
    if body is not None and not body.stream and body.dialect == lead.dialect.name:
        chat = replace(chat, silent=True)
    if isinstance(asked.prompt, Chat):
        return chat
    return replace(chat, retry=inline_options(settings).retry, strategy=settings.inline.strategy)


def _written(reply: GatewayReply, text: str) -> str:
    usage = reply.usage
    return json.dumps(
        {
            "text": text,
            "finish": reply.finish.value,
            "stop": reply.stopped_by,
            "usage": [usage.input_tokens, usage.output_tokens, usage.cached_tokens],
        }
    )


def _read(kept: str | None) -> Mapping[str, Any] | None:
    """What was kept; None where it is none of ours."""
    try:
        fields = json.loads(kept) if kept else None
        if not isinstance(fields, dict) or not isinstance(fields["text"], str) or not isinstance(fields["stop"], str):
            return None
        _ = Finish(fields["finish"])
        numbers = fields["usage"]
        sound = len(numbers) == 3 and all(type(each) is int and each >= 0 for each in numbers)
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return fields if sound else None


def _replay(kept: Mapping[str, Any], lead: Target) -> GatewayReply:
    async def whole() -> AsyncGenerator[Chunk]:
        yield Chunk(kept["text"])

    return GatewayReply(
        lead.provider.name,
        lead.model,
        whole(),
        cached=True,
        finish=Finish(kept["finish"]),
        usage=Usage(*kept["usage"]),
        stopped_by=kept["stop"],
    )
