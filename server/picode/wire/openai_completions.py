"""OpenAI's legacy completions: the endpoint for raw prompts, and so for fill-in-the-middle with a family's own tokens.

Sources: https://platform.openai.com/docs/api-reference/completions/create;
https://api-docs.deepseek.com/guides/fim_completion (`suffix`);
https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md, where `suffix` is not known and a templated
prompt is needed, as for vLLM (vllm-project/vllm#9976).
"""

from __future__ import annotations

from typing import Any

from picode.core.messages import Request
from picode.core.token_healing import grammar_of
from picode.wire.choices import decode_event, decode_whole
from picode.wire.dialect import Call, Dialect, Profile
from picode.wire.failures import explain
from picode.wire.shapes import compact
from picode.wire.turns import fill_of

NAME = "openai_completions"
MOST_STOPS = 16
"""As many as DeepSeek takes. Those of the request come first."""


def encode(request: Request, profile: Profile) -> Call:
    """`POST /completions`: `suffix` where the endpoint takes one, else the family's template, else the prefix alone."""
    fill = fill_of(request, NAME)
    prompt = profile.fim.render(fill) if profile.fim and not profile.suffix else fill.prefix
    stops = list(dict.fromkeys((*request.stop, *profile.stops)))[:MOST_STOPS]
    body: dict[str, Any] = {
        "model": request.model,
        "prompt": prompt,
        "max_tokens": request.max_tokens,
        "stream": request.stream,
    }
    body |= compact(stop=stops, temperature=request.temperature, seed=request.seed)
    if request.beginning:  # only ever set for llama.cpp
        body["grammar"] = grammar_of(request.beginning)
    if profile.suffix and fill.suffix:
        body["suffix"] = fill.suffix
    if request.stream and profile.stream_usage:
        body["stream_options"] = {"include_usage": True}
    return Call("/completions", body, "sse" if request.stream else "json")


DIALECT = Dialect(NAME, encode, decode_event, decode_whole, explain)
