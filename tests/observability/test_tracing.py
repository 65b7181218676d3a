"""Traces, as a collector gets them."""

from __future__ import annotations

import asyncio
import io
import logging
import subprocess
import sys
import time
from pathlib import Path

import pytest

from picode.assistant.usage.events import Attempt, CallEnded
from picode.core.errors import RateLimited
from picode.core.messages import Usage
from picode.io.tracing import Tracing, address
from picode.settings.model import Network
from support.collector import Collector, attributes
from support.process import ServerProcess
from support.provider import Provider

CODE = "canary_of_the_prompt"
SAID = "canary_of_the_answer"
REQUEST = "0123456789abcdef0123456789abcdef"


def question(request: str = REQUEST) -> CallEnded:
    """One that a first model refused, and a second one answered."""
    first = Attempt("openai", "gpt-4.1", 10.0, 10.2, error=RateLimited("OpenAI", "too many requests for sk-canary."))
    second = Attempt("mistral", "codestral-latest", 10.3, 11.0, 10.5, chat=False, usage=Usage(100, 20, 60), cost=0.25)
    return CallEnded("inline", request, 10.0, 11.0, [first, second], second, detour=True)


async def test_a_question_is_a_span_with_each_request_below_it() -> None:
    async with Collector() as collector:
        tracing = Tracing()
        tracing.configure(collector.address, Network())
        before = time.time_ns()
        tracing.record(question())
        root, first, second = await collector.got(3)
        await asyncio.to_thread(tracing.close)
    assert collector.requests[0][0] == "POST /v1/traces HTTP/1.1"
    assert collector.requests[0][1]["content-type"] == "application/x-protobuf"
    assert collector.resources[0]["service.name"] == "picode"
    assert [root.name, first.name, second.name] == [
        "picode inline",
        "chat gpt-4.1",
        "text_completion codestral-latest",
    ]
    assert {span.trace_id.hex() for span in (root, first, second)} == {REQUEST}
    assert first.parent_span_id == second.parent_span_id == root.span_id
    assert root.parent_span_id == b""
    assert attributes(root) == {"picode.feature": "inline", "picode.detour": True, "picode.request.id": REQUEST}
    found = attributes(second)
    assert found.pop("gen_ai.response.time_to_first_chunk") == pytest.approx(0.2)
    assert found == {
        "gen_ai.operation.name": "text_completion",
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.request.model": "codestral-latest",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 60,
        "picode.feature": "inline",
        "picode.asked": True,
        "picode.again": False,
        "picode.cost_dollars": 0.25,
    }
    assert attributes(first)["error.type"] == "RateLimited"
    assert (first.status.code, second.status.code, root.status.code) == (2, 0, 0)
    assert second.end_time_unix_nano - second.start_time_unix_nano == pytest.approx(0.7e9, rel=1e-6)
    assert root.end_time_unix_nano == pytest.approx(before, abs=5e9)
    assert b"sk-canary" not in b"".join(collector.bodies)


async def test_what_a_client_calls_its_request_is_no_trace_s_id_unless_it_can_be_one() -> None:
    async with Collector() as collector:
        tracing = Tracing()
        tracing.configure(collector.address, Network())
        for request in ("", "my-request", "0" * 32):
            tracing.record(question(request))
        spans = await collector.got(9)
        await asyncio.to_thread(tracing.close)
    traces = {span.trace_id for span in spans}
    assert len(traces) == 3
    assert all(any(each) for each in traces)


async def test_what_is_left_is_sent_at_the_end() -> None:
    async with Collector() as collector:
        tracing = Tracing()
        tracing.configure(collector.address, Network())
        tracing.record(question())
        await asyncio.to_thread(tracing.close)
        assert len(collector.spans) == 3


async def test_without_an_address_nothing_is_made_and_nothing_loaded() -> None:
    code = (
        "import sys\nfrom picode.io.tracing import Tracing\nfrom picode.settings.model import Network\n"
        "tracing = Tracing()\ntracing.configure('', Network())\ntracing.close()\nprint(*sys.modules)"
    )
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], capture_output=True, check=True)
    assert "opentelemetry" not in done.stdout.decode().split()


async def test_a_collector_that_takes_nothing_is_told_once_and_costs_nothing() -> None:
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    logging.getLogger().addHandler(handler)
    try:
        async with Collector("400 Bad Request") as collector:
            tracing = Tracing()
            tracing.configure(collector.address, Network())
            for _ in range(2):
                had = len(collector.requests)
                tracing.record(question())
                async with asyncio.timeout(10):
                    while len(collector.requests) == had:
                        await asyncio.sleep(0.02)
            await asyncio.to_thread(tracing.close)
    finally:
        logging.getLogger().removeHandler(handler)
    assert told.getvalue() == f"the collector at {collector.address} does not take traces\n"


def test_a_collector_beyond_this_machine_is_reached_encrypted_or_not_at_all(caplog: pytest.LogCaptureFixture) -> None:
    tracing = Tracing()
    tracing.configure("http://collector.example:4318", Network())
    assert tracing._worker is None
    assert "not encrypted" in caplog.text


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
        ("https://c.example/otlp/v1/traces", "https://c.example/otlp/v1/traces"),
    ],
)
def test_addresses(endpoint: str, url: str) -> None:
    assert address(endpoint) == url


async def test_a_session_in_an_editor_is_traced_without_a_word_of_its_code(tmp_path: Path) -> None:
    async with Collector() as collector, Provider() as provider:
        provider.says = SAID
        options = {
            "inline": {"provider": "own", "model": "m", "debounceMs": 0, "prefetch": False},
            "providers": {"own": {"baseUrl": provider.base_url, "fill": "openai_completions"}},
            "tracing": {"endpoint": collector.address},
        }
        async with ServerProcess() as server:
            await server.initialize(options)
            uri = server.open(tmp_path / "a.py", f"{CODE} = \n")
            answer = await server.suggest(uri, 0, len(CODE) + 3)
            assert answer["result"]["items"]
            root, request = (await collector.got(2))[:2]
    (sent,) = {each["headers"]["x-request-id"] for each in provider.requests if each["path"].endswith("/completions")}
    assert root.trace_id.hex() == request.trace_id.hex() == sent
    assert attributes(request)["gen_ai.request.model"] == "m"
    for body in collector.bodies:
        assert CODE.encode() not in body
        assert SAID.encode() not in body
        assert tmp_path.name.encode() not in body
