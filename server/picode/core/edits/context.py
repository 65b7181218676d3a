"""What of the code around the selection a model has written again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from picode.core.document import body
from picode.core.edits.refusal import OUTSIDE, Refused
from picode.core.edits.region import Region, common_indent
from picode.core.indentation import indent_of

_CHANCE = 4
"""Characters that are hardly ever equal by chance."""

_FURTHEST = 2000
"""Lines above the selection that an answer may begin with."""

_WORD = re.compile(r"\w+")
_CLOSERS = re.compile(r"[)\]}\s;,]*|end")


def without_context(lines: list[str], region: Region) -> list[str] | Refused:
    """`lines` of code without the lines around the selection that a model repeats, one or two or the whole file.

    Refused where it changes them as well.
    """
    size = len(lines) + 8
    above = [body(line) for line in region.lines[max(0, region.start.line - size) : region.start.line]]
    below = [body(line) for line in region.lines[region.end.line + 1 : region.end.line + 1 + size]]
    if region.inline:
        lines = _without_rest_of_line(lines, region)
    elif region.end.column == 0 and region.end > region.start:
        below.insert(0, region.suffix)
    lines = lines[_repeated(lines, above, region.old) :]
    lines = lines[_repeated_head(lines, region) :]
    # Read from its end, the code below comes first.
    mirrored = _repeated(lines[::-1], below[::-1], region.old[::-1], below=True)
    lines = lines[: len(lines) - mirrored]
    if (
        _has_header(lines, above, region)
        or _reaches(lines, above, region.old)
        or _reaches(lines[::-1], below[::-1], region.old)
    ):
        return OUTSIDE
    return lines


def _repeated(lines: Sequence[str], around: Sequence[str], old: Sequence[str], *, below: bool = False) -> int:
    """How many of the first `lines` say what the last ones of `around` say. Blank lines do not count, nor does indentation."""
    said = [(at, line.strip()) for at, line in enumerate(lines) if line.strip()]
    known = [line.strip() for line in around if line.strip()]
    own = [line.strip() for line in old if line.strip()]
    for size in range(min(len(said) - 1, len(known)), 0, -1):
        again = [content for _, content in said[:size]]
        if again != known[-size:]:
            continue
        if all(_CLOSERS.fullmatch(content) for content in again):
            # In front: nothing but what the selection begins with may close. Behind: those that close what it does not open.
            if not below and _CLOSERS.fullmatch(own[0] if own else ""):
                continue
            if below and (_depth(lines) >= _depth(old) or _depth(lines[said[size][0] :]) > _depth(old)):
                continue
        elif again == own[:size] or (size == 1 and len(again[0]) <= _CHANCE):
            continue
        return said[size][0]
    return 0


_HEAD = re.compile(
    r"(?:package|import|from|use|using|namespace|module|library|open|require|require_relative|include|alias|export \*)\b"
    r"|\#\s*(?:include|pragma|import)\b|<\?php\b|[\"']use strict[\"']|\#!"
)


def _repeated_head(lines: Sequence[str], region: Region) -> int:
    """How many of the first `lines` say again how the file begins: its package, its imports. They stand further up, and not in
    what is selected."""
    own = {line.strip() for line in region.old}
    known = {body(line).strip() for line in region.lines[: min(region.start.line, _FURTHEST)]} - own
    repeated = depth = 0
    for at, line in enumerate(lines):
        content = line.strip()
        if not content:
            continue
        if content not in known or not (depth > 0 or _HEAD.match(content)):
            break
        depth += _depth([content])
        repeated = at + 1
    return repeated if repeated < len(lines) else 0


def _depth(lines: Sequence[str]) -> int:
    """How many more brackets are opened than closed; `end` closes too."""
    text = "\n".join(lines)
    closers = sum(map(text.count, ")]}")) + sum(line.strip() == "end" for line in lines)
    return sum(map(text.count, "([{")) - closers


def _reaches(lines: Sequence[str], around: Sequence[str], old: Sequence[str]) -> bool:
    """Whether `lines` begin at a line of `around` and say much of what is between it and the selection, but not all."""
    first = next((line.strip() for line in lines if line.strip()), "")
    known = [line.strip() for line in around if line.strip()]
    if len(first) <= _CHANCE or first not in known or any(line.strip() == first for line in old):
        return False
    between = known[len(known) - 1 - known[::-1].index(first) :]
    said = {line.strip() for line in lines}
    return len(between) > 1 and sum(line in said for line in between) * 2 >= len(between)


def _has_header(lines: Sequence[str], above: Sequence[str], region: Region) -> bool:
    """Whether `lines` have the line that the selection hangs on, changed: `def f(x):` where the body of `def f():` is
    selected."""
    depth = len(region.indent)
    header = next((line for line in reversed(above) if line.strip() and len(indent_of(line)) < depth), "")
    level = common_indent(lines)
    outer = [line for line in lines if line.strip() and indent_of(line) == level]
    return any(_alike(line, header) and not any(_alike(line, own) for own in region.old) for line in outer)


def _alike(one: str, other: str) -> bool:
    """Whether more than half of the words of two lines are the same, and more than one."""
    words, others = Counter(_WORD.findall(one)), Counter(_WORD.findall(other))
    same = (words & others).total()
    return same > 1 and same * 2 > max(words.total(), others.total())


def _without_rest_of_line(lines: list[str], region: Region) -> list[str]:
    """For `b` selected in `x = b;`, `x = c;` is `c`."""
    left, right = region.prefix.strip(), region.suffix.strip()
    first, last = lines[0].strip(), lines[-1].rstrip()
    apart = len(lines) > 1 or len(first) >= len(left) + len(right)
    if not (apart and first.startswith(left) and last.endswith(right)) or region.text.lstrip().startswith(left):
        return lines
    if not right and len(left) <= _CHANCE:
        return lines
    lines = [first.removeprefix(left).lstrip(), *lines[1:]]
    return [*lines[:-1], lines[-1].rstrip().removesuffix(right)]


def begun(lines: list[str], region: Region) -> list[str] | None:
    """`lines`, which are still being written, without the context that they begin with; None while all may be context."""
    above = [body(line) for line in region.lines[max(0, region.start.line - _FURTHEST) : region.start.line]]
    said = [line.strip() for line in lines if line.strip()]
    known = [line.strip() for line in above if line.strip()]
    own = [line.strip() for line in region.old if line.strip()]
    if own[: len(said)] == said:
        return lines
    if any(known[at] == said[0] and known[at : at + len(said)] == said for at in range(len(known) - len(said) + 1)):
        return None
    return lines[_repeated(lines, above, region.old) :]
