"""A known provider at another address than its own: which key it is sent, what a refusal says of that, which model is asked."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import pytest

from picode.assistant.ports import Deadlines
from picode.assistant.routing.route import Router, provider_named
from picode.assistant.routing.upstream import http_request, stream
from picode.core.errors import AuthenticationError, PiCodeError
from picode.core.messages import Chat, Message, Request
from picode.io.embedded.options import EmbeddedOptions
from picode.io.embedded.shared import EmbeddedModel
from picode.io.endpoints import EndpointDirectory
from picode.io.http import HttpTransport
from picode.io.keys.chain import Keychain
from picode.providers.catalog import CATALOG
from picode.settings.layers import Layer, merge
from picode.settings.model import Settings, read

from .servers import JsonServer, Keys
from .test_requests import _Silent

HELLO = Chat((Message("user", "hello"),))


class Desk:
    """One user's keys and settings, and what becomes of a question."""

    def __init__(self, tmp_path: Any, **environ: str) -> None:
        self.keychain = Keychain.of_user(environ, tmp_path / "data")
        self.transport = HttpTransport()
        embedded = EmbeddedModel(EmbeddedOptions, lambda _: None)
        self.router = Router(EndpointDirectory(self.keychain, embedded), self.transport)

    async def refusal(self, name: str, settings: Settings) -> AuthenticationError:
        """The error of a question that is refused."""
        target = await self.router.chat_target(name, "m", settings)
        with pytest.raises(AuthenticationError) as raised:
            await anext(stream(Request("m", HELLO, 8), target, self.transport, Deadlines()))
        return raised.value

    async def close(self) -> None:
        await self.router.close()
        await self.keychain.close()
        await self.transport.close()


@pytest.fixture
async def refusing() -> AsyncIterator[JsonServer]:
    """A server that wants another key, whatever it is sent."""
    paths = ("/v1/chat/completions", "/v1/messages", "/v1/models/m:streamGenerateContent?alt=sse")
    async with JsonServer({f"POST {path}": 401 for path in paths} | {"GET /v1/models": 401}) as server:
        yield server


@pytest.mark.parametrize(
    ("name", "values", "environ", "says"),
    [
        (
            "openai",
            {},
            {"OPENAI_API_KEY": "k-12345678"},
            "because OPENAI_API_KEY is for api.openai.com, and a key goes",
        ),
        ("openai", {}, {}, "because OPENAI_API_KEY is for api.openai.com"),
        ("anthropic", {}, {}, "because ANTHROPIC_API_KEY is for api.anthropic.com"),
        ("gemini", {}, {}, "because GEMINI_API_KEY and GOOGLE_API_KEY are for generativelanguage.googleapis.com"),
        ("team", {}, {}, "because none is named or stored for it"),
        ("openai-compatible", {}, {}, "because OPENAI_COMPATIBLE_API_KEY is not set and none is stored"),
    ],
)
async def test_a_refusal_says_that_no_key_was_sent_why_and_how_one_is_named(
    refusing: JsonServer, tmp_path: Any, name: str, values: Any, environ: dict[str, str], says: str
) -> None:
    desk = Desk(tmp_path, **environ)
    settings = read({"providers": {name: {"baseUrl": f"{refusing.root}/v1", **values}}})
    error = await desk.refusal(name, settings)
    await desk.close()
    assert "wants a key, and none was sent (HTTP 401)" in error.problem
    assert f"No key was sent to {refusing.root.removeprefix('http://')}, {says}" in str(error)
    named = name == "openai-compatible"
    assert ("Set OPENAI_COMPATIBLE_API_KEY" if named else f"config set providers.{name}.keyEnv VARIABLE") in str(error)
    assert f"picode provider key set {name}" in str(error)
    for _, headers, _ in refusing.requests:
        assert not {"authorization", "x-api-key", "x-goog-api-key"} & set(headers)


async def test_a_list_of_models_that_is_refused_says_it_too(refusing: JsonServer, tmp_path: Any) -> None:
    desk = Desk(tmp_path)
    settings = read({"providers": {"openai": {"baseUrl": f"{refusing.root}/v1"}}})
    listed = await desk.router.lists.of(provider_named("openai", settings))
    await desk.close()
    assert "because OPENAI_API_KEY is for api.openai.com" in str(listed.error)


