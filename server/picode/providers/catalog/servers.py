"""Servers that users run themselves, most of them on their own machine."""

from __future__ import annotations

from picode.providers.catalog.provider import Listing, Provider

_LLAMACPP = "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md"

SERVERS = (
    Provider(
        name="embedded",
        title="Embedded model",
        base_url="",  # known when its process has started
        fill="openai_completions",
        better_fill="llamacpp_infill",
        grammars=True,
        probe="llamacpp",
        at={"llamacpp_infill": ""},
        key_required=False,
        model="SmolLM2-135M-Instruct",
        local=True,
        answers_questions=False,
        listing=Listing(window="meta.n_ctx"),
        documentation=_LLAMACPP,
    ),
    # One model for each server, which answers to every name.
    Provider(
        name="llamacpp",
        title="llama.cpp server",
        base_url="http://127.0.0.1:8080/v1",
        fill="openai_completions",
        better_fill="llamacpp_infill",
        grammars=True,
        probe="llamacpp",
        at={"llamacpp_infill": ""},
        key_names=("LLAMA_API_KEY",),
        key_required=False,
        local=True,
        listing=Listing(window="meta.n_ctx"),
        documentation=_LLAMACPP,
    ),
    # Its own API: the OpenAI-compatible one can't be told how long to keep a model, and hides what it fails at.
    Provider(
        name="ollama",
        title="Ollama",
        base_url="http://127.0.0.1:11434/v1",
        chat="ollama",
        fill="ollama",
        probe="ollama",
        at={"ollama": ""},
        key_required=False,
        local=True,
        listing=Listing(
            path="/api/tags",
            rows="models",
            id="name",
            at="",
            documentation="https://github.com/ollama/ollama/blob/main/docs/api.md#list-local-models",
        ),
        documentation="https://github.com/ollama/ollama/blob/main/docs/api.md",
    ),
    Provider(
        name="lmstudio",
        title="LM Studio",
        base_url="http://127.0.0.1:1234/v1",
        fill="openai_completions",
        key_required=False,
        local=True,
        listing=Listing(documentation="https://lmstudio.ai/docs/developer/openai-compat/models"),
        documentation="https://lmstudio.ai/docs/developer/openai-compat",
    ),
    Provider(
        name="vllm",
        title="vLLM",
        base_url="http://127.0.0.1:8000/v1",
        fill="openai_completions",
        key_names=("VLLM_API_KEY",),
        key_required=False,
        local=True,
        listing=Listing(window="max_model_len"),
        documentation="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
    ),
    Provider(
        name="openai-compatible",
        title="Any OpenAI-compatible URL",
        base_url="",  # the user's: picode.providers.openai-compatible.baseUrl
        fill="openai_completions",
        key_names=("OPENAI_COMPATIBLE_API_KEY",),
        key_required=False,
        documentation="https://platform.openai.com/docs/api-reference/completions",
    ),
)
