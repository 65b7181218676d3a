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

from picode.assistant.generation import Anchor, Generation, Generations
from picode.assistant.ports import Clock, Deadlines, Excluder, Transport
from picode.assistant.question import Ask, Question, Suggestion, inactive_reason
from picode.assistant.route import Router, providers
from picode.assistant.status import StatusBoard, needs_user
from picode.assistant.upstream import Target, stream
from picode.core.errors import PiCodeError
from picode.settings.model import Settings

log = logging.getLogger(__name__)


class Superseded:
    """The answer to a request that a newer one has made pointless: what is shown may stay."""


SUPERSEDED = Superseded()
Answer = tuple[Suggestion, ...] | Superseded

_TEMPERATURES = (0.0, 0.6, 0.9, 1.0, 1.0)
"""Of the candidates, in order: the first is the model's best, the others are looked for further away."""

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
        transport: Transport,
        clock: Clock,
        status: StatusBoard,
        excluder: Excluder,
    ) -> None:
        self._settings = settings
        self._router = router
        self._transport = transport
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
        target = await self._router.inline_target(settings)
        question = Question.prepare(ask, target, settings)
        if question is None:
            return ()
        if ask.trigger == "explicit":
            texts = await self._candidates(question, target, settings)
        else:
            texts = [await self._continue(question, target, settings)]
        self._gave_up = None
        return tuple(self._remember(question.suggestion(text)) for text in dict.fromkeys(texts) if text)

    async def _continue(self, question: Question, target: Target, settings: Settings) -> str:
        """The answer that is there already, or under way, for what was typed on; else a new one."""
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
        generation = self._begin(question, target, settings, 0)
        self._generations.add(question.snapshot.uri, generation)
        return question.fit(await self._work(generation, "", target) or "", generation.place)

    async def _candidates(self, question: Question, target: Target, settings: Settings) -> list[str]:
        """Several answers, asked for at the same time. Fails only if all of them do."""
        generations = [self._begin(question, target, settings, number) for number in range(settings.inline.candidates)]
        try:
            answers = await asyncio.gather(
                *(self._work(generation, "", target) for generation in generations), return_exceptions=True
            )
        finally:
            for generation in generations:
                generation.close()
        self._generations.add(question.snapshot.uri, generations[0])
        texts = [question.fit(answer, question.place) for answer in answers if isinstance(answer, str)]
        if not texts:
            raise next(answer for answer in answers if isinstance(answer, BaseException))
        return texts

    def _begin(self, question: Question, target: Target, settings: Settings, number: int) -> Generation:
        """Asks the model. `number` counts the candidates for one place."""
        temperature = _TEMPERATURES[min(number, len(_TEMPERATURES) - 1)]
        request = replace(question.request, temperature=temperature, seed=number or None)
        seconds = settings.inline.timeout_seconds
        chunks = stream(request, target, self._transport, Deadlines(idle=seconds, total=seconds))
        return Generation(Anchor.at(question.snapshot), question.place, chunks)

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
