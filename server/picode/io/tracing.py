"""Traces for whoever runs a collector (OTLP over HTTP), for the port `Observer`. Off unless the user names one.

A question is a span, and each request to a model one below it. Their attributes are those of OpenTelemetry's semantic
conventions for generative AI (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/); what is ours begins with
`picode.`. No text of a prompt or an answer is ever in them. The trace's id is that of the request, so that a line of the log
leads to its trace.

OpenTelemetry is imported, and works, in a thread.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from picode import __version__
from picode.assistant.usage.report import Attempt, Found, Report
from picode.core.origins import is_loopback_url, may_be_plain, origin
from picode.io.metrics import tidy
from picode.settings.model import Network

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

log = logging.getLogger(__name__)

_QUEUED = 1000
_DELAY_MS = 1000
_GOODBYE = 1.0
"""Seconds that sending what is left may take when PiCode ends."""

_WELL_KNOWN: Mapping[str, str] = {
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "codestral": "mistral_ai",
    "xai": "x_ai",
    "azure": "azure.ai.openai",
    "azure-deployments": "azure.ai.openai",
}
"""Names that the conventions have for providers, where they are other than ours."""


class Tracing:
    """Sends traces to the collector that `configure` names."""

    def __init__(self) -> None:
        self._endpoint = ""
        self._worker: _Worker | None = None

    def configure(self, endpoint: str, network: Network) -> None:
        """From here on, traces go to `endpoint`; to nobody if it is empty. May be called again and again."""
        if endpoint == self._endpoint:
            return
        self._endpoint = endpoint
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
        if endpoint and _allowed(endpoint, network):
            self._worker = _Worker(address(endpoint))

    def asked(self, report: Report) -> None:
        """See `picode.assistant.ports.Observer`."""
        if self._worker is not None:
            self._worker.take(report, time.time_ns())

    def found(self, provider: str, model: str, feature: str, where: Found) -> None:
        """See `picode.assistant.ports.Observer`."""

    def breaker(self, provider: str, model: str, *, is_open: bool) -> None:
        """See `picode.assistant.ports.Observer`."""

    def close(self) -> None:
        """Sends what is left, for a moment at most. Waits."""
        if self._worker is not None:
            self._worker.stop()
            self._worker.join(_GOODBYE)
            self._worker = None


def address(endpoint: str) -> str:
    """Where the collector takes traces: the path that OTLP has for them, unless the user names one.

    >>> address("http://127.0.0.1:4318")
    'http://127.0.0.1:4318/v1/traces'
    """
    return endpoint if urlsplit(endpoint).path.strip("/") else endpoint.rstrip("/") + "/v1/traces"


def _allowed(endpoint: str, network: Network) -> bool:
    if urlsplit(endpoint).scheme == "https" or may_be_plain(endpoint, network.allowed_origins):
        return True
    log.warning(
        "no traces are sent: the address in picode.tracing.endpoint is not encrypted. Use https://, or name its origin in "
        "picode.network.allowedOrigins."
    )
    return False


class _Worker(threading.Thread):
    """Makes spans of reports."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(name="picode-tracing", daemon=True)
        self._address = endpoint
        self._reports: queue.Queue[tuple[Report, int] | None] = queue.Queue(_QUEUED)
        self.start()

    def take(self, report: Report, now: int) -> None:
        """`now` is the time by the wall clock, in nanoseconds, of the report's end."""
        try:
            self._reports.put_nowait((report, now))
        except queue.Full:
            log.debug("a trace is lost: more come than the collector takes")

    def stop(self) -> None:
        """What has come by now is still sent."""
        with contextlib.suppress(queue.Full):
            self._reports.put_nowait(None)

    def run(self) -> None:
        try:
            provider, ids = _provider(self._address)
        except ImportError:
            log.warning("no traces are sent: install picode[tracing]")
            return
        tracer = provider.get_tracer("picode", __version__)
        while (item := self._reports.get()) is not None:
            try:
                _record(tracer, ids, *item)
            except Exception:
                log.exception("a trace is lost because of a defect")
        provider.shutdown()


