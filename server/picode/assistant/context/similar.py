"""Code of other files that looks like what is around the cursor: the same words, in pieces of some twenty lines.

Jaccard's measure over words, as Cody and llama.vim use it, but on pieces that end where paragraphs end, and with each word
weighted by how rare it is among the pieces: `self` says nothing, `retry_after` does.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[A-Za-z_]\w{2,}")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]{2,}|\d+")

LONGEST = 24
"""Lines of a piece."""
SHORTEST = 3
LIKENESS = 0.12
"""Pieces less alike than this are not shown."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of a file, from `line` on, and the words in them."""

    line: int
    text: str
    words: frozenset[str]


def pieces_of(lines: Sequence[str]) -> tuple[Piece, ...]:
    """A file, cut at blank lines and at the latest after `LONGEST` lines."""
    found, start = [], 0
    for row in range(len(lines) + 1):
        length = row - start
        ends = row == len(lines) or (not lines[row].strip() and length >= LONGEST // 3)
        if not ends and length < LONGEST:
            continue
        text = "".join(lines[start:row]).strip("\n")
        if text.count("\n") + 1 >= SHORTEST:
            found.append(Piece(start, text, words_of(text)))
        start = row
    return tuple(found)


def words_of(text: str) -> frozenset[str]:
    """Names, and the words that they are made of: `parse_header` and `parseBody` have one in common."""
    names = set(_WORD.findall(text))
    parts = {part.lower() for name in names for part in _PART.findall(name) if len(part) > 2}
    return frozenset(names | parts)


def rank(
    words: frozenset[str], files: Iterable[tuple[str, Sequence[Piece]]], limit: int = 4
) -> list[tuple[float, str, Piece]]:
    """The pieces most like `words`, each with its likeness (0 to 1) and its file, the likest first."""
    every = [(path, piece, piece.words & words) for path, pieces in files for piece in pieces]
    if not every:
        return []
    spread = Counter(word for _, _, common in every for word in common)
    total = len(every)
    rarity = {word: math.log(1 + total / (1 + count)) for word, count in spread.items()}
    usual = math.log(1 + total)
    wanted = sum(rarity.get(word, usual) for word in words)
    found = []
    for path, piece, common in every:
        if len(common) < 3:
            continue
        shared = sum(rarity[word] for word in common)
        others = len(piece.words) - len(common)
        likeness = shared / (wanted + others * usual * 0.5) if wanted else 0.0
        if likeness >= LIKENESS:
            found.append((likeness, path, piece))
    found.sort(key=lambda each: (-each[0], each[1], each[2].line))
    return found[:limit]
