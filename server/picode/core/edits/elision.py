"""Placeholders for code that a model did not write again, such as `// ... rest unchanged`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from picode.core.edits.refusal import ELIDED, Refused

_WORDS = (
    r"(?:the\s++)?(?:rest|remaining|remainder|existing|unchanged|other|previous|original|same|omitted|keep|code|your|as before"
    r"|implementation|more|etc)\b"
)
_PLACEHOLDER = re.compile(
    rf"\s*+(?://+|\#+|--+|;+|%+|/\*+|<!--|\{{/\*|\"|')?+\s*+"
    rf"(?:(?:\.{{3,}}+|…)\s*+(?:\(?{_WORDS}.*+)?"
    r"|[\[(<]?(?:the\s++)?(?:rest|remainder) of (?:the |your |this )?(?:\w++\s++)?(?:code|function|file|class|method"
    r"|implementation|module|body|script|component).*+"
    r"|(?:the\s++)?(?:existing|remaining|original|previous|other|unchanged)\s++(?:code|lines|functions|methods|imports|implementation)"
    r"(?:\s++(?:here|unchanged|remains?.*+|stays?.*+|as is|goes here|above|below))?\s*+(?:\.{3,}+|…)?"
    r"|(?:code )?(?:unchanged|same as before|no changes?(?: here)?))"
    r"\s*+(?:\*/\}?|-->)?\s*+",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\s*(?://|\#|--|;|%|/\*|<!--|\{/\*|\"|')")
_STATEMENT = re.compile(r"\s*\.\.\.\s*")


def is_placeholder(line: str, language: str) -> bool:
    """Whether `line` stands for code. `...` alone is a statement in Python."""
    if not _PLACEHOLDER.fullmatch(line) or not line.strip():
        return False
    if _STATEMENT.fullmatch(line):
        return language != "python"
    return bool(_COMMENT.match(line)) or line.strip().startswith(("...", "…", "[", "("))


def fill_in(lines: Sequence[str], old: Sequence[str], language: str) -> list[str] | Refused:
    """`lines` with each placeholder replaced by the lines of `old` that it stands for: those from the line that is written
    before it to the one that is written behind it. Refused where that is not certain.

    What the selection itself has is no placeholder.
    """
    known = {line.strip() for line in old}
    if not any(_stands_for(line, known, language) for line in lines):
        return list(lines)
    places = _Places(old)
    befores, afters = _contents_before(lines), _contents_before(lines[::-1])[::-1]
    filled: list[str] = []
    stood_in = False  # the lines before were filled in, with the blank lines that follow them
    for line, before, after in zip(lines, befores, afters, strict=True):
        if not _stands_for(line, known, language):
            if line.strip() or not stood_in:
                filled.append(line)
                stood_in = False
            continue
        first = 0 if before is None else None if (at := places.of(before)) is None else at + 1
        last = len(old) if after is None else places.of(after)
        if first is None or last is None or last < first:
            return ELIDED
        while filled and not filled[-1].strip():
            filled.pop()
        filled += old[first:last]
        stood_in = True
    return filled


class _Places:
    """Where in `old` the lines are that are there once: with their indentation, which tells `}` from `}`, else without."""

    def __init__(self, old: Sequence[str]) -> None:
        self._exact = _once([line.rstrip() for line in old])
        self._bare = _once([line.strip() for line in old])

    def of(self, line: str) -> int | None:
        return self._exact.get(line.rstrip(), self._bare.get(line.strip()))


def _once(lines: Sequence[str]) -> dict[str, int]:
    count = Counter(lines)
    return {line: at for at, line in enumerate(lines) if count[line] == 1}


def without_placeholders(lines: Sequence[str], old: Sequence[str], language: str) -> list[str]:
    """`lines` without those that stand for lines of `old`."""
    known = {line.strip() for line in old}
    return [line for line in lines if not _stands_for(line, known, language)]


def _stands_for(line: str, known: set[str], language: str) -> bool:
    return line.strip() not in known and is_placeholder(line, language)


def _contents_before(lines: Sequence[str]) -> list[str | None]:
    """For each line, what the last line before it has that is not blank."""
    found: list[str | None] = []
    last = None
    for line in lines:
        found.append(last)
        last = line.rstrip() or last
    return found