def _record(tracer: Tracer, ids: Any, report: Report, now: int) -> None:
    from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

    def wall(clock: float) -> int:
        return now - int((report.ended - clock) * 1e9)

    ids.request = report.request
    question = tracer.start_span(
        f"picode {tidy(report.feature)}", start_time=wall(report.began), attributes=_of_question(report)
    )
    ids.request = ""
    below = set_span_in_context(question)
    for each in report.tries:
        span = tracer.start_span(
            f"{_operation(each)} {tidy(each.model)}".rstrip(),
            below,
            SpanKind.CLIENT,
            _of_try(each, report.feature),
            start_time=wall(each.began),
        )
        if each.error is not None:
            span.set_status(Status(StatusCode.ERROR, each.error_class))
        span.end(wall(each.ended))
    if report.tries and not report.answered and report.tries[-1].error is not None:
        question.set_status(Status(StatusCode.ERROR, report.tries[-1].error_class))
    question.end(now)


def _of_question(report: Report) -> dict[str, Any]:
    attributes: dict[str, Any] = {"picode.feature": tidy(report.feature), "picode.detour": report.detour}
    if report.request:
        attributes["picode.request.id"] = report.request
    return attributes


def _of_try(each: Attempt, feature: str) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": _operation(each),
        "gen_ai.provider.name": _WELL_KNOWN.get(each.provider, tidy(each.provider)),
        "gen_ai.request.model": tidy(each.model),
        "picode.feature": tidy(feature),
        "picode.asked": each.asked,
        "picode.again": each.again,
    }
    counts = {
        "gen_ai.usage.input_tokens": each.usage.input_tokens,
        "gen_ai.usage.output_tokens": each.usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": each.usage.cached_tokens,
    }
    attributes |= {name: count for name, count in counts.items() if count}
    if each.first_word is not None:
        attributes["gen_ai.response.time_to_first_chunk"] = each.first_word - each.began
    if each.cost is not None:
        attributes["picode.cost_dollars"] = each.cost
    if each.error is not None:
        attributes["error.type"] = each.error_class
    return attributes


def _operation(each: Attempt) -> str:
    return "chat" if each.chat else "text_completion"


def _provider(endpoint: str) -> tuple[TracerProvider, Any]:
    """Imports OpenTelemetry. Raises `ImportError` where it is not installed."""
    import requests
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Ids(RandomIdGenerator):
        """The id of a trace is that of the request, where that is one for a trace."""

        request = ""

        def generate_trace_id(self) -> int:
            try:
                given = int(self.request, 16) if len(self.request) == 32 else 0
            except ValueError:
                given = 0
            return given or super().generate_trace_id()

    # It tells of every batch that a collector does not take; we tell once.
    theirs = logging.getLogger("opentelemetry")
    theirs.propagate = False
    theirs.addHandler(logging.NullHandler())

    session = requests.Session()
    session.trust_env = not is_loopback_url(endpoint)  # the environment may name a proxy
    exporter = _told_once(OTLPSpanExporter(endpoint=endpoint, timeout=_GOODBYE, session=session), endpoint)
    ids = Ids()
    resource = Resource.create({"service.name": "picode", "service.version": __version__})
    provider = TracerProvider(resource=resource, id_generator=ids, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_DELAY_MS))
    return provider, ids


def _told_once(exporter: SpanExporter, endpoint: str) -> SpanExporter:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class ToldOnce(SpanExporter):
        """Says once that a collector takes nothing, and again after it has taken something."""

        well = True

        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            result = exporter.export(spans)
            if self.well and result is not SpanExportResult.SUCCESS:
                log.warning("the collector at %s does not take traces", origin(endpoint))
            self.well = result is SpanExportResult.SUCCESS
            return result

        def shutdown(self) -> None:
            exporter.shutdown()

    return ToldOnce()
