"""The dialects that llama.cpp's server speaks, against the real one with the embedded model."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import reduce
from pathlib import Path

import pytest

from picode.core.errors import BadRequest, ContextTooLong, ProviderError
from picode.core.messages import Chat, Chunk, Fill, Finish, Message, Request, Usage
from picode.wire import DIALECTS
from picode.wire.dialect import Failed, Profile
from picode.wire.reading import AnswerReader
from support.llamacpp import llamacpp

pytestmark = pytest.mark.embedded

CHATS = ("openai_chat", "openai_responses", "anthropic_messages")
GREETING = Chat((Message("system", "You answer briefly."), Message("user", "Say hello in French: é€😀")))
CODE = Fill("def add(a, b):\n    return ")
PREFILLED = Profile("prefilled", prefill=True)


@pytest.fixture(scope="module")
def server(model: Path) -> Iterator[str]:
    with llamacpp(model) as address:
        yield address


def ask(server: str, name: str, request: Request, profile: Profile = PREFILLED) -> list[Chunk]:
    """The answer, read in pieces of seven bytes. Raises the `ProviderError` that the dialect makes of a failure."""
    dialect = DIALECTS[name]
    call = dialect.encode(request, profile)
    base = server if name == "llamacpp_infill" else f"{server}/v1"
    http = urllib.request.Request(
        base + call.path, json.dumps(call.body).encode(), {"content-type": "application/json", **call.headers}
    )
    try:
        with urllib.request.urlopen(http, timeout=60) as response:
            reader = AnswerReader(dialect, call.framing, "llama.cpp")
            pieces = iter(lambda: response.read1(7), b"")
            return [chunk for piece in pieces for chunk in reader.feed(piece)] + list(reader.close())
    except urllib.error.HTTPError as error:
        headers = {name.lower(): value for name, value in error.headers.items()}
        raise dialect.explain(Failed(error.code, headers, error.read().decode()), "llama.cpp") from None


def text(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def usage(chunks: list[Chunk]) -> Usage:
    return reduce(Usage.merged, (chunk.usage for chunk in chunks if chunk.usage))


def finish(chunks: list[Chunk]) -> Finish | None:
    return next((chunk.finish for chunk in chunks if chunk.finish), None)


@pytest.fixture(scope="module")
def greeting(server: str) -> list[Chunk]:
    return ask(server, "openai_chat", Request("m", GREETING, 16, temperature=0.0))


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("name", CHATS)
def test_each_dialect_streamed_or_not_gets_the_same_answer(
    server: str, name: str, stream: bool, greeting: list[Chunk]
) -> None:
    chunks = ask(server, name, Request("m", GREETING, 16, temperature=0.0, stream=stream))
    assert text(chunks) == text(greeting) != ""
    # Of responses this server says "completed" even where the bound has cut them.
    assert finish(chunks) is (Finish.STOP if name == "openai_responses" else finish(greeting))
    assert (len(chunks) > 2) is stream
    assert usage(chunks).input_tokens == usage(greeting).input_tokens > 10
    assert usage(chunks).output_tokens == usage(greeting).output_tokens > 2


@pytest.mark.parametrize("stream", [True, False])
def test_code_is_completed_up_to_a_stop(server: str, stream: bool) -> None:
    chunks = ask(server, "openai_completions", Request("m", CODE, 24, stop=("\n",), temperature=0.0, stream=stream))
    assert text(chunks).strip()
    assert "\n" not in text(chunks)
    assert finish(chunks) is Finish.STOP


@pytest.mark.parametrize("name", ["openai_chat", "anthropic_messages", "openai_completions"])
def test_an_answer_that_the_bound_cut_says_so(server: str, name: str) -> None:
    prompt = CODE if name == "openai_completions" else GREETING
    chunks = ask(server, name, Request("m", prompt, 3, temperature=0.0))
    assert finish(chunks) is Finish.LENGTH
    assert usage(chunks).output_tokens == 3


@pytest.mark.parametrize("name", ["openai_chat", "anthropic_messages"])
def test_a_prefill_is_gone_on_from(server: str, name: str) -> None:
    asked = Chat((Message("user", "Count from 1 to 9."), Message("assistant", "1, 2, 3, 4,")))
    assert text(ask(server, name, Request("m", asked, 4, temperature=0.0))).lstrip().startswith("5")


@pytest.mark.parametrize("name", [*CHATS, "openai_completions"])
def test_a_prompt_beyond_the_window_is_too_long(server: str, name: str) -> None:
    words = "word " * 2000
    prompt = Fill(words) if name == "openai_completions" else Chat((Message("user", words),))
    with pytest.raises(ContextTooLong, match="the prompt is too long for the model"):
        ask(server, name, Request("m", prompt, 4))


def test_infill_is_refused_for_a_model_without_the_tokens(server: str) -> None:
    with pytest.raises(BadRequest, match="Infill is not supported by this model"):
        ask(server, "llamacpp_infill", Request("m", CODE, 4))


def test_a_wrong_path_points_to_the_base_url(server: str) -> None:
    with pytest.raises(ProviderError, match="Check the base URL"):
        ask(f"{server}/v2", "openai_chat", Request("m", GREETING, 4))
