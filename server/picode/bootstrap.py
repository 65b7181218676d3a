"""The composition root: surroundings in, an assistant out. Nothing else knows all the parts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from picode.assistant.chat.chat_context import ChatContextBuilder
from picode.assistant.chat.service import ChatService
from picode.assistant.completion.engine import CompletionEngine
from picode.assistant.completion.explanation import Explanations
from picode.assistant.completion.fetch import CompletionFetcher
from picode.assistant.completion.service import CompletionService
from picode.assistant.completion.warmup import Warmer
from picode.assistant.context.gather import Gatherer
from picode.assistant.ports import Clock, Endpoints, OpenDocuments, Transport
from picode.assistant.privacy import Privacy
from picode.assistant.routing.budget import Budgets
from picode.assistant.routing.call import Caller
from picode.assistant.routing.gateway import Relay
from picode.assistant.routing.health import Health
from picode.assistant.routing.model_lists import ModelLists
from picode.assistant.routing.models import LIST_TIMEOUT_S, Choice, list_choices
from picode.assistant.routing.provider_status import ProviderStatus, list_provider_status
from picode.assistant.routing.provider_test import Step, try_provider
from picode.assistant.routing.route import Router, providers
from picode.assistant.status import Alert, Status, StatusBoard
from picode.assistant.usage.observers import log_event, to_all
from picode.assistant.usage.statistics import Statistics
from picode.core.errors import ProviderNotFound
from picode.core.slash import Command
from picode.io import log_levels, logs
from picode.io.answer_cache import AnswerCache
from picode.io.answer_cache import cache_folder as answers_folder
from picode.io.clock import MonotonicClock
from picode.io.command_files import CommandFiles
from picode.io.config_files import config_directory
from picode.io.conversations.store import SqliteConversations
from picode.io.embedded import pulled_models
from picode.io.embedded.model_file import BUILT_IN
from picode.io.embedded.options import EmbeddedOptions, Progress
from picode.io.embedded.shared import EmbeddedModel
from picode.io.endpoints import EndpointDirectory
from picode.io.folders import state_folder
from picode.io.git import Git
from picode.io.http import HttpTransport
from picode.io.ignore import IgnoreRules
from picode.io.keys.chain import Keychain
from picode.io.keys.files import data_folder
from picode.io.live_settings import LiveSettings
from picode.io.metrics import Metrics
from picode.io.model_cache import ModelCache, cache_folder
from picode.io.shared.answers import SharedAnswers
from picode.io.shared.breakers import SharedBreakers
from picode.io.shared.link import SharedLink
from picode.io.shared.rates import LocalLimiter, SharedLimiter
from picode.io.shared.used import SharedLedger
from picode.io.source_files import SourceFiles
from picode.io.tracing import Tracing
from picode.io.usage_store import UsageStore
from picode.providers.catalog import Provider
from picode.providers.prices import price_of
from picode.settings.layers import Resolved
from picode.settings.model import Settings
from picode.settings.problem import Problem

log = logging.getLogger(__name__)


class Outlets(Protocol):
    """Whom the assistant tells things unasked: an editor, or a terminal."""

    def status(self, status: Status) -> None: ...
    def alert(self, alert: Alert) -> None: ...
    def progress(self, message: str, fraction: float | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the settings depend on beside the user's files and the environment."""

    folders: tuple[str, ...] = ()
    trusted: bool = False
    editor: Mapping[str, Any] = field(default_factory=dict)
    command_line: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assistant:
    """All use-cases, ready to work."""

    suggester: CompletionService
    asker: ChatService
    context: Gatherer
    status: StatusBoard
    answers: AnswerCache
    statistics: Statistics
    usage: UsageStore
    metrics: Metrics
    conversations: SqliteConversations
    _command_files: CommandFiles
    _excluder: IgnoreRules
    relay: Relay
    limiter: SharedLimiter
    _shared: SharedLink
    _live: LiveSettings
    _router: Router
    _caller: Caller
    _endpoints: Endpoints
    _embedded: EmbeddedModel
    _keychain: Keychain
    _transport: Transport
    _tracing: Tracing
    _watching: asyncio.Future[Any]

    def settings(self) -> Settings:
        """The settings in force."""
        return self._live.resolved.settings

    def commands(self) -> Mapping[str, Command]:
        """All slash commands by name, the user's own among them."""
        return self._command_files.all()

    def exclusion(self, path: str) -> str | None:
        """Why a file is shown to no model; None where it may be."""
        return self._excluder.reason(path)

    def surroundings_changed(self, surroundings: Surroundings) -> None:
        """Other folders, trust or editor settings: takes effect at once."""
        self._live.update(surroundings.folders, surroundings.trusted, surroundings.editor, surroundings.command_line)

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the settings."""
        return tuple(self._live.resolved.problems)

    def at_hand(self, name: str) -> bool:
        """Whether nothing has to be fetched before the provider of that name can be asked. Looks at the disk. Raises
        `ProviderNotFound`."""
        return self._endpoints.at_hand(self.row(name))

    async def models(
        self, *, only: str = "", refresh: bool = False, wait_s: float | None = LIST_TIMEOUT_S
    ) -> list[Choice]:
        """The models to choose from, see `list_choices`."""
        lists, pulled = self._router.lists, await _pulled()
        return await list_choices(
            self.settings(), lists, self._endpoints, only=only, refresh=refresh, wait_s=wait_s, pulled=pulled
        )

    async def providers(self) -> list[ProviderStatus]:
        """All providers, and how they stand. Servers on this machine are asked whether they run."""
        return await list_provider_status(self.rows(), self._router.lists, self._endpoints)

    def rows(self) -> list[Provider]:
        """All providers, as the settings have them."""
        return list(providers(self.settings()).values())

    def row(self, name: str) -> Provider:
        """The provider of that name, even if it can't be reached yet. Raises `ProviderNotFound`."""
        found = providers(self.settings())
        if name not in found:
            raise ProviderNotFound(name, list(found))
        return found[name]

    def trial(self, name: str, model: str = "") -> AsyncIterator[Step]:
        """A round trip to a provider, see `try_provider`."""
        return try_provider(name, model, self.settings(), self._router, self._caller)

    def retry(self) -> None:
        """Forget what went wrong."""
        self._embedded.reset()
        self._keychain.forget()
        self.suggester.retry()

    async def close(self) -> None:
        """Lets go of connections, files and the embedded model."""
        self.suggester.stop()
        self._watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watching
        await self._shared.close()
        await self._router.close()
        await self._embedded.close()
        await self._keychain.close()
        if isinstance(self._transport, HttpTransport):
            await self._transport.close()
        await asyncio.to_thread(self.answers.close)
        await self.statistics.close()
        await asyncio.to_thread(self.usage.close)
        await asyncio.to_thread(self.conversations.close)
        await asyncio.to_thread(self._tracing.close)


