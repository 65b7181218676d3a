"""The lines around a cursor that are enough to understand it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from picode.core.document import Snapshot, body
from picode.core.indentation import indent_of
from picode.syntax.scope import begins_definition

WHOLE = 250
"""Lines of a document that is looked at as a whole."""

ABOVE = 100
BELOW = 40
_FAR = 3000
"""Lines that are looked through for what encloses the window."""

_LONGEST_HEAD = 20
_LONGEST_LINE = 2000
_CLOSER = re.compile(r"(?:[)\]}]++[;,)]*+|end|</[\w.:-]+>)\Z")


@dataclass(frozen=True, slots=True)
class Window:
    """Text before and after a cursor: whole lines but for the cursor's own, from the start of one construct to the start of
    another of the same level. What encloses them is there too, as the lines that open it and those that close it. Line ends are
    `\\n`."""

    before: str
    after: str

    @property
    def offset(self) -> int:
        """The cursor's place, in bytes of UTF-8."""
        return len(self.before.encode("utf-8", "replace"))


def window_at(snapshot: Snapshot) -> Window | None:
    """None where a line is so long that a program wrote it."""
    lines, row, language = snapshot.lines, snapshot.cursor.line, snapshot.language
    if len(lines) <= WHOLE:
        first, last = 0, len(lines)
        heads: list[int] = []
        closers: list[int] = []
    else:
        first, heads = _start(lines, row, language)
        last, closers = _end(lines, row, language)
    numbers = [*heads, *range(first, row)]
    below = [*range(row + 1, last), *closers]
    if any(len(lines[number]) > _LONGEST_LINE for number in (*numbers, row, *below)):
        return None
    above = [body(lines[number]) for number in numbers]
    under = [body(lines[number]) for number in below]
    if language in _PREPROCESSED and (first or last < len(lines)):
        above = [*[_SCOPE] * _unclosed(lines[first::-1]), *above]
        under += ["}"] * _unclosed(lines[last - 1 :], opener="}", closer="{")
        above, under = _without_half_directives(above, under)
    if language in _JSON and closers and last > row + 1:
        under[last - row - 2] = under[last - row - 2].rstrip().removesuffix(",")
    before = "".join(f"{line}\n" for line in above) + snapshot.line_prefix
    return Window(before, snapshot.line_suffix + "\n" + "".join(f"{line}\n" for line in under))


def _start(lines: Sequence[str], row: int, language: str) -> tuple[int, list[int]]:
    """The window's first line, and the lines above it that open what encloses it, outermost first."""
    start = max(0, row - ABOVE)
    if not start:
        return 0, []
    content = [number for number in range(start, row) if lines[number].strip()]
    if not content:
        return start, []
    outermost = [number for number in content if _begins(lines, number, "", language)]
    level = "" if outermost else min((indent_of(lines[number]) for number in content), key=_width)
    found = outermost or [number for number in content if _begins(lines, number, level, language)]
    defining = next((number for number in found if begins_definition(lines[number])), None)
    first = defining if defining is not None else found[0] if found else content[0]
    return first, sorted(_heads(lines, first, level))


def _width(indent: str) -> int:
    return len(indent.expandtabs(4)) if "\t" in indent else len(indent)


def _heads(lines: Sequence[str], below: int, indent: str) -> Iterator[int]:
    """The lines that open the blocks around line `below`, innermost first; of a head of several lines, all."""
    number = below - 1
    while indent and number >= max(0, below - _FAR):
        line = lines[number]
        if line.startswith(indent) or not line.strip() or _width(depth := indent_of(line)) >= _width(indent):
            number -= 1
            continue
        indent = depth
        yield number
        reach = number - _LONGEST_HEAD
        while line[len(indent) :].startswith((")", "]", "}", "{")) and reach < number > 0:
            number -= 1
            line = lines[number]
            yield number
            while indent_of(line) != indent and reach < number > 0:
                number -= 1
                line = lines[number]
                yield number
        number -= 1


