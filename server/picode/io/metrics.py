"""Metrics in Prometheus's format, for the ports `Observer` and `Counters`.

They have a registry of their own. Labels are names of providers, models and features; of different sets of them there are so
many at most, whatever servers call their models. Where several processes work as one (a gateway with workers), each writes
into files of a folder that they share (`PROMETHEUS_MULTIPROC_DIR`), and each can tell the sum of all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from picode.assistant.usage.report import Attempt, Found, Report
from picode.assistant.usage.statistics import Counters, DailyCount
from picode.core.errors import redact
from picode.io.extras import is_installed, require

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that names the folder of several processes. It is read once, when prometheus_client is imported: it
has to be set before the processes start."""

MOST_LABELS = 200
"""Different sets of provider, model and feature. What comes after these is counted as `other`."""

_LONGEST = 80
_ODD = re.compile(r"[^A-Za-z0-9._:/@+-]+")
_PATH = re.compile(r"^(?:[A-Za-z]:)?[\\/]|^~|\\")
_OUTCOMES = ("shown", "accepted", "partly", "kept", "changed")

# A suggestion takes 20 ms from the disk, an answer of a large model a minute.
_DURATIONS = (0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 30.0, 60.0, 120.0, 300.0)
_FIRST_WORDS = _DURATIONS[:-2]

_WHO = ("provider", "model", "feature")


