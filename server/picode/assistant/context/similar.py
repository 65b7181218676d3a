"""Code of other files that looks like what is around the cursor: the same words, in pieces of some twenty lines.

Jaccard's measure over words, as Cody and llama.vim use it, but on pieces that end where paragraphs end, and with each word
weighted by how rare it is among the pieces: `self` says nothing, `retry_after` does. An inverted index has the pieces of each
word, so that a question costs the same however many files are open.
"""

from __future__ import annotations

import heapq
import math
import re
from array import array
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

_WORD = re.compile(r"[A-Za-z_]\w{2,}")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]{2,}|\d+")

LONGEST = 24
"""Lines of a piece."""
SHORTEST = 3
LIKENESS = 0.12
"""Pieces less alike than this are not shown."""
_LEAST_COMMON = 3
_WORK, _CANDIDATES = 2_000, 12
"""Pairs of a word and a piece that are looked at for one question, the rarest words first; and the pieces that are compared."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of a file, from `line` on."""

    path: str
    line: int
    text: str


class Pieces:
    """The pieces of many files. One thread changes them, while others may ask."""

    def __init__(self) -> None:
        self._with: dict[str, array[int]] = {}
        """The numbers of the pieces with a word; those of pieces that are gone stay until `_compact`."""
        self._pieces: dict[int, tuple[str, Piece]] = {}
        """By number, with the language."""
        self._of: dict[Hashable, list[int]] = {}
        self._next = 0
        self._gone = 0

    def put(self, key: Hashable, path: str, language: str, lines: Sequence[str], first: int = 0) -> None:
        """Takes `lines`, which begin with line `first` of `path`, as the content of what is known as `key`."""
        self.drop(key)
        added = []
        for line, text in cut(lines):
            number = self._next
            self._next += 1
            self._pieces[number] = (language, Piece(path, first + line, text))
            for word in words_of(text):
                numbers = self._with.get(word)
                if numbers is None:
                    self._with[word] = array("L", (number,))
                else:
                    numbers.append(number)
            added.append(number)
        self._of[key] = added

    def drop(self, key: Hashable) -> None:
        for number in self._of.pop(key, ()):
            del self._pieces[number]
            self._gone += 1
        if self._gone > 50 and 2 * self._gone > len(self._pieces):
            self._compact()

    def like(self, text: str, language: str, limit: int = 4) -> list[tuple[float, Piece]]:
        """The pieces of a language that are most like `text`, each with its likeness (0 to 1), the likest first."""
        words = words_of(text)
        found = []
        rarities = self._rarities(words)
        usual = math.log(1 + len(self._pieces))
        wanted = sum(rarities.values())
        for piece in islice(self._candidates(words, language), _CANDIDATES):
            own = words_of(piece.text)
            common = own & words
            if len(common) < _LEAST_COMMON:
                continue
            shared = sum(map(rarities.__getitem__, common))
            likeness = shared / (wanted + (len(own) - len(common)) * usual * 0.5)
            if likeness >= LIKENESS:
                found.append((likeness, piece))
        found.sort(key=lambda each: (-each[0], each[1].path, each[1].line))
        return found[:limit]

    def _rarities(self, words: frozenset[str]) -> dict[str, float]:
        total = len(self._pieces)
        return {word: math.log(1 + total / (1 + self.spread(word))) for word in words}

    def _candidates(self, words: frozenset[str], language: str) -> Iterator[Piece]:
        """The pieces that have most of the rarest words."""
        lists = sorted((numbers for word in words if (numbers := self._with.get(word)) is not None), key=len)
        common: Counter[int] = Counter()
        work = 0
        for numbers in lists:
            work += len(numbers)
            if work > _WORK:
                break
            common.update(numbers)
        live = ((count, number) for number, count in common.items() if number in self._pieces)
        for _, number in heapq.nlargest(4 * _CANDIDATES, live):
            found = self._pieces.get(number)  # the other thread may have dropped it meanwhile
            if found is not None and found[0] == language:
                yield found[1]

    def spread(self, word: str) -> int:
        """The number of pieces that have a word."""
        return len(self._with.get(word, ()))

    def _compact(self) -> None:
        """Without the numbers of pieces that are gone."""
        live = self._pieces
        kept = {word: array("L", (each for each in numbers if each in live)) for word, numbers in self._with.items()}
        self._with = {word: numbers for word, numbers in kept.items() if numbers}
        self._gone = 0


def cut(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """A file, cut at blank lines and at the latest after `LONGEST` lines: where a piece begins, and its text."""
    start = 0
    for row in range(len(lines) + 1):
        length = row - start
        ends = row == len(lines) or (not lines[row].strip() and length >= LONGEST // 3)
        if not ends and length < LONGEST:
            continue
        text = "".join(lines[start:row]).strip("\n")
        if text.count("\n") + 1 >= SHORTEST:
            yield start, text
        start = row


def words_of(text: str) -> frozenset[str]:
    """Names, and the words that they are made of: `parse_header` and `parseBody` have one in common."""
    names = set(_WORD.findall(text))
    parts = {part.lower() for name in names for part in _PART.findall(name) if len(part) > 2}
    return frozenset(names | parts)
