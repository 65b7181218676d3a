"""Fenced blocks of code in a model's answer, also where the code has fences of its own.

By CommonMark (https://spec.commonmark.org/0.31.2/#fenced-code-blocks) the first fence without a language closes a block. Models
do not keep to it: they answer with documentation that holds an example, in a fence as long as the one around it. So each
fence that may close a block is judged by the block that it would make.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from picode.core.document import split_lines
from picode.core.edits.prose import is_sentence

_OPENING = re.compile(
    r"(?P<indent>[ \t]*+)(?P<marker>(?:[-*+]|\d+[.)])[ \t]+)?(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<info>[^`]*)"
)
_FENCE = re.compile(r"(?P<indent>[ \t]*+)(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<info>[^`]*)")
_MARKDOWN = frozenset("markdown md mdx rmarkdown quarto".split())
_MOST_CLOSINGS = 40


@dataclass(frozen=True, slots=True)
class Code:
    """`text` has `\\n` for line ends, and none at its end. `closed` false: its fence has not been closed (yet)."""

    text: str
    closed: bool = True
    info: str = ""


def fenced_blocks(text: str, original: str = "", *, ended: bool = True) -> tuple[list[Code], str]:
    """The fenced blocks of `text`, and what stands outside of them. `original` is the code that is asked about: of two
    readings of an answer, the one that keeps more of it is right. `ended` false: the answer is still being written."""
    lines = text.split("\n")
    found: list[Code] = []
    outside: list[str] = []
    known = contents_of(original)
    at = 0
    while at < len(lines):
        mark = _OPENING.fullmatch(lines[at])
        if mark is None or (ended and mark["marker"] and not _closings(lines, at, mark)):
            outside.append(lines[at])
            at += 1
            continue
        end = _closing(lines, at, mark, known, ended=ended)
        block = [line.removeprefix(mark["indent"]) for line in lines[at + 1 : len(lines) if end is None else end]]
        found.append(Code("\n".join(block), end is not None, info_of(mark["info"])))
        at = len(lines) if end is None else end + 1
    return found, "\n".join(outside)


def info_of(text: str) -> str:
    """The language of an info string: `Python title="a.py"` and `python:a.py` are `python`."""
    return re.split(r"[\s:,{]+", text.strip().lower())[0].removeprefix(".")


def contents_of(text: str) -> Counter[str]:
    """The lines of `text` that are not blank, without indentation, counted."""
    return Counter(line.strip() for line in split_lines(text) if line.strip())


def _closing(
    lines: Sequence[str], opening: int, mark: re.Match[str], known: Counter[str], *, ended: bool
) -> int | None:
    """The line that closes the block which begins at line `opening`; None while it is open.

    The first closing that leaves sound code, followed by prose or nothing. Where there is none, the one that keeps the most
    of the `known` lines.
    """
    closings = _closings(lines, opening, mark)
    if info_of(mark["info"]) in _MARKDOWN:
        return closings[-1] if closings else None
    usual = imbalance("\n".join(known.elements()))
    best: tuple[int, bool, int] | None = None
    for end in closings[:_MOST_CLOSINGS]:
        block = "\n".join(lines[opening + 1 : end])
        sound = imbalance(block) in ({}, usual)
        if sound and _is_followed_by_prose(lines, end):
            return end
        score = ((contents_of(block) & known).total(), sound, -end)
        if (ended or sound) and (best is None or score > best):
            best = score
    return None if best is None else -best[2]


def _closings(lines: Sequence[str], opening: int, mark: re.Match[str]) -> list[int]:
    """The lines that may close the block: fences without a language, as long and not deeper, that close no inner block."""
    found: list[int] = []
    depth = 0
    for at in range(opening + 1, len(lines)):
        fence = _FENCE.fullmatch(lines[at])
        if (
            fence is None
            or not fence["fence"].startswith(mark["fence"])
            or len(fence["indent"]) > len(mark["indent"]) + 3
        ):
            continue
        if fence["info"].strip():
            depth += 1
        elif depth:
            depth -= 1
        else:
            found.append(at)
    return found


def _is_followed_by_prose(lines: Sequence[str], end: int) -> bool:
    """Whether what comes behind line `end` is prose, another block or nothing."""
    following = next((line for line in lines[end + 1 :] if line.strip()), None)
    if following is None:
        return True
    opened = _OPENING.fullmatch(following)
    return (
        bool(opened and opened["info"].strip())
        or is_sentence(following)
        or following.lstrip().startswith(("**", "#", "- ", "> "))
    )


_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("/*", "*/"), ("<!--", "-->"), ("{-", "-}"))
_QUOTES = ('"""', "'''")
_TAG = re.compile(r"<(/?)(docs|script|style|template|i18n)\b[^<>\n]{0,200}>", re.IGNORECASE)


def imbalance(code: str) -> dict[str, int]:
    """What `code` opens and does not close, by what opens it: brackets, comments, triple quotes, blocks of a component.

    Only what is left over is named, so {} means that all is closed.
    """
    left = {opener: code.count(opener) - code.count(closer) for opener, closer in _PAIRS}
    left |= {quote: code.count(quote) % 2 for quote in _QUOTES}
    for slash, name in _TAG.findall(code):
        left[name.lower()] = left.get(name.lower(), 0) + (-1 if slash else 1)
    return {opener: count for opener, count in left.items() if count}
