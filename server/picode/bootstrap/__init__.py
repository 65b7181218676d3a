"""The composition root: surroundings in, an assistant out. Nothing else knows all the parts."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence

from picode.assistant.chat.chat_context import ChatContextBuilder
from picode.assistant.chat.service import ChatService
from picode.assistant.completion.engine import CompletionEngine
from picode.assistant.completion.prefetch import Warmer
from picode.assistant.completion.request import Gate
from picode.assistant.completion.service import CompletionService
from picode.assistant.context.gather import Gatherer
from picode.assistant.ports import Clock, OpenDocuments, Transport
from picode.assistant.privacy import Privacy
from picode.assistant.routing.budget import Budgets
from picode.assistant.routing.call import Caller
from picode.assistant.routing.gateway import Relay
from picode.assistant.routing.health import Health
from picode.assistant.routing.model_lists import ModelLists
from picode.assistant.routing.models import Choice, list_choices
from picode.assistant.routing.route import Router
from picode.assistant.status import StatusBoard
from picode.assistant.usage.observers import log_event, to_all
from picode.assistant.usage.statistics import Statistics
from picode.bootstrap.assistant import Assistant, Inputs, Outlets, Routing, Stores, Surroundings, Usage, pulled_names
from picode.io import log_levels, logs
from picode.io.answer_cache import AnswerCache
from picode.io.clock import MonotonicClock
from picode.io.command_files import CommandFiles
from picode.io.config_files import config_directory
from picode.io.conversations.store import SqliteConversations
from picode.io.embedded.model_file import BUILT_IN
from picode.io.embedded.options import EmbeddedOptions, Progress
from picode.io.embedded.shared import EmbeddedModel
from picode.io.endpoints import EndpointDirectory
from picode.io.folders import cache_folder, data_folder, state_folder
from picode.io.git import Git
from picode.io.http import HttpTransport
from picode.io.ignore import IgnoreRules
from picode.io.keys.chain import Keychain
from picode.io.live_settings import LiveSettings
from picode.io.metrics import open_metrics
from picode.io.model_cache import ModelCache
from picode.io.shared.answers import SharedAnswers
from picode.io.shared.breakers import SharedBreakers
from picode.io.shared.link import SharedLink
from picode.io.shared.rates import LocalLimiter, SharedLimiter
from picode.io.shared.used import SharedLedger
from picode.io.source_files import SourceFiles
from picode.io.tracing import Tracing
from picode.io.usage_store import UsageStore
from picode.providers.prices import price_of
from picode.settings.layers import Resolved
from picode.settings.model import Settings
from picode.settings.problem import Problem

log = logging.getLogger(__name__)


__all__ = ["Assistant", "Outlets", "Surroundings", "build"]


async def build(
    outlets: Outlets,
    surroundings: Surroundings,
    *,
    environ: Mapping[str, str] | None = None,
    transport: Transport | None = None,
    clock: Clock | None = None,
    documents: OpenDocuments = (),
) -> Assistant:
    """An assistant that works with the settings of `surroundings` until it is closed. `transport` and `clock` are the seams
    that tests replace; `environ` is the environment, by default the process's own."""
    environ = os.environ if environ is None else environ
    status = StatusBoard(outlets.status, outlets.alert)
    reported: set[Problem] = set()

    def apply(resolved: Resolved) -> None:
        _configure_outlets(resolved.settings, environ, usage.tracing)
        _report_problems(resolved.problems, reported, status)
        assistant.suggester.reconsider()

    live = LiveSettings(environ, apply)
    inputs = Inputs(
        live=live,
        status=status,
        outlets=outlets,
        environ=environ,
        clock=clock or MonotonicClock(),
        transport=transport or HttpTransport(lambda: live.resolved.settings.network),
        documents=documents,
        ask_passphrase=surroundings.ask_passphrase,
    )
    stores = build_stores(inputs)
    usage = build_usage(inputs, stores.shared)
    routing = build_routing(inputs, stores, usage)
    assistant = build_features(inputs, stores, usage, routing)
    live.update(surroundings.folders, surroundings.trusted, surroundings.editor, surroundings.command_line)
    assistant.suggester.reconsider()
    usage.statistics.begin()
    return assistant


def build_stores(inputs: Inputs) -> Stores:
    """The stores. None touches the disk before it is used."""
    live, settings, environ = inputs.live, inputs.settings, inputs.environ
    answers = AnswerCache(cache_folder("answers", environ), lambda: settings().cache, inputs.folders)
    shared = SharedLink(lambda: settings().cache.url, lambda: settings().network.ca_file, environ)
    excluder = IgnoreRules(lambda: live.folders, lambda: _allowed(live.resolved), inputs.status.alert)
    return Stores(
        answers=answers,
        shared=shared,
        shared_answers=SharedAnswers(answers, shared, lambda: settings().cache),
        conversations=SqliteConversations(data_folder, lambda: settings().conversations, inputs.status.alert),
        command_files=CommandFiles(lambda: config_directory(environ), live.trusted_folders, inputs.status.alert),
        excluder=excluder,
        sources=SourceFiles(lambda: live.folders, excluder),
    )


