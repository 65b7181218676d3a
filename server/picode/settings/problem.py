"""What is wrong with a setting, in words that are safe to show: no key, no control character, no endless value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from picode.core.errors import redact

_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` is the setting (empty for a whole file), `origin` the file, variable or editor that it is set in,
    `complaint` what is wrong with it, and `instead` what is used now (empty where that goes without saying)."""

    path: str
    origin: str
    complaint: str
    instead: str = ""

    def __str__(self) -> str:
        sentence = f"{self.path} {self.complaint}".lstrip()
        return escaped(f"{self.origin}: {sentence}. {self.instead}".rstrip())


def dotted(path: Iterable[object]) -> str:
    """A path as it is written in text. Its keys may come from an untrusted file, so they are shortened and escaped."""
    return ".".join(printable(str(key)) for key in path)


def printable(text: str) -> str:
    """A short form of `text` without keys, on one line."""
    return redact(escaped(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"))


def escaped(text: str) -> str:
    """`text` with escapes for what a terminal would obey, or could not show."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def quoted(value: Any) -> str:
    """A value as it is named in a message; for what is long or structured, its kind."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, str):
        return f'"{printable(value)}"'
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**12 else "a number that large"
    if isinstance(value, list):
        return "a list"
    return "a table" if isinstance(value, dict) else "a value of another kind"
