"""Holes in real code, and what a perfect model would write into them. Pure: the same text and seed, the same holes.

Kinds, by what is missing (`⟪⟫` is the cursor):

- `line`: the rest of a line.
- `within`: a part of a line that has code right of it.
- `block`: the lines below the one that opens them, with or without their closer.
- `head`: the rest of a signature or head, and its body.
- `closed`: where the editor has closed brackets and quotes itself (`tests.benchmarks.autoclosing`): they stand right of the
  cursor, and the answer has its own.

A perfect answer restores the file exactly. `going_on` and `noisy` are the answers of models that are less than perfect.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from .autoclosing import Typing
from .source import MOST_LINES, Block, File, Source, block_at

Kind = Literal["line", "within", "block", "head", "closed"]
KINDS: tuple[Kind, ...] = ("line", "within", "block", "head", "closed")

MOST_CHARACTERS = 600
_TRIES = 400


@dataclass(frozen=True, slots=True)
class Hole:
    """A document with a cursor between `before` and `after`. `answer` written there, and what of `after` it says itself
    replaced, gives `expected`.

    `closers` are the offsets in `answer` of the characters that the editor has inserted already: as many as the first
    characters of `after` that are replaced, in order. `traits` say what is special about the place.
    """

    kind: Kind
    language: str
    path: str
    before: str
    after: str
    answer: str
    expected: str
    closers: tuple[int, ...] = ()
    traits: frozenset[str] = frozenset()

    @property
    def rest(self) -> str:
        """What stands behind the answer in `expected`."""
        return self.expected[len(self.before) + len(self.answer) :]

    @property
    def line_prefix(self) -> str:
        return re.split("[\r\n]", self.before)[-1]


Maker = Callable[[Source, int, random.Random], Hole | None]


def _hole(
    source: Source, kind: Kind, start: int, end: int, after: str | None = None, closers: tuple[int, ...] = ()
) -> Hole | None:
    """The hole between two offsets; None where the answer is nothing that is worth asking for."""
    text, file = source.text, source.file
    answer, traits = text[start:end], frozenset(_traits(source, start, text[start:end]))
    if not answer.strip() or len(answer) > MOST_CHARACTERS or answer.count("\n") > MOST_LINES:
        return None
    after = text[end:] if after is None else after
    if text[:start] + after == text:
        return None  # the editor has closed all that was missing
    return Hole(kind, file.language, file.path, text[:start], after, answer, text, closers, traits)


def _traits(source: Source, start: int, answer: str) -> Iterator[str]:
    row = source.row_of(start)
    line = source.lines[row]
    if source.newline == "\r\n":
        yield "crlf"
    if line.startswith("\t"):
        yield "tabs"
    if not (line + answer).isascii():
        yield "unicode"
    if re.search(r"\n[ \t]*\r?\n", answer):
        yield "blank"
    if "\n" in answer:
        yield "lines"
    yield ("top", "middle", "bottom")[min(2, 3 * row // max(1, len(source.lines)))]
    yield f"depth{min(3, source.indent(row) // 4)}"


def _column(source: Source, row: int, chance: random.Random, least: int = 2) -> int:
    """An offset in the row's code, with at least so many characters right of it: often where a token begins."""
    line = source.lines[row]
    first = len(line) - len(line.lstrip())
    places = range(first, max(first + 1, len(line) - least + 1))
    if chance.random() < 0.5:
        tokens = [found.start() for found in re.finditer(r"\w+|[^\w\s]", line) if found.start() in places]
        return source.starts[row] + (chance.choice(tokens) if tokens else first)
    return source.starts[row] + chance.choice(places)


def make_line(source: Source, row: int, chance: random.Random) -> Hole | None:
    return _hole(source, "line", _column(source, row, chance), source.end_of(row))


_TOKEN = re.compile(r"\w+|[ \t]+|[^\w\s]")


def make_within(source: Source, row: int, chance: random.Random) -> Hole | None:
    line, offset = source.lines[row], source.starts[row]
    first = len(line) - len(line.lstrip())
    tokens = list(_TOKEN.finditer(line, first))
    if len(tokens) < 4:
        return None
    start = chance.randrange(1, len(tokens) - 1)
    end = min(len(tokens) - 1, start + chance.choice((1, 1, 2, 3, 4, 6, 8)))
    left, right = tokens[start].start(), tokens[end - 1].end()
    if tokens[start][0].isidentifier() and len(tokens[start][0]) > 3 and chance.random() < 0.3:
        left += chance.randrange(1, 3)
    return _hole(source, "within", offset + left, offset + right) if line[right:].strip() else None


