"""The rules of a `.gitignore`, matched in time that is bounded whatever the rules are.

Syntax and meaning are those of gitignore(5). The usual translation into regular expressions takes exponential time for a
hostile rule such as `*a*a*a*a*b`. Here the time for a name grows with the product of its length and that of the pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

MOST_RULES = 2_000
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
        """Whether there are rules that were not read, so that nobody knows what they exclude."""
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
            if (rule := _rule(line.removesuffix("\r"), number)) is not None:
                rules.append(rule)
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
    segments = [segment for segment in pattern.lstrip("/").split("/") if segment]
    for segment in segments:
        _check(segment)
    if not anchored:
        segments.insert(0, "**")
    return Rule(tuple(segments), negated, folders_only, number)


def _without_trailing_space(line: str) -> str:
    stripped = line.rstrip(" \t")
    return stripped + " " if stripped.endswith("\\") and len(stripped) < len(line) else stripped


def _check(segment: str) -> None:
    """Raises `ValueError` for what git takes for no pattern."""
    at = 0
    while at < len(segment):
        if segment[at] == "\\":
            if at + 1 == len(segment):
                raise ValueError("a backslash at its end")
            at += 1
        elif segment[at] == "[":
            at = _class_end(segment, at)
        at += 1


def _class_end(segment: str, at: int) -> int:
    """Where the `]` is that closes the class which begins at `at`. Raises `ValueError` where there is none, or a bad range."""
    if segment.startswith("[[:", at) and (named := segment.find(":]]", at)) > 0:
        return named + 2
    end = segment.find("]", at + (3 if segment[at + 1 : at + 2] in ("!", "^") else 2))
    if end < 0:
        raise ValueError("a bracket that is not closed")
    body = segment[at + 1 : end].lstrip("!^")
    if any(body[i + 1] == "-" and body[i] > body[i + 2] for i in range(len(body) - 2)):
        raise ValueError("a range that runs backwards")
    return end


def excluded_by(rules: Sequence[Rule], parts: Sequence[str]) -> Rule | None:
    """The rule that excludes the file at `parts`, its path below the rules' folder; None where none does.

    A file in an excluded folder is excluded, whatever later rules say (gitignore(5)).
    """
    for depth in range(1, len(parts) + 1):
        found = None
        for rule in rules:
            if (depth < len(parts) or not rule.folders_only) and _matches(rule.segments, parts[:depth]):
                found = rule
        if found is not None and not found.negated:
            return found
    return None


def _matches(segments: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether the pattern matches the whole path: the row of places in `parts` that each segment may have come to."""
    reached = {0}
    for number, segment in enumerate(segments):
        if segment == "**":
            least = min(reached, default=len(parts) + 1)
            last = number == len(segments) - 1
            reached = set(range(least + last, len(parts) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(parts) and _matches_name(segment, parts[at])}
        if not reached:
            return False
    return len(parts) in reached


def _matches_name(pattern: str, name: str) -> bool:
    """Whether `pattern` matches `name`: after a mismatch only the last star takes one character more."""
    if len(name) > _LONGEST_NAME:
        return True
    at = place = 0
    star = mark = -1
    while place < len(name):
        size = _one(pattern, at, name[place])
        if at < len(pattern) and pattern[at] == "*":
            star, mark = at, place
            at += 1
        elif size:
            at += size
            place += 1
        elif star >= 0:
            mark += 1
            at, place = star + 1, mark
        else:
            return False
    return all(each == "*" for each in pattern[at:])


def _one(pattern: str, at: int, character: str) -> int:
    """How many characters of `pattern` from `at` on match `character`; 0 where they do not."""
    mark = pattern[at : at + 1]
    if mark == "?":
        return 1
    if mark == "[":
        end = _class_end(pattern, at)
        return end - at + 1 if _in_class(pattern[at + 1 : end], character) else 0
    if mark == "\\":
        return 2 if pattern[at + 1 : at + 2] == character else 0
    return 1 if mark == character else 0


_CLASSES = {
    "alpha": str.isalpha,
    "digit": str.isdigit,
    "alnum": str.isalnum,
    "upper": str.isupper,
    "lower": str.islower,
    "space": str.isspace,
}


def _in_class(body: str, character: str) -> bool:
    negated = body[:1] in ("!", "^")
    body = body[negated:]
    if body.startswith("[:") and (test := _CLASSES.get(body[2:].rstrip(":]"))) is not None:
        return test(character) != negated
    at, inside = 0, False
    while at < len(body):
        if body[at + 1 : at + 2] == "-" and at + 2 < len(body):
            inside = inside or body[at] <= character <= body[at + 2]
            at += 3
        else:
            inside = inside or body[at] == character
            at += 1
    return inside != negated
