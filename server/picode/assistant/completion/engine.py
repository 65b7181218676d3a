"""The path of a keystroke: from a cursor to a completion, one stage after the other.

`CompletionEngine.first` serves an automatic request. Its stages, in order, with what each is for:

1. *Session cache*: an answer of this session that goes on from here, wherever the cursor came from. Nothing is sent.
2. *In flight*: answers that are being written for an earlier key, and may go on from here.
3. *Debounce*: whether to ask a model here at all, when, and how many requests may be in flight.
4. *Context*, then the *prompt*: what of other files helps, within 20 ms.
5. *Disk cache*: the answer to this very prompt, from an earlier session.
6. *Route* and *stream*: the models of the chain, until one answers.
7. *Post-process*: what of the answer fits the cursor as it is now.

Stages 4 to 6 run in a task of their own (`_read`), which continues while the user types: what it brings serves the requests
that wait by then (1, 2, 7), and is kept. Only what has diverged from the document is dropped.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from picode.assistant.completion.inflight import GRACE_S, LANDING_S, CompletionStream, InFlight
from picode.assistant.completion.prefetch import Prefill, next_line
from picode.assistant.completion.request import (
    NOTHING,
    Completion,
    CompletionQuery,
    ModelView,
)
from picode.assistant.completion.session_cache import SessionCache
from picode.assistant.ports import AnswerStore, Clock, Gather, Gathered, Wanted
from picode.assistant.routing.call import Answered, Caller
from picode.assistant.routing.disk_cache import DiskCache
from picode.assistant.routing.upstream import Target
from picode.assistant.status import StatusBoard
from picode.assistant.usage.events import Found, LookupDone, where_found
from picode.core.anchor import Anchor
from picode.core.debounce import Debounce, debounce_delay, debounce_for, stream_timeout
from picode.core.messages import Chunk, Finish, Request
from picode.core.tokens import Rates
from picode.wire.dialect import Call

_AHEAD_S = 0.005
"""Seconds after a completion before the line behind it is looked at: its response goes out first."""

_EXPLAINED = 64
"""Model requests that are remembered for `explain`; each holds a whole prompt."""


@dataclass(slots=True)
class _Progress:
    """How far an automatic request has come."""

    due: float | None
    """Clock seconds from which on a model may be asked; None: not for this request."""
    stream: CompletionStream | None = None
    """The one that was requested for exactly this cursor."""
    started: bool = False
    """Whether this request has started it."""
    waited: bool = False
    """Whether the first look into the session cache found nothing."""


class CompletionEngine:
    """Finds the text of completions, for all documents."""

    def __init__(self, caller: Caller, store: AnswerStore, gather: Gather, clock: Clock, status: StatusBoard) -> None:
        self._caller = caller
        self._disk = DiskCache(store, caller.privacy)
        self._gather = gather
        self._clock = clock
        self._status = status
        self._session = SessionCache()
        self._inflight: dict[str, InFlight] = defaultdict(InFlight)
        self._sent: OrderedDict[str, tuple[Target, Call, Gathered]] = OrderedDict()
        self._rates = Rates()
        self.prefill = Prefill(caller, self._context)
        self._look: asyncio.TimerHandle | None = None

    async def first(self, query: CompletionQuery, *, backoff: float = 0.0, grace_s: float = GRACE_S) -> Completion:
        """The first completion that fits the cursor; `NOTHING` where none does.

        `backoff` (0 to 1) delays model requests, see `debounce_delay`. `grace_s` is how many seconds in-flight requests
        continue when this is cancelled. Raises the error of the request for this cursor, where nothing else served it.
        """
        inflight = self._inflight[query.uri]
        inflight.add_waiter()
        try:
            completion = await self._first(query, inflight, backoff)
            grace_s = max(grace_s, LANDING_S)
        finally:
            inflight.remove_waiter(grace_s)
        if completion.text:
            inflight.pending_since = None
        self._cancel_look()
        self._look = asyncio.get_running_loop().call_later(_AHEAD_S, self._look_ahead, query, inflight, completion)
        return completion

    async def candidates(self, query: CompletionQuery) -> list[Completion]:
        """Up to `inline.candidates` different completions for an explicit request, the answer that is known already first.
        Raises only if all model requests fail."""
        inflight, lead, settings = self._inflight[query.uri], query.view.target, query.view.settings
        inflight.close()  # what was requested on the way here only delays what is asked for explicitly
        self._drop_ahead(inflight)
        here = Anchor.of(query.text)
        typed = here.typed_until(query.text) or ""  # the indentation of a blank line
        known = self._session.get(query.uri, query.key, here)
        completions = [query.view.complete(known, typed, "reuse")] if known else []
        gate = asyncio.Semaphore(_debounce(query).max_in_flight)
        inflight.add_waiter()
        streams = [
            self._start(query, inflight, number, gate) for number in range(len(completions), settings.inline.candidates)
        ]
        try:
            with self._status.working(lead.provider.name, lead.model):
                while any(stream.running for stream in streams):
                    await inflight.changed(None)
        finally:
            for stream in streams[1:]:
                stream.close()
            inflight.remove_waiter()
        completions += [query.view.complete(stream.answer, typed) for stream in streams if stream.answer]
        errors = [stream.error for stream in streams if stream.error is not None]
        if errors and not completions:
            raise errors[0]
        if not errors:
            self._status.succeeded()
        if completions:
            self._count(query, where_found(completions[0].origin == "cache", mine=known is None))
        return list({each.text: each for each in reversed(completions) if each.text}.values())[::-1]

    def focused(self, uri: str) -> None:
        """The user looks at the document `uri` (empty: at none): stops what was requested ahead of time for others."""
        for other, inflight in self._inflight.items():
            if other != uri:
                inflight.drop_speculative()
        self._cancel_look()
        self.prefill.focused(uri)

    def forget(self, uri: str) -> None:
        """The document is closed: stops all requests for it."""
        if (inflight := self._inflight.pop(uri, None)) is not None:
            inflight.close()
            self._drop_ahead(inflight, uri)

    def retry(self) -> None:
        """Asks again the models whose breaker is open."""
        self._caller.health.forget()

    def explain(self, text: str, completion: Completion) -> dict[str, Any] | None:
        """The model request behind a completion, as JSON without keys; None where it is no longer known."""
        if completion.id not in self._sent:
            return None
        target, call, context = self._sent[completion.id]
        return {
            "text": text,
            "origin": completion.origin,
            "provider": target.provider.name,
            "model": target.model,
            "dialect": target.dialect.name,
            "path": call.path,
            "body": dict(call.body),
            "context": list(context.why),
        }

    async def _first(self, query: CompletionQuery, inflight: InFlight, backoff: float) -> Completion:
        """Goes through the stages until one has a completion, and again whenever a stream has grown."""
        debounce, target = _debounce(query), query.view.target
        state = _Progress(self._due(query, inflight, debounce, backoff))
        with ExitStack() as busy:
            while True:
                if (completion := self._from_session(query, state)) is not None:  # 1. Session cache
                    return completion
                usable = inflight.usable(query.key, query.text)  # 2. In flight
                state.stream = _stream_for(query, state.stream, usable)
                if state.stream is None and state.due is not None and self._exhausted(query):
                    state.due = None
                if state.stream is None and state.due is not None:  # 3. Debounce
                    wait = state.due - self._clock.now()
                    if wait <= 0:
                        silence_s = stream_timeout(self._caller.first_word_times(target), local=target.provider.local)
                        wait = inflight.slot_wait(query.text, debounce.max_in_flight, silence_s, self._clock.now())
                    if wait > 0:
                        await inflight.changed(wait)
                        continue
                    busy.enter_context(self._status.working(target.provider.name, target.model))
                    state.stream, state.started = self._start(query, inflight), True  # 4 to 6, in a task of their own
                    inflight.pending_since = None
                elif usable or (state.stream is not None and state.stream.running):
                    await inflight.changed(None)
                elif state.stream is not None and state.stream.error is not None:
                    raise state.stream.error
                else:
                    return NOTHING

    # Session cache

    def _from_session(self, query: CompletionQuery, state: _Progress) -> Completion | None:
        """What the nearest whole answer completes at the cursor."""
        own = state.stream.id if state.stream is not None else ""
        for answer, typed in self._session.find(query.uri, query.key, query.text):
            completion = query.view.complete(answer, typed, "model" if answer.id == own else "reuse")
            if completion.text:
                mine = state.started and completion.id == own
                cached = completion.origin == "cache"
                self._count(query, where_found(cached, completion.typed, mine=mine, looked=state.waited))
                return completion
        state.waited = True
        return None

    def _exhausted(self, query: CompletionQuery) -> bool:
        """Whether asking here again is useless: the model has answered here, and nothing of its answer is left to show."""
        answer = self._session.get(query.uri, query.key, Anchor.of(query.text))
        if answer is not None and (
            not answer.text.strip() or answer.cursor.line_prefix == query.view.cursor.line_prefix
        ):
            return True
        for answer, typed in self._session.find(query.uri, query.key, query.text):
            rest = answer.rest(typed) if answer.ended and typed.strip() else None
            if rest is not None and not rest.partition("\n")[0].strip():
                return True  # all of it has been typed
        return False

    # Debounce

    def _due(self, query: CompletionQuery, inflight: InFlight, debounce: Debounce, backoff: float) -> float:
        now, snapshot = self._clock.now(), query.view.snapshot
        if inflight.pending_since is None:
            inflight.pending_since = now
        waited = now - inflight.pending_since
        delay = debounce_delay(snapshot.line_prefix, snapshot.line_suffix, debounce, waited, backoff=backoff)
        return now + delay

    # Context, disk cache, route, stream

    def _start(
        self,
        query: CompletionQuery,
        inflight: InFlight,
        number: int = 0,
        gate: asyncio.Semaphore | None = None,
        *,
        speculative: bool = False,
    ) -> CompletionStream:
        """Starts a model request, unless the disk cache has its answer. `number` counts the candidates for one cursor; only
        the first is shared with other requests. `gate` bounds how many run at once."""
        stream = CompletionStream(query.key, Anchor.of(query.text), query.view.cursor, self._clock.now())
        stream.read_by(asyncio.create_task(self._read(stream, query, inflight, number, gate)), inflight)
        if speculative:
            inflight.speculative = stream
        elif number == 0:
            if query.view.target.provider.local:
                inflight.drop_speculative()  # a local model does one thing after the other
            inflight.add(stream)
        return stream

    async def _read(
        self,
        stream: CompletionStream,
        query: CompletionQuery,
        inflight: InFlight,
        number: int,
        gate: asyncio.Semaphore | None,
    ) -> None:
        """Feeds `stream` until more could change nothing, and keeps its answer. Closing the chunks closes the connection."""
        async with gate or nullcontext(), aclosing(self._chunks(stream, query, number)) as chunks:
            async for chunk in chunks:
                if stream.feed(chunk, self._clock.now()):
                    break
                inflight.notify()
        answer = stream.finish(self._clock.now())
        if number == 0:
            self._session.put(query.uri, query.key, stream.anchor, answer)
            if stream.cache_key and answer.raw.strip():
                self._disk.keep(stream.cache_key, answer.raw, query.view.request.path or "")
            self._status.succeeded()

    async def _chunks(self, stream: CompletionStream, query: CompletionQuery, number: int) -> AsyncGenerator[Chunk]:
        """The chunks of an answer: from the disk cache, else from the first model of the chain that answers."""
        lead, settings = query.view.target, query.view.settings
        context = await self._context(query)
        first = query.view.model_request(context.snippets, number)
        views = {id(lead): query.view}

        entry = self._disk.entry(first, lead, settings)
        self._sent[stream.id] = (lead, entry.call, context)
        if len(self._sent) > _EXPLAINED:
            self._sent.popitem(last=False)
        stream.cache_key = entry.key if number == 0 else ""
        if stream.cache_key and (kept := await self._disk.find(entry.key)) is not None:
            stream.cached, stream.cache_key = True, ""
            yield Chunk(text=kept, finish=Finish.STOP)
            return

        def request_for(target: Target, shorter: bool) -> Request | None:
            if target is lead and not shorter:
                return first
            view = ModelView.of(query.view.request, target, settings, shorter=shorter)
            if view is None:
                return None
            views[id(target)] = view
            return view.model_request(context.snippets, number)

        def on_answer(answered: Answered) -> None:
            target = answered.target
            stream.cursor = views[id(target)].cursor  # each model writes in its own way
            if target is not lead:
                stream.cache_key = ""
            self._status.answered(target.provider.name, target.model, answered.note)

        options = replace(query.chain.options, by_hand=query.view.request.trigger == "explicit")
        async with aclosing(self._caller.ask(request_for, query.chain.candidates, options, on_answer)) as chunks:
            async for chunk in chunks:
                stream.cache_key = "" if chunk.finish is Finish.REFUSED else stream.cache_key
                if chunk.usage is not None and stream.cache_key:
                    self._rates.learn(query.key, first.size, chunk.usage.input_tokens)
                yield chunk

    async def _context(self, query: CompletionQuery) -> Gathered:
        view = query.view
        characters = self._rates.characters(query.key, view.context_tokens)
        return await self._gather(
            Wanted(view.snapshot, view.request.path, view.visible, characters, view.request.diagnostics)
        )

    # Ahead of time

    def _cancel_look(self) -> None:
        if self._look is not None:
            self._look.cancel()

    def _drop_ahead(self, inflight: InFlight, uri: str = "") -> None:
        """Stops what was requested ahead of time for a document (`uri` empty: prefill for any)."""
        self._cancel_look()
        inflight.drop_speculative()
        self.prefill.stop(uri)

    def _look_ahead(self, query: CompletionQuery, inflight: InFlight, completion: Completion) -> None:
        """Requests the line after `completion` in advance, or has a local model read the prompt that it will get next."""
        following = next_line(query, completion) if completion.text else None
        if following is not None:
            self._speculate(following, inflight)
        if not inflight.is_full(1) and inflight.speculative is None:
            self.prefill.next_window(query)

    def _speculate(self, following: CompletionQuery, inflight: InFlight) -> None:
        """Starts the request for a line that the user has not got to, unless it is known already or others are in flight."""
        anchor = Anchor.of(following.text)
        if inflight.speculative is not None and inflight.speculative.anchor == anchor:
            return
        inflight.drop_speculative()
        full = inflight.is_full(_debounce(following).max_in_flight)
        if not full and self._session.get(following.uri, following.key, anchor) is None:
            self._start(following, inflight, speculative=True)

    def _count(self, query: CompletionQuery, where: Found) -> None:
        target = query.view.target
        self._caller.record(LookupDone(target.provider.name, target.model, "inline", where))


def _debounce(query: CompletionQuery) -> Debounce:
    inline, local = query.view.settings.inline, query.view.target.provider.local
    return debounce_for(metered=inline.pace == "metered", local=local, delay_s=inline.debounce_ms / 1000)


def _stream_for(
    query: CompletionQuery, current: CompletionStream | None, usable: list[CompletionStream]
) -> CompletionStream | None:
    """The stream that was requested for the cursor: `current`, or one that an earlier request has started."""
    whole = current is not None and not current.running and current.error is None
    if current is not None and whole and current.cursor.line_prefix != query.view.cursor.line_prefix:
        current = None  # it was speculative, for another indentation
    here = Anchor.of(query.text)
    return current or next((stream for stream in usable if stream.anchor == here), None)
