"""Lists of models in the shapes that providers document, and in those they should not have."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from picode.core.errors import ServerFailure
from picode.providers.catalog import CATALOG, Listing, address, based
from picode.providers.listing import Offer, read_offers

# By provider: the URL, an answer from the page that the row's listing names, and what it offers.
DOCUMENTED: dict[str, tuple[str, str, list[Offer]]] = {
    "openai": (
        "https://api.openai.com/v1/models",
        """{"object": "list", "data": [
            {"id": "gpt-4.1", "object": "model", "created": 1686935002, "owned_by": "organization-owner"},
            {"id": "text-embedding-3-small", "object": "model", "created": 1705948997, "owned_by": "system"},
            {"id": "whisper-1", "object": "model", "created": 1677532384, "owned_by": "openai-internal"},
            {"id": "gpt-4o-mini-transcribe", "object": "model", "created": 1742068596, "owned_by": "system"},
            {"id": "omni-moderation-latest", "object": "model", "created": 1731689265, "owned_by": "system"},
            {"id": "dall-e-3", "object": "model", "created": 1698785189, "owned_by": "system"},
            {"id": "o4-mini", "object": "model", "created": 1686935002, "owned_by": "openai"}]}""",
        [Offer("gpt-4.1"), Offer("o4-mini")],
    ),
    "anthropic": (
        "https://api.anthropic.com/v1/models?limit=1000",
        """{"data": [{"id": "claude-opus-4-6", "created_at": "2026-02-04T00:00:00Z", "display_name": "Claude Opus 4.6",
            "type": "model"}], "first_id": "claude-opus-4-6", "has_more": false, "last_id": "claude-opus-4-6"}""",
        [Offer("claude-opus-4-6")],
    ),
    "gemini": (
        "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000",
        """{"models": [
            {"name": "models/gemini-2.5-flash-lite", "version": "001", "displayName": "Gemini 2.5 Flash-Lite",
             "inputTokenLimit": 1048576, "outputTokenLimit": 65536,
             "supportedGenerationMethods": ["generateContent", "countTokens"], "temperature": 1, "topP": 0.95},
            {"name": "models/embedding-001", "version": "001", "displayName": "Embedding 001", "inputTokenLimit": 2048,
             "outputTokenLimit": 1, "supportedGenerationMethods": ["embedContent"]},
            {"name": "models/aqa", "version": "001", "inputTokenLimit": 7168, "outputTokenLimit": 1024,
             "supportedGenerationMethods": ["generateAnswer"]}]}""",
        [Offer("gemini-2.5-flash-lite", 1_048_576)],
    ),
    "mistral": (
        "https://api.mistral.ai/v1/models",
        """{"object": "list", "data": [
            {"id": "codestral-latest", "object": "model", "created": 1711430400, "owned_by": "mistralai",
             "capabilities": {"completion_chat": true, "completion_fim": true, "function_calling": true,
             "fine_tuning": false, "vision": false}, "max_context_length": 256000, "aliases": ["codestral-2508"],
             "deprecation": null, "type": "base"},
            {"id": "mistral-ocr-latest", "object": "model", "capabilities": {"completion_chat": false,
             "completion_fim": false}, "max_context_length": 16384, "type": "base"}]}""",
        [Offer("codestral-latest", 256_000, tools=True, images=False)],
    ),
    "deepseek": (
        "https://api.deepseek.com/models",
        """{"object": "list", "data": [{"id": "deepseek-flash", "object": "model", "owned_by": "deepseek"},
            {"id": "deepseek-v4-pro", "object": "model", "owned_by": "deepseek"}]}""",
        [Offer("deepseek-flash"), Offer("deepseek-v4-pro")],
    ),
    "xai": (
        "https://api.x.ai/v1/models",
        """{"data": [{"id": "grok-4.3", "created": 1743724800, "object": "model", "owned_by": "xai"},
            {"id": "grok-imagine-image", "created": 1736726400, "object": "model", "owned_by": "xai"}], "object": "list"}""",
        [Offer("grok-4.3")],
    ),
    "cohere": (
        "https://api.cohere.com/v1/models?endpoint=chat&page_size=1000",
        """{"models": [{"name": "command-a-03-2025", "endpoints": ["generate", "chat", "summarize"], "finetuned": false,
            "context_length": 256000, "tokenizer_url": "https://example.com/tokenizer.json", "default_endpoints": []}],
            "next_page_token": ""}""",
        [Offer("command-a-03-2025", 256_000)],
    ),
    "openrouter": (
        "https://openrouter.ai/api/v1/models",
        """{"data": [
            {"id": "openai/gpt-4.1-mini", "name": "OpenAI: GPT-4.1 Mini", "created": 1741818122,
             "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"], "tokenizer": "GPT"},
             "context_length": 1047576, "pricing": {"prompt": "0.0000004", "completion": "0.0000016", "image": "0"},
             "supported_parameters": ["temperature"]},
            {"id": "some/painter", "architecture": {"output_modalities": ["image"]}, "context_length": 32768,
             "pricing": {"prompt": "0", "completion": "0"}},
            {"id": "openrouter/auto", "architecture": {"output_modalities": ["text"]}, "context_length": 2000000,
             "pricing": {"prompt": "-1", "completion": "-1"}}]}""",
        [
            Offer("openai/gpt-4.1-mini", 1_047_576, 0.4, 1.6, tools=False, images=True),
            Offer("openrouter/auto", 2_000_000),
        ],
    ),
    "groq": (
        "https://api.groq.com/openai/v1/models",
        """{"object": "list", "data": [
            {"id": "openai/gpt-oss-20b", "object": "model", "created": 1693721698, "owned_by": "OpenAI", "active": true,
             "context_window": 131072, "public_apps": null},
            {"id": "whisper-large-v3", "object": "model", "created": 1693721698, "owned_by": "OpenAI", "active": true,
             "context_window": 448, "public_apps": null},
            {"id": "gone", "object": "model", "active": false, "context_window": 8192}]}""",
        [Offer("openai/gpt-oss-20b", 131_072)],
    ),
    "together": (
        "https://api.together.xyz/v1/models",
        """[{"id": "Austism/chronos-hermes-13b", "object": "model", "created": 1692896905, "type": "chat",
            "display_name": "Chronos Hermes (13B)", "organization": "Austism", "link": "<string>", "license": "other",
            "context_length": 2048, "pricing": {"hourly": 0, "input": 0.3, "output": 0.3, "base": 0, "finetune": 0}},
            {"id": "black-forest/flux", "object": "model", "type": "image"}]""",
        [Offer("Austism/chronos-hermes-13b", 2048, 0.3, 0.3)],
    ),
    "huggingface": (
        "https://router.huggingface.co/v1/models",
        """{"object": "list", "data": [{"id": "openai/gpt-oss-20b", "object": "model", "created": 1754350000,
            "owned_by": "openai", "providers": [{"provider": "groq", "status": "live", "context_length": 131072}]}]}""",
        [Offer("openai/gpt-oss-20b")],
    ),
    "github": (
        "https://models.github.ai/catalog/models",
        """[{"id": "openai/gpt-4.1", "name": "OpenAI GPT-4.1", "publisher": "OpenAI", "registry": "azure-openai",
            "version": "2025-04-14", "capabilities": ["streaming", "tool-calling"],
            "limits": {"max_input_tokens": 1048576, "max_output_tokens": 32768}, "rate_limit_tier": "high",
            "supported_input_modalities": ["text", "image", "audio"], "supported_output_modalities": ["text"],
            "tags": ["multipurpose"]},
            {"id": "openai/text-embedding-3-large", "supported_output_modalities": ["embeddings"]}]""",
        [Offer("openai/gpt-4.1", 1_048_576, tools=True, images=True)],
    ),
    "ollama": (
        "http://127.0.0.1:11434/api/tags",
        """{"models": [{"name": "codellama:13b", "modified_at": "2023-11-04T14:56:49.277302595-07:00", "size": 7365960935,
            "digest": "9f438cb9cd581fc025612d27f7c1a6669ff83a8bb0ed86c94fcf4c5440555697",
            "details": {"format": "gguf", "family": "llama", "families": null, "parameter_size": "13B",
            "quantization_level": "Q4_0"}}, {"name": "nomic-embed-text:latest", "size": 1}]}""",
        [Offer("codellama:13b")],
    ),
    "llamacpp": (
        "http://127.0.0.1:8080/v1/models",
        """{"object": "list", "data": [{"id": "../models/Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf", "object": "model",
            "created": 1735142223, "owned_by": "llamacpp", "meta": {"vocab_type": 2, "n_vocab": 128256,
            "n_ctx_train": 131072, "n_embd": 4096, "n_params": 8030261312, "size": 4912898304}}]}""",
        [Offer("../models/Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf")],
    ),
    "lmstudio": (
        "http://127.0.0.1:1234/v1/models",
        """{"data": [{"id": "qwen2.5-coder-7b-instruct", "object": "model", "owned_by": "organization_owner"},
            {"id": "text-embedding-nomic-embed-text-v1.5", "object": "model", "owned_by": "organization_owner"}],
            "object": "list"}""",
        [Offer("qwen2.5-coder-7b-instruct")],
    ),
    "vllm": (
        "http://127.0.0.1:8000/v1/models",
        """{"object": "list", "data": [{"id": "Qwen/Qwen2.5-Coder-7B", "object": "model", "created": 1720000000,
            "owned_by": "vllm", "root": "Qwen/Qwen2.5-Coder-7B", "parent": null, "max_model_len": 32768,
            "permission": [{"id": "modelperm-1", "object": "model_permission"}]}]}""",
        [Offer("Qwen/Qwen2.5-Coder-7B", 32_768)],
    ),
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_documented_list_is_read(name: str) -> None:
    row = CATALOG[name]
    url, answer, offers = DOCUMENTED[name]
    assert address(row, based(row.base_url, row.listing.at), row.listing.path) == url
    assert read_offers(row.listing, json.loads(answer), row.title) == offers


def test_every_row_whose_list_is_not_like_openai_s_has_a_documented_list_here() -> None:
    plain = Listing()
    own = {
        name
        for name, row in CATALOG.items()
        if row.listing.path and replace(row.listing, documentation="", window="") != plain
    }
    assert own <= set(DOCUMENTED)


@pytest.mark.parametrize(
    "answer", [None, 5, "models", [], {}, {"data": None}, {"data": {}}, {"error": {"message": "no"}}, {"data": "x"}]
)
def test_what_is_no_list_is_a_failure_that_names_the_provider(answer: Any) -> None:
    with pytest.raises(ServerFailure, match="Example"):
        read_offers(Listing(), answer, "Example")


def test_items_that_are_none_are_left_out_and_doubles_counted_once() -> None:
    rows = [None, 5, "x", [], {}, {"id": None}, {"id": 7}, {"id": ""}, {"id": "a\nb"}, {"id": "x" * 301}]
    good = [{"id": "m", "max_model_len": "many"}, {"id": "m"}, {"id": "n", "max_model_len": 4096}]
    listing = Listing(window="max_model_len")
    assert read_offers(listing, {"data": [*rows, *good]}, "Example") == [Offer("m"), Offer("n", 4096)]


def test_a_list_without_end_is_cut() -> None:
    rows = [{"id": f"m{number}"} for number in range(20_000)]
    assert len(read_offers(Listing(), {"data": rows}, "Example")) == 5000


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ("0.000001", 1.0),
        (0.000002, 2.0),
        ("0", 0.0),
        ("-1", None),
        ("free", None),
        (None, None),
        (True, None),
        ("nan", None),
    ],
)
def test_prices_are_for_a_million_tokens(price: Any, expected: float | None) -> None:
    listing = Listing(input_price="pricing.prompt")
    (offer,) = read_offers(listing, {"data": [{"id": "m", "pricing": {"prompt": price}}]}, "Example")
    assert offer.input_price == expected
