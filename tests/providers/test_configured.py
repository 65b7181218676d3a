"""Providers of the user's own, and changes to known ones."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from picode.assistant.ports import Deadlines
from picode.assistant.routing.route import Router, provider_named, providers
from picode.assistant.routing.upstream import http_request, stream
from picode.core.errors import BadRequest, ConfigurationError, ProviderNotFound
from picode.core.messages import Chat, Fill, Message, Request
from picode.io.http import HttpTransport
from picode.providers.catalog import CATALOG, Provider
from picode.settings.layers import Layer, merge
from picode.settings.model import read
from picode.wire import DIALECTS

from .servers import JsonServer, Keys
from .test_requests import _Silent

ROOT = Path(__file__).parents[2]
DOCUMENTATION = ROOT / "docs" / "providers.md"
README = ROOT / "README.md"


def configured(name: str, **values: Any) -> Provider:
    return provider_named(name, read({"providers": {name: values}}))


async def test_the_recipe_of_the_documentation_is_four_lines_and_works() -> None:
    (recipe,) = re.findall(r"<!-- recipe -->\n```toml\n(.*?)```", DOCUMENTATION.read_text("utf-8"), re.DOTALL)
    assert len(recipe.splitlines()) == 4
    settings = read(tomllib.loads(recipe))
    assert provider_named("team", settings).key_names == ("TEAM_KEY",)
    router = Router(Keys("team-key-1"), _Silent())
    chat = await router.chat_target("team", "", settings)
    request = Request(chat.model, Chat((Message("user", "Hi"),)), 8)
    sent = http_request(chat.dialect.encode(request, chat.profile), chat)
    assert sent.url == "https://models.example.org/v1/chat/completions"
    assert sent.headers["authorization"] == "Bearer team-key-1"
    assert json.loads(sent.body)["model"] == "qwen2.5-coder-7b"
    inline = await router.inline_target("team", "", settings)
    sent = http_request(inline.dialect.encode(Request(inline.model, Fill("P", "S"), 8), inline.profile), inline)
    assert sent.url == "https://models.example.org/v1/completions"
    assert json.loads(sent.body)["prompt"] == "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"


@pytest.mark.parametrize("page", [README, DOCUMENTATION], ids=lambda page: page.name)
def test_the_settings_on_a_page_can_be_used_as_they_stand(page: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        resolved = merge([Layer("user", "a page", tomllib.loads(block))])
        assert resolved.problems == ()
        provider_named(resolved.settings.inline.provider, resolved.settings)
        for name in resolved.settings.providers:
            provider_named(name, resolved.settings)


def test_the_readme_counts_the_providers() -> None:
    words = {23: "Twenty-three", 24: "Twenty-four", 25: "Twenty-five", 26: "Twenty-six"}
    assert f"{words[len(CATALOG)]} providers are known" in README.read_text("utf-8")


async def test_one_row_of_the_catalog_is_all_that_a_new_provider_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else it needs, from the list of models to the header of its key, follows from the row."""
    async with JsonServer({"GET /v1/models": {"data": [{"id": "qwen2.5-coder-7b"}]}}) as server:
        row = Provider("newcomer", "Newcomer", f"{server.root}/v1", fill="openai_completions", key_names=("NEW_KEY",))
        monkeypatch.setitem(CATALOG, "newcomer", row)
        transport = HttpTransport()
        router = Router(Keys("new-key-1"), transport)
        target = await router.inline_target("newcomer", "", read({}))
        request = Request(target.model, Fill("P", "S"), 8)
        with pytest.raises(BadRequest, match="Newcomer: nothing answers at this address"):
            async for _ in stream(request, target, transport, Deadlines()):
                pass
        await router.close()
        await transport.close()
        assert server.asked == ["GET /v1/models", "POST /v1/completions"]
        _, headers, body = server.requests[1]
        assert headers["authorization"] == "Bearer new-key-1"
        assert body["model"] == "qwen2.5-coder-7b"
        assert body["prompt"] == "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"
    with pytest.raises(ProviderNotFound, match="newcomer"):
        provider_named("nobody", read({}))


