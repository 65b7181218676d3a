"""How lines are indented."""

from __future__ import annotations

from collections.abc import Iterable


def indent_of(line: str) -> str:
    """The white space that `line` begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def unit_of(lines: Iterable[str]) -> str:
    """What one more level of indentation is in `lines`; empty where none is indented.

    Two spaces or four, told by the narrowest line: what is aligned with something is hardly ever the narrowest.
    """
    indents = [indent for line in lines if line.strip() and (indent := indent_of(line))]
    if not indents:
        return ""
    if any("\t" in indent for indent in indents):
        return "\t"
    narrowest = min(map(len, indents))
    return " " * (2 if narrowest % 4 == 2 else 3 if narrowest == 3 else 4)
