"""The assistant: all use-cases, and the parts that they work with, in groups."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from picode.assistant.chat.service import ChatService
from picode.assistant.completion.service import CompletionService
from picode.assistant.context.gather import Gatherer
from picode.assistant.ports import Clock, OpenDocuments, Transport
from picode.assistant.routing.call import Caller
from picode.assistant.routing.gateway import Relay
from picode.assistant.routing.language_models import LIST_TIMEOUT_S as MODELS_TIMEOUT_S
from picode.assistant.routing.language_models import LanguageModel, language_models
from picode.assistant.routing.models import LIST_TIMEOUT_S, Choice, list_choices
from picode.assistant.routing.provider_status import ProviderStatus, list_provider_status
from picode.assistant.routing.provider_test import STEPS, Step, try_provider
from picode.assistant.routing.route import Router, providers
from picode.assistant.status import Alert, Status, StatusBoard
from picode.assistant.usage.events import Record
from picode.assistant.usage.statistics import Statistics
from picode.core.errors import ProviderNotFound
from picode.core.keys import Key, flaw
from picode.core.slash import Command
from picode.io import log_lines
from picode.io.answer_cache import AnswerCache
from picode.io.command_files import CommandFiles
from picode.io.conversations.store import SqliteConversations
from picode.io.embedded import pulled_models
from picode.io.embedded.shared import EmbeddedModel
from picode.io.endpoints import EndpointDirectory
from picode.io.http import HttpTransport, import_http
from picode.io.ignore import IgnoreRules
from picode.io.keys.chain import Keychain
from picode.io.keys.entry import Entered, enter_key
from picode.io.keys.vault import AskPassphrase
from picode.io.live_settings import LiveSettings
from picode.io.metrics import Metrics, NoMetrics
from picode.io.shared.answers import SharedAnswers
from picode.io.shared.link import SharedLink
from picode.io.shared.rates import SharedLimiter
from picode.io.shared.used import SharedLedger
from picode.io.source_files import SourceFiles
from picode.io.tracing import Tracing
from picode.io.usage_store import UsageStore
from picode.providers.catalog import Provider
from picode.settings.model import Settings
from picode.settings.problem import Problem


class Outlets(Protocol):
    """Where notifications go: to an editor, or to a terminal."""

    def status(self, status: Status) -> None: ...
    def alert(self, alert: Alert) -> None: ...
    def progress(self, message: str, fraction: float | None) -> None: ...
    def models_changed(self) -> None:
        """Other models may be asked now: settings or keys have changed."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the settings depend on besides the user's files and the environment. `ask_passphrase` asks the user for the vault's
    passphrase; without it, the environment holds that or the vault stays closed."""

    folders: tuple[str, ...] = ()
    trusted: bool = False
    editor: Mapping[str, Any] = field(default_factory=dict)
    command_line: Mapping[str, Any] = field(default_factory=dict)
    ask_passphrase: AskPassphrase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What all parts are built from: the settings in force, the status, and the seams that tests replace."""

    live: LiveSettings
    status: StatusBoard
    outlets: Outlets
    environ: Mapping[str, str]
    clock: Clock
    transport: Transport
    documents: OpenDocuments
    ask_passphrase: AskPassphrase | None = None

    def settings(self) -> Settings:
        """The settings in force."""
        return self.live.resolved.settings

    def folders(self) -> tuple[str, ...]:
        """The folders of the workspace."""
        return tuple(self.live.folders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What is kept on the disk, and read from it."""

    answers: AnswerCache
    shared: SharedLink
    shared_answers: SharedAnswers
    conversations: SqliteConversations
    command_files: CommandFiles
    excluder: IgnoreRules
    sources: SourceFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was used, and how it went."""

    metrics: Metrics | NoMetrics
    store: UsageStore
    ledger: SharedLedger
    tracing: Tracing
    record: Record
    statistics: Statistics


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """From the name of a provider to its answer."""

    embedded: EmbeddedModel
    keychain: Keychain
    endpoints: EndpointDirectory
    router: Router
    caller: Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistant:
    """All use-cases, ready to work."""

    suggester: CompletionService
    asker: ChatService
    relay: Relay
    limiter: SharedLimiter
    context: Gatherer
    inputs: Inputs
    stores: Stores
    usage: Usage
    routing: Routing
    watching: asyncio.Future[Any]

    @property
    def status(self) -> StatusBoard:
        """The assistant's state, as the user sees it."""
        return self.inputs.status

    @property
    def conversations(self) -> SqliteConversations:
        """What was asked and answered."""
        return self.stores.conversations

    @property
    def answers(self) -> AnswerCache:
        """Finished answers on the disk."""
        return self.stores.answers

    @property
    def metrics(self) -> Metrics | NoMetrics:
        """Metrics in Prometheus's format."""
        return self.usage.metrics

    @property
    def statistics(self) -> Statistics:
        """What becomes of suggestions."""
        return self.usage.statistics

    def settings(self) -> Settings:
        """The settings in force."""
        return self.inputs.settings()

    def commands(self) -> Mapping[str, Command]:
        """All slash commands by name, the user's own among them."""
        return self.stores.command_files.all()

    async def exclusion(self, path: str) -> str | None:
        """Why a file is shown to no model; None where it may be."""
        return await self.stores.excluder.find_reason(path)

    def surroundings_changed(self, surroundings: Surroundings) -> None:
        """Applies other folders, trust or editor settings, at once."""
        self.inputs.live.update(
            surroundings.folders, surroundings.trusted, surroundings.editor, surroundings.command_line
        )

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the settings."""
        return tuple(self.inputs.live.resolved.problems)

    def at_hand(self, name: str) -> bool:
        """Whether nothing has to be fetched before the provider of that name can be asked. Looks at the disk. Raises
        `ProviderNotFound`."""
        return self.routing.endpoints.at_hand(self.row(name))

    async def models(
        self, *, only: str = "", refresh: bool = False, wait_s: float | None = LIST_TIMEOUT_S
    ) -> list[Choice]:
        """The models to choose from, see `list_choices`."""
        await self._import_http()
        lists, pulled = self.routing.router.lists, await pulled_names()
        return await list_choices(
            self.settings(), lists, self.routing.endpoints, only=only, refresh=refresh, wait_s=wait_s, pulled=pulled
        )

    async def language_models(self, *, refresh: bool = False) -> list[LanguageModel]:
        """The models for conversations, see `language_models`."""
        choices = await self.models(refresh=refresh, wait_s=MODELS_TIMEOUT_S)
        return await language_models(choices, self.routing.router, self.settings())

    async def providers(self) -> list[ProviderStatus]:
        """All providers, and how they stand. Servers on this machine are asked whether they run."""
        await self._import_http()
        return await list_provider_status(self.rows(), self.routing.router.lists, self.routing.endpoints)

    async def _import_http(self) -> None:
        """Before a server's second begins: the import takes a part of it, and on a busy machine more than all."""
        if isinstance(self.inputs.transport, HttpTransport):
            await asyncio.to_thread(import_http)

    def rows(self) -> list[Provider]:
        """All providers, as the settings have them."""
        return list(providers(self.settings()).values())

    def row(self, name: str) -> Provider:
        """The provider of that name, even if it can't be reached yet. Raises `ProviderNotFound`."""
        found = providers(self.settings())
        if name not in found:
            raise ProviderNotFound(name, list(found))
        return found[name]

    def provider_test(self, name: str, model: str = "", steps: Collection[str] = STEPS) -> AsyncIterator[Step]:
        """A round trip to a provider, see `try_provider`."""
        return try_provider(name, model, self.settings(), self.routing.router, self.routing.caller, steps)

    async def enter_key(self, name: str, text: str, model: str = "") -> Entered:
        """Tries and keeps a key that the user has entered, see `picode.io.keys.entry`. Raises `ProviderNotFound`."""
        entered = await enter_key(self.routing.keychain, self.row(name), text, lambda: self.provider_test(name, model))
        if entered.place:
            self.retry()
        return entered

    def give_keys(self, keys: Mapping[str, str]) -> None:
        """Takes keys that the editor keeps for the user, by their entries' names."""
        for entry, text in keys.items():
            if not flaw(text):
                log_lines.hide(text)
                self.routing.keychain.give(entry, Key(text))
        self.suggester.retry()

    def retry(self) -> None:
        """Forgets failures: the next request asks again."""
        self.routing.embedded.reset()
        self.routing.keychain.forget()
        self.suggester.retry()

    async def close(self) -> None:
        """Closes connections and files, and gives up the lease on the embedded model."""
        self.suggester.stop()
        self.watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.watching
        await self.stores.shared.close()
        await self.routing.router.close()
        await self.routing.embedded.close()
        await self.routing.keychain.close()
        if isinstance(self.inputs.transport, HttpTransport):
            await self.inputs.transport.close()
        await asyncio.to_thread(self.answers.close)
        await self.statistics.close()
        await asyncio.to_thread(self.usage.store.close)
        await asyncio.to_thread(self.conversations.close)
        await asyncio.to_thread(self.usage.tracing.close)


async def pulled_names() -> list[str]:
    """The names of the models that the user has pulled."""
    return [each.name for each in await asyncio.to_thread(pulled_models.all_of_them)]
