"""What models do beside text: by their names, as lists tell, and as servers tell."""

from __future__ import annotations

from typing import Any

import pytest

from picode.assistant.routing.discovery import of_llamacpp, of_ollama
from picode.providers.abilities import Abilities, abilities_of
from picode.providers.catalog import CATALOG
from picode.providers.listing import read_offers

BY_NAME = {
    # model: calls tools, looks at images
    "gpt-4o": (True, True),
    "gpt-4.1-mini": (True, True),
    "gpt-4": (True, False),
    "gpt-4-turbo-2024-04-09": (True, True),
    "gpt-5.2-codex": (True, True),
    "gpt-3.5-turbo": (True, False),
    "gpt-3.5-turbo-instruct": (False, False),
    "openai/gpt-oss-120b": (True, False),
    "o1": (True, True),
    "o1-mini": (False, False),
    "o3": (True, True),
    "o3-mini": (True, False),
    "o4-mini": (True, True),
    "claude-3-5-haiku-20241022": (True, False),
    "claude-sonnet-4-5": (True, True),
    "anthropic/claude-opus-4.6": (True, True),
    "claude-2.1": (False, False),
    "gemini-2.5-flash-lite": (True, True),
    "gemma3:4b": (False, True),
    "gemma3:1b": (False, False),
    "gemma-2-9b-it": (False, False),
    "mistral-large-latest": (True, True),
    "mistral-large-2411": (True, False),
    "mistral-small-3.2": (True, True),
    "codestral-latest": (True, False),
    "devstral-small": (True, False),
    "pixtral-12b": (True, True),
    "grok-4.3": (True, True),
    "grok-code-fast-1": (True, False),
    "deepseek-chat": (True, False),
    "deepseek-coder:6.7b": (False, False),
    "deepseek-coder-v2": (True, False),
    "qwen3-coder:30b": (True, False),
    "Qwen/Qwen2.5-VL-7B-Instruct": (True, True),
    "qwen3-vl-235b": (True, True),
    "llama3.1:8b": (True, False),
    "llama3.2-vision": (True, True),
    "meta-llama/Llama-4-Scout": (True, True),
    "llama2:7b": (False, False),
    "codellama:13b": (False, False),
    "llava:7b": (False, True),
    "phi4": (False, False),
    "phi4-mini": (True, False),
    "kimi-k2": (True, False),
    "kimi-k2.5": (True, True),
    "glm-4.6": (True, False),
    "glm-4.6v": (True, True),
    "sonar-pro": (False, False),
    "command-a-03-2025": (True, False),
    "command-a-vision": (True, True),
    "SmolLM2-135M-Instruct": (False, False),
    "my-own-model": (True, False),
}


@pytest.mark.parametrize("model", BY_NAME)
def test_by_its_name(model: str) -> None:
    found = abilities_of(model)
    assert (found.tools, found.images) == BY_NAME[model]


LISTED: list[tuple[str, dict[str, Any], bool | None, bool | None]] = [
    # provider, what its list says of a model: tools, images
    ("openrouter", {"supported_parameters": ["tools", "top_p"]}, True, None),
    ("openrouter", {"supported_parameters": ["top_p"], "architecture": {"input_modalities": ["text"]}}, False, False),
    ("mistral", {"capabilities": {"function_calling": False, "vision": True}}, False, True),
    ("github", {"capabilities": ["streaming"], "supported_input_modalities": ["text", "image"]}, False, True),
    ("openai", {"capabilities": {"vision": True}}, None, None),
    ("mistral", {"capabilities": "all"}, None, None),
]


@pytest.mark.parametrize(("provider", "row", "tools", "images"), LISTED)
def test_as_a_list_tells(provider: str, row: dict[str, Any], tools: bool | None, images: bool | None) -> None:
    listing = CATALOG[provider].listing
    body = {"id": "m", **row}
    (offer,) = read_offers(listing, [body] if listing.rows == "" else {listing.rows: [body]}, "P")
    assert (offer.tools, offer.images) == (tools, images)


@pytest.mark.parametrize(
    ("capabilities", "found"),
    [
        (["completion", "tools", "vision"], Abilities(tools=True, images=True)),
        (["completion"], Abilities(tools=False, images=False)),
        ([], Abilities(tools=True, images=True)),
    ],
    ids=["both", "neither", "an old server"],
)
def test_as_ollama_tells(capabilities: list[str], found: Abilities) -> None:
    shown = {"capabilities": capabilities, "template": "{{ .Prompt }}"}
    assert of_ollama(shown, CATALOG["ollama"], "llama4:scout").abilities == found


@pytest.mark.parametrize(
    ("props", "images"),
    [({"modalities": {"vision": True}}, True), ({"modalities": {"vision": False}}, False), ({}, True)],
    ids=["a projector", "none", "an old server"],
)
def test_as_llama_cpp_tells(props: dict[str, Any], images: bool) -> None:
    known = of_llamacpp({"model_path": "/models/qwen3-vl-4b.gguf", **props}, {}, CATALOG["llamacpp"], "any")
    assert known.abilities == Abilities(tools=True, images=images)