class Metrics:
    """All metrics, counted from 0 at the start of the process (or of the first of several that share a folder)."""

    def __init__(self, most_labels: int = MOST_LABELS) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = registry = CollectorRegistry()
        self._labels = Labels(most_labels)

        def counter(name: str, meaning: str, *more: str) -> Counter:
            return Counter(f"picode_{name}", meaning, (*_WHO, *more), registry=registry)

        def histogram(name: str, meaning: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"picode_{name}", meaning, _WHO, registry=registry, buckets=buckets)

        self._completions = counter("completions", "Questions that a model answered, as far as anybody wanted to hear.")
        self._durations = histogram("completion_duration_seconds", "From the question to the answer's end.", _DURATIONS)
        self._first_words = histogram(
            "time_to_first_token_seconds", "From a request to the first word of its answer.", _FIRST_WORDS
        )
        self._requests = counter("requests", "Requests sent to models, each of several for one question counted.")
        self._retries = counter("retries", "Requests that repeat one of the same question to the same model.")
        self._fallbacks = counter("fallbacks", "Questions answered by another than the first model of the chain.")
        self._errors = counter("errors", "Requests that failed or were not made, by class of the error.", "error")
        self._tokens = counter(
            "tokens", "Tokens read (input; cached: those of them read before) and written (output).", "direction"
        )
        self._cost = counter("cost_dollars", "US dollars by published prices, where they are known.")
        self._lookups = counter("cache_lookups", "Where answers were found; none: a model was asked.", "kind")
        self._suggestions = counter("suggestions", "What became of suggestions in editors.", "outcome")
        self._breakers = Gauge(
            "picode_breaker_open",
            "1 while a model is left alone because it failed several times in a row.",
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
        """All of it as text; of all processes that share a folder, the sum. Reads files in that case: not for the event
        loop."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = self._registry
        if os.environ.get(SHARED):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    # For the port `Observer`

    def asked(self, report: Report) -> None:
        """See `picode.assistant.ports.Observer`."""
        for each in report.tries:
            self._tried(each, report.feature)
        winner = report.winner
        if winner is None or not report.answered:
            return
        who = self._labels.of(winner.provider, winner.model, report.feature)
        self._completions.labels(**who).inc()
        self._durations.labels(**who).observe(report.ended - report.began)
        if report.detour:
            self._fallbacks.labels(**who).inc()

    def found(self, provider: str, model: str, feature: str, where: Found) -> None:
        """See `picode.assistant.ports.Observer`."""
        self._lookups.labels(**self._labels.of(provider, model, feature), kind=where).inc()

    def breaker(self, provider: str, model: str, *, is_open: bool) -> None:
        """See `picode.assistant.ports.Observer`."""
        who = self._labels.of(provider, model, "")
        self._breakers.labels(provider=who["provider"], model=who["model"]).set(float(is_open))

    def suggestion(self, provider: str, model: str, outcome: str) -> None:
        """A suggestion was shown, or what the user did with it. Other outcomes are not counted."""
        if outcome in _OUTCOMES:
            self._suggestions.labels(**self._labels.of(provider, model, "inline"), outcome=outcome).inc()

    def _tried(self, each: Attempt, feature: str) -> None:
        who = self._labels.of(each.provider, each.model, feature)
        if each.asked:
            self._requests.labels(**who).inc()
        if each.again:
            self._retries.labels(**who).inc()
        if each.first_word is not None:
            self._first_words.labels(**who).observe(each.first_word - each.began)
        if each.error is not None:
            self._errors.labels(**who, error=each.error_class).inc()
        usage = each.usage
        counts = {"input": usage.input_tokens, "output": usage.output_tokens, "cached": usage.cached_tokens}
        for direction, count in counts.items():
            if count > 0:
                self._tokens.labels(**who, direction=direction).inc(count)
        if each.cost:
            self._cost.labels(**who).inc(each.cost)


class NoMetrics:
    """In place of `Metrics` where the extra `gateway` is not installed: counts nothing."""

    content_type = "text/plain"

    def asked(self, report: Report) -> None:
        """See `picode.assistant.ports.Observer`."""

    def found(self, provider: str, model: str, feature: str, where: Found) -> None:
        """See `picode.assistant.ports.Observer`."""

    def breaker(self, provider: str, model: str, *, is_open: bool) -> None:
        """See `picode.assistant.ports.Observer`."""

    def suggestion(self, provider: str, model: str, outcome: str) -> None:
        """See `Metrics.suggestion`."""

    def render(self) -> bytes:
        """Raises `ConfigurationError` with the command that installs what is missing."""
        require("gateway", "Metrics need packages that are not installed.")
        return b""  # they have been installed since this process started: it has counted nothing


def open_metrics() -> Metrics | NoMetrics:
    """Metrics, where the extra `gateway` is installed."""
    return Metrics() if is_installed("gateway") else NoMetrics()


class Labels:
    """Sets of labels, of which there are no more than `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[tuple[str, str, str], Mapping[str, str]] = {}

    def of(self, provider: str, model: str, feature: str) -> Mapping[str, str]:
        """The labels of a model and what it is asked for."""
        key = (provider, model, feature)
        if (known := self._known.get(key)) is not None:
            return known
        if len(self._known) >= self._most:
            return {"provider": "other", "model": "other", "feature": "other"}
        labels = dict(zip(_WHO, (tidy(provider), tidy(model), tidy(feature)), strict=True))
        self._known[key] = labels
        return labels


def tidy(name: str) -> str:
    """`name` as a label: short, of plain characters, with nothing that looks like a key. Of a path on the disk, which some
    servers call their model by, the file's name alone.

    >>> tidy("/home/ada/models/qwen coder.gguf")
    'qwen_coder.gguf'
    """
    if _PATH.search(name):
        name = re.split(r"[\\/]", name.rstrip("\\/"))[-1]
    return _ODD.sub("_", redact(name).replace("[key]", "key"))[:_LONGEST]


class MeteredCounters:
    """Tallies that are metrics too, for the port `Counters`."""

    def __init__(self, tallies: Counters, metrics: Metrics | NoMetrics) -> None:
        self._tallies = tallies
        self._metrics = metrics

    def add(self, language: str, provider: str, model: str, what: str) -> None:
        """See `picode.assistant.usage.statistics.Counters`."""
        self._tallies.add(language, provider, model, what)
        self._metrics.suggestion(provider, model, what)

    async def read(self, days: int) -> list[DailyCount]:
        """See `picode.assistant.usage.statistics.Counters`."""
        return await self._tallies.read(days)


def share(folder: Path) -> dict[str, str]:
    """Makes `folder`, which must be the user's alone, the one that processes count into, and empties it. Gives the variables to
    start them with."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink(missing_ok=True)
    return {SHARED: str(folder)}


def process_ended(folder: Path, pid: int) -> None:
    """One of the processes is gone. What it counted stays; what was so only while it ran does not."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