async def build(
    outlets: Outlets,
    surroundings: Surroundings,
    *,
    environ: Mapping[str, str] | None = None,
    transport: Transport | None = None,
    clock: Clock | None = None,
    documents: OpenDocuments = (),
) -> Assistant:
    """An assistant. `transport` and `clock` are the seams that tests replace."""
    environ = os.environ if environ is None else environ
    clock = clock or MonotonicClock()
    transport = transport or HttpTransport(lambda: live.resolved.settings.network)
    status = StatusBoard(outlets.status, outlets.alert)

    told: set[Problem] = set()
    tracing = Tracing()

    def apply(resolved: Resolved) -> None:
        own = resolved.settings.log
        logs.configure(
            own.level,
            directives=environ.get(log_levels.VARIABLE, ""),
            style=own.format,
            file=own.file,
            file_mb=own.file_mb,
            files=own.files,
        )
        tracing.configure(resolved.settings.tracing.endpoint, resolved.settings.network)
        for problem in resolved.problems:
            if problem not in told:
                log.warning("settings: %s", problem)
                status.alert(str(problem))
        told.clear()
        told.update(resolved.problems)
        suggester.reconsider()

    live = LiveSettings(environ, apply)

    def on_progress(progress: Progress) -> None:
        message = "" if progress.finished else progress.message
        status.busy_with(message)
        outlets.progress(message, progress.fraction)

    embedded = EmbeddedModel(lambda: _embedded_options(live.resolved.settings), on_progress)
    keychain = Keychain.of_user(environ)
    endpoints = EndpointDirectory(keychain, embedded)
    router = Router(endpoints, transport, ModelLists(endpoints, transport, ModelCache(cache_folder(environ))))
    shared = SharedLink(
        lambda: live.resolved.settings.cache.url, lambda: live.resolved.settings.network.ca_file, environ
    )
    metrics = Metrics()
    usage = UsageStore(
        state_folder,
        statistics=lambda: settings().statistics.enabled,
        audit=lambda: settings().privacy.audit,
        roots=lambda: tuple(live.folders),
    )
    ledger = SharedLedger(usage, shared)
    record = to_all(metrics.record, usage.record, ledger.record, tracing.record, log_event)
    caller = Caller(
        transport,
        clock,
        Health(clock, record, SharedBreakers(shared)),
        Budgets(ledger, price_of),
        record=record,
        privacy=Privacy.of_session(lambda: settings().privacy.redact_secrets),
    )
    answers = AnswerCache(answers_folder(environ), lambda: live.resolved.settings.cache, lambda: tuple(live.folders))
    store = SharedAnswers(answers, shared, lambda: live.resolved.settings.cache)

    excluder = IgnoreRules(lambda: live.folders)
    sources = SourceFiles(lambda: live.folders, excluder)
    context = Gatherer(documents, sources, clock.now)
    completer = CompletionFetcher(caller, status, store, context.gather, Explanations())
    drafts = CompletionEngine(completer, clock, status)
    statistics = Statistics(record, usage.rows, lambda: settings().statistics.enabled)

    def settings() -> Settings:
        return live.resolved.settings

    conversations = SqliteConversations(data_folder, lambda: settings().conversations, status.alert)
    command_files = CommandFiles(lambda: config_directory(environ), live.trusted_folders, status.alert)

    async def choices() -> list[Choice]:
        return await list_choices(settings(), router.lists, endpoints, pulled=await _pulled())

    context_builder = ChatContextBuilder(documents, sources, excluder, context.gather, Git(excluder, live.trusts))
    asker = ChatService(settings, router, caller, context_builder, conversations, status, command_files.all, choices)
    warmer = Warmer(settings, router, endpoints, completer, excluder, clock)
    suggester = CompletionService(settings, router, drafts, status, excluder, statistics, warmer)
    live.update(surroundings.folders, surroundings.trusted, surroundings.editor, surroundings.command_line)
    suggester.reconsider()
    watching = asyncio.gather(live.watch(), keychain.watch(suggester.retry))
    statistics.begin()
    return Assistant(
        suggester,
        asker,
        context,
        status,
        answers,
        statistics,
        usage,
        metrics,
        conversations,
        command_files,
        excluder,
        Relay(settings, router, caller, store, excluder),
        SharedLimiter(LocalLimiter(clock.now), shared),
        shared,
        live,
        router,
        caller,
        endpoints,
        embedded,
        keychain,
        transport,
        tracing,
        watching,
    )


def _embedded_options(settings: Settings) -> EmbeddedOptions:
    own, inline = settings.embedded, settings.inline
    chosen = inline.model if inline.provider == "embedded" and inline.model != BUILT_IN else ""
    return EmbeddedOptions(model_path=own.model_path or chosen, idle_seconds=own.idle_minutes * 60, threads=own.threads)


async def _pulled() -> list[str]:
    """The names of the models that the user has pulled."""
    return [each.name for each in await asyncio.to_thread(pulled_models.all_of_them)]
