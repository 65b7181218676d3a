"""The exact request that each row of the catalog makes, against its documentation, which the row names."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from picode.assistant.ports import Deadlines, HttpRequest, HttpResponse
from picode.assistant.routing.route import Router
from picode.assistant.routing.upstream import Target, http_request
from picode.core.errors import NetworkFailure
from picode.core.messages import Chat, Fill, Message, Request
from picode.providers.catalog import CATALOG, Provider
from picode.settings.model import read

from .servers import Keys

ASK = Chat((Message("system", "Be brief."), Message("user", "Hi")))
GAP = Fill("def f(", "):\n", "a.py", "python")

SETTINGS = read(
    {
        "providers": {
            "openai-compatible": {"baseUrl": "https://models.example/v1", "model": "some-model"},
            "azure": {"baseUrl": "https://res.openai.azure.com/openai/v1"},
            "azure-deployments": {"baseUrl": "https://res.openai.azure.com/openai"},
        }
    }
)
"""Rows that have no address of their own get one."""

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
BEARER = {"authorization": "Bearer k-123"}
USAGE = {"stream_options": {"include_usage": True}}
OPENAI = {
    "messages": MESSAGES,
    "max_tokens": 100,
    "stream": True,
    "stop": ["END"],
    "temperature": 0.2,
    **USAGE,
}
"""https://platform.openai.com/docs/api-reference/chat/create, as all that imitate it take it."""
MISTRAL = {key: value for key, value in OPENAI.items() if key != "stream_options"}
MISTRAL_FIM = {
    "model": "codestral-latest",
    "prompt": "def f(",
    "suffix": "):\n",
    "max_tokens": 64,
    "stream": True,
    "stop": ["\n"],
    "temperature": 0.0,
}
"""https://docs.mistral.ai/api/#tag/fim"""
COMPLETION = {"max_tokens": 64, "stream": True, "temperature": 0.0, **USAGE}
"""https://platform.openai.com/docs/api-reference/completions/create"""
QWEN = "<|fim_prefix|>def f(<|fim_suffix|>):\n<|fim_middle|>"
QWEN_STOPS = [
    "<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>", "<|file_sep|>",
    "<|repo_name|>", "<|im_start|>", "<|im_end|>",
]  # fmt: skip
QWEN_COMPLETION = {**COMPLETION, "prompt": QWEN, "stop": ["\n", *QWEN_STOPS]}


@dataclass(frozen=True)
class Expected:
    """What a row's documentation says. `model` is named by the user; empty: the row's own. `fill_url` is empty where code
    to be filled in is asked for through chat, of `inline_model`."""

    chat_url: str
    chat: dict[str, Any]
    headers: dict[str, str] = field(default_factory=lambda: BEARER)
    fill_url: str = ""
    fill: dict[str, Any] = field(default_factory=dict)
    inline_model: str = ""
    model: str = ""


def _hosted(url: str, model: str, inline_model: str, headers: dict[str, str] | None = None) -> Expected:
    return Expected(f"{url}/chat/completions", {"model": model, **OPENAI}, headers or BEARER, inline_model=inline_model)


