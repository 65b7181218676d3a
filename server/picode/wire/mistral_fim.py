"""Mistral's fill-in-the-middle endpoint, at api.mistral.ai and codestral.mistral.ai.

Source: https://docs.mistral.ai/api/#tag/fim. Answers have the shape of a chat. Other files stand before the prefix in the
way that Codestral was trained on, `+++++ path`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from picode.core.messages import Request
from picode.wire.choices import decode_event, decode_whole
from picode.wire.dialect import Call, Dialect, Profile
from picode.wire.failures import explain
from picode.wire.repository import RepositoryTemplate
from picode.wire.shapes import compact
from picode.wire.turns import fill_of

NAME = "mistral_fim"
_FILE = "+++++ {path}\n"
_PROMPT = RepositoryTemplate("", "", "", file_separator=_FILE, file_end="\n\n", inner_head=_FILE, files_inside=True)


def encode(request: Request, profile: Profile) -> Call:
    """`POST /fim/completions`. The seed is `random_seed` here, and a field that the API doesn't know is an error."""
    fill = fill_of(request, NAME)
    stops = [*request.stop, "\n+++++ "] if fill.snippets else list(request.stop)
    body: dict[str, Any] = {
        "model": request.model,
        "prompt": _PROMPT.render(replace(fill, suffix="")),
        "max_tokens": request.max_tokens,
        "stream": request.stream,
    }
    body |= compact(suffix=fill.suffix, stop=stops, temperature=request.temperature, random_seed=request.seed)
    return Call("/fim/completions", body, "sse" if request.stream else "json")


DIALECT = Dialect(NAME, encode, decode_event, decode_whole, explain, files=True)
