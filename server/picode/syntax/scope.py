"""What surrounds the cursor: the definitions that it stands in, and the names that are used near it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from picode.core.comments import comment_at
from picode.core.document import Position, Snapshot, body
from picode.syntax.lexer import lex

_FAR = 2000
"""Lines above the cursor that are looked through for what encloses it."""

_HEADERS = re.compile(
    r"^\s*(?:@\w|(?:export|default|public|private|protected|internal|static|abstract|final|async|override|pub(?:\([^)]*\))?|"
    r"unsafe|const|open|data|sealed|virtual|inline|suspend)\s+)*"
    r"(?:def|class|function\*?|func|fn|fun|interface|impl|trait|struct|enum|module|mod|namespace|object|record|type)\b(?!\s*[:=.,;)\]])"
)

_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_NAME = re.compile(r"(?:[^\W\d]|\$)[\w$]*")

_LONGEST_LINE = 2000
"""Characters of a line in which a name is looked for."""

_COMMON = frozenset(
    "and as assert async await break case catch class const continue def default del do elif else enum except export extends"
    " false finally fn for from func function global go if impl implements import in instanceof interface is lambda let match"
    " mod mut namespace new nil none nonlocal not null of or package pass private protected pub public raise return self Self"
    " static struct super switch this throw trait true True False None try type typeof undefined use using var void while with"
    " yield int str float bool string number boolean any object list dict set tuple len print range".split()
)


def begins_definition(line: str) -> bool:
    """Whether `line` is the header of a definition."""
    return bool(_HEADERS.match(line)) and not line.rstrip().endswith((";", ","))


def enclosing(snapshot: Snapshot) -> tuple[str, ...]:
    """The headers of the definitions around the cursor, outermost first, each on one line.

    Told by indentation: that needs no tree, holds while the code is broken, and costs a look at some lines.
    """
    found: list[str] = []
    lines, row = snapshot.lines, snapshot.cursor.line
    depth = _depth(snapshot.line_prefix) if snapshot.line_prefix.strip() else len(snapshot.line_prefix.expandtabs(4))
    for number in range(row - 1, max(-1, row - _FAR), -1):
        line = body(lines[number])
        if not line.strip():
            continue
        if (indent := _depth(line)) < depth:
            depth = indent
            if _HEADERS.match(line):
                found.append(line.strip())
        if depth == 0:
            break
    return tuple(reversed(found))


def used_names(snapshot: Snapshot, limit: int = 40) -> tuple[str, ...]:
    """The identifiers on the cursor's line and around it, the nearest first."""
    found: dict[str, None] = {}
    for line in _outwards(snapshot):
        for word in reversed(_WORD.findall(line)):
            if len(word) > 1 and word not in _COMMON:
                found.setdefault(word)
        if len(found) >= limit:
            break
    return tuple(found)[:limit]


def name_at(lines: Sequence[str], start: Position, end: Position, language: str) -> str:
    """The name that stands at a cursor (`start` and `end` are the same), or is selected as a whole. Empty where there is none,
    as on a keyword, in a comment or in a string.

    >>> name_at(["total = price * 2\\n"], Position(0, 8), Position(0, 8), "python")
    'price'
    """
    line = body(lines[start.line])[:_LONGEST_LINE]
    if start.line != end.line or comment_at(lines, start.line, language) is not None:
        return ""
    for found in _NAME.finditer(line):
        first, last = found.span()
        if (first, last) == (start.column, end.column) or (start == end and first <= start.column <= last):
            inside = (token for token in lex(line, language) if token.kind in ("string", "comment"))
            hidden = any(token.start <= first < token.end for token in inside)
            return "" if hidden or found[0] in _COMMON else found[0]
    return ""


def _outwards(snapshot: Snapshot, reach: int = 15) -> Iterator[str]:
    """The lines from the cursor outwards, those above before those below."""
    lines, row = snapshot.lines, snapshot.cursor.line
    yield snapshot.line_prefix[-400:]
    yield snapshot.line_suffix[:400]
    for distance in range(1, reach + 1):
        if row - distance >= 0:
            yield body(lines[row - distance])[:400]
        if distance <= 5 and row + distance < len(lines):
            yield body(lines[row + distance])[:400]


def _depth(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())
