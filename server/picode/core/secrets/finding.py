"""Where there are secrets in a text, in time linear in its length."""

from __future__ import annotations

import re
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from picode.core.secrets.addresses import addressed
from picode.core.secrets.assignments import assigned
from picode.core.secrets.names import VENDORS, words_of
from picode.core.secrets.shapes import ANYWHERE, WORDS, Shape, compiled
from picode.core.secrets.values import looks_random


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, and where it stands. `kind` is a word for the user."""

    start: int
    end: int
    kind: str


def find(text: str, begun: tuple[int, ...] = ()) -> list[Secret]:
    """The secrets in `text`, in order, none within another.

    The user types at the offsets `begun`: what stands before one and begins like a secret is one, however short it is.

    >>> find('key = "sk-proj-4fS8aQ2wE6rT9yU3iO7p"')
    [Secret(start=7, end=35, kind='provider key')]
    """
    words = words_of(text)
    found = [*_shaped(text), *_anywhere(text, words), *_headless(text)]
    found += [Secret(*span, "password in an address") for span in addressed(text, words)]
    found += [Secret(*span, "value of a secret's name") for span in assigned(text, words)]
    for at in begun:
        if (typed := _being_typed(text, at)) is not None and not any(each.end >= at > each.start for each in found):
            found.append(typed)
    found.sort(key=lambda each: (each.start, -each.end))
    apart: list[Secret] = []
    for each in found:
        if not apart or each.start >= apart[-1].end:
            apart.append(each)
        elif each.end > apart[-1].end:  # they overlap: nothing of either may stay
            apart[-1] = Secret(apart[-1].start, each.end, apart[-1].kind)
    return apart


def _by_head(shapes: Iterable[Shape]) -> dict[str, list[tuple[str, Shape]]]:
    heads: dict[str, list[tuple[str, Shape]]] = defaultdict(list)
    for shape in shapes:
        if not shape.before:
            for mark in shape.marks.split():
                heads[mark[:2]].append((mark, shape))
    return dict(heads)


_HEADS = _by_head(WORDS)
_INFIX = [(mark, shape) for shape in WORDS if shape.before for mark in shape.marks.split()]
_SHORTEST = 16
"""Characters of the shortest word that is looked at."""
_PIECE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9].")


def _shaped(text: str) -> Iterator[Secret]:
    """The secrets that begin a word, or a part of one behind `_`, `.`, `-` or `~`; and those that an issuer's name tells."""
    at = 0
    words = text.translate(_APART).split() if text.isascii() else _LONG.findall(text)
    for word in [each for each in words if len(each) >= _SHORTEST]:
        at = text.index(word, at)
        if len(word) < _SURELY_LONG and not _DIGIT.search(word) and "-" not in word and not word.isupper():
            continue
        escape = 1 if text[at - 1 : at] == "\\" and word[0] in "nrt" else 0
        found = None
        for start in (escape, *(each.start() for each in _PIECE.finditer(word, escape + 1))):
            for mark, shape in _HEADS.get(word[start : start + 2], ()):
                if word.startswith(mark, start) and (found := _matched(text, at + start, mark, shape)) is not None:
                    yield found
        for mark, shape in _INFIX:
            inside = word.find(mark)
            if inside >= 0 and (found := _matched(text, at + inside, mark, shape)) is not None:
                yield found
        if found is None and looks_random(word) and (found := _vendors(text, at)) is not None:
            yield found
        at += len(word)


_APART = {code: " " for code in range(128) if not re.match(r"[A-Za-z0-9_.~+/-]", chr(code))}
"""For ASCII alone: there `str.translate` is fast."""
_LONG = re.compile(r"[A-Za-z0-9_.~+/-]{16,}+")
_DIGIT = re.compile("[0-9]")
_SURELY_LONG = 34
"""Characters from which on a word is looked at that has no digit."""