def test_the_documentation_names_every_provider_its_keys_and_every_chat_dialect() -> None:
    text = DOCUMENTATION.read_text("utf-8")
    dialects, known = text.split("## Known providers")
    lines = {line.split("`")[1]: line for line in known.splitlines() if line.startswith("| `")}
    assert set(lines) == set(CATALOG)
    for name, line in lines.items():
        assert re.findall(r"`([A-Z_]+)`", line.split("|")[2]) == list(CATALOG[name].key_names)
    assert {row.chat for row in CATALOG.values()} <= set(re.findall(r"^\| `(\w+)` \|", dialects, re.MULTILINE))


@pytest.mark.parametrize(
    ("dialect", "key_header", "fill"),
    [
        (None, "Authorization: Bearer {key}", "openai_completions"),
        ("openai_chat", "Authorization: Bearer {key}", "openai_completions"),
        ("anthropic_messages", "x-api-key: {key}", None),
        ("gemini", "x-goog-api-key: {key}", None),
        ("cohere", "Authorization: Bearer {key}", None),
        ("ollama", "Authorization: Bearer {key}", "ollama"),
        ("mistral_chat", "Authorization: Bearer {key}", "mistral_fim"),
    ],
)
def test_a_provider_of_one_s_own_takes_after_the_known_one_that_speaks_its_dialect(
    dialect: str | None, key_header: str, fill: str | None
) -> None:
    values = {"baseUrl": "https://models.example/v1"} | ({"dialect": dialect} if dialect else {})
    own = configured("mine", **values)
    assert (own.name, own.title, own.chat) == ("mine", "mine", dialect or "openai_chat")
    assert (own.key_header, own.fill) == (key_header, fill)
    assert (own.key_names, own.key_required, own.model, own.inline_model) == ((), False, "", "")


def test_a_known_provider_under_another_address_gets_no_key_that_was_meant_for_the_first() -> None:
    moved = configured("openai", baseUrl="https://proxy.example/v1")
    assert (moved.key_names, moved.key_required) == ((), False)
    named = configured("openai", baseUrl="https://proxy.example/v1", keyEnv="PROXY_KEY")
    assert (named.key_names, named.key_required) == (("PROXY_KEY",), True)
    assert configured("openai", baseUrl="https://api.openai.com/v2").key_names == ("OPENAI_API_KEY",)


@pytest.mark.parametrize(
    ("base_url", "local"),
    [
        ("http://127.0.0.1:9999/v1", True),
        ("http://localhost:9999", True),
        ("http://[::1]:9999", True),
        ("https://gpu.example/v1", False),
        ("https://127.example/v1", False),
    ],
)
def test_a_server_counts_as_local_only_on_this_machine(base_url: str, local: bool) -> None:
    assert configured("ollama", baseUrl=base_url).local == local


def test_a_model_that_the_user_names_is_for_suggestions_too() -> None:
    own = configured("openai", model="gpt-4o")
    assert (own.model, own.inline_model) == ("gpt-4o", "gpt-4o")


def test_an_empty_fill_asks_for_suggestions_through_chat() -> None:
    assert configured("mistral", fill="").fill is None


def test_a_fill_dialect_that_the_user_names_is_for_all_models() -> None:
    own = configured("mistral", fill="mistral_fim", model="my-own-tune")
    assert (own.fill, own.fill_models, own.better_fill) == ("mistral_fim", "", None)


@pytest.mark.parametrize("key", ["dialect", "fill"])
def test_an_unknown_dialect_is_told_with_those_there_are(key: str) -> None:
    with pytest.raises(ConfigurationError, match="openai_chat"):
        configured("mine", baseUrl="https://models.example/v1", **{key: "opnai"})


def test_every_dialect_that_the_catalog_names_exists() -> None:
    for row in providers(read({})).values():
        assert {row.chat, row.fill or row.chat, row.better_fill or row.chat, *row.at} <= set(DIALECTS)
