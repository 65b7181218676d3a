"""Gets one answer: from the disk, or from whoever of the chain gives one; with what of other places helps in the prompt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, nullcontext
from dataclasses import replace

from picode.assistant.completion.explanation import Explanations, Sent
from picode.assistant.completion.request import Question
from picode.assistant.completion.session_cache import model_key_of
from picode.assistant.completion.stream import CompletionStream
from picode.assistant.ports import AnswerStore, Gather, Gathered, Wanted
from picode.assistant.routing.call import Answered, Caller
from picode.assistant.routing.call_options import inline_options
from picode.assistant.routing.route import Chain, origin
from picode.assistant.routing.upstream import Target
from picode.assistant.status import StatusBoard
from picode.core.cachekey import key_of
from picode.core.messages import Chunk, Finish, Request
from picode.core.policy import explain_detour
from picode.core.tokens import Rates
from picode.postprocess import CursorContext
from picode.settings.model import Settings
from picode.wire.dialect import Call

_TEMPERATURES = (0.0, 0.6, 0.6, 0.8, 0.8)
"""Of the candidates, in order: the first is the model's best, the others are looked for further away, each with a seed of its
own. Hotter than that, small models write nonsense."""


class CompletionFetcher:
    """One for all documents."""

    def __init__(
        self, caller: Caller, status: StatusBoard, store: AnswerStore, gather: Gather, explanations: Explanations
    ) -> None:
        self.caller = caller
        self.explanations = explanations
        self._status = status
        self._store = store
        self._gather = gather
        self._rates = Rates()

    async def complete(
        self,
        generation: CompletionStream,
        question: Question,
        chain: Chain,
        settings: Settings,
        number: int,
        gate: asyncio.Semaphore | None,
        *,
        by_hand: bool,
    ) -> AsyncGenerator[Chunk]:
        """The chunks of an answer: from the disk, or from whoever of the chain gives one."""
        temperature = _TEMPERATURES[min(number, len(_TEMPERATURES) - 1)]
        lead = chain.lead
        async with gate or nullcontext():
            gathered = await self._gathered(question, lead)
            places: dict[int, CursorContext] = {}
            made: dict[tuple[int, bool], Request | None] = {}

            def request_for(target: Target, shorter: bool) -> Request | None:
                if (id(target), shorter) not in made:
                    made[id(target), shorter] = prepare(target, shorter)
                return made[id(target), shorter]

            def prepare(target: Target, shorter: bool) -> Request | None:
                asked: Question | None = question
                if target is not lead or shorter or (gathered.snippets and question.room):
                    asked = Question.prepare(
                        question.ask, target, settings, snippets=gathered.snippets, shorter=shorter
                    )
                if asked is None:
                    return None
                places[id(target)] = asked.place
                return replace(asked.request, temperature=temperature, seed=number or None)

            first = request_for(lead, False)
            if first is not None:
                generation.place = places[id(lead)]
                outgoing = self.caller.privacy.prepare(first, lead)
                call = lead.dialect.encode(outgoing.request, lead.profile)
                self.explanations.note(generation.id, _sent(call, lead, gathered))
                if number == 0 and outgoing.keepable:
                    key = key_of(origin(lead, settings), lead.dialect.name, call.path, call.body)
                    if (kept := await self._store.find(key)) is not None:
                        generation.cached = True
                        yield Chunk(text=kept, finish=Finish.STOP)
                        return
                    generation.cache_key = key

            def on_answer(answered: Answered) -> None:
                target = answered.target
                generation.place = places.get(id(target), generation.place)  # each model writes in its own way
                if target is not lead:
                    generation.cache_key = ""
                note = explain_detour(answered.causes, target.provider.title)
                self._status.answered(target.provider.name, target.model, note)

            plan = inline_options(settings, by_hand=by_hand)
            async with aclosing(self.caller.ask(request_for, chain.candidates, plan, on_answer)) as chunks:
                async for chunk in chunks:
                    if chunk.finish is Finish.REFUSED:
                        generation.cache_key = ""
                    if chunk.usage is not None and first is not None and generation.cache_key:
                        self._rates.learn(model_key_of(lead), first.size, chunk.usage.input_tokens)
                    yield chunk

    def keep(self, generation: CompletionStream, question: Question) -> None:
        """Puts an answer that is whole on the disk, if it is the first model's own."""
        if generation.cache_key and generation.raw.strip():
            self._store.keep(generation.cache_key, generation.raw, question.ask.path or "")

    async def warm(self, question: Question, chain: Chain, settings: Settings, *, ahead: int = 0) -> None:
        """Has the model read a prompt, so that a suggestion need not wait for that: the question's, or the one that it will be
        once `ahead` more characters have been typed."""
        lead = chain.lead
        gathered = await self._gathered(question, lead)
        asked = Question.prepare(question.ask, lead, settings, snippets=gathered.snippets, ahead=ahead)
        if asked is None:
            return
        first_token = replace(asked.request, max_tokens=1)
        plan = inline_options(settings, feature="warm")
        async with aclosing(self.caller.ask(lambda _, __: first_token, chain.candidates[:1], plan)) as chunks:
            async for _ in chunks:
                pass

    async def _gathered(self, question: Question, lead: Target) -> Gathered:
        room, ask = self._rates.characters(model_key_of(lead), question.room), question.ask
        return await self._gather(Wanted(question.snapshot, ask.path, question.visible, room, ask.problems))


def _sent(call: Call, target: Target, gathered: Gathered) -> Sent:
    return Sent(target.provider.name, target.model, target.dialect.name, call.path, dict(call.body), gathered.why)
