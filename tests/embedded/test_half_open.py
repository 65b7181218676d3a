"""Connections to the model's own port that send half a request, as any program of the machine can open them."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from picode.io.embedded import serving


@pytest.mark.embedded
async def test_half_open_connections_are_let_go(model: Path) -> None:
    server, url = await asyncio.to_thread(serving.start_server, model, context=256, threads=1, key="k" * 32)
    try:
        host, port = urlsplit(url).hostname, urlsplit(url).port
        held = []
        for _ in range(40):  # more than there are threads for
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"POST /v1/completions HTTP/1.1\r\nhost: x\r\n")
            held.append((reader, writer))
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
        assert b" 200 " in await asyncio.wait_for(reader.readline(), 60)
        for _, other in (*held, (reader, writer)):
            other.close()
            with contextlib.suppress(ConnectionError):
                await other.wait_closed()
    finally:
        del server
