"""What a refusal of a parameter says to change, so that the request can be sent once more.

Providers name the parameter in sentences of their own: OpenAI in `param` and "Unsupported parameter: 'max_tokens' …"
(https://platform.openai.com/docs/guides/error-codes), servers on pydantic as `["body", "stream_options"]`, Azure as
"Unrecognized request argument supplied: seed", Gemini as `Unknown name "topK" at 'generation_config'`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_LIMITS = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "",
    "maxOutputTokens": "",
}
"""Fields that bound the answer, each with the name that other servers have for it. They are never left out."""
_OPTIONAL = (
    "temperature",
    "top_p",
    "topP",
    "top_k",
    "topK",
    "seed",
    "random_seed",
    "stop",
    "stop_sequences",
    "stopSequences",
    "stream_options",
    "reasoning_effort",
    "thinkingConfig",
    "cache_prompt",
)
"""Fields that can be left out: the answer has the same meaning without them, and stops are cut by the caller anyway."""
_READ = 4096
"""Characters of a refusal that are looked through."""

_LARGEST = re.compile(
    r"(?:at most|less than or equal to|no more than|up to|<=|maximum|exceeds?|limit)[^\d\n]{0,60}(\d{1,9})",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"unsupported|not supported|does not support|unrecognized|unknown|unexpected|extra|not permitted|not allowed|invalid",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Correction:
    """`field` of a request's body is left out; with `name` it is called so instead; with `limit` it is at most that."""

    field: str
    name: str = ""
    limit: int | None = None


def find_correction(refusal: str, body: Mapping[str, Any]) -> Correction | None:
    """What to change in `body`, which a provider refused with these words; None where they name no parameter of it."""
    text = refusal[:_READ]
    fields = _fields(body)
    for field, other in _LIMITS.items():
        if field not in fields or not _names(text, field):
            continue
        value, largest = fields[field], _LARGEST.search(text)
        if largest is not None and isinstance(value, int) and 0 < int(largest[1]) < value:
            return Correction(field, limit=int(largest[1]))
        if other and other not in fields and (other in text or _UNKNOWN.search(text)):
            return Correction(field, other)
    return next((Correction(field) for field in _OPTIONAL if field in fields and _names(text, field)), None)


def correct(body: Mapping[str, Any], corrections: Iterable[Correction]) -> Mapping[str, Any]:
    """`body` with the corrections, also in its tables (Gemini's `generationConfig`, Ollama's `options`)."""
    changed = dict(body)
    for each in corrections:
        changed = _changed(changed, each)
        changed |= {key: _changed(value, each) for key, value in changed.items() if isinstance(value, dict)}
    return changed


def _changed(table: dict[str, Any], correction: Correction) -> dict[str, Any]:
    if correction.field not in table:
        return table
    rest = {key: value for key, value in table.items() if key != correction.field}
    value = table[correction.field]
    if correction.limit is not None:
        return {**rest, correction.field: min(value, correction.limit)}
    return {**rest, correction.name: value} if correction.name else rest


def _fields(body: Mapping[str, Any]) -> dict[str, Any]:
    inner = (value for value in body.values() if isinstance(value, dict))
    return {**{key: value for table in inner for key, value in table.items()}, **body}


def mention_of(field: str) -> str:
    """A pattern for text that speaks of the parameter, and does not just happen to contain a word like `stop`."""
    name = re.escape(field)
    return (
        rf"[\"'`\[(.]{name}[\"'`\]).:\\]"
        rf"|(?:parameter|argument|field|property|key|input|supplied|name)s?:? {{0,2}}[\"'`]?{name}\b"
        rf"|\b{name} (?:is|does|must|cannot|can't|may|and|parameter)\b|\b{name}: "
    )


def _names(text: str, field: str) -> bool:
    mention = mention_of(field)
    return re.search(mention, text) is not None
