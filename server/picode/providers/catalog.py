"""The providers that PiCode knows. Adding one that speaks a known dialect is one row here and one test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Provider:
    """A place that serves models.

    `fill` and `chat` name the dialects (`picode.wire`) that it is asked in: `fill` for code around a cursor (None: its
    models are asked through `chat`). `key_names` are environment variables, the first one set wins; `key_required`
    false is for servers that want none.
    `key_header` is the header that carries it. `model` is asked for where the user names none. `local` servers run on the
    user's machine. `documentation` is the source of the row's facts.
    """

    name: str
    title: str
    base_url: str
    chat: str = "openai_chat"
    fill: str | None = None
    key_names: tuple[str, ...] = ()
    key_required: bool = True
    key_header: str = "Authorization: Bearer {key}"
    model: str = ""
    local: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    documentation: str = ""


_ROWS = (
    Provider(
        name="embedded",
        title="Embedded model",
        base_url="",  # known when its process has started
        fill="openai_completions",
        key_required=False,
        model="SmolLM2-135M-Instruct",
        local=True,
        documentation="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
    ),
    Provider(
        name="openai",
        title="OpenAI",
        base_url="https://api.openai.com/v1",
        key_names=("OPENAI_API_KEY",),
        model="gpt-4.1-mini",
        documentation="https://platform.openai.com/docs/api-reference/chat/create",
    ),
    Provider(
        name="llamacpp",
        title="llama.cpp server",
        base_url="http://127.0.0.1:8080/v1",
        fill="openai_completions",
        key_names=("LLAMA_API_KEY",),
        key_required=False,
        local=True,
        documentation="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
    ),
    Provider(
        name="ollama",
        title="Ollama",
        base_url="http://127.0.0.1:11434/v1",
        fill="openai_completions",
        key_names=("OLLAMA_API_KEY",),
        key_required=False,
        local=True,
        documentation="https://github.com/ollama/ollama/blob/main/docs/openai.md",
    ),
    Provider(
        name="lmstudio",
        title="LM Studio",
        base_url="http://127.0.0.1:1234/v1",
        fill="openai_completions",
        key_required=False,
        local=True,
        documentation="https://lmstudio.ai/docs/app/api/endpoints/openai",
    ),
    Provider(
        name="vllm",
        title="vLLM",
        base_url="http://127.0.0.1:8000/v1",
        fill="openai_completions",
        key_names=("VLLM_API_KEY",),
        key_required=False,
        local=True,
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

CATALOG: Mapping[str, Provider] = {row.name: row for row in _ROWS}
