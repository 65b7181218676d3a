"""The only home of provider JSON: one module per dialect, and the event-stream decoder. No IO."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from picode.wire.dialect import Dialect

_NAMES = (
    "openai_chat",
    "openai_completions",
    "openai_responses",
    "anthropic_messages",
    "gemini",
    "mistral_chat",
    "mistral_fim",
    "cohere",
    "ollama",
    "llamacpp_infill",
)


class _Dialects(Mapping[str, "Dialect"]):
    """All dialects by name. A session speaks one or two of them, so each module is imported when it is asked for."""

    def __getitem__(self, name: str) -> Dialect:
        if name not in _NAMES:
            raise KeyError(name)
        dialect: Dialect = import_module(f"{__name__}.{name}").DIALECT
        return dialect

    def __contains__(self, name: object) -> bool:
        return name in _NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


DIALECTS: Mapping[str, Dialect] = _Dialects()
