"""Where an answer says again what stands behind the cursor already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from picode.postprocess.cursor_context import CursorContext
from picode.syntax.lexer import lex

_LETTER = re.compile(r"[^\W\d_]")
_COMMON = re.compile(
    r"\W*(?:(?:else|end\w*|fi|done|esac|break|continue|pass|return|try|do|then|begin|finally|default|null|None|true|false"
    r"|\w+:)?\W*)?(?:</\w+>)?"
)
_OPENERS = ("{", "(", "[", ":", "do", "then", "=>")
_LONG = 20
"""Characters of a line that was cut off which are hardly ever the same by chance."""


def said_again(text: str, place: CursorContext, *, ended: bool = True) -> int | None:
    """Where in `text` begins what stands behind the cursor; None where it says nothing again, or so little that it may be
    chance. `ended` false: the model is still writing, and what begins as the text below may go on otherwise.

    What stands right of the cursor counts where the line is said to its end; lines below where one of them says something:
    many blocks end with the same bracket. Only what is the same counts, not what is much alike.
    """
    lines = text.split("\n")
    below = [line for line in place.after if line.strip()]
    right = place.line_suffix.strip()
    if right and (at := _line_again(lines, place, below)) is not None:
        return at
    said: list[tuple[int, str]] = []
    at = 0
    for number, line in enumerate(lines):
        if line.strip() or (not number and place.line_prefix.strip()):
            said.append((max(0, at - 1), line if number else place.line_prefix + line))
        at += len(line) + 1
    contents = [line for _, line in said]
    for number, (start, _) in enumerate(said):
        if (start or not right) and _goes_on_as(below, contents[number:], place, ended=ended):
            return start
    return None


def _line_again(lines: Sequence[str], place: CursorContext, below: Sequence[str]) -> int | None:
    """Where the first line says what stands right of the cursor, but for closers that it may replace; what is only brackets
    counts if the lines below follow."""
    first = lines[0].rstrip()
    following = [line for line in lines[1 : 2 * len(below) + 2] if line.strip()]
    follows = _goes_on_as(below, following, place) or (not below and place.last and len(lines) > 1)
    for replaced in replaceable(first, place.line_suffix):
        right = place.line_suffix[replaced:].rstrip()
        for rest in (right, right.lstrip()):
            if rest and first.endswith(rest) and (follows or _says_rest(rest, replaced, whole=len(lines) > 1)):
                kept = first[: len(first) - len(rest)]
                if is_subsequence(place.line_suffix[:replaced], kept):
                    return len(kept)
    return None


def _says_rest(rest: str, replaced: int, *, whole: bool) -> bool:
    """Whether `rest` is so much that a line hardly ends with it by chance. `whole`: the line has ended."""
    if replaced:
        return len(rest) >= _LONG
    return bool(_LETTER.search(rest)) or (whole and any(map(str.isdigit, rest)))


_CLOSERS = re.compile(r"(?:[)\]}>\"'`;,:/%*\-]|</[\w.:-]*>|[ \t](?=\S))+")
_MOST_REPLACED = 24


def replaceable(text: str, suffix: str) -> Iterator[int]:
    """How many characters of `suffix`, what stands right of the cursor, `text` may replace, 0 first: closers that it has
    too, in that order."""
    yield 0
    found = _CLOSERS.match(suffix)
    at = 0
    for count, character in enumerate(found[0][:_MOST_REPLACED] if found else "", 1):
        at = text.find(character, at) + 1
        if not at:
            return
        if not character.isspace():
            yield count


def is_subsequence(part: str, text: str) -> bool:
    """Whether the characters of `part` are in `text`, in that order."""
    rest = iter(text)
    return all(character in rest for character in part)


def _goes_on_as(below: Sequence[str], said: Sequence[str], place: CursorContext, *, ended: bool = True) -> bool:
    """Whether the lines of `said` begin as the lines below the cursor do, as far as that is more than chance. What has the same
    head and another body is a sibling."""
    telling = number = 0
    for line, known in zip(islice(said, len(below)), below, strict=False):
        if _bare(line) != _bare(known):
            cut_off = number == len(said) - 1 and known.startswith(line.rstrip()) and len(line.strip()) >= _LONG
            return (telling > 0 and not _is_open(said[:number], place)) or cut_off
        number += 1
        telling += tells(line)
    if not ended and number == len(said) < len(below) and _is_open(said, place):
        return False
    return telling > 0 or (place.last and number > 1 and number == len(said) == len(below))


def _is_open(lines: Sequence[str], place: CursorContext) -> bool:
    """Whether the body of what `lines` begin is still to come."""
    if not lines or lines[-1].rstrip().endswith(_OPENERS):
        return bool(lines)
    kinds = [token.kind for token in lex("\n".join(lines), place.language, place.inside)]
    return kinds.count("open") > kinds.count("close")


def tells(line: str) -> bool:
    """Whether `line` says something, so that another is hardly equal to it by chance."""
    return bool(_LETTER.search(line)) and not _COMMON.fullmatch(line.strip())


def _bare(line: str) -> str:
    return line.rstrip(" \t;,")