class TestWhichKeyWasRefused:
    """A refusal names the place of the key, and never the key."""

    KEY = "quite-secret-12345678"

    @pytest.mark.parametrize("place", ["variable", "file", "vault", "entered"])
    async def test_it_is_named(self, refusing: JsonServer, tmp_path: Any, place: str) -> None:
        environ = {"PICODE_VAULT_PASSPHRASE": "correct horse"}
        if place == "variable":
            environ["TEAM_KEY"] = self.KEY
        if place == "file":
            (tmp_path / "key").write_text(self.KEY)
            environ["TEAM_KEY_FILE"] = str(tmp_path / "key")
        desk = Desk(tmp_path, **environ)
        entry = f"team@{refusing.root}"
        if place == "vault":
            await desk.keychain.vault.store(entry, self.KEY)  # type: ignore[arg-type]
        if place == "entered":
            desk.keychain.give(entry, self.KEY)  # type: ignore[arg-type]
        row = {"baseUrl": f"{refusing.root}/v1", "keyEnv": "TEAM_KEY"}
        error = await desk.refusal("team", read({"providers": {"team": row}}))
        await desk.close()
        said = {
            "variable": "It is the one in the environment variable TEAM_KEY.",
            "file": "It is the one in the environment variable TEAM_KEY_FILE.",
            "vault": "It is the one in the vault.",
            "entered": "It is the one that you have entered.",
        }
        assert "refused the key (HTTP 401)" in str(error)
        assert f"Check the key, and that it may use this model. {said[place]}" in str(error)
        assert self.KEY not in str(error)
        assert refusing.requests[0][1]["authorization"] == f"Bearer {self.KEY}"


class TestModels:
    """The catalog's models are those of the provider's own server. Another one is asked for what it has."""

    @pytest.mark.parametrize(
        ("name", "values", "listed", "inline", "chat"),
        [
            ("openai", {}, ["llama-3.3-70b"], "llama-3.3-70b", "llama-3.3-70b"),
            ("openai", {}, ["text-embedding-3-large", "whisper-1", "qwen3"], "qwen3", "qwen3"),
            ("openai", {}, ["other", "gpt-4.1", "gpt-4.1-mini"], "gpt-4.1-mini", "gpt-4.1"),
            ("openai", {}, ["other", "gpt-4.1"], "other", "gpt-4.1"),
            ("openai", {}, None, "gpt-4.1-mini", "gpt-4.1"),
            ("openai", {}, [], "gpt-4.1-mini", "gpt-4.1"),
            ("openai", {"model": "mine"}, ["other"], "mine", "mine"),
            ("mistral", {}, ["devstral"], "devstral", "devstral"),
        ],
    )
    async def test_which_is_asked(
        self, name: str, values: Any, listed: list[str] | None, inline: str, chat: str
    ) -> None:
        rows = [{"id": each, "capabilities": {"completion_chat": True}} for each in listed or ()]
        async with JsonServer({} if listed is None else {"GET /v1/models": {"data": rows}}) as server:
            settings = read({"providers": {name: {"baseUrl": f"{server.root}/v1", **values}}})
            transport = HttpTransport()
            router = Router(Keys(), transport)
            found = [(await router.inline_target(name, "", settings)).model for _ in range(2)]
            assert found == [inline] * 2
            assert (await router.chat_target(name, "", settings)).model == chat
            await router.close()
            await transport.close()
            assert len(server.requests) <= 2, "a list is not asked for at every key"

    async def test_at_its_own_address_nothing_is_asked_first(self) -> None:
        router = Router(Keys(), _Silent())
        assert (await router.inline_target("openai", "", read({}))).model == CATALOG["openai"].inline_model


TARGET = "/openai/deployments/our-gpt/chat/completions?api-version=2024-10-21"
V1 = "https://acme.openai.azure.com/openai/v1/chat/completions"