def _vendors(text: str, at: int) -> Secret | None:
    """The secret that begins at `at`, if its name holds that of an issuer and it looks like what that one issues."""
    name = text[max(0, at - _LONGEST_NAME) : at]
    name = name[name.rfind("\n") + 1 :].lower()
    if not _GIVEN.search(name):
        return None
    for vendor, pattern in VENDORS.items():
        if vendor in name:
            match = compiled(f"(?:{pattern})(?![A-Za-z0-9+/=_-])").match(text, at)
            if match is not None:
                return Secret(at, match.end(), f"{vendor} key")
    return None


_LONGEST_NAME = 80
_GIVEN = re.compile(r"[=:,(>][ \t\"'`=]{0,6}\Z")


def _anywhere(text: str, words: Set[str]) -> Iterator[Secret]:
    for shape in ANYWHERE:
        if shape.words and words.isdisjoint(shape.words.split()):
            continue
        for mark in shape.marks.split():
            at = text.find(mark)
            while at >= 0:
                end = at + len(mark)
                if (found := _matched(text, at, mark, shape)) is not None:
                    yield found
                    end = max(end, found.end)
                at = text.find(mark, end)


_BEFORE = 40
"""Characters in front of a mark that are looked at."""


def _matched(text: str, at: int, mark: str, shape: Shape) -> Secret | None:
    match = compiled(shape.rest).match(text, at + len(mark))
    if match is None:
        return None
    start, end = match.span("secret") if "secret" in match.re.groupindex else (at, match.end())
    if shape.before:
        front = compiled(f"(?<![A-Za-z0-9])(?:{shape.before})\\Z").search(text[max(0, at - _BEFORE) : at])
        if front is None:
            return None
        start = at - len(front[0])
    if shape.vague and not looks_random(text[start:end]) and not _is_basic(text[start:end]):
        return None
    return None if "EXAMPLE" in match[0] else Secret(start, end, shape.kind)


def _is_basic(value: str) -> bool:
    """Whether `value` is a name and a password as HTTP's basic authentication writes them (RFC 7617)."""
    try:
        user, colon, password = b64decode(value, validate=True).decode("ascii").partition(":")
    except ValueError:
        return False
    return bool(colon) and user.isprintable() and len(password) > 2 and password.isprintable()


def _headless(text: str) -> Iterator[Secret]:
    """The rest of a private key whose beginning was cut off."""
    end = text.find("-----END ")
    if end <= 0 or text.find("-----BEGIN ", 0, end) >= 0 or not _TAIL.match(text, end):
        return
    start = end
    for line in reversed(text[max(0, end - _LONGEST_KEY) : end].splitlines(keepends=True)):
        if not _KEY_LINE.fullmatch(line):
            break
        start -= len(line)
    if start < end:
        yield Secret(start, end, "private key")


_LONGEST_KEY = 40_000
_TAIL = re.compile(r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY")
_KEY_LINE = re.compile(r"[ \t]{0,40}[A-Za-z0-9+/=]{4,200}\s{0,9}")


def _being_typed(text: str, at: int) -> Secret | None:
    start = max(0, at - _LONGEST_TYPED)
    match = _BEGUN.search(text, start, at)
    return Secret(match.start(), at, "being typed") if match and not _NAMES.fullmatch(match[1]) else None


_LONGEST_TYPED = 400
_BEGUN = re.compile(
    "(?<![A-Za-z0-9])(?:"
    + "|".join(
        sorted(
            (re.escape(mark) for shape in WORDS if not shape.before for mark in shape.marks.split() if len(mark) > 2),
            reverse=True,
        )
    )
    + r")([A-Za-z0-9_.-]{4,})\Z"
)
_NAMES = re.compile(r"[a-z]{2,}(?:(?:[_.-][a-z]|[A-Z])[a-z]+)*[_.-]?")
"""`pattern`, `key-value` and `patternOf` begin like secrets, and go on as names do. Of secrets, one in thirty goes on with four
such letters, and hardly one with more."""
