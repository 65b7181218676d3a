"""What each model family can do, recognised by the model's name: fill-in-the-middle tokens, stops, window, manners.

Templates and stops are those of the families' papers, model cards and tokenizer files (named at each); the order of
tokens matters as much as the tokens. Windows are what the vendor promises, or less: a prompt that is too long is an
error, one that is a little short is not. A name is only a hint, so what a server tells about its model goes before it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from picode.core.fim import FimTemplate
from picode.wire.dialect import Profile
from picode.wire.repository import RepositoryTemplate

# --------------------------------------------------------------------------------------- fill-in-the-middle

# https://arxiv.org/abs/2409.12186 (Qwen2.5-Coder), figures 2 and 3
_QWEN = FimTemplate(
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    file_separator="<|file_sep|>{path}\n",
    repository="<|repo_name|>workspace\n",
)
_QWEN_STOPS = (
    "<|endoftext|>",
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<|file_sep|>",
    "<|repo_name|>",
    "<|im_start|>",
    "<|im_end|>",
)

# https://arxiv.org/abs/2305.06161 (StarCoder), §5.1; Stable Code and CodeQwen1.5 took over the tokens
_STARCODER = FimTemplate("<fim_prefix>", "<fim_suffix>", "<fim_middle>")
_STARCODER_STOPS = ("<|endoftext|>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<file_sep>")

# https://arxiv.org/abs/2402.19173 (StarCoder 2), §5.2: the path stands within the prefix
_STARCODER2 = RepositoryTemplate(
    "<fim_prefix>",
    "<fim_suffix>",
    "<fim_middle>",
    file_separator="<file_sep>{path}\n",
    outer_head="<file_sep>",
    inner_head="{path}\n",
)

# https://huggingface.co/bigcode/santacoder: hyphens
_SANTACODER = FimTemplate("<fim-prefix>", "<fim-suffix>", "<fim-middle>")
_SANTACODER_STOPS = ("<|endoftext|>", "<fim-prefix>", "<fim-suffix>", "<fim-middle>")

# https://arxiv.org/abs/2308.12950 (Code Llama), §2.3; the spaces are those of its reference implementation
_CODELLAMA = FimTemplate("<PRE> ", " <SUF>", " <MID>")

# https://arxiv.org/abs/2401.14196 (DeepSeek-Coder), §3.1.2. The bars are U+FF5C, the underscores U+2581.
_DEEPSEEK = FimTemplate("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>")
_DEEPSEEK_STOPS = ("<｜end▁of▁sentence｜>", "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>")

# https://github.com/mistralai/mistral-common (encode_fim): suffix, prefix, no token for the middle
_CODESTRAL = RepositoryTemplate(
    "[PREFIX]",
    "[SUFFIX]",
    "",
    suffix_first=True,
    file_separator="+++++ {path}\n",
    file_end="\n\n",
    inner_head="+++++ {path}\n",
    files_inside=True,
)

# https://huggingface.co/google/codegemma-2b: Qwen's spelling, its own file separator, no whitespace anywhere
_CODEGEMMA = FimTemplate(
    "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", file_separator="<|file_separator|>{path}\n"
)

# https://arxiv.org/abs/2405.04324 (Granite code); the tokenizer spells its repository token <reponame>
_GRANITE = FimTemplate("<fim_prefix>", "<fim_suffix>", "<fim_middle>")
# https://huggingface.co/ibm-granite/granite-4.0-h-micro: Qwen's spelling from the fourth generation on
_GRANITE4 = FimTemplate("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")

# https://arxiv.org/abs/2506.03524 (Seed-Coder), §3.2: suffix, prefix, middle
_SEEDCODER = FimTemplate("<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>", suffix_first=True)

# https://huggingface.co/JetBrains/Mellum-4b-base: suffix, prefix, middle, each file under its name
_MELLUM = RepositoryTemplate(
    "<fim_prefix>",
    "<fim_suffix>",
    "<fim_middle>",
    suffix_first=True,
    file_separator="<filename>{path}\n",
    outer_head="<filename>{path}\n",
    always_headed=True,
)

# https://github.com/zai-org/CodeGeeX4 (guides/Infilling_guideline.md)
_CODEGEEX4 = RepositoryTemplate(
    "<|code_prefix|>",
    "<|code_suffix|>",
    "<|code_middle|><|assistant|>\n",
    suffix_first=True,
    repository="<|user|>\n",
    file_separator="###REFERENCE:\n###PATH:{path}\n",
    outer_head="###PATH:{path}\n###LANGUAGE:{language}\n###MODE:BLOCK\n",
    always_headed=True,
)

# The tokens are in the tokenizer of GLM-4.5; no order is published, this one is what llama.cpp's /infill sends.
_GLM = FimTemplate("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>")
_GLM_STOPS = ("<|endoftext|>", "<|user|>", "<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>")

# --------------------------------------------------------------------------------------------------- models

_OPENAI_REASONING: MappingProxyType[str, Any] = MappingProxyType(
    {"reasoning": True, "sampling": False, "limit_name": "max_completion_tokens"}
)
"""https://platform.openai.com/docs/guides/reasoning: neither temperature nor stop, and the limit has another name."""