ROWS: dict[str, Expected] = {
    "embedded": Expected(
        "http://127.0.0.1:4321/v1/chat/completions",
        {"model": "SmolLM2-135M-Instruct", **OPENAI},
        fill_url="http://127.0.0.1:4321/v1/completions",
        fill={"model": "SmolLM2-135M-Instruct", "prompt": "def f(", "stop": ["\n"], **COMPLETION},
    ),
    "llamacpp": Expected(
        "http://127.0.0.1:8080/v1/chat/completions",
        {"model": "qwen2.5-coder", **OPENAI},
        fill_url="http://127.0.0.1:8080/v1/completions",
        fill={"model": "qwen2.5-coder", **QWEN_COMPLETION},
        model="qwen2.5-coder",
    ),
    "ollama": Expected(
        "http://127.0.0.1:11434/api/chat",
        {
            "model": "qwen2.5-coder:1.5b",
            "messages": MESSAGES,
            "stream": True,
            "options": {"num_predict": 100, "stop": ["END"], "temperature": 0.2},
        },
        fill_url="http://127.0.0.1:11434/api/generate",
        fill={
            "model": "qwen2.5-coder:1.5b",
            "prompt": QWEN,
            "raw": True,
            "stream": True,
            "options": {"num_predict": 64, "stop": ["\n", *QWEN_STOPS], "temperature": 0.0},
        },
        model="qwen2.5-coder:1.5b",
    ),
    "lmstudio": Expected(
        "http://127.0.0.1:1234/v1/chat/completions",
        {"model": "qwen2.5-coder-7b-instruct", **OPENAI},
        fill_url="http://127.0.0.1:1234/v1/completions",
        fill={"model": "qwen2.5-coder-7b-instruct", **QWEN_COMPLETION},
        model="qwen2.5-coder-7b-instruct",
    ),
    "vllm": Expected(
        "http://127.0.0.1:8000/v1/chat/completions",
        {"model": "Qwen/Qwen2.5-Coder-7B", **OPENAI},
        fill_url="http://127.0.0.1:8000/v1/completions",
        fill={"model": "Qwen/Qwen2.5-Coder-7B", **QWEN_COMPLETION},
        model="Qwen/Qwen2.5-Coder-7B",
    ),
    "openai-compatible": Expected(
        "https://models.example/v1/chat/completions",
        {"model": "some-model", **OPENAI},
        fill_url="https://models.example/v1/completions",
        fill={"model": "some-model", "prompt": "def f(", "stop": ["\n"], **COMPLETION},
    ),
    "openai": _hosted("https://api.openai.com/v1", "gpt-4.1", "gpt-4.1-mini"),
    "anthropic": Expected(
        "https://api.anthropic.com/v1/messages",
        {
            "model": "claude-sonnet-5-5",
            "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": "Hi"}],
            "max_tokens": 100,
            "stream": True,
            "stop_sequences": ["END"],  # and no temperature: refused since Claude 4.7
        },
        {"x-api-key": "k-123", "anthropic-version": "2023-06-01"},
        inline_model="claude-haiku-5-5",
    ),
    "gemini": Expected(
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse",
        {
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "generationConfig": {
                "maxOutputTokens": 100,
                "stopSequences": ["END"],
                "temperature": 0.2,
                "thinkingConfig": {"includeThoughts": True},
            },
        },
        {"x-goog-api-key": "k-123"},
        inline_model="gemini-3.5-flash-lite",
    ),
    "mistral": Expected(
        "https://api.mistral.ai/v1/chat/completions",
        {"model": "mistral-medium-latest", **MISTRAL},
        fill_url="https://api.mistral.ai/v1/fim/completions",
        fill=MISTRAL_FIM,
    ),
    "codestral": Expected(
        "https://codestral.mistral.ai/v1/chat/completions",
        {"model": "codestral-latest", **MISTRAL},
        fill_url="https://codestral.mistral.ai/v1/fim/completions",
        fill=MISTRAL_FIM,
    ),
    "deepseek": Expected(
        "https://api.deepseek.com/chat/completions",
        {"model": "deepseek-flash", **OPENAI},
        fill_url="https://api.deepseek.com/beta/completions",
        fill={"model": "deepseek-flash", "prompt": "def f(", "suffix": "):\n", "stop": ["\n"], **COMPLETION},
    ),
    "xai": Expected(
        "https://api.x.ai/v1/chat/completions",
        # Its reasoning models take no stop (https://docs.x.ai/docs/guides/reasoning).
        {"model": "grok-4.3", "messages": MESSAGES, "max_tokens": 100, "stream": True, **USAGE},
        inline_model="grok-4.20-non-reasoning",
    ),
    "cohere": Expected(
        "https://api.cohere.com/v2/chat",
        {
            "model": "command-a-03-2025",
            "messages": MESSAGES,
            "max_tokens": 100,
            "stream": True,
            "stop_sequences": ["END"],
            "temperature": 0.2,
        },
        inline_model="command-r7b-12-2024",
    ),
    "perplexity": _hosted("https://api.perplexity.ai", "sonar", "sonar"),
    "openrouter": _hosted(
        "https://openrouter.ai/api/v1",
        "openai/gpt-4.1",
        "openai/gpt-4.1-mini",
        {**BEARER, "x-title": "PiCode"},
    ),
    "groq": _hosted("https://api.groq.com/openai/v1", "openai/gpt-oss-120b", "openai/gpt-oss-20b"),
    "together": _hosted("https://api.together.xyz/v1", "openai/gpt-oss-120b", "openai/gpt-oss-20b"),
    "fireworks": _hosted(
        "https://api.fireworks.ai/inference/v1",
        "accounts/fireworks/models/gpt-oss-120b",
        "accounts/fireworks/models/gpt-oss-20b",
    ),
    "huggingface": _hosted("https://router.huggingface.co/v1", "openai/gpt-oss-120b", "openai/gpt-oss-20b"),
    "github": _hosted(
        "https://models.github.ai/inference",
        "openai/gpt-4.1",
        "openai/gpt-4.1-mini",
        {**BEARER, "x-github-api-version": "2022-11-28"},
    ),
    "azure": Expected(
        "https://res.openai.azure.com/openai/v1/chat/completions",
        {"model": "our gpt", **OPENAI},
        {"api-key": "k-123"},
        inline_model="our gpt",
        model="our gpt",
    ),
    "azure-deployments": Expected(
        "https://res.openai.azure.com/openai/deployments/our%20gpt/chat/completions?api-version=2024-10-21",
        {"model": "our gpt", **OPENAI},
        {"api-key": "k-123"},
        inline_model="our gpt",
        model="our gpt",
    ),
}