def make_block(source: Source, row: int, chance: random.Random) -> Hole | None:
    """The cursor at the end of the line that opens the block, or in the first line of it."""
    block = block_at(source, row)
    if block is None:
        return None
    with_closer = block.closer is not None and chance.random() < 0.3
    end = source.end_of(block.end if with_closer else block.last)
    start = source.end_of(row)
    if chance.random() < 0.6 and source.lines[block.first].strip():
        line = source.lines[block.first]
        start = source.starts[block.first] + len(line) - len(line.lstrip())
    return _hole(source, "block", start, end)


def make_head(source: Source, row: int, chance: random.Random) -> Hole | None:
    block = block_at(source, row)
    if block is None or len(source.lines[block.head].strip()) < 6:
        return None
    return _hole(source, "head", _in_head(source, block, chance), source.end_of(block.end))


def _in_head(source: Source, block: Block, chance: random.Random) -> int:
    """Behind the head's first bracket in half of the cases, else anywhere behind its first word."""
    line, offset = source.lines[block.head], source.starts[block.head]
    bracket = line.find("(")
    if 0 <= bracket < len(line) - (block.head == block.opener) and chance.random() < 0.5:
        return offset + bracket + 1
    first = len(line) - len(line.lstrip())
    word = re.compile(r"\W*\w+\W?").match(line, first)
    return offset + chance.randrange(min(word.end() if word else first + 1, len(line) - 1), len(line))


def make_closed(source: Source, row: int, chance: random.Random) -> Hole | None:
    """What is typed of the line so far had its brackets and quotes closed by the editor."""
    start = _column(source, row, chance, 1)
    openers = [found.end() for found in re.finditer(r"[(\[{\"'`]", source.lines[row])]
    if openers and chance.random() < 0.6:
        start = source.starts[row] + chance.choice(openers)
    if chance.random() < 0.15:
        return _closed_block(source, row, chance)
    ends = [source.end_of(row)]
    ends += [source.end_of(source.row_of(close)) for close in _open_at(source, row, start)]
    block = block_at(source, source.row_of(max(ends)))
    if block is not None and chance.random() < 0.6:
        ends.append(source.end_of(block.end))
    end = max(ends)
    if chance.random() < 0.3:
        end = _within_line(source, row, start) or end
    if start >= end:
        return None
    return _closed_between(source, row, start, end)


def _open_at(source: Source, row: int, start: int) -> list[int]:
    """Where the brackets close that the row has opened before the offset `start`."""
    first = source.starts[row]
    return [close for at, close in source.matches.items() if first <= at < start <= close]


def _within_line(source: Source, row: int, start: int) -> int | None:
    """The end of what is open at `start`, where the line goes on with what the editor closes a bracket in front of."""
    closes = [close + 1 for close in _open_at(source, row, start) if close < source.end_of(row)]
    end = max(closes, default=source.end_of(row))
    return end if end < source.end_of(row) and source.text[end] in ";:.,=}])> " else None


def _closed_between(source: Source, row: int, start: int, end: int) -> Hole | None:
    rest = source.text[end:]
    typing = Typing(source.text, rest, source.file.language, source.context, [])
    typing.type(source.starts[row], start)
    inserted = list(typing.standing)
    if not inserted or any(len(each.close) > 1 for each in inserted):
        return None
    after = typing.inserted + rest
    typing.type(start, end)
    if typing.standing or any(each.typed_over < start for each in inserted):
        return None
    closers = tuple(each.typed_over - start for each in inserted)
    return _hole(source, "closed", start, end, after, closers)


def _closed_block(source: Source, row: int, chance: random.Random) -> Hole | None:
    """The cursor between the brackets of a block, or on the line that Enter has made between them."""
    block = block_at(source, row)
    at = source.end_of(row) - 1
    if block is None or block.closer is None or at not in source.matches:
        return None
    close = source.matches[at]
    end = source.end_of(block.closer)
    if source.row_of(close) != block.closer or close + 1 != end:
        return None
    hole = _closed_between(source, row, at + 1, end)
    if hole is None or len(hole.closers) != 1 or chance.random() < 0.5:
        return hole if hole is not None and len(hole.closers) == 1 else None
    line = source.lines[block.first]
    start = source.starts[block.first] + len(line) - len(line.lstrip())
    return _hole(source, "closed", start, end, source.text[source.end_of(block.last) :]) if line else None


