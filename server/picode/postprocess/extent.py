"""How far an answer goes: to the end of the statement, block or definition that the cursor's place begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from picode.core.indentation import indent_of
from picode.postprocess.cursor_context import CursorContext
from picode.syntax.lexer import lex
from picode.syntax.scope import begins_definition

_CLOSES = re.compile(
    r"[)\]}]|</|\*/|-->|%\}|(?i:end(?:[a-z]*)\b)(?!\s*[=.])|(?:fi|done|esac|until|od)\b|\{%-?\s*end|\?>"
)
_GOES_ON = re.compile(
    r"(?i:else|elif|elsif|elseif|catch|except|finally|rescue|ensure|when|then|do|and|or|case|default)\b|\{%-?\s*(?:else|elif)|[.?&|+*<=,:]|->|=>|//"
)
_CLAUSES = re.compile(r"(?:\}\s*)?(?:else|elif|elsif|elseif|catch|except|finally|rescue|ensure)\b")
_NEEDS_CLAUSE = re.compile(r"\s*try\b")
_UNFINISHED = re.compile(r"(?:[=,+\-*/|&<(\[{\\]|\b(?:and|or|not|in|is|return|extends|implements|where))\s*\Z")
_LABEL = re.compile(r"(?:case\b|default\b|\w+\s*:(?!:)|-\s)")
_DIRECTIVE = re.compile(r"#\s*(?:if|ifdef|ifndef|else|elif|endif|define|include|pragma|undef)\b")
_ITEM = re.compile(r"-(?:\s|\Z)")
_FREE = frozenset("c cpp csharp objective-c objective-cpp".split())


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of an answer: where it starts there, what it says, how deep in brackets that the answer or the cursor's line has
    opened, and whether a string is open at its start."""

    start: int
    text: str
    depth: int
    quoted: bool

    @property
    def content(self) -> str:
        return self.text.strip()

    @property
    def indent(self) -> int:
        return len(indent_of(self.text).expandtabs(4))


def extent(text: str, place: CursorContext) -> int:
    """The length of what of `text` belongs to the cursor's place.

    Behind the beginning of a line: to the end of the statement that the line begins, its block and its closers included. On a
    blank line: to the end of the block that the cursor is in; at the outermost level to a blank line. Where not `several`, to
    the end of the first definition. What closes blocks that began above the cursor may be at the end.
    """
    if "\n" not in text:
        return len(text)
    first, *others = _lines(text, place)
    behind = bool(place.line_prefix.strip())
    head = (place.line_prefix if behind else "") + first.text if behind else first.text
    fresh = not behind
    if behind and not first.content and not _opens(head, others):
        fresh = True  # the line is whole: what is suggested are the next ones
    return _end(text, place, first, others, fresh=fresh)


def _opens(head: str, others: list[_Line]) -> bool:
    """Whether the line that the answer goes on from lacks its body, or its rest."""
    begin = next((line for line in others if line.content), None)
    content = head.rstrip()
    if begin is None:
        return False
    base = len(indent_of(head).expandtabs(4))
    return begin.depth > 0 or begin.indent > base or content.endswith((":", "{", "(", "[", ",", "\\", "=", "=>", "do", "then")) or begin.content == "{"


def _end(text: str, place: CursorContext, first: _Line, others: list[_Line], *, fresh: bool) -> int:
    state = _State(place, first, fresh)
    for line in others:
        if not line.content:
            state.blank = state.blank or not line.quoted
            continue
        if not line.quoted and state.ends_before(line):
            return max(0, line.start - 1)
        state.take(line)
    return len(text)


class _State:
    """What the lines so far have said."""

    def __init__(self, place: CursorContext, first: _Line, fresh: bool) -> None:
        self.place = place
        self.fresh = fresh
        opening = place.line_prefix + first.text
        self.begun = bool(first.content) or not fresh
        self.base = len(indent_of(opening).expandtabs(4))
        self.last = opening if self.begun else ""
        self.head = opening
        self.bodied = False
        self.flat = False
        self.closed = False
        self.blank = False
        self.definitions = int(self.begun and fresh and begins_definition(opening))

    def take(self, line: _Line) -> None:
        if not self.begun:
            self.begun, self.base = True, line.indent
            self.head = line.text
        if self.fresh and line.indent <= self.base and line.depth <= 0 and begins_definition(line.text):
            self.definitions += 1
        self.last = line.text
        self.blank = False

    def ends_before(self, line: _Line) -> bool:
        if not self.begun:
            return bool(self.place.line_prefix.strip()) and line.indent < self._indent_above()
        if line.depth > 0:
            return self._leaves_bracket(line)
        if self.place.language in _FREE and _DIRECTIVE.match(line.content):
            return False
        closes = bool(_CLOSES.match(line.content))
        if line.indent > self.base:
            self.bodied = True
            return False
        if line.indent < self.base:
            return not closes and not (_CLAUSES.match(line.content) and line.content.startswith("}"))
        if closes:
            done, self.closed = self.closed and not self.fresh and line.depth == 0, True
            return done and not line.content.startswith((")", "]", "}", "</"))
        return self._ends_at_base(line)

    def _indent_above(self) -> int:
        return len(indent_of(self.place.line_prefix).expandtabs(4))

    def _leaves_bracket(self, line: _Line) -> bool:
        """Whether an open bracket's content would stand no deeper than the line that opens it."""
        return False

    def _ends_at_base(self, line: _Line) -> bool:
        if self.fresh:
            if self.blank and self.base == 0 and not self.place.several:
                return True
            return (
                not self.place.several
                and bool(self.definitions)
                and (begins_definition(line.text) or line.content.startswith(("@", "#[")))
            )
        if self.closed:
            return not (_CLAUSES.match(line.content))
        if _CLAUSES.match(line.content):
            behind_head = self.place.line_prefix.rstrip().endswith((":", "{")) and not _NEEDS_CLAUSE.match(self.place.line_prefix)
            return behind_head and self.place.language not in ("ruby", "lua", "shellscript", "elixir", "julia", "sql", "cmake", "makefile", "vim")
        if self.bodied:
            return not self._word_closed()
        if _UNFINISHED.search(self.last) and not self.last.rstrip().endswith((")", ">>")):
            return False
        if self.last.rstrip().endswith(":") or self.flat:
            same = _LABEL.match(line.content) and not (self.place.language == "yaml" and _ITEM.match(line.content))
            self.flat = True
            return bool(same) and self.place.language != "yaml"
        if line.content.startswith("{"):
            return False
        return not (_GOES_ON.match(line.content) and not line.content.startswith(("case", "default", "*", "//", "<", "when")))

    def _word_closed(self) -> bool:
        return False


def _lines(text: str, place: CursorContext) -> Iterator[_Line]:
    """The lines of `text` as they stand behind the cursor's line."""
    prefix = place.line_prefix
    whole = prefix + text
    starts = [0]
    for found in re.finditer("\n", whole):
        starts.append(found.end())
    depth, number = 0, 0
    states: list[tuple[int, bool]] = [(0, bool(place.inside))]
    for token in lex(whole, place.language, place.inside):
        while number + 1 < len(starts) and starts[number + 1] <= token.start:
            number += 1
            states.append((depth, False))
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth -= 1
        while number + 1 < len(starts) and token.start < starts[number + 1] < token.end:
            number += 1
            states.append((depth, token.kind == "string"))
    states += [(depth, False)] * (len(starts) - len(states))
    ends = [*(start - 1 for start in starts[1:]), len(whole)]
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        at = max(0, start - len(prefix))
        yield _Line(at, whole[max(start, len(prefix)) : end], *states[row])