def build_usage(inputs: Inputs, shared: SharedLink) -> Usage:
    """The record of what was used, and its views."""
    settings = inputs.settings
    metrics, tracing = open_metrics(), Tracing()
    store = UsageStore(
        state_folder,
        statistics=lambda: settings().statistics.enabled,
        audit=lambda: settings().privacy.audit,
        roots=inputs.folders,
    )
    ledger = SharedLedger(store, shared)
    record = to_all(metrics.record, store.record, ledger.record, tracing.record, log_event)
    return Usage(
        metrics=metrics,
        store=store,
        ledger=ledger,
        tracing=tracing,
        record=record,
        statistics=Statistics(record, store.rows, lambda: settings().statistics.enabled),
    )


def build_routing(inputs: Inputs, stores: Stores, usage: Usage) -> Routing:
    """What finds and asks models."""
    settings, transport, clock = inputs.settings, inputs.transport, inputs.clock

    def on_progress(progress: Progress) -> None:
        message = "" if progress.finished else progress.message
        inputs.status.busy_with(message)
        inputs.outlets.progress(message, progress.fraction)

    embedded = EmbeddedModel(lambda: _embedded_options(settings()), on_progress, lambda: settings().network)
    keychain = Keychain.of_user(inputs.environ, ask_passphrase=inputs.ask_passphrase)
    endpoints = EndpointDirectory(keychain, embedded)
    lists = ModelLists(endpoints, transport, ModelCache(cache_folder("model-lists", inputs.environ)))
    caller = Caller(
        transport,
        clock,
        Health(clock, usage.record, SharedBreakers(stores.shared)),
        Budgets(usage.ledger, price_of),
        record=usage.record,
        privacy=Privacy.of_session(lambda: settings().privacy.redact_secrets, inputs.status.alert),
    )
    router = Router(endpoints, transport, lists)
    return Routing(embedded=embedded, keychain=keychain, endpoints=endpoints, router=router, caller=caller)


def build_features(inputs: Inputs, stores: Stores, usage: Usage, routing: Routing) -> Assistant:
    """The use-cases, on top of all the rest; watches the files of settings and keys from now on."""
    settings, status, clock, documents = inputs.settings, inputs.status, inputs.clock, inputs.documents
    router, caller, excluder = routing.router, routing.caller, stores.excluder
    context = Gatherer(documents, stores.sources, clock.now)
    engine = CompletionEngine(caller, stores.shared_answers, context.gather, clock, status)
    gate = Gate(settings, excluder)

    async def prepare(url: str) -> None:
        if isinstance(inputs.transport, HttpTransport):
            await inputs.transport.prepare(url)
        await stores.shared_answers.find("", 10.0)  # opens the disk cache

    warmer = Warmer(gate, router, routing.endpoints, engine.prefill, clock, prepare)

    async def choices() -> list[Choice]:
        return await list_choices(settings(), router.lists, routing.endpoints, pulled=await pulled_names())

    chat_context = ChatContextBuilder(
        documents, stores.sources, excluder, context.gather, Git(excluder, inputs.live.trusts)
    )
    commands = stores.command_files.all
    suggester = CompletionService(gate, router, engine, warmer, status, usage.statistics)
    return Assistant(
        suggester=suggester,
        asker=ChatService(settings, router, caller, chat_context, stores.conversations, status, commands, choices),
        relay=Relay(settings, router, caller, stores.shared_answers, excluder),
        limiter=SharedLimiter(LocalLimiter(clock.now), stores.shared),
        context=context,
        inputs=inputs,
        stores=stores,
        usage=usage,
        routing=routing,
        watching=asyncio.gather(inputs.live.watch(), routing.keychain.watch(suggester.retry)),
    )


def _report_problems(problems: Sequence[Problem], reported: set[Problem], status: StatusBoard) -> None:
    """Tells the user of each problem that was not `reported` yet."""
    for problem in problems:
        if problem not in reported:
            log.warning("settings: %s", problem)
            status.alert(str(problem))
    reported.clear()
    reported.update(problems)


def _configure_outlets(settings: Settings, environ: Mapping[str, str], tracing: Tracing) -> None:
    """Where log lines and traces go."""
    own, limits = settings.log, settings.advanced.log
    logs.configure(
        own.level,
        directives=environ.get(log_levels.VARIABLE, ""),
        style=limits.format,
        file=own.file,
        file_mb=limits.file_mb,
        files=limits.files,
    )
    tracing.configure(settings.tracing.endpoint, settings.network)


def _embedded_options(settings: Settings) -> EmbeddedOptions:
    own, inline, limits = settings.embedded, settings.inline, settings.advanced.embedded
    chosen = inline.model if inline.provider == "embedded" and inline.model != BUILT_IN else ""
    return EmbeddedOptions(
        model_path=own.model_path or chosen, idle_seconds=limits.idle_minutes * 60, threads=limits.threads
    )


def _allowed(resolved: Resolved) -> Sequence[str]:
    """The files that the user lets models see: what a folder's settings say of them does not count."""
    source = resolved.origin("privacy.allow")
    return () if source.layer == "workspace" else resolved.settings.privacy.allow
