"""The use-case behind ghost text: a cursor in, suggestions out.

Of the requests for one document, a newer one supersedes the older; the model's work goes on as long as the text does (see
`generation`). Failures never reach the caller; they go to the status board, because an editor would pop up a window for
each of them at every key.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from picode.assistant.call import Answered, Caller, Plan
from picode.assistant.generation import Anchor, Generation, Generations
from picode.assistant.ports import Clock, Deadlines, Excluder
from picode.assistant.question import Ask, Question, Suggestion, inactive_reason
from picode.assistant.route import Chain, Router, providers
from picode.assistant.status import StatusBoard, needs_user
from picode.assistant.upstream import Target
from picode.core.errors import PiCodeError
from picode.core.messages import Request
from picode.core.policy import INLINE, explain_detour
from picode.settings.model import Settings

log = logging.getLogger(__name__)


class Superseded:
    """The answer to a request that a newer one has made pointless: what is shown may stay."""


SUPERSEDED = Superseded()
Answer = tuple[Suggestion, ...] | Superseded

_TEMPERATURES = (0.0, 0.6, 0.6, 0.8, 0.8)
"""Of the candidates, in order: the first is the model's best, the others are looked for further away, each with a seed of its
own. Hotter than that, small models write nonsense."""

_PATIENCE = 0.25
_LOCAL_PATIENCE = 3.0
"""Seconds to wait for a stream begun for earlier text before asking anew. A model on this machine does one thing after the
other: what it has begun is done sooner than what it would begin now."""

_SHOWN_LIMIT = 256


class Suggester:
    """Makes suggestions. Everything it needs from outside is a port."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        router: Router,
        caller: Caller,
        clock: Clock,
        status: StatusBoard,
        excluder: Excluder,
    ) -> None:
        self._settings = settings
        self._router = router
        self._caller = caller
        self._clock = clock
        self._status = status
        self._excluder = excluder
        self._requests: dict[str, asyncio.Future[tuple[Suggestion, ...]]] = {}
        self._generations = Generations()
        self._made_for: object = None
        self._gave_up: object = None
        self._shown: dict[str, Suggestion] = {}
        self._last: Ask | None = None

    async def suggest(self, ask: Ask) -> Answer:
        """The suggestions for `ask`, best first. Empty where there is nothing to suggest, or a provider has failed."""
        uri = ask.snapshot.uri
        work = asyncio.ensure_future(self._answer(ask))
        if (older := self._requests.get(uri)) is not None:
            older.cancel()
        self._requests[uri] = work
        try:
            await asyncio.wait({work})
        finally:
            work.cancel()  # we may have been cancelled ourselves
            if self._requests.get(uri) is work:
                del self._requests[uri]
        return SUPERSEDED if work.cancelled() else work.result()

    def forget(self, uri: str) -> None:
        """The document is closed: stop what is under way for it."""
        if (work := self._requests.get(uri)) is not None:
            work.cancel()
        self._generations.drop(uri)

    def accepted(self, suggestion_id: str) -> bool:
        """The user took a suggestion. False where it is not known (any more)."""
        suggestion = self._shown.pop(suggestion_id, None)
        if suggestion is not None:
            log.info("accepted %s, %d characters", suggestion_id, len(suggestion.text))
        return suggestion is not None

    def reconsider(self) -> str | None:
        """Tells, and gives, why there are no suggestions where the user was last; to be called when settings change."""
        settings = self._settings()
        reason = inactive_reason(settings, self._last, self._excluder)
        provider = providers(settings).get(settings.inline.provider)
        self._status.serves(settings.inline.provider, settings.inline.model or (provider.model if provider else ""))
        self._status.inactive(reason or "")
        return reason

    def retry(self) -> None:
        """Try again what only the user could mend."""
        self._gave_up = None
        self._router.forget()
        self._caller.health.forget()
        self._status.succeeded()

    async def _answer(self, ask: Ask) -> tuple[Suggestion, ...]:
        settings = self._settings()
        self._last = ask
        reason = self.reconsider()
        if reason is not None or (ask.trigger == "automatic" and self._gave_up is settings):
            return ()
        if self._made_for is not settings:
            self._generations.clear()
            self._made_for = settings
        try:
            texts = await self._texts(ask, settings)
        except PiCodeError as error:
            log.warning("no suggestion: %s", error)
            self._status.failed(error, settings.inline.provider, settings.inline.model)
            self._gave_up = settings if needs_user(error) else None
        except Exception:
            # A defect of ours in one suggestion must neither end the server nor open a window at each key.
            log.exception("no suggestion because of a defect")
        else:
            return texts
        return ()

    async def _texts(self, ask: Ask, settings: Settings) -> tuple[Suggestion, ...]:
        chain = await self._router.inline_chain(settings)
        question = Question.prepare(ask, chain.lead, settings)
        if question is None:
            return ()
        if ask.trigger == "explicit":
            texts = await self._candidates(question, chain, settings)
        else:
            texts = [await self._continue(question, chain, settings)]
        self._gave_up = None
        return tuple(self._remember(question.suggestion(text)) for text in dict.fromkeys(texts) if text)

    async def _continue(self, question: Question, chain: Chain, settings: Settings) -> str:
        """The answer that is there already, or under way, for what was typed on; else a new one."""
        target = chain.lead
        patience = _LOCAL_PATIENCE if target.provider.local else _PATIENCE
        waited = False
        while (found := self._generations.find(question.snapshot)) is not None:
            generation, typed = found
            try:
                async with asyncio.timeout(patience):
                    rest = await self._work(generation, typed, target)
            except TimeoutError:
                generation.close()
                break
            if rest is not None and (text := question.fit(rest, generation.place)):
                return text
            if not generation.running and rest is not None:
                break  # it came to its end here: what follows has to be asked for
            waited = True
        if not waited and question.snapshot.line_prefix.strip():
            await self._clock.sleep(settings.inline.debounce_ms / 1000)
        generation = self._begin(question, chain, settings, 0)
        self._generations.add(question.snapshot.uri, generation)
        return question.fit(await self._work(generation, "", target) or "", generation.place)

    async def _candidates(self, question: Question, chain: Chain, settings: Settings) -> list[str]:
        """Several answers, asked for at the same time. Fails only if all of them do."""
        generations = [self._begin(question, chain, settings, number) for number in range(settings.inline.candidates)]
        try:
            answers = await asyncio.gather(
                *(self._work(generation, "", chain.lead) for generation in generations), return_exceptions=True
            )
        finally:
            for generation in generations:
                generation.close()
        self._generations.add(question.snapshot.uri, generations[0])
        texts = [
            question.fit(answer, generation.place)
            for answer, generation in zip(answers, generations, strict=True)
            if isinstance(answer, str)
        ]
        if not texts:
            raise next(answer for answer in answers if isinstance(answer, BaseException))
        return texts

    def _begin(self, question: Question, chain: Chain, settings: Settings, number: int) -> Generation:
        """Asks the models of the chain. `number` counts the candidates for one place."""
        temperature = _TEMPERATURES[min(number, len(_TEMPERATURES) - 1)]

        def request_for(target: Target, shorter: bool) -> Request | None:
            usual = target is chain.lead and not shorter
            asked = question if usual else Question.prepare(question.ask, target, settings, shorter=shorter)
            return None if asked is None else replace(asked.request, temperature=temperature, seed=number or None)

        def on_answer(answered: Answered) -> None:
            target = answered.target
            if target is not chain.lead and (asked := Question.prepare(question.ask, target, settings)):
                generation.place = asked.place
            note = explain_detour(answered.causes, target.provider.title)
            self._status.answered(target.provider.name, target.model, note)

        inline = settings.inline
        terms = replace(INLINE, retries=inline.retries, budget=min(INLINE.budget, inline.timeout_seconds))
        deadlines = Deadlines(idle=inline.timeout_seconds, total=inline.timeout_seconds)
        plan = Plan(terms, deadlines, inline.strategy, by_hand=question.ask.trigger == "explicit")
        chunks = self._caller.ask(request_for, chain.links, plan, on_answer)
        generation = Generation(Anchor.at(question.snapshot), question.place, chunks)
        return generation

    async def _work(self, generation: Generation, typed: str, target: Target) -> str | None:
        """What `generation` says behind `typed`, with the status busy meanwhile."""
        if not generation.running:
            return await generation.rest(typed)
        with self._status.working(target.provider.name, target.model):
            rest = await generation.rest(typed)
        self._status.succeeded()
        return rest

    def _remember(self, suggestion: Suggestion) -> Suggestion:
        self._shown[suggestion.id] = suggestion
        if len(self._shown) > _SHOWN_LIMIT:
            del self._shown[next(iter(self._shown))]
        return suggestion
