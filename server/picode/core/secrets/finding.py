"""Where there are secrets in a text, in one pass over it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import log2

from picode.core.secrets.shapes import KEYS, NAME_END, NAMES, SHAPES, VALUE, Shape


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, and where it stands. `kind` is a word for the user."""

    start: int
    end: int
    kind: str


def find(text: str, begun: tuple[int, ...] = ()) -> list[Secret]:
    """The secrets in `text`, in order, none within another.

    At the offsets `begun` somebody is typing: what stands before one and begins like a secret is one, however short it is.

    >>> find('key = "sk-proj-4fS8aQ2wE6rT9yU3iO7p"')
    [Secret(start=7, end=35, kind='provider key')]
    """
    found = [*_shaped(text), *_named(text), *_headless(text)]
    for at in begun:
        if (typed := _being_typed(text, at)) is not None and not any(each.end >= at > each.start for each in found):
            found.append(typed)
    found.sort(key=lambda each: (each.start, -each.end))
    apart: list[Secret] = []
    for each in found:
        if not apart or each.start >= apart[-1].end:
            apart.append(each)
    return apart


def looks_random(value: str) -> bool:
    """Whether nobody would make up `value` as a name or an example: it mixes letters and digits, and has no words.

    >>> [looks_random(each) for each in ("Tr0ub4dor&3xq", "access_token_2", "changeme123", "a8f5f167f44f4964e6c998dee")]
    [True, False, False, True]
    """
    if not (any(map(str.isdigit, value)) and any(map(str.isalpha, value))) or _entropy(value) < _LEAST_BITS:
        return False
    if _NAME.fullmatch(value):
        return False
    runs = _RUN.findall(value)
    return sum(map(len, runs)) / len(runs) < _WORD


_LEAST_BITS = 2.7
_NAME = re.compile(r"[A-Za-z]+(?:[_./:-][A-Za-z]+)*[_./:-]?[0-9]{0,4}")
_WORD = 3.6
"""Characters. A piece of a name or a sentence is longer on average, a piece of something random shorter."""
_RUN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def _entropy(value: str) -> float:
    """Shannon's, in bits a character."""
    size = len(value)
    return -sum(count / size * log2(count / size) for count in Counter(value).values())


def _shaped(text: str) -> Iterator[Secret]:
    for mark, rest, shape in _MARKS:
        at = text.find(mark)
        while at >= 0:
            end = at + len(mark)
            # The end of a longer word is no mark, unless the secret is what follows it.
            if "secret" in rest.groupindex or not text[at - 1 : at].isalnum():
                match = rest.match(text, end)
                if match is not None:
                    end = match.end()
                    if (secret := _secret(text, at, match, shape)) is not None:
                        yield secret
            at = text.find(mark, end)


_MARKS = [(mark, re.compile(shape.rest), shape) for shape in SHAPES for mark in shape.marks]


def _secret(text: str, mark: int, match: re.Match[str], shape: Shape) -> Secret | None:
    start, end = match.span("secret") if "secret" in match.re.groupindex else (mark, match.end())
    if shape.vague and not looks_random(text[start:end]):
        return None
    if shape.kind.startswith("password") and _EXAMPLE.fullmatch(text, start, end):
        return None
    return Secret(start, end, shape.kind)


_EXAMPLE = re.compile(r"(?i:pass(?:word|wd)?|pwd|secret|x+|\.+|your.*|my.*|changeme|redacted)")


def _named(text: str) -> Iterator[Secret]:
    lower = text.lower()
    if len(lower) != len(text):  # a few letters become two
        lower = text.translate(_LOWER)
    for name in NAMES:
        at = lower.find(name)
        while at >= 0:
            match = _ASSIGNED.match(text, at + len(name))
            if match is not None and (name != "key" or _KEYS.search(text, max(0, at - _LONGEST_WORD), at)):
                part = "quoted" if match.start("quoted") >= 0 else "bare"
                if _is_value(match[part], bare=part == "bare"):
                    yield Secret(*match.span(part), "value of a secret's name")
            at = lower.find(name, at + 1)


_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_LONGEST_WORD = 12
_KEYS = re.compile(rf"{KEYS}\Z")
# A value has a quote before it, or nothing but the end of the line behind it, as in `.env` and YAML.
_ASSIGNED = re.compile(
    rf"(?i:{NAME_END})[\"'`]?\]?[ \t]{{0,3}}(?::=|=>|[:=])[ \t]{{0,3}}"
    rf"(?:[bruf]{{0,2}}[\"'`](?P<quoted>{VALUE})|(?P<bare>{VALUE})(?=[ \t]*(?:[\r\n]|\Z|\#)))"
)


def _is_value(value: str, *, bare: bool) -> bool:
    # What has no quotes may be an expression: `self.token2`, `page/2`.
    return looks_random(value) and not (bare and _PATH.fullmatch(value))


_PATH = re.compile(r"(?:[A-Za-z_]\w*[./:]+)+\w*")


def _headless(text: str) -> Iterator[Secret]:
    """The rest of a private key whose beginning was cut off."""
    end = text.find("-----END ")
    if end > 0 and text.find("-----BEGIN ", 0, end) < 0 and (match := _TAIL.search(text)) is not None:
        yield Secret(*match.span(1), "private key")


_TAIL = re.compile(r"((?:[A-Za-z0-9+/=]{16,100}\s{1,9}){1,400})-----END [A-Z0-9 ]{0,30}PRIVATE KEY")


def _being_typed(text: str, at: int) -> Secret | None:
    start = max(0, at - _LONGEST_TYPED)
    match = _BEGUN.search(text, start, at)
    return Secret(match.start(), at, "being typed") if match else None


_LONGEST_TYPED = 400
_BEGUN = re.compile(
    "(?<![A-Za-z0-9])(?:"
    + "|".join(re.escape(mark) for shape in SHAPES if "<secret>" not in shape.rest for mark in shape.marks)
    + r")[A-Za-z0-9_.-]{4,}\Z"
)
