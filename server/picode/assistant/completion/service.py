"""The use-case behind ghost text: a client's request in, items out.

A newer request for a document supersedes the older one; model requests continue (see `engine`). Provider failures go to the
status board and never to the caller: an editor would pop up a window for each of them at every key.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from picode.assistant.completion.engine import CompletionEngine
from picode.assistant.completion.inflight import GRACE_S
from picode.assistant.completion.prefetch import Warmer
from picode.assistant.completion.request import Completion, CompletionQuery, CompletionRequest, Gate, InlineItem
from picode.assistant.routing.route import Router, providers
from picode.assistant.status import RESUME, StatusBoard, needs_user
from picode.assistant.usage.statistics import Made, Statistics
from picode.core.errors import PiCodeError
from picode.settings.model import Settings

log = logging.getLogger(__name__)

_SHOWN_LIMIT = 256
"""Items whose completion is remembered for `explain`."""

_LIST_GRACE_S = 3.0
"""Seconds that model requests continue for a client that does not wait: a completion list asks again at the next key."""


class CompletionService:
    """Answers completion requests. `Gate` decides where, `CompletionEngine` finds the text."""

    def __init__(
        self,
        gate: Gate,
        router: Router,
        engine: CompletionEngine,
        warmer: Warmer,
        status: StatusBoard,
        statistics: Statistics,
    ) -> None:
        self._gate = gate
        self._router = router
        self._engine = engine
        self._warmer = warmer
        self._status = status
        self._statistics = statistics
        self._requests: dict[tuple[str, bool], asyncio.Future[tuple[InlineItem, ...]]] = {}
        self._gave_up: object = None
        """The settings with which only the user can mend what failed; automatic requests are not answered with them."""
        self._shown: dict[str, tuple[str, Completion]] = {}
        self._last: CompletionRequest | None = None
        self._looking: asyncio.Future[str | None] | None = None
        self._checking: asyncio.Future[None] | None = None
        self._snoozed = ""
        """Why automatic requests are not answered, though nothing is turned off: the user has put suggestions off."""
        self._waking: asyncio.TimerHandle | None = None

    async def complete(self, request: CompletionRequest) -> tuple[InlineItem, ...] | None:
        """The items for `request`, best first; empty where there is nothing to suggest, or a provider has failed.

        None where a newer request of the same kind (ghost text, or a completion list) for the document supersedes this one,
        or the document was closed: the client keeps what it shows. Never raises for a model or its provider.
        """
        kind = (request.snapshot.uri, request.timeout_s is None)
        work = asyncio.ensure_future(self._complete(request))
        if (older := self._requests.get(kind)) is not None:
            older.cancel()
        self._requests[kind] = work
        try:
            await asyncio.wait({work}, timeout=request.timeout_s)
        finally:
            late = work.cancel()  # also where the caller is cancelled
            if self._requests.get(kind) is work:
                del self._requests[kind]
        if late:
            return ()
        return None if work.cancelled() else work.result()

    async def _complete(self, request: CompletionRequest) -> tuple[InlineItem, ...]:
        settings = self._gate.settings()
        if self._last is not None and self._last.snapshot.uri != request.snapshot.uri:
            self._statistics.nothing(self._last.snapshot.uri)  # ghost text is on screen at one cursor only
        self._last = request
        reason = await self._inactive_reason(request)
        resting = bool(self._snoozed) or self._gave_up is settings
        if reason is not None or (request.trigger == "automatic" and resting):
            return ()
        try:
            return await self._items(request, settings)
        except PiCodeError as error:
            log.warning("no suggestion: %s", error)
            self._status.failed(error, settings.inline.provider, settings.inline.model)
            self._gave_up = settings if needs_user(error) else None
        except Exception:
            # A defect in one completion must neither end the server nor open a window at each key.
            log.exception("no suggestion because of a defect")
        return ()

    async def _items(self, request: CompletionRequest, settings: Settings) -> tuple[InlineItem, ...]:
        chain = await self._router.inline_chain(settings)
        query = CompletionQuery.of(request, chain, settings)
        if query is None:
            return ()
        language = request.snapshot.language
        if request.trigger == "explicit":
            self._statistics.asked_by_hand(language)
            completions = await self._engine.candidates(query)
        else:
            backoff = self._statistics.backoff(language) if settings.advanced.inline.adapt else 0.0
            grace_s = GRACE_S if request.timeout_s is None else _LIST_GRACE_S
            completions = [await self._engine.first(query, backoff=backoff, grace_s=grace_s)]
        self._gave_up = None
        if not any(completion.text for completion in completions):
            self._statistics.nothing(request.snapshot.uri)
        return tuple(self._item(query, completion) for completion in completions if completion.text)

    def _item(self, query: CompletionQuery, completion: Completion) -> InlineItem:
        item = query.view.item(completion)
        self._shown[item.id] = (item.text, completion)
        if len(self._shown) > _SHOWN_LIMIT:
            del self._shown[next(iter(self._shown))]
        snapshot, target = query.view.request.snapshot, query.view.target
        self._statistics.made(
            Made(
                id=item.id,
                source=completion.id,
                uri=snapshot.uri,
                language=snapshot.language,
                provider=target.provider.name,
                model=target.model,
                text=completion.text,
                seconds=completion.seconds if completion.origin == "model" else None,
                typed=completion.typed,
            )
        )
        return item

    def opened(self, request: CompletionRequest) -> None:
        """The user looks at a document: completions may be wanted soon."""
        self._warmer.opened(request)

    def focused(self, uri: str) -> None:
        """The user looks at another document. In-flight requests for others continue; what was requested ahead does not."""
        self._engine.focused(uri)

    def forget(self, uri: str) -> None:
        """The document is closed: stops all requests for it."""
        for kind in ((uri, True), (uri, False)):
            if (work := self._requests.get(kind)) is not None:
                work.cancel()
        self._engine.forget(uri)

    def stop(self) -> None:
        """Stops everything that was requested ahead of time."""
        if self._waking is not None:
            self._waking.cancel()
        self._engine.prefill.stop()
        self._engine.focused("")

    def text_of(self, item_id: str) -> str:
        """The text of an item; empty where it is no longer known."""
        return self._shown[item_id][0] if item_id in self._shown else ""

    def explain(self, item_id: str | None = None) -> dict[str, Any] | None:
        """The model request behind an item (None: the last one) and its text, as JSON; None where it is no longer known."""
        if item_id is None:
            item_id = next(reversed(self._shown), None)
        shown = self._shown.get(item_id or "")
        return None if shown is None else self._engine.explain(*shown)

    def reconsider(self) -> None:
        """Sets the status: why there are no completions where the user was last. To be called when settings change."""
        if (off := self._gate.turned_off(self._last)) is not None or self._last is None:
            self._set_status(off)
        else:
            self._looking = asyncio.ensure_future(self._inactive_reason(self._last))

    async def _inactive_reason(self, request: CompletionRequest) -> str | None:
        """Sets the status, and returns why there are no completions for `request`; None where there are."""
        reason = await self._gate.inactive_reason(request)
        if request is self._last:
            self._set_status(reason)
        return reason

    def _set_status(self, reason: str | None) -> None:
        settings = self._gate.settings()
        provider = providers(settings).get(settings.inline.provider)
        model = settings.inline.model or (provider.model if provider else "")
        self._status.serves(settings.inline.provider, model)
        missing = None if reason else self._router.missing(settings.inline.provider, settings)
        if settings.inline.fallback:
            missing = None  # the next of the chain answers
        self._status.obstructed(missing, settings.inline.provider, model)
        if missing is not None and (self._checking is None or self._checking.done()):
            self._checking = asyncio.ensure_future(self._check_obstacle(settings, model))
        if reason is None and self._snoozed:
            self._status.inactive(self._snoozed, RESUME)
        else:
            self._status.inactive(reason or "")

    async def _check_obstacle(self, settings: Settings, model: str) -> None:
        """The key that seems to be missing may be in the keyring, which is slow to ask."""
        provider = settings.inline.provider
        obstacle = await self._router.obstacle(provider, settings)
        if settings is self._gate.settings():
            self._status.obstructed(obstacle, provider, model)

    def snooze(self, seconds: float, reason: str) -> None:
        """Answers only requests by hand for so many seconds; 0 ends that. `reason` is what the status says meanwhile."""
        if self._waking is not None:
            self._waking.cancel()
            self._waking = None
        self._snoozed = reason if seconds > 0 else ""
        if seconds > 0:
            self._waking = asyncio.get_running_loop().call_later(seconds, self.snooze, 0.0, "")
        self.reconsider()

    def retry(self) -> None:
        """Forgets failures, so that the next request asks all models again."""
        self._gave_up = None
        self._router.forget()
        self._engine.retry()
        self._status.succeeded()
        self.reconsider()
