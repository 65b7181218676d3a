"""What is requested before the user gets there: the next line, the next window of the document, the first prompt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from picode.assistant.completion.request import Completion, CompletionQuery, CompletionRequest, Gate, ModelView
from picode.assistant.ports import Clock, Endpoints, Gathered
from picode.assistant.routing.call import Caller
from picode.assistant.routing.route import Router, providers
from picode.core.document import Position
from picode.core.errors import PiCodeError
from picode.core.speculation import as_accepted
from picode.providers.catalog import Provider
from picode.settings.model import Settings
from picode.syntax.grammar import parser_of
from picode.wire import DIALECTS

log = logging.getLogger(__name__)

_FOLLOWED = 4
"""Characters of a completion that the user has to type before they count as following it: others type something else sooner."""

_SOON = 120
"""Characters before a window moves: some ten seconds of typing."""

_TELLING = 200
"""Characters that tell the beginning of one prompt from another."""

_LOADED_S = 240.0
"""Seconds for which a model stays loaded after a request: Ollama keeps it for five minutes."""

_ROW = 40
"""The line that the cursor is taken to be on in a document that has just been opened."""


def next_line(query: CompletionQuery, completion: Completion) -> CompletionQuery | None:
    """The query at the line below `completion`, if that is to be requested now.

    A local model is asked while it has nothing else to do. Others are asked once the user follows the completion: then
    the same request would be made at the next line anyway.
    """
    view, lead = query.view, query.view.target
    if not view.settings.inline.prefetch or view.settings.inline.pace != "lively":
        return None
    if not lead.provider.local and completion.typed < _FOLLOWED:
        return None
    snapshot = as_accepted(
        view.snapshot, completion.text, indented=lead.asks_chat, replaced_after=completion.replaced_after
    )
    if snapshot is None:
        return None
    return CompletionQuery.of(replace(view.request, snapshot=snapshot, selected=None), query.chain, view.settings)


class Prefill:
    """Has a local model read a prompt, so that a completion need not wait for that. One at a time, and never at the same
    time as a completion."""

    def __init__(self, caller: Caller, context: Callable[[CompletionQuery], Awaitable[Gathered]]) -> None:
        self._caller = caller
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self._uri = ""
        self._beginning = ""

    def next_window(self, query: CompletionQuery) -> None:
        """Has the model read the prompt of the next window before the window moves there: at the key that moves it, that would
        take as long as reading the document for the first time."""
        view = query.view
        if not view.target.provider.local:
            return
        coming = ModelView.of(view.request, view.target, view.settings, typed_ahead=_SOON)
        if coming is None or len(coming.visible) >= len(view.visible):
            return
        beginning = coming.visible[:_TELLING]
        if beginning != self._beginning:
            self._beginning = beginning
            self.start(lambda: self.read(query, coming), query.uri)

    async def read(self, query: CompletionQuery, view: ModelView) -> None:
        """Requests one token for the prompt of `view`. Raises `PiCodeError`s."""
        context = await self._context(query)
        request = replace(view.model_request(context.snippets), max_tokens=1)
        options = replace(query.chain.options, feature="warm")
        async with aclosing(self._caller.ask(lambda _, __: request, query.chain.candidates[:1], options)) as chunks:
            async for _ in chunks:
                pass

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self, work: Callable[[], Coroutine[Any, Any, None]], uri: str = "") -> None:
        """Runs `work` in place of what runs now. With a `uri`, it is for that document only."""
        self.stop()
        self._uri = uri
        self._task = asyncio.create_task(_logged(work))

    def stop(self, uri: str = "") -> None:
        """Stops what runs; with a `uri`, only what runs for that document."""
        if self._task is not None and uri in ("", self._uri):
            self._task.cancel()

    def focused(self, uri: str) -> None:
        """Stops what runs for another document than `uri`."""
        if self._uri not in ("", uri):
            self.stop()


async def _logged(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Failures go to the log only: the next completion shows them where the user looks."""
    try:
        await work()
    except PiCodeError as error:
        log.info("could not prepare the model: %s", error)
    except Exception:
        log.exception("could not prepare the model because of a defect")


class Warmer:
    """Gets ready for the first completion when a document is opened: imports, connections, and a local model. Models elsewhere
    are not asked: that would cost money.

    `prepare` gets ready for requests to a URL, without sending any.
    """

    def __init__(
        self,
        gate: Gate,
        router: Router,
        endpoints: Endpoints,
        prefill: Prefill,
        clock: Clock,
        prepare: Callable[[str], Awaitable[None]],
    ) -> None:
        self._gate = gate
        self._router = router
        self._endpoints = endpoints
        self._prefill = prefill
        self._clock = clock
        self._prepare = prepare
        self._loaded: dict[tuple[str, str], float] = {}
        self._prepared: dict[tuple[str, str], asyncio.Task[None]] = {}

    def opened(self, request: CompletionRequest) -> None:
        """A document is in front of the user now. Returns at once."""
        settings, now = self._gate.settings(), self._clock.now()
        row = providers(settings).get(settings.inline.provider)
        model = (settings.inline.provider, settings.inline.model)
        language = request.snapshot.language
        warm = row is None or not row.local or now - self._loaded.get(model, -_LOADED_S) < _LOADED_S
        if row is None or (warm and (row.base_url, language) in self._prepared):
            return
        if self._gate.turned_off(request) is not None:
            return
        if (row.base_url, language) not in self._prepared:
            work = _logged(lambda: self._load(row, request))
            self._prepared[row.base_url, language] = asyncio.create_task(work)
        if not warm and not self._prefill.running:
            self._loaded[model] = now
            self._prefill.start(lambda: self._warm(request, settings))

    async def _load(self, row: Provider, request: CompletionRequest) -> None:
        """Imports the grammar of a language and the dialects of a provider, in a thread, and prepares for its requests."""
        language = request.snapshot.language
        if await self._gate.inactive_reason(request) is not None:
            del self._prepared[row.base_url, language]  # the next document may be another matter
            return

        def load() -> None:
            parser_of(language)
            for dialect in filter(None, (row.chat, row.fill, row.better_fill)):
                DIALECTS[dialect]

        await asyncio.to_thread(load)
        await self._prepare(row.base_url or "http://127.0.0.1")

    async def _warm(self, request: CompletionRequest, settings: Settings) -> None:
        if await self._gate.inactive_reason(request) is not None:
            self._loaded.clear()
            return
        row = providers(settings)[settings.inline.provider]
        if not await asyncio.to_thread(self._endpoints.at_hand, row):
            return
        chain = await self._router.inline_chain(settings)
        cursor = Position(min(_ROW, len(request.snapshot.lines) - 1), 0)
        request = replace(request, snapshot=replace(request.snapshot, cursor=cursor))
        if (query := CompletionQuery.of(request, chain, settings)) is not None:
            await self._prefill.read(query, query.view)