class _Silent:
    """A transport over which no server answers: what a server could tell, nobody does."""

    @asynccontextmanager
    async def send(self, request: HttpRequest, provider: str, deadlines: Deadlines) -> AsyncIterator[HttpResponse]:
        raise NetworkFailure(provider, "no connection.")
        yield


ROUTER_KEYS = Keys()


def _sent(target: Target, request: Request) -> HttpRequest:
    return http_request(target.dialect.encode(request, target.profile), target)


def test_every_row_has_its_requests_here() -> None:
    assert set(ROWS) == set(CATALOG)


@pytest.mark.parametrize("name", ROWS)
async def test_a_chat_request_is_what_the_documentation_says(name: str) -> None:
    expected = ROWS[name]
    target = await Router(ROUTER_KEYS, _Silent()).chat_target(name, expected.model, SETTINGS)
    sent = _sent(target, Request(target.model, ASK, 100, stop=("END",), temperature=0.2))
    accept = "application/json" if name == "ollama" else "text/event-stream"
    assert (sent.method, sent.url) == ("POST", expected.chat_url)
    assert sent.headers == {"accept": accept, "content-type": "application/json", **expected.headers}
    assert json.loads(sent.body) == expected.chat


@pytest.mark.parametrize("name", ROWS)
async def test_a_request_to_fill_in_code_is_what_the_documentation_says(name: str) -> None:
    expected = ROWS[name]
    target = await Router(ROUTER_KEYS, _Silent()).inline_target(name, expected.model, SETTINGS)
    assert target.asks_chat == (not expected.fill_url)
    if target.asks_chat:
        assert (target.model, target.dialect.name) == (expected.inline_model, CATALOG[name].chat)
        return
    sent = _sent(target, Request(target.model, GAP, 64, stop=("\n",), temperature=0.0))
    assert (sent.method, sent.url) == ("POST", expected.fill_url)
    assert sent.headers.items() >= expected.headers.items()
    assert json.loads(sent.body) == expected.fill


@pytest.mark.parametrize("row", CATALOG.values(), ids=CATALOG.keys())
def test_every_row_names_its_documentation(row: Provider) -> None:
    assert row.documentation.startswith("https://")
    listed = row.listing.documentation.startswith("https://")
    assert listed or row.local or not row.listing.path or row.name == "openai-compatible"


@pytest.mark.parametrize(
    ("name", "base_url", "url"),
    [
        ("llamacpp", "http://127.0.0.1:9/v1", "http://127.0.0.1:9/infill"),
        ("llamacpp", "http://127.0.0.1:9", "http://127.0.0.1:9/infill"),
        ("llamacpp", "https://host.example/llama/v1/", "https://host.example/llama/infill"),
    ],
)
async def test_an_address_with_a_version_and_one_without_lead_to_the_same_place(
    name: str, base_url: str, url: str
) -> None:
    settings = read({"providers": {name: {"baseUrl": base_url, "fill": "llamacpp_infill", "model": "m"}}})
    target = await Router(ROUTER_KEYS, _Silent()).inline_target(name, "", settings)
    assert _sent(target, Request("m", GAP, 64)).url == url


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:9/v1", "http://127.0.0.1:9", "http://127.0.0.1:9/"])
async def test_ollama_is_found_under_the_address_for_openai_s_api_too(base_url: str) -> None:
    settings = read({"providers": {"ollama": {"baseUrl": base_url, "model": "m"}}})
    target = await Router(ROUTER_KEYS, _Silent()).chat_target("ollama", "", settings)
    assert _sent(target, Request("m", ASK, 64)).url == "http://127.0.0.1:9/api/chat"


async def test_a_model_that_can_t_fill_in_is_asked_through_chat() -> None:
    target = await Router(ROUTER_KEYS, _Silent()).inline_target("mistral", "mistral-medium-latest", SETTINGS)
    assert (target.dialect.name, target.asks_chat) == ("mistral_chat", True)


async def test_a_reasoning_model_thinks_as_little_as_it_can_about_suggestions_only() -> None:
    router = Router(ROUTER_KEYS, _Silent())
    inline = await router.inline_target("groq", "openai/gpt-oss-20b", SETTINGS)
    chat = await router.chat_target("groq", "openai/gpt-oss-20b", SETTINGS)
    assert (inline.profile.effort, chat.profile.effort) == ("low", "")
