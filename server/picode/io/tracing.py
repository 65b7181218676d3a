"""Traces (OTLP over HTTP), from the events of usage. Off unless the user names a collector.

A call to models is a span, and each of its requests a child span. Their attributes are those of OpenTelemetry's semantic
conventions for generative AI (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/), and ours, which begin with
`picode.`. They hold no text of a prompt or an answer. The trace's id is that of the request, so that a line of the log leads to
its trace.

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
from picode.assistant.usage.events import Attempt, CallEnded, UsageEvent
from picode.core.errors import ConfigurationError
from picode.core.origins import is_loopback_url, may_be_plain, origin
from picode.io.installation import command_to_add
from picode.io.metrics import tidy
from picode.io.proxies import proxy_for
from picode.settings.model import Network

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

log = logging.getLogger(__name__)

_QUEUED = 1000
"""Calls that wait for the thread; further ones are dropped."""
_DELAY_MS = 1000
_LAST_EXPORT_S = 1.0
"""How long the last export may take when PiCode ends."""

_WELL_KNOWN: Mapping[str, str] = {
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "codestral": "mistral_ai",
    "xai": "x_ai",
    "azure": "azure.ai.openai",
    "azure-deployments": "azure.ai.openai",
}
"""The conventions' names of providers, where they differ from ours."""


class Tracing:
    """Sends traces to the collector that `configure` names."""

    def __init__(self) -> None:
        self._made_for: tuple[str, Network] | None = None
        self._worker: _Worker | None = None

    def configure(self, endpoint: str, network: Network) -> None:
        """From now on traces go to `endpoint`; an empty one turns them off. May be called again."""
        if (endpoint, network) == self._made_for:
            return
        self._made_for = (endpoint, network)
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
        if not endpoint or not _allowed(endpoint, network):
            return
        try:
            proxy = None if is_loopback_url(endpoint) or not network.proxy else proxy_for(endpoint, network.proxy, {})
        except ConfigurationError as error:
            log.warning("no traces are sent: %s", error)
        else:
            self._worker = _Worker(address(endpoint), proxy.address if proxy else "")

    def record(self, event: UsageEvent) -> None:
        """See `picode.assistant.usage.events.Record`."""
        if self._worker is not None and isinstance(event, CallEnded):
            self._worker.take(event, time.time_ns())

    def close(self) -> None:
        """Exports what is left. Waits for a second at most."""
        if self._worker is not None:
            self._worker.stop()
            self._worker.join(_LAST_EXPORT_S)
            self._worker = None


