"""Code of other files that looks like what is around the cursor: the same words, in pieces of some twenty lines.

Jaccard's measure over words, as Cody and llama.vim use it, but on pieces that end where paragraphs end, and with each word
weighted by how rare it is among the pieces: `self` says nothing, `retry_after` does. An inverted index has the pieces of each
word, so that a question costs the same however many files are open.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[A-Za-z_]\w{2,}")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]{2,}|\d+")

LONGEST = 24
"""Lines of a piece."""
SHORTEST = 3
LIKENESS = 0.12
"""Pieces less alike than this are not shown."""
_LEAST_COMMON = 3
_WORK = 12_000
"""Pairs of a word and a piece that are looked at for one question, the rarest words first."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of a file, from `line` on. `size` is the number of different words in them."""

    path: str
    line: int
    text: str
    size: int


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
            words = words_of(text)
            number = self._next
            self._next += 1
            self._pieces[number] = (language, Piece(path, first + line, text, len(words)))
            for word in words:
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
        if self._gone > 200 and self._gone > len(self._pieces):
            self._compact()

    def like(self, text: str, language: str, limit: int = 4) -> list[tuple[float, Piece]]:
        """The pieces of a language that are most like `text`, each with its likeness (0 to 1), the likest first."""
        total = len(self._pieces)
        words = words_of(text)
        lists = [numbers for word in words if (numbers := self._with.get(word)) is not None]
        usual = math.log(1 + total)
        rarities = [(math.log(1 + total / (1 + len(numbers))), numbers) for numbers in lists]
        wanted = sum(rarity for rarity, _ in rarities) + usual * (len(words) - len(lists))
        shared: dict[int, float] = {}
        common: Counter[int] = Counter()
        work = 0
        for rarity, numbers in sorted(rarities, key=lambda each: len(each[1])):
            work += len(numbers)
            if work > _WORK:
                break
            common.update(numbers)
            for number in numbers:
                shared[number] = shared.get(number, 0.0) + rarity
        found = []
        for number, count in common.items():
            known = self._pieces.get(number) if count >= _LEAST_COMMON else None
            if known is None or known[0] != language:
                continue
            piece = known[1]
            likeness = shared[number] / (wanted + max(0, piece.size - count) * usual * 0.5)
            if likeness >= LIKENESS:
                found.append((likeness, piece))
        found.sort(key=lambda each: (-each[0], each[1].path, each[1].line))
        return found[:limit]

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