GENERIC = Profile("generic")
"""For a model that nothing is known of: no fill-in-the-middle, and a window that the smallest servers have."""

# The first pattern found anywhere in the name (lower case, "_" and " " as "-") wins: the special before the general.
_ROWS: tuple[tuple[str, Profile], ...] = (
    # Code models with fill-in-the-middle.
    (r"codeqwen", Profile("codeqwen", 65_536, _STARCODER, _STARCODER_STOPS)),
    (r"qwen-?2[.p]?5-?coder", Profile("qwen-coder", 32_768, _QWEN, _QWEN_STOPS)),
    (r"qwen-?3-?coder|qwen-?coder", Profile("qwen-coder", 131_072, _QWEN, _QWEN_STOPS)),
    # Some clients stop it at "t." and "\nt", which it likes to add at the end of a file; so does much good code.
    (r"starcoder-?2", Profile("starcoder2", 16_384, _STARCODER2, _STARCODER_STOPS, chat=False)),
    (r"starcoder|starcoderbase|refact-1", Profile("starcoder", 8192, _STARCODER, _STARCODER_STOPS, chat=False)),
    (r"stable-?code", Profile("stable-code", 16_384, _STARCODER, _STARCODER_STOPS)),
    (r"santacoder", Profile("santacoder", 2048, _SANTACODER, _SANTACODER_STOPS, chat=False)),
    # Filling in was taught to 7B and 13B only, and not to the Python variants; a bare name is the 7B one.
    (r"code-?llama.*(?:34b|70b|python)", Profile("codellama", 16_384)),
    (r"code-?llama", Profile("codellama", 16_384, _CODELLAMA, ("<EOT>", "<PRE>", "<SUF>", "<MID>"))),
    (r"deepseek-?coder-?v2", Profile("deepseek-coder", 131_072, _DEEPSEEK, _DEEPSEEK_STOPS)),
    (r"deepseek-?coder", Profile("deepseek-coder", 16_384, _DEEPSEEK, _DEEPSEEK_STOPS)),
    (r"codestral-mamba|mamba-codestral", Profile("codestral-mamba", 32_768)),
    (r"codestral", Profile("codestral", 32_768, _CODESTRAL, ("[PREFIX]", "[SUFFIX]", "\n+++++ "), prefill=True)),
    (
        r"codegemma",
        Profile(
            "codegemma",
            8192,
            _CODEGEMMA,
            (
                "<|file_separator|>",
                "<|fim_prefix|>",
                "<|fim_suffix|>",
                "<|fim_middle|>",
                "<end_of_turn>",
                "<eos>",
            ),
            system_prompt=False,
        ),
    ),
    (
        r"granite-?4",
        Profile(
            "granite4",
            131_072,
            _GRANITE4,
            ("<|end_of_text|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>"),
        ),
    ),
    (
        r"granite-?3",
        Profile("granite", 131_072, _GRANITE, ("<|end_of_text|>", "<|endoftext|>", *_STARCODER_STOPS[1:4])),
    ),
    (r"granite.*code", Profile("granite", 8192, _GRANITE, ("<|endoftext|>", *_STARCODER_STOPS[1:4]))),
    (
        r"seed-?coder",
        Profile(
            "seed-coder",
            32_768,
            _SEEDCODER,
            ("<[end▁of▁sentence]>", "<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>"),
        ),
    ),
    (
        r"mellum",
        Profile(
            "mellum",
            8192,
            _MELLUM,
            ("<|endoftext|>", "<filename>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
            chat=False,
        ),
    ),
    (r"codegeex-?4", Profile("codegeex4", 131_072, _CODEGEEX4, (*_GLM_STOPS, "<|assistant|>"))),
    (r"glm-4\.[5-9]", Profile("glm", 131_072, _GLM, _GLM_STOPS, reasoning=True)),
    # DeepSeek. Its API fills in with `suffix` (https://api-docs.deepseek.com/guides/fim_completion).
    (r"deepseek.*(?:r1|reasoner)", Profile("deepseek-reasoner", 65_536, reasoning=True)),
    (r"deepseek-chat", Profile("deepseek", 65_536, suffix=True)),
    (r"deepseek-?v3", Profile("deepseek", 65_536, _DEEPSEEK, _DEEPSEEK_STOPS)),
    # OpenAI (https://platform.openai.com/docs/models).
    (r"gpt-3\.5-turbo-instruct", Profile("gpt-instruct", 4096, suffix=True, chat=False)),
    (r"gpt-3\.5", Profile("gpt-3.5", 16_385)),
    (r"gpt-4\.1", Profile("gpt-4.1", 1_047_576)),
    (r"gpt-4o|gpt-4-turbo|chatgpt-4o", Profile("gpt-4o", 128_000)),
    (r"gpt-4", Profile("gpt-4", 8192)),
    (r"gpt-5(?:\.\d+)?-chat", Profile("gpt-5-chat", 128_000, limit_name="max_completion_tokens")),
    (r"gpt-5(?:\.\d+)?-pro", Profile("gpt-5", 400_000, **_OPENAI_REASONING)),
    (r"gpt-5(?:\.\d+)?-codex", Profile("gpt-5", 400_000, least_effort="low", **_OPENAI_REASONING)),
    (r"gpt-5\.\d", Profile("gpt-5", 400_000, least_effort="none", **_OPENAI_REASONING)),
    (r"gpt-5", Profile("gpt-5", 400_000, least_effort="minimal", **_OPENAI_REASONING)),
    (r"gpt-6", Profile("gpt-6", 1_050_000, least_effort="none", **_OPENAI_REASONING)),
    (r"gpt-oss", Profile("gpt-oss", 131_072, reasoning=True, least_effort="low")),
    (r"\bo1-(?:mini|preview)", Profile("o1-mini", 128_000, system_prompt=False, **_OPENAI_REASONING)),
    (r"\bo[134](?:-|$)", Profile("o-series", 200_000, least_effort="low", **_OPENAI_REASONING)),
    # Anthropic (https://docs.claude.com/en/docs/about-claude/models): no prefill from 4.6 on, no temperature from 4.7 on.
    (r"claude.*[^\d](?:2|instant)(?:[^\d]|$)", Profile("claude", 100_000, prefill=True)),
    (r"claude-3|claude-(?:opus|sonnet|haiku)-4(?:-[0-5](?!\d)|-\d{6,}|@|$)", Profile("claude", 200_000, prefill=True)),
    (r"claude-(?:opus|sonnet|haiku)-4[.-]6", Profile("claude", 200_000, least_effort="low")),
    (r"claude-(?:opus|sonnet|haiku)-4\.[0-5]", Profile("claude", 200_000, prefill=True)),
    (r"claude", Profile("claude", 200_000, sampling=False, least_effort="low")),
    # Google (https://ai.google.dev/gemini-api/docs/models, /thinking). A number is a budget of thinking tokens.
    (r"gemini-2\.5-pro", Profile("gemini", 1_048_576, reasoning=True, least_effort="128")),
    (r"gemini-2\.5", Profile("gemini", 1_048_576, reasoning=True, least_effort="0")),
    (r"gemini-[3-9]", Profile("gemini", 1_048_576, reasoning=True, least_effort="low")),
    (r"gemini", Profile("gemini", 1_048_576)),
    (r"gemma-?(?:3|n)", Profile("gemma", 32_768, system_prompt=False)),
    (r"gemma", Profile("gemma", 8192, system_prompt=False)),
    # Mistral (https://docs.mistral.ai/getting-started/models).
    (r"magistral", Profile("mistral", 40_960, reasoning=True)),
    (r"mistral-(?:large|medium)|devstral|ministral|pixtral", Profile("mistral", 131_072, prefill=True)),
    (r"mistral|mixtral", Profile("mistral", 32_768, prefill=True)),
    # The rest, by vendor.
    (r"qwq|qwen-?3", Profile("qwen", 32_768, reasoning=True)),
    (r"qwen", Profile("qwen", 32_768)),
    (r"llama-?(?:3\.[1-3]|4)", Profile("llama", 131_072)),
    (r"llama-?3", Profile("llama", 8192)),
    (r"llama-?2", Profile("llama", 4096)),
    (r"grok-code", Profile("grok", 256_000, sampling=False, reasoning=True)),
    (r"grok-3-mini", Profile("grok", 131_072, sampling=False, reasoning=True, least_effort="low")),
    (r"grok.*non-reasoning", Profile("grok", 256_000)),
    (r"grok-[4-9]", Profile("grok", 256_000, sampling=False, reasoning=True)),
    (r"grok", Profile("grok", 131_072)),
    (r"command-a", Profile("command", 256_000)),
    (r"command-r|command", Profile("command", 128_000)),
    (r"sonar.*reasoning", Profile("sonar", 127_000, reasoning=True)),
    (r"sonar", Profile("sonar", 127_000)),
    (r"kimi-k2", Profile("kimi", 131_072)),
    (r"phi-?4", Profile("phi", 16_384)),
    (r"phi-?3\.5", Profile("phi", 131_072)),
    (r"phi-?3", Profile("phi", 4096)),
    (r"smollm-?3", Profile("smollm", 65_536, reasoning=True)),
    (r"smollm-?2(?!.*(?:135m|360m))", Profile("smollm", 8192)),
    (r"smollm", Profile("smollm", 2048)),
)


def templates() -> tuple[FimTemplate, ...]:
    """The fill-in-the-middle templates of all families, each once, in the order of the families."""
    return tuple(dict.fromkeys(profile.fim for _, profile in _ROWS if profile.fim is not None))


@lru_cache(maxsize=256)
def profile_of(model: str) -> Profile:
    """The profile of the family that `model` belongs to by its name; `GENERIC` where the name tells nothing.

    The name may be a provider's ("qwen/qwen2.5-coder-7b"), a tag ("codellama:7b-code") or a file's path.
    """
    name = re.sub(r"[_\s]", "-", model[-200:].lower())
    return next((profile for pattern, profile in _ROWS if re.search(pattern, name)), GENERIC)