def address(endpoint: str) -> str:
    """The URL for traces: `endpoint`, with the path of OTLP if it has none.

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
    """Makes the spans."""

    def __init__(self, endpoint: str, proxy: str) -> None:
        super().__init__(name="picode-tracing", daemon=True)
        self._address = endpoint
        self._proxy = proxy
        self._calls: queue.Queue[tuple[CallEnded, int] | None] = queue.Queue(_QUEUED)
        self.start()

    def take(self, call: CallEnded, now: int) -> None:
        """`now` is when the call ended, in nanoseconds since 1970."""
        try:
            self._calls.put_nowait((call, now))
        except queue.Full:
            log.debug("a trace is dropped: the collector takes fewer than there are")

    def stop(self) -> None:
        """Ends the thread after the calls that it has taken."""
        with contextlib.suppress(queue.Full):
            self._calls.put_nowait(None)

    def run(self) -> None:
        try:
            provider, ids = _provider(self._address, self._proxy)
        except ImportError:
            log.warning("no traces are sent: run `%s`", command_to_add("tracing"))
            return
        tracer = provider.get_tracer("picode", __version__)
        while (item := self._calls.get()) is not None:
            try:
                _record(tracer, ids, *item)
            except Exception:
                log.exception("a trace is lost because of a defect")
        provider.shutdown()


def _record(tracer: Tracer, ids: Any, call: CallEnded, now: int) -> None:
    from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

    def wall(clock: float) -> int:
        return now - int((call.ended - clock) * 1e9)

    ids.request = call.request
    root = tracer.start_span(
        f"picode {tidy(call.feature)}", start_time=wall(call.began), attributes=_call_attributes(call)
    )
    ids.request = ""
    below = set_span_in_context(root)
    for each in call.attempts:
        span = tracer.start_span(
            f"{_operation(each)} {tidy(each.model)}".rstrip(),
            below,
            SpanKind.CLIENT,
            _request_attributes(each, call.feature),
            start_time=wall(each.began),
        )
        if each.error is not None:
            span.set_status(Status(StatusCode.ERROR, each.error_class))
        span.end(wall(each.ended))
    if call.attempts and not call.answered and call.attempts[-1].error is not None:
        root.set_status(Status(StatusCode.ERROR, call.attempts[-1].error_class))
    root.end(now)


def _call_attributes(call: CallEnded) -> dict[str, Any]:
    attributes: dict[str, Any] = {"picode.feature": tidy(call.feature), "picode.detour": call.detour}
    if call.request:
        attributes["picode.request.id"] = call.request
    return attributes


def _request_attributes(each: Attempt, feature: str) -> dict[str, Any]:
    usage, waited = each.usage, None if each.first_word is None else each.first_word - each.began
    optional = {
        "gen_ai.usage.input_tokens": usage.input_tokens or None,
        "gen_ai.usage.output_tokens": usage.output_tokens or None,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens or None,
        "gen_ai.response.time_to_first_chunk": waited,
        "picode.cost_dollars": each.cost,
        "error.type": each.error_class or None,
    }
    return {
        "gen_ai.operation.name": _operation(each),
        "gen_ai.provider.name": _WELL_KNOWN.get(each.provider, tidy(each.provider)),
        "gen_ai.request.model": tidy(each.model),
        "picode.feature": tidy(feature),
        "picode.asked": each.asked,
        "picode.again": each.again,
        **{name: value for name, value in optional.items() if value is not None},
    }


def _operation(each: Attempt) -> str:
    return "chat" if each.chat else "text_completion"


def _provider(endpoint: str, proxy: str) -> tuple[TracerProvider, Any]:
    """The provider of tracers, and its generator of ids. `proxy` is that of the settings; where it is empty, the environment
    may name one. Raises `ImportError` where OpenTelemetry is not installed."""
    import requests
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Ids(RandomIdGenerator):
        """Takes the id of the request for the trace, where it has the form of one."""

        request = ""

        def generate_trace_id(self) -> int:
            try:
                given = int(self.request, 16) if len(self.request) == 32 else 0
            except ValueError:
                given = 0
            return given or super().generate_trace_id()

    # It logs every batch that the collector refuses; `Exporter` logs the first.
    theirs = logging.getLogger("opentelemetry")
    theirs.propagate = False
    theirs.addHandler(logging.NullHandler())

    session = requests.Session()
    session.trust_env = not proxy and not is_loopback_url(endpoint)
    session.proxies = {"http": proxy, "https": proxy} if proxy else {}
    exporter = _logged_once(OTLPSpanExporter(endpoint=endpoint, timeout=_LAST_EXPORT_S, session=session), endpoint)
    ids = Ids()
    resource = Resource.create({"service.name": "picode", "service.version": __version__})
    provider = TracerProvider(resource=resource, id_generator=ids, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_DELAY_MS))
    return provider, ids


def _logged_once(exporter: SpanExporter, endpoint: str) -> SpanExporter:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Exporter(SpanExporter):
        """Logs the first failure after a success."""

        well = True

        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            result = exporter.export(spans)
            if self.well and result is not SpanExportResult.SUCCESS:
                log.warning("the collector at %s does not take traces", origin(endpoint))
            self.well = result is SpanExportResult.SUCCESS
            return result

        def shutdown(self) -> None:
            exporter.shutdown()

    return Exporter()
