"""Values in a column whose heading is a telling name: in CSV, in Markdown's tables, in SQL's `INSERT`."""

from __future__ import annotations

import re
from collections.abc import Generator

from picode.core.secrets.values import is_mixed, is_secret, looks_random

_MOST_ROWS = 200
_LONGEST_LINE = 2_000
_SEPARATORS = ",;\t|"
_HEADING = re.compile(r"[\w .*`\"-]{1,60}")

_INSERT = re.compile(r"(?i:insert|replace)[ \t]+(?i:into)[ \t][^()]{1,120}\((?P<names>[^()]{0,1000})\Z")
_VALUES = re.compile(r"[^()]{0,1000}\)\s{0,60}(?i:values)\s{0,60}(?=\()")
_ROW = re.compile(r"\((?P<cells>(?:'(?:[^'\\\n]++|''|\\.)*+'|[^()'\n]++)*+)\)[ \t]{0,4},?\s{0,60}")
_CELL = re.compile(r"\s*+(?:[NEne]?'(?P<text>(?:[^'\\\n]++|''|\\.)*+)'|[^,'\n]*+)[^,'\n]*+(?:,|\Z)")


def columned(text: str, start: int, end: int, chosen: bool) -> Found:
    """Start and end of each secret in the column that the name between `start` and `end` is the heading of. Returns how many
    characters of rows were looked at."""
    opened = text.rfind("(", max(0, start - 1_000), start)
    near = text[max(0, opened - 150) : start] if opened >= 0 else ""
    if "INTO" in near.upper() and (insert := _INSERT.search(near)) is not None:
        return (yield from _inserted(text, end, insert["names"].count(","), chosen))
    top = text.rfind("\n", max(0, start - _LONGEST_LINE), start) + 1
    bottom = text.find("\n", end, end + _LONGEST_LINE)
    heading = text[top:bottom] if bottom >= 0 and (top or start < _LONGEST_LINE) else ""
    separator = next((each for each in _SEPARATORS if each in heading), "")
    cells = heading.strip("\r|").split(separator) if separator else []
    if len(cells) > 1 and all(map(_HEADING.fullmatch, cells)):
        column = text.count(separator, top, start)
        return (yield from _listed(text, bottom + 1, separator, heading.count(separator), column))
    return 0


Found = Generator[tuple[int, int], None, int]


def _inserted(text: str, end: int, column: int, chosen: bool) -> Found:
    values = _VALUES.match(text, end)
    first = at = values.end() if values else len(text)
    for _ in range(_MOST_ROWS):
        row = _ROW.match(text, at)
        if row is None:
            break
        place = row.start("cells")
        for _ in range(column):
            cell = _CELL.match(text, place, row.end("cells"))
            place = cell.end() if cell else place
        cell = _CELL.match(text, place, row.end("cells"))
        if cell is not None and cell["text"] and is_secret(cell["text"], chosen=chosen, quoted=True):
            yield cell.span("text")
        at = row.end()
    return at - first


def _listed(text: str, first: int, separator: str, separators: int, column: int) -> Found:
    at = first
    for _ in range(_MOST_ROWS):
        end = text.find("\n", at, at + _LONGEST_LINE)
        line = text[at : end if end >= 0 else at + _LONGEST_LINE]
        if line.count(separator) != separators:
            break
        cells = line.split(separator)
        cell = cells[column]
        value = cell.strip(" \t\r\"'`")
        if value and " " not in value and (is_mixed(value) or looks_random(value)):
            start = at + sum(len(each) + 1 for each in cells[:column]) + cell.index(value)
            yield start, start + len(value)
        at += len(line) + 1
        if end < 0:
            break
    return at - first
