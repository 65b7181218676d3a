"""A collector of traces on a loopback socket: takes OTLP over HTTP, and reads its protobuf."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """`async with Collector() as collector: ...`. It answers with `status`."""

    def __init__(self, status: str = "200 OK") -> None:
        self.status = status
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.bodies: list[bytes] = []

    async def __aenter__(self) -> Collector:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while header := (await reader.readuntil(b"\r\n\r\n")).decode():
                lines = header.split("\r\n")
                fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                self.requests.append((lines[0], fields))
                self.bodies.append(body)
                writer.write(f"HTTP/1.1 {self.status}\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        writer.close()

    @property
    def resources(self) -> list[dict[str, Any]]:
        return [_attributes(each.resource.attributes) for request in self._read() for each in request.resource_spans]

    @property
    def spans(self) -> list[Any]:
        """All spans, as protobuf has them."""
        scopes = [each for request in self._read() for spans in request.resource_spans for each in spans.scope_spans]
        return [span for scope in scopes for span in scope.spans]

    async def got(self, count: int) -> list[Any]:
        """Waits for so many spans; gives them by their start, and what is above before what is below."""
        async with asyncio.timeout(10):
            while len(self.spans) < count:
                await asyncio.sleep(0.02)
        return sorted(self.spans, key=lambda span: (int(span.start_time_unix_nano), span.parent_span_id))

    def _read(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for body in self.bodies]


def attributes(span: Any) -> dict[str, Any]:
    """The attributes of a span."""
    return _attributes(span.attributes)


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
