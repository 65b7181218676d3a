"""Our dialects against a mock of many providers that others wrote and keep in step with the real ones: aimock, from npm.

llama.cpp speaks four of our dialects (`test_llamacpp.py`); here are the others that the mock knows, and the error paths of
all. It has no fill-in-the-middle endpoint, so `mistral_fim`, `llamacpp_infill` and `openai_completions` are held against
recordings only (`test_conformance.py`).
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import pytest

from picode.assistant.ports import Deadlines, Endpoint
from picode.assistant.routing.upstream import Target, stream
from picode.core.errors import AuthenticationError, NetworkFailure, RateLimited, ServerFailure, Truncated
from picode.core.messages import Chat, Chunk, Finish, Message, Request, Usage
from picode.io.http import HttpTransport
from picode.providers.catalog import CATALOG
from picode.providers.profiles import profile_of
from picode.settings.model import Network
from picode.wire import DIALECTS

MOCK = Path(__file__).parent / "mock"
DEADLINES = Deadlines(connect=5, idle=5, total=10)


@dataclass(frozen=True)
class Row:
    """A row of the catalog, a model of it, and where the mock has its API."""

    provider: str
    model: str
    path: str
    dialect: str

    def __str__(self) -> str:
        return self.provider


ROWS = (
    Row("openai", "gpt-4.1", "/v1", "openai_chat"),
    Row("anthropic", "claude-3-5-haiku-latest", "/v1", "anthropic_messages"),
    Row("gemini", "gemini-2.5-flash", "/v1beta", "gemini"),
    Row("cohere", "command-a-03-2025", "/v2", "cohere"),
    Row("ollama", "llama3.2", "/v1", "ollama"),
    Row("mistral", "mistral-large-latest", "/v1", "mistral_chat"),
    Row("openai", "gpt-4.1", "/v1", "openai_responses"),
    Row("azure-deployments", "gpt-4.1", "/openai", "openai_chat"),
    Row("openrouter", "meta-llama/llama-3.3-70b-instruct", "/api/v1", "openai_chat"),
)

DEPARTS = {
    ("length", "ollama"): "the mock always says done_reason: stop",
    ("usage", "ollama"): "the mock counts no tokens",
    ("reasoning", "ollama"): "the mock says reasoning_content; https://docs.ollama.com/api/chat has `thinking`",
    ("reasoning", "cohere"): "the mock says it as text; https://docs.cohere.com/v2/docs/reasoning has `thinking`",
    (
        "usage",
        "mistral_chat streamed",
    ): "the mock wants stream_options; https://docs.mistral.ai/api sends usage unasked",
}
"""Where the mock is not what the documentation says. A test that begins to pass fails: then the line goes."""


@pytest.fixture(autouse=True)
def departure(request: pytest.FixtureRequest) -> None:
    """Marks the tests of `DEPARTS`."""
    row, streamed = request.node.callspec.params["row"], request.node.callspec.params.get("streamed")
    case = request.node.originalname.removeprefix("test_")
    for name in (row.dialect, f"{row.dialect} {'streamed' if streamed else 'plain'}"):
        if (reason := DEPARTS.get((case, name))) is not None:
            request.applymarker(pytest.mark.xfail(strict=True, reason=reason))


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """The address of the mock; it ends with the module."""
    node, npm = shutil.which("node"), shutil.which("npm")
    problem = "" if node and npm else "Node.js and npm are missing: install nodejs (20.15 or later)"
    program = MOCK / "node_modules/@copilotkit/aimock/dist/cli.js"
    if not problem and not program.is_file():
        command = [str(npm), "ci", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=MOCK, capture_output=True, text=True, timeout=120, check=False)
        problem = f"npm ci failed in {MOCK}: {done.stderr[-500:]}" if done.returncode else ""
    if problem:
        assert os.environ.get("CI") != "true", problem
        pytest.skip(problem)
    command = [str(node), str(program), "-p", "0", "-f", str(MOCK / "fixtures.json"), "--log-level", "info"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            listening = (re.search(r"listening on (http://127\.0\.0\.1:\d+)", line) for line in process.stdout)
            yield next(found[1] for found in listening if found)
        finally:
            process.kill()


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    transport = HttpTransport(Network)
    yield transport
    await transport.close()


def target(row: Row, mock: str) -> Target:
    profile = profile_of(row.model)
    endpoint = Endpoint(mock + row.path, "key-of-the-test")
    return Target(CATALOG[row.provider], endpoint, row.model, profile, DIALECTS[row.dialect], asks_chat=True)


async def ask(row: Row, mock: str, transport: HttpTransport, text: str, *, streamed: bool = True) -> list[Chunk]:
    chat = Chat((Message("system", "You answer briefly."), Message("user", text)))
    request = Request(row.model, chat, 64, temperature=0.0, stop=("END",), stream=streamed)
    async with aclosing(stream(request, target(row, mock), transport, DEADLINES)) as chunks:
        return [chunk async for chunk in chunks]


def said(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def finish(chunks: list[Chunk]) -> Finish | None:
    return next((chunk.finish for chunk in chunks if chunk.finish), None)


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row}-{row.dialect}")
class TestAnswers:
    async def test_text(self, row: Row, streamed: bool, mock: str, transport: HttpTransport) -> None:
        chunks = await ask(row, mock, transport, "plain", streamed=streamed)
        assert said(chunks) == "Hello, é€😀!"
        assert finish(chunks) is Finish.STOP

    async def test_length(self, row: Row, streamed: bool, mock: str, transport: HttpTransport) -> None:
        chunks = await ask(row, mock, transport, "long", streamed=streamed)
        assert said(chunks) == "Hel"
        assert finish(chunks) is Finish.LENGTH

    async def test_usage(self, row: Row, streamed: bool, mock: str, transport: HttpTransport) -> None:
        chunks = await ask(row, mock, transport, "counted", streamed=streamed)
        usage = reduce(Usage.merged, (chunk.usage for chunk in chunks if chunk.usage))
        assert (usage.input_tokens, usage.output_tokens) == (19, 10)

    async def test_reasoning(self, row: Row, streamed: bool, mock: str, transport: HttpTransport) -> None:
        chunks = await ask(row, mock, transport, "think", streamed=streamed)
        assert said(chunks) == "4"
        assert "".join(chunk.reasoning for chunk in chunks) == "Let me see."

    async def test_nothing(self, row: Row, streamed: bool, mock: str, transport: HttpTransport) -> None:
        chunks = await ask(row, mock, transport, "nothing", streamed=streamed)
        assert said(chunks) == ""
        assert finish(chunks) is Finish.STOP


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row}-{row.dialect}")
class TestFailures:
    async def test_a_limit_says_when_to_come_back(self, row: Row, mock: str, transport: HttpTransport) -> None:
        with pytest.raises(RateLimited) as raised:
            await ask(row, mock, transport, "limited")
        assert raised.value.retry_after == 7
        assert "Slow down" in str(raised.value)

    async def test_a_wrong_key(self, row: Row, mock: str, transport: HttpTransport) -> None:
        with pytest.raises(AuthenticationError):
            await ask(row, mock, transport, "locked")

    async def test_a_failure_of_the_provider(self, row: Row, mock: str, transport: HttpTransport) -> None:
        with pytest.raises(ServerFailure):
            await ask(row, mock, transport, "down")

    async def test_a_stream_that_is_cut(self, row: Row, mock: str, transport: HttpTransport) -> None:
        with pytest.raises((Truncated, NetworkFailure)):
            await ask(row, mock, transport, "cut")

    async def test_leaving_early_and_asking_again(self, row: Row, mock: str, transport: HttpTransport) -> None:
        request = Request(row.model, Chat((Message("user", "slow"),)), 64)
        async with asyncio.timeout(5), aclosing(stream(request, target(row, mock), transport, DEADLINES)) as chunks:
            first = await anext(chunks)
            while not first.text:
                first = await anext(chunks)
        assert "Hello there, this is slow.".startswith(first.text)
        assert said(await ask(row, mock, transport, "plain")) == "Hello, é€😀!"
