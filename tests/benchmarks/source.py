"""A file of real code as the generation of holes sees it: its lines, brackets, strings, depths and blocks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from .autoclosing import Context
from .contexts import contexts_of

MOST_LINES = 14
"""Lines of the longest block that is looked for."""
_LONGEST_LINE = 160


@dataclass(frozen=True, slots=True)
class File:
    """A file of real code. `path` is what it is called in reports, without the folder that it was found in."""

    language: str
    path: str
    text: str


@dataclass
class Source:
    """A file, and what the generation of holes needs to know about it."""

    file: File

    @cached_property
    def spans(self) -> list[tuple[int, int, Context]]:
        """Where strings and comments are."""
        return contexts_of(self.file.text, self.file.language)

    @property
    def text(self) -> str:
        return self.file.text

    @cached_property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    @cached_property
    def starts(self) -> list[int]:
        """The offset of each line."""
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    @cached_property
    def lines(self) -> list[str]:
        """Without their ends."""
        return [line.removesuffix("\r") for line in self.text.split("\n")]

    def row_of(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1

    def end_of(self, row: int) -> int:
        return self.starts[row] + len(self.lines[row])

    def indent(self, row: int) -> int:
        line = self.lines[row]
        return len((line[: len(line) - len(line.lstrip())]).expandtabs(4))

    def context(self, offset: int) -> Context:
        """What the cursor would be in at `offset`, between two characters. The start of a string is not in it."""
        at = bisect_right(self.spans, (offset, -1, "code")) - 1
        if at < 0:
            return "code"
        start, end, context = self.spans[at]
        return context if start < offset < end else "code"

    @cached_property
    def inside(self) -> list[bool]:
        """For each line, whether it begins in a string or a comment that an earlier one has begun."""
        return [self.context(start) != "code" for start in self.starts]

    @cached_property
    def matches(self) -> dict[int, int]:
        """The offset of each opening bracket of the code, and of its closing one."""
        found, stack = {}, []
        for at, character in ((each.start(), each[0]) for each in re.finditer(r"[()\[\]{}]", self.text)):
            if self.context(at) != "code":
                continue
            if character in "([{":
                stack.append(at)
            elif stack and self.text[stack[-1]] + character in ("()", "[]", "{}"):
                found[stack.pop()] = at
            elif stack:
                stack.pop()
        return found

    @cached_property
    def rows(self) -> list[int]:
        """The lines that holes are made in: code that somebody would type."""
        return [row for row, line in enumerate(self.lines) if self._is_code(row, line)]

    def _is_code(self, row: int, line: str) -> bool:
        content = line.strip()
        first = self.starts[row] + len(line) - len(line.lstrip())
        return (
            4 <= len(content) <= _LONGEST_LINE
            and line == line.rstrip()
            and not self.inside[row]
            and not content.startswith(("#", "//", "/*", "*", "--", "<!--", '"""', "'''"))
            and self.context(first + 1) != "comment"
        )

    @cached_property
    def by_depth(self) -> list[list[int]]:
        """`rows` by nesting depth: outermost, one level, two, more; and those with other than ASCII characters."""
        levels: dict[int, list[int]] = defaultdict(list)
        units = sorted({self.indent(row) for row in self.rows})
        for row in self.rows:
            levels[min(units.index(self.indent(row)), 3)].append(row)
        beyond_ascii = [row for row in self.rows if not self.lines[row].isascii()]
        return [*(levels[level] for level in sorted(levels)), *([beyond_ascii] if beyond_ascii else [])]


@dataclass(frozen=True, slots=True)
class Block:
    """Rows `first` to `last`, opened by `opener`, whose head begins in row `head`. `closer` is the row of the closer's line,
    or None where indentation alone ends the block."""

    head: int
    opener: int
    first: int
    last: int
    closer: int | None

    @property
    def end(self) -> int:
        return self.last if self.closer is None else self.closer


_CLOSER = re.compile(r"(?:[)\]}]+[;,]?|end|fi|done|esac|endif;?|endforeach;?|</[\w.-]*>)\Z")


def block_at(source: Source, opener: int) -> Block | None:
    """The block that row `opener` opens, with a bracket at its end or by the deeper lines below."""
    lines, depth = source.lines, source.indent(opener)
    content = lines[opener].rstrip()
    if not content or source.inside[opener]:
        return None
    last = _by_bracket(source, opener)
    if last is None:
        last = _by_indentation(source, opener, depth)
    if last is None or last <= opener or not any(lines[row].strip() for row in range(opener + 1, last + 1)):
        return None
    below = last + 1
    closes = below < len(lines) and source.indent(below) == depth and bool(_CLOSER.match(lines[below].strip()))
    return Block(_head_of(source, opener), opener, opener + 1, last, below if closes else None)


def _by_bracket(source: Source, opener: int) -> int | None:
    at = source.end_of(opener) - 1
    if (close := source.matches.get(at)) is None:
        return None
    row = source.row_of(close)
    begins = not source.text[source.starts[row] : close].strip()
    return row - 1 if begins and row > opener + 1 else None


def _by_indentation(source: Source, opener: int, depth: int) -> int | None:
    last = None
    for row in range(opener + 1, len(source.lines)):
        if not source.lines[row].strip() and not source.inside[row]:
            continue
        if source.indent(row) <= depth and not source.inside[row]:
            break
        last = row
        if row - opener > MOST_LINES:
            return None
    return last


def _head_of(source: Source, opener: int) -> int:
    """The row in which the head begins: `) -> int:` belongs to the signature that its bracket opened."""
    first = source.starts[opener] + len(source.lines[opener]) - len(source.lines[opener].lstrip())
    if source.text[first : first + 1] in tuple(")]"):
        for start, close in source.matches.items():
            if close == first:
                return source.row_of(start)
    return opener
