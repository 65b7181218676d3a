"""The rules of a `.gitignore`, matched in time that is bounded whatever the rules are.

Syntax and meaning are those of gitignore(5). The usual translation into regular expressions takes exponential time for a
hostile rule such as `*a*a*a*a*b`. Here the time for a name grows with the product of its length and that of the pattern, and
all names and rules together take no more than a fixed number of steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

MOST_RULES = 2_000
MOST_STEPS = 1_000_000
"""Characters that are compared for one file. A rule of the usual length takes some ten."""
LONGEST_RULE = 1_000
"""Characters."""
_LONGEST_NAME = 1_000


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the `segments` of its pattern, `**` for any number of folders. `line` counts from 1."""

    segments: tuple[str, ...]
    negated: bool
    folders_only: bool
    line: int


class Rules(NamedTuple):
    """The rules of one file, and what is wrong with it: line (0 for the file) and reason."""

    rules: tuple[Rule, ...]
    problems: tuple[tuple[int, str], ...]

    @property
    def incomplete(self) -> bool:
        """Whether there are rules that were not read, so that what they exclude is unknown."""
        return any(line == 0 for line, _ in self.problems)


def parse(text: str) -> Rules:
    """The rules of `text`. An invalid one is a problem, and the others hold.

    >>> parse("*.log\\n!keep.log\\n[z-a]\\n").problems
    ((3, 'a range that runs backwards'),)
    """
    rules: list[Rule] = []
    problems: list[tuple[int, str]] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if len(rules) >= MOST_RULES:
            problems.append((0, f"more than {MOST_RULES:,} rules"))
            break
        try:
            if (rule := _rule(_bytes(line.removesuffix("\r")), number)) is not None:
                rules.append(rule)
                if any(map(_runs_backwards, rule.segments)):  # it holds for what else is in the class
                    problems.append((number, "a range that runs backwards"))
        except ValueError as error:
            problems.append((number, str(error)))
    return Rules(tuple(rules), tuple(problems))


def _rule(line: str, number: int) -> Rule | None:
    pattern = _without_trailing_space(line)
    if not pattern or pattern.startswith("#"):
        return None
    if len(pattern) > LONGEST_RULE:
        raise ValueError(f"longer than {LONGEST_RULE:,} characters")
    negated = pattern.startswith("!")
    pattern = pattern[negated:]
    folders_only = pattern.endswith("/")
    pattern = pattern.rstrip("/")
    if not pattern:
        raise ValueError("no pattern")
    anchored = "/" in pattern
    segments = ["**" if set(each) == {"*"} and len(each) > 1 else each for each in pattern.split("/") if each]
    for segment in segments:
        _symbols_of(segment)
    if not anchored:
        segments.insert(0, "**")
    return Rule(tuple(segments), negated, folders_only, number)


def _without_trailing_space(line: str) -> str:
    stripped = line.rstrip(" ")
    return stripped + " " if stripped.endswith("\\") and len(stripped) < len(line) else stripped


class TooLong(Exception):
    """To apply the rules would take more than `MOST_STEPS`."""


class _Steps:
    """Counts what was compared."""

    def __init__(self) -> None:
        self.left = MOST_STEPS

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise TooLong


def excluded_by(rules: Sequence[Rule], parts: Sequence[str]) -> Rule | None:
    """The rule that excludes the file at `parts`, its path below the rules' folder; None where none does.

    A file in an excluded folder is excluded, whatever later rules say (gitignore(5)). Raises `TooLong` for rules that are made
    to be slow.
    """
    found = excluded_in(((0, rules),), parts)
    return None if found is None else found[1]


def excluded_in(files: Sequence[tuple[int, Sequence[Rule]]], parts: Sequence[str]) -> tuple[int, Rule] | None:
    """The same for the `.gitignore` files of a repository together: the place of the file in `files` and its rule.

    `files` are sorted from the top down, each with its number of folders below the top and its rules; `parts` is the path
    below the top. Of a name, the last matching rule of the deepest file decides.
    """
    steps = _Steps()
    parts = [_bytes(part) for part in parts]
    for depth in range(1, len(parts) + 1):
        found = _last_match(files, parts, depth, steps)
        if found is not None and not found[1].negated:
            return found
    return None


def _last_match(
    files: Sequence[tuple[int, Sequence[Rule]]], parts: Sequence[str], depth: int, steps: _Steps
) -> tuple[int, Rule] | None:
    """The rule that decides about the first `depth` names of the path."""
    for place in reversed(range(len(files))):
        below, rules = files[place]
        if below >= depth:
            continue
        for rule in reversed(rules):
            if (depth < len(parts) or not rule.folders_only) and _matches(rule.segments, parts[below:depth], steps):
                return place, rule
    return None


def _matches(segments: Sequence[str], parts: Sequence[str], steps: _Steps) -> bool:
    """Whether the pattern matches the whole path: the row of places in `parts` that each segment may have come to."""
    if len(segments) == 2 and segments[0] == "**":  # the usual rule, a name in any folder
        return segments[1] == "**" or _matches_name(segments[1], parts[-1], steps)
    reached = {0}
    for number, segment in enumerate(segments):
        if segment == "**":
            least = min(reached, default=len(parts) + 1)
            last = number == len(segments) - 1
            reached = set(range(least + last, len(parts) + 1))
            steps.take(len(parts))
        else:
            reached = {at + 1 for at in reached if at < len(parts) and _matches_name(segment, parts[at], steps)}
        if not reached:
            return False
    return len(parts) in reached


