"""Metrics in Prometheus's format, counted from the events of usage.

They have a registry of their own. Labels are names of providers, models and features; the number of different sets of them is
bounded, whatever servers call their models. Where several processes work as one (a gateway with workers), each writes into
files of a shared folder (`PROMETHEUS_MULTIPROC_DIR`), and each can render the sum of all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from picode.assistant.usage.events import (
    Attempt,
    BreakerChanged,
    CallEnded,
    LookupDone,
    SuggestionOutcome,
    UsageEvent,
)
from picode.core.errors import redact
from picode.io.extras import is_installed, require

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that names the shared folder. prometheus_client reads it when it is imported, so it has to be set
before the processes start."""

MOST_LABELS = 200
"""Different sets of provider, model and feature. All further ones are counted as `other`."""

_LONGEST = 80
_ODD = re.compile(r"[^A-Za-z0-9._:/@+-]+")
_PATH = re.compile(r"^(?:[A-Za-z]:)?[\\/]|^~|\\")
_OUTCOMES = ("shown", "accepted", "partly", "kept", "changed")

# A suggestion takes 20 ms from the disk, an answer of a large model a minute.
_DURATIONS = (0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 30.0, 60.0, 120.0, 300.0)
_FIRST_WORDS = _DURATIONS[:-2]

_LABELS = ("provider", "model", "feature")


class Metrics:
    """All metrics, counted from 0 at the start of the process (or of the first of several that share a folder)."""

    def __init__(self, most_labels: int = MOST_LABELS) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = registry = CollectorRegistry()
        self._labels = Labels(most_labels)

        def counter(name: str, meaning: str, *more: str) -> Counter:
            return Counter(f"picode_{name}", meaning, (*_LABELS, *more), registry=registry)

        def histogram(name: str, meaning: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"picode_{name}", meaning, _LABELS, registry=registry, buckets=buckets)

        self._completions = counter("completions", "Calls that a model answered, as far as the answer was read.")
        self._durations = histogram(
            "completion_duration_seconds", "From the start of a call to the answer's end.", _DURATIONS
        )
        self._first_words = histogram(
            "time_to_first_token_seconds", "From a request to the first word of its answer.", _FIRST_WORDS
        )
        self._requests = counter("requests", "Requests sent to models, each of several for one call counted.")
        self._retries = counter("retries", "Requests that repeat one of the same call to the same model.")
        self._fallbacks = counter("fallbacks", "Calls answered by another than the first model of the chain.")
        self._errors = counter("errors", "Requests that failed or were not made, by class of the error.", "error")
        self._tokens = counter(
            "tokens", "Tokens read (input; cached: those of them read before) and written (output).", "direction"
        )
        self._cost = counter("cost_dollars", "US dollars by published prices, where they are known.")
        self._lookups = counter("cache_lookups", "Where answers were found; none: a model was asked.", "kind")
        self._suggestions = counter("suggestions", "What became of suggestions in editors.", "outcome")
        self._breakers = Gauge(
            "picode_breaker_open",
            "1 while a model gets no requests because it failed several times in a row.",
            ("provider", "model"),
            registry=registry,
            multiprocess_mode="livemax",
        )

    @property
    def content_type(self) -> str:
        """The media type of what `render` gives."""
        from prometheus_client.exposition import CONTENT_TYPE_LATEST

        return CONTENT_TYPE_LATEST

    def render(self) -> bytes:
        """The metrics as text, in UTF-8, of all processes that share a folder. Reads their files, so not for the event loop."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = self._registry
        if os.environ.get(SHARED):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    def record(self, event: UsageEvent) -> None:
        """See `picode.assistant.usage.events.Record`."""
        match event:
            case CallEnded():
                self._call(event)
            case LookupDone(provider, model, feature, where):
                self._lookups.labels(**self._labels.of(provider, model, feature), kind=where).inc()
            case SuggestionOutcome(_, provider, model, outcome) if outcome in _OUTCOMES:
                self._suggestions.labels(**self._labels.of(provider, model, "inline"), outcome=outcome).inc()
            case BreakerChanged(provider, model, is_open):
                labels = self._labels.of(provider, model, "")
                self._breakers.labels(provider=labels["provider"], model=labels["model"]).set(float(is_open))

    def _call(self, call: CallEnded) -> None:
        for each in call.attempts:
            self._request(each, self._labels.of(each.provider, each.model, call.feature))
        if call.winner is None or not call.answered:
            return
        labels = self._labels.of(call.winner.provider, call.winner.model, call.feature)
        self._completions.labels(**labels).inc()
        self._durations.labels(**labels).observe(call.ended - call.began)
        if call.detour:
            self._fallbacks.labels(**labels).inc()

    def _request(self, each: Attempt, labels: Mapping[str, str]) -> None:
        if each.asked:
            self._requests.labels(**labels).inc()
        if each.again:
            self._retries.labels(**labels).inc()
        if each.first_word is not None:
            self._first_words.labels(**labels).observe(each.first_word - each.began)
        if each.error is not None:
            self._errors.labels(**labels, error=each.error_class).inc()
        usage = each.usage
        counts = {"input": usage.input_tokens, "output": usage.output_tokens, "cached": usage.cached_tokens}
        for direction, count in counts.items():
            if count > 0:
                self._tokens.labels(**labels, direction=direction).inc(count)
        if each.cost:
            self._cost.labels(**labels).inc(each.cost)


class NoMetrics:
    """In place of `Metrics` where the extra `gateway` is not installed: counts nothing."""

    content_type = "text/plain"

    def record(self, event: UsageEvent) -> None:
        """See `picode.assistant.usage.events.Record`."""

    def render(self) -> bytes:
        """Raises `ConfigurationError` with the command that installs what is missing."""
        require("gateway", "Metrics need packages that are not installed.")
        return b""  # they have been installed since this process started: it has counted nothing


def open_metrics() -> Metrics | NoMetrics:
    """Metrics, where the extra `gateway` is installed."""
    return Metrics() if is_installed("gateway") else NoMetrics()


class Labels:
    """Sets of labels, at most `most` different ones."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[tuple[str, str, str], Mapping[str, str]] = {}

    def of(self, provider: str, model: str, feature: str) -> Mapping[str, str]:
        """The labels of a model and the feature that asks it."""
        key = (provider, model, feature)
        if (known := self._known.get(key)) is not None:
            return known
        if len(self._known) >= self._most:
            return {"provider": "other", "model": "other", "feature": "other"}
        labels = dict(zip(_LABELS, (tidy(provider), tidy(model), tidy(feature)), strict=True))
        self._known[key] = labels
        return labels


def tidy(name: str) -> str:
    """`name` as a label: at most 80 plain characters, with nothing that looks like a key. Some servers call their model by its
    path on the disk: of that, the file's name alone.

    >>> tidy("/home/ada/models/qwen coder.gguf")
    'qwen_coder.gguf'
    """
    if _PATH.search(name):
        name = re.split(r"[\\/]", name.rstrip("\\/"))[-1]
    return _ODD.sub("_", redact(name).replace("[key]", "key"))[:_LONGEST]


def share(folder: Path) -> dict[str, str]:
    """Makes `folder` (private to the user) the one that processes count into, and empties it. Returns the environment variables
    to start them with."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink(missing_ok=True)
    return {SHARED: str(folder)}


def process_ended(folder: Path, pid: int) -> None:
    """One of the processes has ended. Its counters stay; its gauges are dropped."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
