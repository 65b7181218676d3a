"""Where the text of a suggestion comes from: known already, under way for an earlier key, kept on the disk, or asked for now.

Requests are let to land. What one brings is looked at by whoever waits then, and kept for later; only what has diverged
from the text is dropped.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from picode.assistant.completion.fetch import CompletionFetcher
from picode.assistant.completion.inflight import GRACE, LANDING, InFlight
from picode.assistant.completion.request import Question
from picode.assistant.completion.session_cache import ModelKey, SessionCache, model_key_of
from picode.assistant.completion.stream import Answer, CompletionStream
from picode.assistant.ports import Clock
from picode.assistant.routing.route import Chain
from picode.assistant.routing.upstream import Target
from picode.assistant.status import StatusBoard
from picode.assistant.usage.events import Found, LookupDone, where_found
from picode.core.anchor import Anchor, Around
from picode.core.debounce import Debounce, debounce_delay, debounce_for, stream_timeout
from picode.core.messages import Chunk
from picode.core.speculation import as_accepted
from picode.settings.model import Settings

Origin = Literal["model", "reuse", "cache"]

_FOLLOWING = 4
"""Characters of a suggestion that are typed by somebody who means to have it. Wrong ones part ways sooner."""

_SOON = 120
"""Characters before the place where a prompt's beginning moves on: some ten seconds of typing."""

_TELLING = 200
"""Characters that tell one beginning of a prompt from another."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Text for the cursor, and the generation that it comes from. Empty text: nothing to suggest."""

    text: str
    origin: Origin = "model"
    id: str = ""
    typed: int = 0
    """How many characters of the answer have been typed already."""
    seconds: float = 0.0
    """How long the model took for it."""


NOTHING = Draft("")