class TestAzure:
    """The "target URI" of Azure's portal, as it is copied, in the settings."""

    @pytest.mark.parametrize(
        ("name", "values", "url", "model"),
        [
            ("azure", {"baseUrl": f"https://acme.openai.azure.com{TARGET}"}, V1, "our-gpt"),
            ("azure", {"baseUrl": f"https://acme.openai.azure.com{TARGET}", "model": "other"}, V1, "other"),
            ("azure", {"baseUrl": "https://acme.openai.azure.com/", "model": "m"}, V1, "m"),
            ("azure", {"baseUrl": "https://acme.openai.azure.com/openai/v1", "model": "m"}, V1, "m"),
            ("azure", {"baseUrl": "https://acme.openai.azure.com/openai/v1/chat/completions", "model": "m"}, V1, "m"),
            (
                "azure",
                {
                    "baseUrl": "https://acme.openai.azure.com/openai/responses?api-version=2025-04-01-preview",
                    "model": "m",
                },
                V1,
                "m",
            ),
            ("work", {"baseUrl": f"https://acme.openai.azure.com{TARGET}", "keyEnv": "WORK_KEY"}, V1, "our-gpt"),
            (
                "azure",
                {"baseUrl": f"https://acme.cognitiveservices.azure.com{TARGET}"},
                "https://acme.cognitiveservices.azure.com/openai/v1/chat/completions",
                "our-gpt",
            ),
            (
                "azure-deployments",
                {"baseUrl": f"https://acme.openai.azure.com{TARGET}"},
                "https://acme.openai.azure.com/openai/deployments/our-gpt/chat/completions?api-version=2024-10-21",
                "our-gpt",
            ),
            (
                "azure-deployments",
                {"baseUrl": f"https://acme.openai.azure.com{TARGET.replace('2024-10-21', '2025-01-01-preview')}"},
                "https://acme.openai.azure.com/openai/deployments/our-gpt/chat/completions?api-version=2025-01-01-preview",
                "our-gpt",
            ),
        ],
    )
    async def test_it_is_asked_where_it_answers(self, name: str, values: Any, url: str, model: str) -> None:
        resolved = merge([Layer("user", "config.toml", {"providers": {name: values}})])
        assert resolved.problems == ()
        target = await Router(Keys("azure-key"), _Silent()).chat_target(name, "", resolved.settings)
        sent = http_request(target.dialect.encode(Request(target.model, HELLO, 8), target.profile), target)
        assert (sent.url, target.model) == (url, model)
        assert sent.headers["api-key"] == "azure-key"
        assert "authorization" not in sent.headers


@pytest.mark.parametrize(
    ("dialect", "address", "url"),
    [
        (None, "https://models.example/v1/chat/completions", "https://models.example/v1/chat/completions"),
        (None, "https://models.example/v1/completions/", "https://models.example/v1/chat/completions"),
        (None, "https://models.example/v1/", "https://models.example/v1/chat/completions"),
        ("anthropic_messages", "https://models.example/v1/messages", "https://models.example/v1/messages"),
        ("ollama", "https://models.example/api/chat", "https://models.example/api/chat"),
    ],
)
async def test_the_address_of_an_endpoint_is_as_good_as_its_base(dialect: str | None, address: str, url: str) -> None:
    row = {"baseUrl": address, "model": "m", **({"dialect": dialect} if dialect else {})}
    target = await Router(Keys(), _Silent()).chat_target("team", "", read({"providers": {"team": row}}))
    assert http_request(target.dialect.encode(Request("m", HELLO, 8), target.profile), target).url == url


async def test_a_model_that_the_embedded_provider_has_not_is_refused(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("PICODE_DATA_DIR", str(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "coder-1.5b.gguf").write_bytes(b"GGUF")
    directory = EndpointDirectory(Keychain.of_user({}, tmp_path), EmbeddedModel(EmbeddedOptions, lambda _: None))
    embedded = CATALOG["embedded"]

    async def said(model: str) -> str:
        error: PiCodeError | None = await directory.refusal(embedded, model)
        return str(error or "")

    for name in ("SmolLM2-135M-Instruct", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf"):
        assert await said(name) == ""
    assert await said("foo") == "embedded: there is no model 'foo'. There are: SmolLM2-135M-Instruct, coder-1.5b."
    assert await said("coder-1.5b") == (
        "embedded: serves SmolLM2-135M-Instruct, not coder-1.5b. "
        "Serve that one: picode config set embedded.modelPath coder-1.5b"
    )
    assert await directory.refusal(CATALOG["openai"], "foo") is None
    own = EmbeddedModel(lambda: EmbeddedOptions(os.path.join("/models", "Own.gguf")), lambda _: None)
    assert own.serves("own")
    assert own.serves("/models/Own.gguf")
    assert not own.serves("SmolLM2-135M-Instruct")
