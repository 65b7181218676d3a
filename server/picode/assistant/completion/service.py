"""The use-case behind ghost text: a cursor in, suggestions out.

Of the requests for one document, a newer one supersedes the older; the model's work goes on as long as the text does (see
`generation`). Failures never reach the caller; they go to the status board, because an editor would pop up a window for
each of them at every key.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from picode.assistant.completion.engine import CompletionEngine, Draft
from picode.assistant.completion.inflight import GRACE
from picode.assistant.completion.request import Ask, Question, Suggestion, inactive_reason
from picode.assistant.completion.warmup import Warmer
from picode.assistant.ports import Excluder
from picode.assistant.routing.route import Router, providers
from picode.assistant.routing.upstream import Target
from picode.assistant.status import StatusBoard, needs_user
from picode.assistant.usage.statistics import Made, Statistics
from picode.core.errors import PiCodeError
from picode.settings.model import Settings

log = logging.getLogger(__name__)


class Superseded:
    """The answer to a request that a newer one has made pointless: what is shown may stay."""


SUPERSEDED = Superseded()
Answer = tuple[Suggestion, ...] | Superseded

_SHOWN_LIMIT = 256

_UNTIL_NEXT_TIME = 3.0
"""Seconds that an answer is waited for when nobody could wait for it: a list of completions asks again at the next key."""


class CompletionService:
    """Makes suggestions. Everything it needs from outside is a port."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        router: Router,
        drafts: CompletionEngine,
        status: StatusBoard,
        excluder: Excluder,
        statistics: Statistics,
        warmer: Warmer,
    ) -> None:
        self._settings = settings
        self._router = router
        self._drafts = drafts
        self._status = status
        self._excluder = excluder
        self._statistics = statistics
        self._warmer = warmer
        self._requests: dict[tuple[str, bool], asyncio.Future[tuple[Suggestion, ...]]] = {}
        self._gave_up: object = None
        self._shown: dict[str, tuple[str, Draft]] = {}
        self._last: Ask | None = None

    async def suggest(self, ask: Ask) -> Answer:
        """The suggestions for `ask`, best first. Empty where there is nothing to suggest, or a provider has failed."""
        asker = (
            ask.snapshot.uri,
            ask.patience is None,
        )  # ghost text and a list of completions don't disturb each other
        self._warmer.stop()
        work = asyncio.ensure_future(self._answer(ask))
        if (older := self._requests.get(asker)) is not None:
            older.cancel()
        self._requests[asker] = work
        try:
            await asyncio.wait({work}, timeout=ask.patience)
        finally:
            late = work.cancel()  # we may have been cancelled ourselves
            if self._requests.get(asker) is work:
                del self._requests[asker]
        if late:
            return ()
        return SUPERSEDED if work.cancelled() else work.result()

    def opened(self, ask: Ask) -> None:
        """The user looks at a document: suggestions may be wanted soon."""
        self._warmer.opened(ask)

    def stop(self) -> None:
        """Nothing is asked ahead of time any more."""
        self._warmer.stop()
        self._drafts.focused("")

    def forget(self, uri: str) -> None:
        """The document is closed: stop what is under way for it."""
        for asker in ((uri, True), (uri, False)):
            if (work := self._requests.get(asker)) is not None:
                work.cancel()
        self._drafts.forget(uri)

    def focused(self, uri: str) -> None:
        """The user looks at another document: what is under way elsewhere is let to land, what is asked ahead is not."""
        self._drafts.focused(uri)

    def explain(self, suggestion_id: str | None = None) -> dict[str, Any] | None:
        """What was sent for a suggestion (the last one if none is named), and what came of it; None where it is forgotten."""
        if suggestion_id is None:
            suggestion_id = next(reversed(self._shown), None)
        found = self._shown.get(suggestion_id or "")
        return None if found is None else self._drafts.explain(*found)

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
        self._drafts.retry()
        self._status.succeeded()

    async def _answer(self, ask: Ask) -> tuple[Suggestion, ...]:
        settings = self._settings()
        self._last = ask
        reason = self.reconsider()
        if reason is not None or (ask.trigger == "automatic" and self._gave_up is settings):
            return ()
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
            self._statistics.asked_by_hand(ask.snapshot.language)
            drafts = await self._drafts.candidates(question, chain, settings)
        else:
            backoff = self._statistics.backoff(ask.snapshot.language) if settings.advanced.inline.adapt else 0.0
            grace_s = GRACE if ask.patience is None else _UNTIL_NEXT_TIME
            drafts = [await self._drafts.first(question, chain, settings, backoff=backoff, grace_s=grace_s)]
        self._gave_up = None
        if not any(draft.text for draft in drafts):
            self._statistics.nothing(ask.snapshot.uri)
        return tuple(self._remember(question, draft, chain.lead) for draft in drafts if draft.text)

    def _remember(self, question: Question, draft: Draft, target: Target) -> Suggestion:
        suggestion = question.suggestion(draft.text)
        self._shown[suggestion.id] = (suggestion.text, draft)
        if len(self._shown) > _SHOWN_LIMIT:
            del self._shown[next(iter(self._shown))]
        snapshot = question.ask.snapshot
        self._statistics.made(
            Made(
                suggestion.id,
                draft.id,
                snapshot.uri,
                snapshot.language,
                target.provider.name,
                target.model,
                draft.text,
                draft.seconds if draft.origin == "model" else None,
                draft.typed,
            )
        )
        return suggestion