class CompletionEngine:
    """One for all documents."""

    def __init__(self, completer: CompletionFetcher, clock: Clock, status: StatusBoard) -> None:
        self._completer = completer
        self._caller = completer.caller
        self._clock = clock
        self._status = status
        self._recall = SessionCache()
        self._streams: dict[str, InFlight] = defaultdict(InFlight)

    async def first(
        self, question: Question, chain: Chain, settings: Settings, *, backoff: float = 0.0, grace_s: float = GRACE
    ) -> Draft:
        """The first text that fits. `grace_s`: seconds that in-flight requests are kept after the last waiter left.

        Raises the error of the request for this place, where nothing else has served it.
        """
        streams = self._streams[question.snapshot.uri]
        streams.arrive()
        try:
            draft = await self._first(question, chain, settings, streams, backoff)
            grace_s = max(grace_s, LANDING)
        finally:
            streams.leave(grace_s)
        if draft.text:
            streams.wanting_since = None
            self._ask_ahead(draft, question, chain, settings, streams)
        self._read_ahead(question, chain, settings, streams)
        return draft

    async def candidates(self, question: Question, chain: Chain, settings: Settings) -> list[Draft]:
        """Up to `inline.candidates` texts, no two the same; what is known already is the first. Fails only if all fail."""
        uri, tag = question.snapshot.uri, model_key_of(chain.lead)
        streams = self._streams[uri]
        around = Around.cursor_of(question.snapshot)
        streams.close()  # what was asked for on the way here only stands in the way of what is asked for by hand
        streams.stop_ahead()
        streams.arrive()
        known = self._recall.exactly(uri, tag, Anchor.of(around))
        drafts = [self._fit(question, known, "", "reuse")] if known else []
        gate = asyncio.Semaphore(self._pace(chain.lead, settings).live)
        numbers = range(len(drafts), settings.inline.candidates)
        generations = [
            self._begin(question, chain, settings, around, streams, number, gate, by_hand=True) for number in numbers
        ]
        try:
            with self._status.working(chain.lead.provider.name, chain.lead.model):
                while any(each.running for each in generations):
                    await streams.news(None)
        finally:
            for each in generations[1:]:
                each.close()
            streams.leave()
        drafts += [self._fit(question, each.answer, "", "model") for each in generations if each.answer]
        errors = [each.error for each in generations if each.error is not None]
        if errors and not drafts:
            raise errors[0]
        if not errors:
            self._status.succeeded()
        if drafts:
            cached = drafts[0].origin == "cache"
            self._count(chain.lead, where_found(cached, mine=known is None))
        return list({draft.text: draft for draft in reversed(drafts) if draft.text}.values())[::-1]

    def focused(self, uri: str) -> None:
        """What is asked ahead for other documents only stands in the way now."""
        for other, streams in self._streams.items():
            if other != uri:
                streams.stop_ahead()

    def explain(self, text: str, draft: Draft) -> dict[str, Any] | None:
        """The request behind a draft, as JSON."""
        sent = self._completer.explanations.of(draft.id)
        return None if sent is None else {"text": text, "origin": draft.origin, **asdict(sent)}

    def retry(self) -> None:
        """Ask again those that have failed."""
        self._caller.health.forget()

    def forget(self, uri: str) -> None:
        """The document is closed: stop what is under way for it."""
        if (streams := self._streams.pop(uri, None)) is not None:
            streams.close()
            streams.stop_ahead()

    async def _first(
        self, question: Question, chain: Chain, settings: Settings, streams: InFlight, backoff: float
    ) -> Draft:
        target, snapshot = chain.lead, question.snapshot
        tag, around = model_key_of(target), Around.cursor_of(snapshot)
        here, now = Anchor.of(around), self._clock.now()
        pace = self._pace(target, settings)
        if streams.wanting_since is None:
            streams.wanting_since = now
        waited = now - streams.wanting_since
        pause = debounce_delay(snapshot.line_prefix, snapshot.line_suffix, pace, waited, backoff=backoff)
        due = None if pause is None else now + pause
        own: CompletionStream | None = None
        asked, looked = False, False
        with ExitStack() as busy:
            while True:
                if (draft := self._known(question, tag, around, own)) is not None:
                    mine = asked and own is not None and draft.id == own.id
                    self._count(target, where_found(draft.origin == "cache", draft.typed, mine=mine, looked=looked))
                    return draft
                looked = True
                serving = streams.serving(tag, around)
                if own is not None and not own.running and own.error is None and not _asked_here(own, question):
                    own = None  # it was asked ahead, for a line that begins elsewhere
                own = own or next((each for each in serving if each.anchor == here), None)
                if own is None and due is not None and self._said_all(question, tag, around):
                    due = None
                if own is None and due is not None:
                    wait = due - self._clock.now()
                    if wait <= 0:
                        wait = self._room(serving, streams, pace, target, around)
                    if wait <= 0:
                        busy.enter_context(self._status.working(target.provider.name, target.model))
                        own, asked = self._begin(question, chain, settings, around, streams, 0), True
                        streams.wanting_since = None
                        continue
                    await streams.news(wait)
                elif serving or (own is not None and own.running):
                    await streams.news(None)
                elif own is not None and own.error is not None:
                    raise own.error
                else:
                    return NOTHING

    def _count(self, target: Target, where: Found) -> None:
        self._caller.record(LookupDone(target.provider.name, target.model, "inline", where))

    def _known(self, question: Question, tag: ModelKey, around: Around, own: CompletionStream | None) -> Draft | None:
        """What a whole answer says here, the nearest first."""
        for answer, typed in self._recall.find(question.snapshot.uri, tag, around):
            origin: Origin = "model" if own is not None and answer.id == own.id else "reuse"
            draft = self._fit(question, answer, typed, origin)
            if draft.text:
                return draft
        return None

    def _said_all(self, question: Question, tag: ModelKey, around: Around) -> bool:
        """Whether the model has answered already and has nothing to say here; in the same words it would answer again."""
        here = Anchor.of(around)
        answer = self._recall.exactly(question.snapshot.uri, tag, here)
        if answer is not None and (not answer.text.strip() or _asked_here(answer, question)):
            return True
        for answer, typed in self._recall.find(question.snapshot.uri, tag, around):
            rest = answer.rest(typed) if answer.ended and typed.strip() else None
            if rest is not None and not rest.partition("\n")[0].strip():
                return True  # all of it has been typed
        return False

    def _fit(self, question: Question, answer: Answer, typed: str, origin: Origin) -> Draft:
        rest = answer.rest(typed)
        text = question.fit(rest, answer.place) if rest else ""
        return Draft(text, "cache" if answer.cached else origin, answer.id, len(typed.strip()), answer.seconds)

    def _room(
        self, serving: list[CompletionStream], streams: InFlight, pace: Debounce, target: Target, around: Around
    ) -> float:
        """Seconds until another request may begin; 0 if it may now.

        None is needed as long as what is being written goes on from the cursor. A stream that has been silent for longer than
        the model usually is may be dead, whether it has spoken before or not.
        """
        now = self._clock.now()
        patience = stream_timeout(self._caller.health.times(target), local=target.provider.local)
        left = {id(each): each.heard + patience - now for each in serving}
        promised = max((left[id(each)] for each in serving if each.serves(around)), default=0.0)
        if promised > 0:
            return promised
        if len(serving) < pace.live:
            return 0.0
        oldest = min(serving, key=lambda each: each.heard)
        if left[id(oldest)] <= 0:
            streams.drop(oldest)
            return 0.0
        return left[id(oldest)]

    def _pace(self, target: Target, settings: Settings) -> Debounce:
        inline = settings.inline
        return debounce_for(
            metered=inline.pace == "metered", local=target.provider.local, pause=inline.debounce_ms / 1000
        )

    def _begin(
        self,
        question: Question,
        chain: Chain,
        settings: Settings,
        around: Around,
        streams: InFlight,
        number: int,
        gate: asyncio.Semaphore | None = None,
        *,
        by_hand: bool = False,
        ahead: bool = False,
    ) -> CompletionStream:
        """Asks the models of the chain. `number` counts the candidates for one place."""
        uri, tag = question.snapshot.uri, model_key_of(chain.lead)

        def on_news(generation: CompletionStream) -> None:
            if generation.answer is not None and number == 0:
                self._recall.keep(uri, tag, generation.anchor, generation.answer)
                self._completer.keep(generation, question)
                self._status.succeeded()
            streams.heard(generation)

        def ask(generation: CompletionStream) -> AsyncGenerator[Chunk]:
            return self._completer.complete(generation, question, chain, settings, number, gate, by_hand=by_hand)

        generation = CompletionStream(Anchor.of(around), question.place, ask, self._clock.now, on_news)
        if ahead:
            streams.ahead = generation
        elif number == 0:
            if chain.lead.provider.local:
                streams.stop_ahead()  # it does one thing after the other
            streams.add(tag, generation)
        return generation

    def _ask_ahead(self, draft: Draft, question: Question, chain: Chain, settings: Settings, streams: InFlight) -> None:
        """Has a model go on behind what is shown, so that the next line is there when the user gets to it.

        A model on this machine does so while it has nothing else to do. Others do once the user is following: then it is the
        request that would be made at the next line anyway, made sooner.
        """
        lead, inline = chain.lead, settings.inline
        if not inline.prefetch or inline.pace != "lively":
            return
        if not lead.provider.local and draft.typed < _FOLLOWING:
            return
        snapshot = as_accepted(question.snapshot, draft.text, indented=lead.asks_chat)
        if snapshot is None:
            return
        around = Around.cursor_of(snapshot)
        anchor = Anchor.of(around)
        if streams.ahead is not None and streams.ahead.anchor == anchor:
            return
        streams.stop_ahead()
        if streams.busy(self._pace(lead, settings).live) or self._recall.exactly(
            snapshot.uri, model_key_of(lead), anchor
        ):
            return
        after = Question.prepare(replace(question.ask, snapshot=snapshot, selected=None), lead, settings)
        if after is not None:
            self._begin(after, chain, settings, around, streams, 0, ahead=True)

    def _read_ahead(self, question: Question, chain: Chain, settings: Settings, streams: InFlight) -> None:
        """Where a prompt's beginning is about to move on, has a model on this machine read it while there is time: at the key
        that moves it, that would take as long as reading a file for the first time."""
        lead = chain.lead
        if not lead.provider.local or streams.busy(1) or streams.ahead is not None:
            return
        coming = Question.prepare(question.ask, lead, settings, ahead=_SOON)
        if coming is not None and len(coming.visible) < len(question.visible):
            start = coming.visible[:_TELLING]
            streams.read_ahead(start, lambda: self._completer.warm(question, chain, settings, ahead=_SOON))


def _asked_here(made: CompletionStream | Answer, question: Question) -> bool:
    """Whether what has the question's anchor was asked with the same indentation as well."""
    return made.place.line_prefix == question.place.line_prefix