MAKERS: dict[Kind, Maker] = {
    "line": make_line,
    "within": make_within,
    "block": make_block,
    "head": make_head,
    "closed": make_closed,
}


def holes_of(source: Source, kind: Kind, chance: random.Random) -> Iterator[Hole]:
    """Holes of one kind in a file, no two at one place, from all depths of nesting alike."""
    seen: set[tuple[int, int]] = set()
    for _ in range(_TRIES if source.by_depth else 0):
        hole = MAKERS[kind](source, chance.choice(chance.choice(source.by_depth)), chance)
        if hole is not None and (place := (len(hole.before), len(hole.answer))) not in seen:
            seen.add(place)
            yield hole


_SPACED = ("python", "yaml")
"""Languages whose files are not indented with tabs."""


def varied(file: File, chance: random.Random) -> File:
    """The file as it is, or in one of eight with CRLF, or in one of eight indented with tabs where it is with spaces."""
    draw = chance.random()
    if draw < 1 / 8 and "\r" not in file.text:
        return File(file.language, file.path, file.text.replace("\n", "\r\n"))
    indents = {len(found[1]) for found in re.finditer(r"^( *)[^ \s]", file.text, re.M)}
    unit = math.gcd(*indents)
    if draw > 7 / 8 and unit in (2, 4) and file.language not in _SPACED and not re.search("^ *\t", file.text, re.M):
        tabbed = re.sub(r"^ +", lambda found: "\t" * (len(found[0]) // unit), file.text, flags=re.M)
        return File(file.language, file.path, tabbed)
    return file


_ROUNDS = (1, 2, 4, 8, _TRIES)
"""The most holes of a kind in a file: more only where a language has too few files."""


def generate(files: list[File], count: int, seed: int, kinds: tuple[Kind, ...] = KINDS) -> list[Hole]:
    """About `count` holes, as many of each kind in each language, from as many files as there are."""
    languages = sorted({file.language for file in files})
    each = max(1, round(count / (len(languages) * len(kinds))))
    found: list[Hole] = []
    for language in languages:
        chance = random.Random(f"{seed}/{language}")
        own = [Source(varied(file, chance)) for file in files if file.language == language]
        chance.shuffle(own)
        for kind in kinds:
            found += islice(_in_turn(own, kind, seed), each)
    return found


def _in_turn(sources: list[Source], kind: Kind, seed: int) -> Iterator[Hole]:
    """Holes of one kind, one of each file at first."""
    seen: set[tuple[str, int, int]] = set()
    for most in _ROUNDS:
        for source in sources:
            draws = random.Random(f"{seed}/{kind}/{most}/{source.file.path}")
            for hole in islice(holes_of(source, kind, draws), most):
                place = (hole.path, len(hole.before), len(hole.answer))
                if place not in seen:
                    seen.add(place)
                    yield hole


def going_on(hole: Hole, lines: int = 6) -> str:
    """The answer of a model that goes on with the next lines of the file (the variation `over`)."""
    following = hole.rest.split("\n")
    # What stands behind the answer in its own line is the first piece; the line after it is the second.
    return hole.answer + "\n".join(following[: lines + 1])


Noise = Literal["fenced", "indented", "echoed"]
NOISES: tuple[Noise, ...] = ("fenced", "indented", "echoed")


def noisy(hole: Hole, noise: Noise) -> str:
    """The answer in a Markdown fence, indented anew, or beginning with the line so far."""
    prefix, answer = hole.line_prefix, hole.answer.replace("\r\n", "\n")
    if noise == "fenced":
        return f"```{hole.language}\n{prefix.lstrip()}{answer}\n```"
    if noise == "echoed":
        return prefix + answer
    indent = prefix[: len(prefix) - len(prefix.lstrip())]
    first, *others = answer.split("\n")
    return "\n".join([prefix.lstrip() + first, *(line.removeprefix(indent) for line in others)])
