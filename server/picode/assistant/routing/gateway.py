"""The use-case of the gateway, and of editors that offer PiCode's models to other programs: their requests, through the same
routing as an editor's own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

from picode import postprocess
from picode.assistant.ports import AnswerStore, Excluder
from picode.assistant.routing.call import Answered, Caller
from picode.assistant.routing.call_options import CallOptions, chat_options, inline_options
from picode.assistant.routing.disk_cache import DiskCache
from picode.assistant.routing.exchange import GatewayReply, GatewayRequest, as_prompt, request_of
from picode.assistant.routing.kept_answers import is_plain, read, replay, written
from picode.assistant.routing.route import Chain, Router, retargeted
from picode.assistant.routing.upstream import Target
from picode.assistant.usage.events import LookupDone
from picode.core.document import Position, Snapshot, split_lines
from picode.core.errors import ConfigurationError, ContextTooLong, Private, ProviderError
from picode.core.messages import Chat, Chunk, Fill, Finish, Request, Usage
from picode.core.stops import StopCutter
from picode.core.tokens import Rates
from picode.settings.model import Settings

_STORE_PATIENCE = 0.5
"""Seconds that a kept answer is waited for: a program can wait longer than a user who types."""

_CHARACTERS = 4
"""To a token, where the provider counts none."""


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
        settings = self._require_enabled()
        if isinstance(asked.prompt, Fill):
            asked = replace(asked, prompt=await self._permitted(asked.prompt))
        chain = await self._chain(asked, settings)
        key = self._key(asked, chain.lead, settings)
        if key and (kept := read(await self._disk.find(key, _STORE_PATIENCE))) is not None:
            self._caller.record(LookupDone(chain.lead.provider.name, chain.lead.model, asked.feature, "disk"))
            return replay(kept, chain.lead)
        self._caller.record(LookupDone(chain.lead.provider.name, chain.lead.model, asked.feature, "none"))
        return await self._ask(asked, chain, settings, key)

    async def embed(self, asked: GatewayRequest, dimensions: int | None) -> GatewayReply:
        """The vectors of the texts in `asked`, as the deltas of the reply. Only the model that is named is asked: vectors of
        another would not be comparable. Raises `PiCodeError`s, `ConfigurationError` where its provider has no embeddings."""
        from picode.wire.embeddings import dialect_of

        settings = self._require_enabled()
        chain = await self._router.chat_chain(settings, asked.provider, asked.model)
        dialect = dialect_of(chain.lead.dialect.name, dimensions)
        if dialect is None:
            problem = f"{chain.lead.provider.title} has no embeddings that PiCode can ask for."
            raise ConfigurationError(
                problem, "Name a model of a provider that has them, such as openai, mistral or ollama."
            )

        def embedding(target: Target) -> Target:
            return replace(target, dialect=dialect, profile=replace(target.profile, chat=True))

        return await self._ask(asked, retargeted(chain, embedding), settings, "")

    async def chain(self, provider: str, model: str, *, fills: bool = False) -> Chain:
        """The models that a request for a conversation goes to, or with `fills` for code to be filled in. Raises `PiCodeError`
        where there is none."""
        find = self._router.inline_chain if fills else self._router.chat_chain
        return await find(self._settings(), provider, model)

    def _require_enabled(self) -> Settings:
        """The settings. Raises `ConfigurationError` where they turn PiCode off: then nothing is sent."""
        settings = self._settings()
        if not settings.enabled:
            raise ConfigurationError("PiCode is turned off.", "Set picode.enabled.")
        return settings

    async def _chain(self, asked: GatewayRequest, settings: Settings) -> Chain:
        find = self._router.chat_chain if isinstance(asked.prompt, Chat) else self._router.inline_chain
        chain = await find(settings, asked.provider, asked.model)
        return retargeted(chain, as_prompt) if asked.family else chain

    async def _permitted(self, fill: Fill) -> Fill:
        """`fill` without the other files that must not be shown. Raises `Private` for code of such a file."""
        if fill.path and (why := await self._excluder.find_reason(fill.path)) is not None:
            raise Private(f"Nothing is asked about this file: {why}.")
        shown = [each for each in fill.snippets if not each.path or await self._excluder.find_reason(each.path) is None]
        return fill if len(shown) == len(fill.snippets) else replace(fill, snippets=tuple(shown))

    async def count(self, asked: GatewayRequest) -> int:
        """The tokens of what `asked` shows a model: as its provider counts them, else estimated. Raises `PiCodeError` where no
        model can be chosen."""
        from picode.assistant.routing.token_count import counted, estimated

        settings = self._require_enabled()
        lead = (await self._router.chat_chain(settings, asked.provider, asked.model)).lead
        request = request_of(asked, lead, settings)
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
        if not is_plain(asked):
            return ""
        # Kept with its end and its usage, and so apart from what suggestions keep.
        shaping = {"stops": asked.stop, "whole": True}
        if not settings.gateway.share_answers:
            shaping["owner"] = asked.owner
        return self._disk.entry(request_of(asked, lead, settings), lead, settings, shaping).key

    async def _ask(self, asked: GatewayRequest, chain: Chain, settings: Settings, key: str) -> GatewayReply:
        heard: list[Answered] = []

        def request_for(target: Target, shorter: bool) -> Request:
            if shorter:  # the program knows what of it can go, we don't
                raise ContextTooLong(
                    target.provider.title, "the prompt is longer than the model reads.", "Send less.", status=400
                )
            return request_of(asked, target, settings)

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
            self._disk.keep(key, written(reply, text), "")

    def _usage(self, asked: GatewayRequest, target: Target, told: Usage, said: int) -> Usage:
        """What the provider has `told`, from which the rates learn; the rest estimated, `said` characters being the answer."""
        if told.input_tokens:
            from picode.assistant.routing.token_count import learn

            learn(self.rates, target, asked.prompt, asked.generation, told.input_tokens)
        return Usage(
            told.input_tokens or max(1, request_of(asked, target, self._settings()).size // _CHARACTERS),
            told.output_tokens or -(-said // _CHARACTERS),
            told.cached_tokens,
        )


def _refusal(chunk: Chunk) -> Finish | None:
    """REFUSED for the words of a refusal, which are no answer."""
    return Finish.REFUSED if chunk.finish is Finish.REFUSED and chunk.text else None


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