def _end(lines: Sequence[str], row: int, language: str) -> tuple[int, list[int]]:
    """The line behind the window's last, and the lines below it that close what encloses it."""
    end = min(len(lines), row + 1 + BELOW)
    if end == len(lines):
        return end, []
    content = [number for number in range(row + 1, end) if lines[number].strip()]
    if not content:
        return end, []
    outermost = next((number for number in range(end, row, -1) if _begins(lines, number, "", language)), None)
    if outermost is not None:
        return outermost, []
    level = min((indent_of(lines[number]) for number in content), key=_width)
    last = next((number for number in reversed(content) if _begins(lines, number, level, language)), end)
    return last, list(_closers(lines, last, level))


def _closers(lines: Sequence[str], above: int, indent: str) -> Iterator[int]:
    for number in range(above, min(len(lines), above + _FAR)):
        line = lines[number]
        if not indent:
            return
        if line.startswith(indent) or not line.strip() or _width(depth := indent_of(line)) >= _width(indent):
            continue
        if _CLOSER.match(line.strip()):
            indent = depth
            yield number


_NO_BEGINNING = (")", "]", "}", "{", "else", "elif", "except", "finally", "catch", "end", "</", ".", "#", "*")
_STYLES = frozenset("css scss less".split())
_JSON = frozenset(("json", "jsonc"))
_PREPROCESSED = frozenset("c cpp objective-c objective-cpp".split())


def _begins(lines: Sequence[str], number: int, indent: str, language: str) -> bool:
    """Whether something of a level begins at that line: no closer, nothing that decorates it, no clause of what is above."""
    line, above = lines[number], lines[number - 1].strip() if number else ""
    if not line.strip() or indent_of(line) != indent:
        return False
    if language in _STYLES:
        return not line[len(indent) :].startswith(("}", ")", "{")) and not above.endswith(",")
    if language in _JSON:
        return not line[len(indent) :].startswith(("}", "]"))
    return (
        not line[len(indent) :].startswith(_NO_BEGINNING)
        and not above.startswith(("@", "#[", "template"))
        and not above.endswith(("(", "[", "\\", "=", "|", "&&", "||"))
    )


_SCOPE = 'extern "C" {'
"""Stands for a scope whose content is not indented, such as a namespace."""


def _unclosed(lines: Sequence[str], opener: str = "{", closer: str = "}") -> int:
    """How many scopes whose content is not indented are open at the window's edge, which is the first of `lines`; they lead
    away from it. Such a brace stands in the first column, and so does the line beside it that is inside of the scope."""
    content = [line.rstrip() for line in lines[:_FAR] if line.strip() and not line.startswith("#")]
    depth = found = 0
    for nearer, line, farther in zip(content, content[1:], [*content[2:], ""], strict=False):
        if line[0] in " \t":
            continue
        if _is_brace(line, closer) and farther[:1] not in ("", " ", "\t"):
            depth += 1
        elif _is_brace(line, opener) and nearer[0] not in " \t":
            found += not depth
            depth = max(0, depth - 1)
    return found


def _is_brace(content: str, brace: str) -> bool:
    return content.endswith("{") if brace == "{" else content.startswith("}")


_DIRECTIVE = re.compile(r"\s*#\s*(?:(if|ifdef|ifndef)|(else|elif)|(endif))\b")


def _without_half_directives(above: list[str], under: list[str]) -> tuple[list[str], list[str]]:
    """The lines without the conditional directives whose other half is out of sight."""
    lines = [*above, *under]
    dropped: set[int] = set()
    open_: list[list[int]] = []
    for number, line in enumerate(lines):
        found = _DIRECTIVE.match(line) if "#" in line else None
        if found is None:
            continue
        if found[1]:
            open_.append([number])
        elif not open_:
            dropped.add(number)
        elif found[2]:
            open_[-1].append(number)
        else:
            open_.pop()
    dropped.update(number for group in open_ for number in group)
    keep = [number for number in range(len(lines)) if number not in dropped]
    return [lines[n] for n in keep if n < len(above)], [lines[n] for n in keep if n >= len(above)]
