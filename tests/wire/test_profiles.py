"""Model families: recognised by name, and their fill-in-the-middle prompts, byte for byte."""

from __future__ import annotations

import re

import pytest

from picode.core.messages import Fill, Snippet
from picode.providers.profiles import GENERIC, profile_of

FILL = Fill("P", "S", "src/a.py", "python")
FILES = Fill("P", "S", "src/a.py", "python", (Snippet("b.py", "B\n"), Snippet("c.py", "C")))

# family by a model's name, prompt alone, prompt with two other files
TEMPLATES: dict[str, tuple[str, str]] = {
    "qwen2.5-coder:1.5b": (
        "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
        "<|repo_name|>workspace\n<|file_sep|>b.py\nB\n<|file_sep|>c.py\nC\n<|file_sep|>src/a.py\n"
        "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
    ),
    "starcoderbase-1b": (
        "<fim_prefix>P<fim_suffix>S<fim_middle>",
        "<fim_prefix>P<fim_suffix>S<fim_middle>",
    ),
    "bigcode/starcoder2-7b": (
        "<fim_prefix>P<fim_suffix>S<fim_middle>",
        "<file_sep>b.py\nB\n<file_sep>c.py\nC\n<file_sep><fim_prefix>src/a.py\nP<fim_suffix>S<fim_middle>",
    ),
    "stable-code-3b": ("<fim_prefix>P<fim_suffix>S<fim_middle>", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
    "codeqwen1.5-7b": ("<fim_prefix>P<fim_suffix>S<fim_middle>", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
    "santacoder": ("<fim-prefix>P<fim-suffix>S<fim-middle>", "<fim-prefix>P<fim-suffix>S<fim-middle>"),
    "codellama:7b-code": ("<PRE> P <SUF>S <MID>", "<PRE> P <SUF>S <MID>"),
    "deepseek-coder:6.7b": (
        "<\uff5cfim\u2581begin\uff5c>P<\uff5cfim\u2581hole\uff5c>S<\uff5cfim\u2581end\uff5c>",
        "<\uff5cfim\u2581begin\uff5c>P<\uff5cfim\u2581hole\uff5c>S<\uff5cfim\u2581end\uff5c>",
    ),
    "codestral:22b": (
        "[SUFFIX]S[PREFIX]P",
        "[SUFFIX]S[PREFIX]+++++ b.py\nB\n\n+++++ c.py\nC\n\n+++++ src/a.py\nP",
    ),
    "codegemma:2b": (
        "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
        "<|file_separator|>b.py\nB\n<|file_separator|>c.py\nC\n<|file_separator|>src/a.py\n"
        "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
    ),
    "granite-code:3b": ("<fim_prefix>P<fim_suffix>S<fim_middle>", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
    "granite-3.3-8b-base": ("<fim_prefix>P<fim_suffix>S<fim_middle>", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
    "granite-4.0-h-micro": (
        "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
        "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
    ),
    "Seed-Coder-8B-Base": (
        "<[fim-suffix]>S<[fim-prefix]>P<[fim-middle]>",
        "<[fim-suffix]>S<[fim-prefix]>P<[fim-middle]>",
    ),
    "JetBrains/Mellum-4b-base": (
        "<filename>src/a.py\n<fim_suffix>S<fim_prefix>P<fim_middle>",
        "<filename>b.py\nB\n<filename>c.py\nC\n<filename>src/a.py\n<fim_suffix>S<fim_prefix>P<fim_middle>",
    ),
    "codegeex4-all-9b": (
        "<|user|>\n###PATH:src/a.py\n###LANGUAGE:python\n###MODE:BLOCK\n"
        "<|code_suffix|>S<|code_prefix|>P<|code_middle|><|assistant|>\n",
        "<|user|>\n###REFERENCE:\n###PATH:b.py\nB\n###REFERENCE:\n###PATH:c.py\nC\n"
        "###PATH:src/a.py\n###LANGUAGE:python\n###MODE:BLOCK\n"
        "<|code_suffix|>S<|code_prefix|>P<|code_middle|><|assistant|>\n",
    ),
    "zai-org/GLM-4.5-Air": (
        "<|code_prefix|>P<|code_suffix|>S<|code_middle|>",
        "<|code_prefix|>P<|code_suffix|>S<|code_middle|>",
    ),
}


@pytest.mark.parametrize(("model", "prompts"), TEMPLATES.items(), ids=TEMPLATES.keys())
def test_a_prompt_is_that_of_the_family_byte_for_byte(model: str, prompts: tuple[str, str]) -> None:
    template = profile_of(model).fim
    assert template is not None
    assert (template.render(FILL), template.render(FILES)) == prompts


@pytest.mark.parametrize("model", TEMPLATES)
def test_every_token_of_a_template_is_a_stop(model: str) -> None:
    """A server that doesn't take its tokens for special writes them out."""
    profile = profile_of(model)
    assert profile.fim is not None
    tokens = re.findall(r"<\|?[^<>\n]+?\|?>|\[[A-Z]+\]", profile.fim.render(Fill("", "", "p")))
    assert len(tokens) >= 2
    assert set(tokens) <= set(profile.stops)


@pytest.mark.parametrize("model", TEMPLATES)
def test_no_stop_is_ordinary_code(model: str) -> None:
    """Lists elsewhere hold `//` for DeepSeek, which ends every URL, and `t.` for StarCoder 2, which ends `list.append`."""
    for stop in profile_of(model).stops:
        assert stop == "\n+++++ " or re.fullmatch(r"<.{2,}>|\[[A-Z]+\]", stop), stop


FAMILIES = {
    "Qwen/Qwen2.5-Coder-7B-Instruct-GGUF": "qwen-coder",
    "/models/qwen2.5-coder-1.5b-q4_k_m.gguf": "qwen-coder",
    "hf.co/unsloth/Qwen3-Coder-30B-A3B-Instruct": "qwen-coder",
    "accounts/fireworks/models/qwen3-coder-480b-a35b": "qwen-coder",
    "CodeQwen1.5-7B": "codeqwen",
    "qwen3:8b": "qwen",
    "deepseek-coder-v2:16b": "deepseek-coder",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B": "deepseek-reasoner",
    "deepseek-chat": "deepseek",
    "codestral-latest": "codestral",
    "mamba-codestral-7B": "codestral-mamba",
    "gpt-4.1-mini": "gpt-4.1",
    "openai/gpt-4o-2024-08-06": "gpt-4o",
    "gpt-3.5-turbo-instruct": "gpt-instruct",
    "gpt-5-chat-latest": "gpt-5-chat",
    "o3-mini": "o-series",
    "openai/o4-mini": "o-series",
    "gpt-oss:20b": "gpt-oss",
    "anthropic/claude-3.7-sonnet": "claude",
    "models/gemini-2.5-flash": "gemini",
    "gemma3n:e4b": "gemma",
    "Llama-3.3-70B-Instruct": "llama",
    "mistralai/Mistral-7B-Instruct-v0.3": "mistral",
    "grok-code-fast-1": "grok",
    "command-r-plus-08-2024": "command",
    "sonar-pro": "sonar",
    "SmolLM2-135M-Instruct.Q4_1.gguf": "smollm",
    "foo1-mini": "generic",
    "my-own-model": "generic",
    "": "generic",
}


@pytest.mark.parametrize(("model", "family"), FAMILIES.items())
def test_a_family_is_recognised_in_any_providers_spelling(model: str, family: str) -> None:
    assert profile_of(model).family == family


def test_an_unknown_model_is_not_guessed_to_fill_in() -> None:
    assert profile_of("my-own-model") is GENERIC
    assert GENERIC.fim is None


def test_the_embedded_model_completes_from_the_prefix_in_a_small_window() -> None:
    profile = profile_of("SmolLM2-135M-Instruct")
    assert (profile.fim, profile.window) == (None, 2048)


@pytest.mark.parametrize("model", ["codellama:34b-code", "codellama-70b", "CodeLlama-7b-Python-hf"])
def test_code_llamas_that_never_learnt_to_fill_in_are_not_asked_to(model: str) -> None:
    assert profile_of(model).fim is None


# https://docs.claude.com/en/docs/about-claude/models: prefill ends with 4.6, temperature with 4.7
CLAUDES = {
    "claude-3-5-haiku-latest": (True, True),
    "claude-3-opus-20240229": (True, True),
    "claude-2.1": (True, True),
    "claude-instant-1.2": (True, True),
    "claude-opus-4-20250514": (True, True),
    "claude-sonnet-4@20250514": (True, True),
    "claude-opus-4-1-20250805": (True, True),
    "claude-sonnet-4-5": (True, True),
    "claude-haiku-4-5-20251001": (True, True),
    "anthropic/claude-sonnet-4.5": (True, True),
    "claude-opus-4-6": (False, True),
    "claude-sonnet-4.6": (False, True),
    "claude-opus-4-7": (False, False),
    "claude-opus-4-10": (False, False),
    "claude-sonnet-5": (False, False),
}


@pytest.mark.parametrize(("model", "manners"), CLAUDES.items())
def test_prefill_and_temperature_go_only_to_claudes_that_take_them(model: str, manners: tuple[bool, bool]) -> None:
    profile = profile_of(model)
    assert (profile.family, profile.prefill, profile.sampling) == ("claude", *manners)


EFFORTS = {
    "gpt-5": "minimal",
    "gpt-5-mini": "minimal",
    "gpt-5-codex": "low",
    "gpt-5.1": "none",
    "gpt-5.1-codex": "low",
    "gpt-5-pro": "",
    "o4-mini": "low",
    "o1-mini": "",
    "gemini-2.5-flash": "0",
    "gemini-2.5-pro": "128",
    "gemini-3-pro-preview": "low",
}


@pytest.mark.parametrize(("model", "effort"), EFFORTS.items())
def test_the_least_effort_is_a_value_that_the_model_knows(model: str, effort: str) -> None:
    assert profile_of(model).least_effort == effort
    assert profile_of(model).reasoning


def test_an_endless_name_costs_nothing() -> None:
    assert profile_of("x" * 1_000_000) is GENERIC