def _matches_name(pattern: str, name: str, steps: _Steps) -> bool:
    """Whether `pattern` matches `name`: after a mismatch only the last star takes one character more."""
    if len(name) > _LONGEST_NAME:
        return True
    symbols = _symbols_of(pattern)
    at = place = taken = 0
    star = mark = -1
    matches = True
    while place < len(name) and matches:
        symbol = symbols[at] if at < len(symbols) else None
        taken += 1 if symbol is None or isinstance(symbol, str) else symbol.cost
        if symbol == "*":
            star, mark = at, place
            at += 1
        elif symbol is not None and (symbol == "?" or name[place] in symbol):
            at, place = at + 1, place + 1
        elif star >= 0:
            mark += 1
            at, place = star + 1, mark
        else:
            matches = False
    steps.take(taken)
    return matches and all(symbol == "*" for symbol in symbols[at:])


_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_LOWER, _UPPER, _DIGITS = ascii_lowercase, ascii_uppercase, "0123456789"
_CLASSES = {
    "alnum": _LOWER + _UPPER + _DIGITS,
    "alpha": _LOWER + _UPPER,
    "blank": " \t",
    "cntrl": "".join(map(chr, (*range(32), 127))),
    "digit": _DIGITS,
    "graph": _LOWER + _UPPER + _DIGITS + _PUNCTUATION,
    "lower": _LOWER,
    "print": _LOWER + _UPPER + _DIGITS + _PUNCTUATION + " ",
    "punct": _PUNCTUATION,
    "space": " \t\n\r\v\f",
    "upper": _UPPER,
    "xdigit": _DIGITS + "abcdefABCDEF",
}


@dataclass(frozen=True, slots=True)
class _Class:
    """A character class: the `characters` and `ranges` in it."""

    negated: bool
    characters: frozenset[str]
    ranges: tuple[tuple[str, str], ...] = ()

    @property
    def cost(self) -> int:
        """Steps that it takes to try it."""
        return 1 + len(self.ranges)

    def __contains__(self, character: str) -> bool:
        inside = character in self.characters or any(low <= character <= high for low, high in self.ranges)
        return inside != self.negated


@lru_cache(maxsize=8_192)
def _symbols_of(pattern: str) -> tuple[str | _Class, ...]:
    """What a segment consists of: `*`, `?`, classes, and literal characters (escaped ones as a class).

    Raises `ValueError` for a pattern that matches nothing in git.
    """
    symbols: list[str | _Class] = []
    at = 0
    while at < len(pattern):
        if pattern[at] == "[":
            found, at = _class_at(pattern, at + 1)
            symbols.append(found)
        elif pattern[at] == "\\":
            at += 1
            if at == len(pattern):
                raise ValueError("a backslash at its end")
            symbols.append(_Class(False, frozenset(pattern[at])))
        else:
            symbols.append(pattern[at])
        at += 1
    return tuple(symbols)


def _class_at(pattern: str, at: int) -> tuple[_Class, int]:
    """The class whose text begins at `at`, and where its `]` is; as in git's wildmatch.c."""
    negated = pattern[at : at + 1] in ("!", "^") and bool(pattern[at : at + 1])
    at += negated
    characters: set[str] = set()
    ranges: list[tuple[str, str]] = []
    before, first = "", at
    while at == first or pattern[at : at + 1] != "]":
        character = pattern[at : at + 1]
        if character == "-" and before and pattern[at + 1 : at + 2] not in ("]", ""):
            character, at = _literal(pattern, at + 1)
            ranges.append((before, character))
            before = ""
        elif character == "[" and pattern[at + 1 : at + 2] == ":" and (end := pattern.find("]", at + 2)) > at + 2:
            if pattern[end - 1] == ":":
                characters.update(_named(pattern[at + 2 : end - 1]))
                before, at = "", end
            else:
                characters.add("[")
                before = "["
        else:
            before, at = _literal(pattern, at)
            characters.add(before)
        at += 1
    return _Class(negated, frozenset(characters), tuple(ranges)), at


def _literal(pattern: str, at: int) -> tuple[str, int]:
    """The character at `at`, escaped or not, and where it ends."""
    if pattern[at : at + 1] == "\\":
        at += 1
    if at >= len(pattern):
        raise ValueError("a bracket that is not closed")
    return pattern[at], at


def _named(name: str) -> str:
    if name not in _CLASSES:
        raise ValueError(f"a class [:{name[:20]}:] that there is not")
    return _CLASSES[name]


def _runs_backwards(segment: str) -> bool:
    return any(
        low > high for symbol in _symbols_of(segment) if isinstance(symbol, _Class) for low, high in symbol.ranges
    )


def _bytes(text: str) -> str:
    """`text` with a character for each byte, as which git compares names: `?` is half of an `é`."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")
