"""What models are, as their servers tell: tokens and templates before names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from picode.assistant.ports import Endpoint
from picode.assistant.routing.discovery import PROBED_TOKENS, Discovery, Known, of_llamacpp, of_ollama
from picode.io.embedded.options import EmbeddedOptions
from picode.io.embedded.shared import EmbeddedModel
from picode.io.http import HttpTransport
from picode.providers.catalog import CATALOG

from .servers import JsonServer

OLLAMA, LLAMACPP = CATALOG["ollama"], CATALOG["llamacpp"]

# What `/api/show` gives for models of https://ollama.com/library; the templates are shortened to the part that fills in.
QWEN_TEMPLATE = (
    "{{- if .Suffix }}<|fim_prefix|>{{ .Prompt }}<|fim_suffix|>{{ .Suffix }}<|fim_middle|>\n"
    "{{- else if .Messages }}<|im_start|>user\n{{ .Content }}<|im_end|>{{ end }}"
)
CODESTRAL_TEMPLATE = (
    "{{- if .Suffix }}[SUFFIX]{{ .Suffix }}[PREFIX] {{ .Prompt }}\n{{- else }}[INST] {{ .Prompt }}{{ end }}"
)
PARAMETERS = 'num_ctx                        16384\nstop                           "<|im_end|>"'
LLAMA_TEMPLATE = "{{ if .System }}<|start_header_id|>system<|end_header_id|>{{ .System }}{{ end }}{{ .Prompt }}"


def shown(template: str, context: int = 32_768, parameters: str = "", **rest: Any) -> dict[str, Any]:
    information = {"general.architecture": "qwen2", "qwen2.context_length": context}
    return {"template": template, "parameters": parameters, "model_info": information, "details": {}, **rest}


class TestOllama:
    @pytest.mark.parametrize(
        ("model", "show", "family", "suffix", "window"),
        [
            ("qwen2.5-coder:1.5b", shown(QWEN_TEMPLATE), "qwen-coder", True, 4096),
            ("my-model:latest", shown(QWEN_TEMPLATE), "qwen-coder", True, 4096),
            ("codellama:7b", shown(CODESTRAL_TEMPLATE), "codestral", True, 4096),
            ("llama3.1:8b", shown(LLAMA_TEMPLATE, 131_072), "llama", False, 4096),
            ("qwen2.5-coder:1.5b", shown(LLAMA_TEMPLATE), "qwen-coder", False, 4096),
            (
                "qwen2.5-coder:1.5b",
                shown(QWEN_TEMPLATE, parameters=PARAMETERS),
                "qwen-coder",
                True,
                16_384,
            ),
            ("tiny", shown(LLAMA_TEMPLATE, 2048), "generic", False, 2048),
            ("new", shown("{{ .Prompt }}", capabilities=["completion", "insert"]), "generic", True, 4096),
            ("x", {}, "generic", False, 4096),
        ],
    )
    def test_the_template_tells_the_family_and_whether_it_takes_a_suffix(
        self, model: str, show: dict[str, Any], family: str, suffix: bool, window: int
    ) -> None:
        known = of_ollama(show, OLLAMA, model)
        assert (known.profile.family, known.profile.suffix, known.profile.window) == (family, suffix, window)
        assert known.fill == "ollama"

    def test_a_model_whose_template_has_no_tokens_keeps_those_of_its_name(self) -> None:
        fim = of_ollama(shown(LLAMA_TEMPLATE), OLLAMA, "qwen2.5-coder:1.5b").profile.fim
        assert fim is not None
        assert fim.prefix == "<|fim_prefix|>"

    def test_a_model_that_thinks_is_known_as_one(self) -> None:
        assert of_ollama(shown("", capabilities=["completion", "thinking"]), OLLAMA, "new").profile.reasoning

    def test_the_model_s_own_name_helps_where_the_user_s_says_nothing(self) -> None:
        show = shown("")
        show["model_info"]["general.basename"] = "Qwen2.5-Coder"
        assert of_ollama(show, OLLAMA, "mine:latest").profile.family == "qwen-coder"

    @pytest.mark.parametrize("show", [None, 5, "x", [], {"template": 5, "model_info": [], "capabilities": {}}])
    def test_nonsense_is_nothing_told(self, show: Any) -> None:
        assert of_ollama(show, OLLAMA, "qwen2.5-coder:7b").profile.family == "qwen-coder"


def props(alias: str = "model.gguf", window: int = 8192) -> dict[str, Any]:
    return {"default_generation_settings": {"n_ctx": window, "params": {}}, "model_alias": alias, "total_slots": 1}


def pieces(*tokens: str) -> dict[str, Any]:
    """What `/tokenize` makes of the tokens asked about: one piece of those it has, several of the others."""
    split = [part for token in PROBED_TOKENS for part in ([token] if token in tokens else list(token))]
    return {"tokens": [{"id": number, "piece": piece} for number, piece in enumerate(split)]}


QWEN = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|im_start|>")
STARCODER = ("<fim_prefix>", "<fim_suffix>", "<fim_middle>")
SEED_CODER = ("<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>")
DEEPSEEK = ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>")


class TestLlamaCpp:
    @pytest.mark.parametrize(
        ("alias", "tokens", "family", "fill"),
        [
            ("qwen2.5-coder-1.5b-q8_0.gguf", QWEN, "qwen-coder", "llamacpp_infill"),
            ("model.gguf", QWEN, "qwen-coder", "llamacpp_infill"),
            ("model.gguf", (*QWEN[:3], "<|file_separator|>"), "codegemma", "llamacpp_infill"),
            ("granite-4.0-h-micro.gguf", QWEN[:3], "granite4", "llamacpp_infill"),
            ("model.gguf", STARCODER, "starcoder", "llamacpp_infill"),
            ("model.gguf", (*STARCODER, "<file_sep>"), "starcoder2", "llamacpp_infill"),
            ("model.gguf", DEEPSEEK, "deepseek-coder", "llamacpp_infill"),
            ("model.gguf", ("\u2581<PRE>", "\u2581<SUF>", "\u2581<MID>"), "codellama", "llamacpp_infill"),
            # Families that want the suffix first, which /infill does not do by itself.
            ("Mellum-4b-base.gguf", STARCODER, "mellum", "openai_completions"),
            ("Seed-Coder-8B-Base.gguf", SEED_CODER, "seed-coder", "openai_completions"),
            # A name that promises what the vocabulary does not have.
            ("qwen2.5-coder-merged.gguf", (), "qwen-coder", "openai_completions"),
            ("SmolLM2-135M-Instruct.Q4_1", ("<|im_start|>", "<file_sep>"), "smollm", "openai_completions"),
        ],
    )  # fmt: skip
    def test_the_vocabulary_tells_the_family_and_how_to_ask_for_code(
        self, alias: str, tokens: tuple[str, ...], family: str, fill: str
    ) -> None:
        known = of_llamacpp(props(alias), pieces(*tokens), LLAMACPP, "whatever-the-user-says")
        assert (known.profile.family, known.fill, known.profile.window) == (family, fill, 8192)
        assert (known.profile.fim is not None) == bool(set(tokens) - {"<|im_start|>", "<file_sep>"})

    def test_the_file_s_name_counts_for_more_than_the_user_s(self) -> None:
        known = of_llamacpp(props("/models/codellama-7b.gguf"), pieces(), LLAMACPP, "gpt-4o")
        assert known.profile.family == "codellama"

    def test_where_the_user_has_chosen_the_dialect_it_stays(self) -> None:
        chosen = replace(LLAMACPP, better_fill=None)
        assert of_llamacpp(props(), pieces(*QWEN), chosen, "m").fill == "openai_completions"

    @pytest.mark.parametrize(
        "nonsense", [None, 5, [], {"default_generation_settings": 5, "tokens": {}}, {"tokens": [5]}]
    )
    def test_nonsense_is_nothing_told(self, nonsense: Any) -> None:
        known = of_llamacpp(nonsense, nonsense, LLAMACPP, "qwen2.5-coder")
        assert (known.profile.family, known.profile.fim, known.fill) == ("qwen-coder", None, "openai_completions")


@pytest.fixture
async def discovery() -> AsyncIterator[Discovery]:
    transport = HttpTransport()
    yield Discovery(transport)
    await transport.close()


class TestAsking:
    async def test_ollama_is_asked_once_for_each_model(self, discovery: Discovery) -> None:
        async with JsonServer({"POST /api/show": shown(QWEN_TEMPLATE)}) as server:
            endpoint = Endpoint(f"{server.root}/v1")
            learned = await asyncio.gather(*(discovery.learn(OLLAMA, endpoint, "a") for _ in range(10)))
            await discovery.learn(OLLAMA, endpoint, "b")
        assert all(known.profile.suffix for known in learned)
        assert [body for _, _, body in server.requests] == [{"model": "a"}, {"model": "b"}]

    async def test_llamacpp_is_asked_with_its_key(self, discovery: Discovery) -> None:
        answers = {"GET /props": props(), "POST /tokenize": pieces(*QWEN)}
        async with JsonServer(answers) as server:
            known = await discovery.learn(LLAMACPP, Endpoint(f"{server.root}/v1", "k-123"), "m")
        assert known.fill == "llamacpp_infill"
        assert {headers["authorization"] for _, headers, _ in server.requests} == {"Bearer k-123"}

    @pytest.mark.parametrize("answers", [{}, {"GET /props": 503, "POST /tokenize": 503}, {"GET /props": b"<html>"}])
    async def test_a_server_that_does_not_tell_leaves_it_to_the_name(
        self, discovery: Discovery, answers: dict[str, Any]
    ) -> None:
        async with JsonServer(answers) as server:
            known = await discovery.learn(LLAMACPP, Endpoint(f"{server.root}/v1"), "qwen2.5-coder")
        assert (known.profile.family, known.fill) == ("qwen-coder", "openai_completions")

    async def test_a_server_that_hangs_costs_two_seconds_at_most(self, discovery: Discovery) -> None:
        async with JsonServer(hangs=True) as server, asyncio.timeout(2):
            known = await discovery.learn(OLLAMA, Endpoint(f"{server.root}/v1"), "qwen2.5-coder")
        assert known.profile.family == "qwen-coder"

    async def test_whoever_loses_interest_does_not_stop_it(self, discovery: Discovery) -> None:
        async with JsonServer({"POST /api/show": shown(QWEN_TEMPLATE)}) as server:
            endpoint = Endpoint(f"{server.root}/v1")
            first = asyncio.create_task(discovery.learn(OLLAMA, endpoint, "a"))
            await asyncio.sleep(0)
            first.cancel()
            assert (await discovery.learn(OLLAMA, endpoint, "a")).profile.suffix
        assert len(server.requests) == 1

    async def test_a_server_that_was_still_loading_is_asked_again_later(
        self, discovery: Discovery, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("picode.assistant.routing.discovery._RETRY_SECONDS", 0.0)
        async with JsonServer({"POST /api/show": 503}) as server, asyncio.timeout(5):
            endpoint = Endpoint(f"{server.root}/v1")
            assert not (await discovery.learn(OLLAMA, endpoint, "a")).profile.suffix
            server.answers = {"POST /api/show": shown(QWEN_TEMPLATE)}
            while not (await discovery.learn(OLLAMA, endpoint, "a")).profile.suffix:
                await asyncio.sleep(0.005)

    async def test_after_forget_it_is_asked_again(self, discovery: Discovery) -> None:
        async with JsonServer({"POST /api/show": shown(QWEN_TEMPLATE)}) as server:
            for _ in range(2):
                await discovery.learn(OLLAMA, Endpoint(f"{server.root}/v1"), "a")
                discovery.forget()
        assert len(server.requests) == 2

    async def test_where_no_server_can_tell_none_is_asked(self, discovery: Discovery) -> None:
        async with JsonServer() as server:
            known = await discovery.learn(CATALOG["vllm"], Endpoint(f"{server.root}/v1"), "codellama:7b")
        assert (known.profile.family, server.requests) == ("codellama", [])


@pytest.mark.embedded
async def test_the_real_llamacpp_tells_what_the_embedded_model_is(discovery: Discovery, model: Path) -> None:
    embedded = EmbeddedModel(lambda: EmbeddedOptions(model_path=str(model)), lambda progress: None)
    try:
        endpoint = await embedded.endpoint()
        known: Known = await discovery.learn(CATALOG["embedded"], endpoint, "codellama")  # not what it is
    finally:
        await embedded.close()
    assert (known.profile.family, known.profile.fim, known.fill) == ("smollm", None, "openai_completions")
    assert known.profile.window == 2048
