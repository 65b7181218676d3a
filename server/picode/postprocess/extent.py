"""How far an answer goes: to the end of the statement, block or definition that the cursor's place begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from picode.core.indentation import indent_of
from picode.postprocess.cursor_context import CursorContext
from picode.syntax.lexer import lex, open_indents
from picode.syntax.scope import begins_definition

_CLOSES = re.compile(
    r"[)\]}]|</|\*/|-->|%\}|\?>|\{%-?\s*end|(?i:end[a-z]*\b)(?!\s*[=.])|(?:fi|done|esac|until|od)\b|;;"
)
_CLAUSE = re.compile(
    r"(?:\}\s*)?(?:else|elif|elsif|elseif|catch|except|finally|rescue|ensure)\b|(?i:else(?:if)?)\b|\{%-?\s*(?:else|elif)"
)
_GOES_ON = re.compile(r"(?:then|do|and|or|in|of|where|extends|implements|with)\b|[.?&|+:=]|->|\{|\*/")
_UNFINISHED = re.compile(
    r"(?:(?<![+\-*/])[=,+\-*/|&<(\[{\\]|\b(?:and|or|not|in|is|return|extends|implements|where))\s*\Z"
)
_QUOTES = ("'", '"')
_STRING_BEGINS = re.compile(r"[A-Za-z]{0,2}[\"']")
_OPENS = (":", "{", "(", "[", ",", "\\", "=", "=>", "->", "do", "then", "of")
_LABEL = re.compile(r"(?:case\b|default\b|\w+\s*:(?!:))")
_ITEM = re.compile(r"-(?:\s|\Z)")
_DIRECTIVE = re.compile(r"#\s*(?:if|ifdef|ifndef|else|elif|endif|define|include|pragma|undef|region|endregion)\b")
_PREPROCESSED = frozenset("c cpp csharp objective-c objective-cpp".split())
_STYLES = frozenset("css scss less".split())
_LETTER = re.compile(r"[^\W\d_]")
_WORD_CLOSED = frozenset("ruby lua shellscript elixir julia sql cmake makefile vim".split())
"""Languages whose blocks end with a word, behind all of their clauses."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an answer: where it starts there, what it says, how deep in brackets it begins (the cursor's line begins at 0),
    the least of these depths so far, and whether a string is open at its start."""

    start: int
    text: str
    depth: int
    least: int
    quoted: bool

    @property
    def content(self) -> str:
        return self.text.strip()

    @property
    def indent(self) -> int:
        return _width(self.text)


def _width(line: str) -> int:
    return len(indent_of(line).expandtabs(4))


def extent(text: str, place: CursorContext) -> int:
    """How many characters of `text`, from its start, belong to the cursor's place.

    Behind the beginning of a line: to the end of the statement that the line begins, with its block and closers. On a blank
    line, and behind one that is whole: to the end of the block that the cursor is in; unless `several_definitions`, at the
    outermost level to a blank line, and to the end of the first definition. What closes blocks that began above may stand
    at the end.
    """
    if "\n" not in text:
        return len(text)
    first, *others = lines_of(text, place)
    if place.line_suffix.strip() and (
        _in_comment(place) or (_LETTER.search(place.line_suffix) and others[0].depth <= 0)
    ):
        return others[0].start - 1  # what stands right of the cursor belongs to this line
    reach = _Reach(place, first, others)
    for line in others:
        if not line.content:
            reach.blank = reach.blank or not line.quoted
        elif not line.quoted and reach.ends_before(line):
            return max(0, line.start - 1)
        else:
            reach.take(line)
    return len(text)


def is_over(text: str, place: CursorContext) -> bool:
    """Whether `text`, which ends with a line end, is all of what belongs to the cursor's place, whatever follows."""
    reached = extent(text, place)
    if reached < len(text.rstrip()):
        return True
    lines = list(lines_of(text, place))
    content = [line for line in lines if line.content]
    end = lines[-1]
    if not content or end.depth > 0 or end.quoted:
        return False
    last = (place.line_prefix if content[0].start == 0 and len(content) == 1 else "") + content[-1].text
    if last.rstrip().endswith(_OPENS) or _UNFINISHED.search(last) or begins_definition(last):
        return False
    if place.line_prefix.strip() and content[-1].start == 0:
        return _ends_statement(last.rstrip(), place.language) and not _is_head(last, place.language)
    blank = not lines[-2].content if len(lines) > 1 else False
    return blank and not place.several_definitions and not place.line_prefix.strip() and not _width(last)


def _ends_statement(line: str, language: str) -> bool:
    """Whether a statement is over at the end of `line`. Where lines do not end statements, the next one may go on with it."""
    return line.endswith((";", "}")) or language in _BY_LINE


_HEAD = re.compile(r"\s*(?:when|in|elsif|elseif|else|rescue|ensure|catch|finally)\b")
_PATTERN = re.compile(r"[^()]*+\)\s*\Z")
_RULE = re.compile(r"[^\s=:][^=:\t]*+:(?!=)")


def _is_head(line: str, language: str) -> bool:
    """Whether a line that is whole may go on in the next, though nothing at its end says so: a clause, a pattern of
    a shell's `case`, a rule of a Makefile. A string that is a line of its own may be joined to the next one."""
    if language == "shellscript" and _PATTERN.match(line):
        return True
    if _STRING_BEGINS.match(line.strip()) and line.endswith(_QUOTES):
        return True
    return bool(_RULE.match(line)) if language == "makefile" else bool(_HEAD.match(line))


_BY_LINE = frozenset("python ruby lua shellscript toml makefile elixir julia r go vim cmake dockerfile".split()) | {""}
"""Languages in which a line that is whole is a statement that is whole."""


class _Reach:
    """What the lines so far say about where the answer ends. `base` is how deep the first of them stands."""

    def __init__(self, place: CursorContext, first: Line, others: list[Line]) -> None:
        self.place = place
        self.opening = place.line_prefix + first.text
        self.base = _width(self.opening)
        begins = next((line for line in others if line.content), None)
        whole = not first.content and bool(place.line_prefix.strip()) and not self._opens(begins)
        self.fresh = whole or not place.line_prefix.strip()
        """Whether statements begin here, instead of one going on."""
        self.begun = bool(self.opening.strip()) and not whole
        self.last = self.opening if self.begun else ""
        self.definitions = int(self.fresh and begins_definition(self.last))
        self.floor = self.base if whole else 0
        self.bodied = self.closed = self.flat = self.blank = False

    def _opens(self, begins: Line | None) -> bool:
        """Whether the line that the answer goes on from lacks its body, or its rest."""
        if begins is None or begins.depth > 0 or begins.indent > self.base:
            return True
        return self.opening.rstrip().endswith(_OPENS) or begins.content == "{"

    def take(self, line: Line) -> None:
        if not self.begun:
            self.begun, self.base = True, line.indent
        if self.fresh and line.indent <= self.base and line.depth <= 0 and begins_definition(line.text):
            self.definitions += 1
        self.last, self.blank = line.text, False

    def ends_before(self, line: Line) -> bool:
        if not self.begun:
            return line.indent < self.floor
        if line.least < 0:
            self._leave_brackets(-line.least)
        if line.depth > 0 and self._lacks_content(line):
            return True
        if line.depth > 0 or is_directive(line, self.place.language):
            return False
        if line.indent > self.base:
            self.bodied = True
            return False
        if line.indent == self.base:
            return self._ends_at_base(line)
        return not _CLOSES.match(line.content)

    def _lacks_content(self, line: Line) -> bool:
        """Whether the cursor's line ends with an open bracket whose content is not indented deeper than that line."""
        if self.bodied or not self.opening.rstrip().endswith(("(", "[")) or line.content.startswith((")", "]", "}")):
            return False
        self.bodied = True
        return line.indent <= self.base

    def _leave_brackets(self, count: int) -> None:
        """The answer has closed brackets that were opened above: what goes on now is the statement that they are a part of."""
        above = open_indents("\n".join(reversed(self.place.before)), self.place.language)
        if len(above) >= count and (base := _width(above[-count])) < self.base:
            self.base, self.fresh, self.bodied, self.closed, self.last = base, False, False, False, "..."

    def _ends_at_base(self, line: Line) -> bool:
        if self.fresh:
            return not self.place.several_definitions and (
                (self.blank and not self.base) or (bool(self.definitions) and _begins_next(line.text))
            )
        if _CLOSES.match(line.content):
            over, self.closed = self.closed and line.content[0].isalpha(), True
            return over
        if _CLAUSE.match(line.content):
            return self._is_other_block()
        if self.closed or self.bodied:
            return True
        if self.flat or self.last.rstrip().endswith(":"):
            self.flat = True
            item = bool(_ITEM.match(line.content))
            return not item if self.place.language == "yaml" else bool(_LABEL.match(line.content))
        goes_on = _GOES_ON.match(line.content) and self.place.language not in _STYLES
        concatenated = _STRING_BEGINS.match(line.content) and self.last.rstrip().endswith(_QUOTES)
        return not (self._is_unfinished() or goes_on or concatenated)

    def _is_unfinished(self) -> bool:
        if self.place.language == "sql":
            return not self.last.rstrip().endswith(";")
        return bool(_UNFINISHED.search(self.last))

    def _is_other_block(self) -> bool:
        """Whether a clause at the statement's depth is not a part of what was asked for: the block behind its head."""
        prefix = self.place.line_prefix
        return (
            prefix.rstrip().endswith((":", "{"))
            and not prefix.lstrip().startswith("try")
            and self.place.language not in _WORD_CLOSED
        )


def _in_comment(place: CursorContext) -> bool:
    """Whether the cursor is in a comment that ends with its line."""
    tokens = list(lex(place.line_prefix, place.language, place.inside))
    return bool(tokens) and tokens[-1].kind == "comment" and tokens[-1].end == len(place.line_prefix)


def is_directive(line: Line, language: str) -> bool:
    """Whether `line` is one of a preprocessor, whose indentation says nothing."""
    return language in _PREPROCESSED and bool(_DIRECTIVE.match(line.content))


def _begins_next(line: str) -> bool:
    return begins_definition(line) or line.lstrip().startswith(("@", "#["))


def lines_of(text: str, place: CursorContext) -> Iterator[Line]:
    """The lines of `text` as they stand behind the cursor's line."""
    prefix = place.line_prefix
    whole = prefix + text
    starts = [0, *(found.end() for found in re.finditer("\n", whole))]
    states = [(0, 0, False)]
    depth = least = 0
    for token in lex(whole, place.language, place.inside):
        while len(states) < len(starts) and starts[len(states)] <= token.start:
            states.append((depth, least, False))
        depth += (token.kind == "open") - (token.kind == "close")
        least = min(least, depth)
        while len(states) < len(starts) and starts[len(states)] < token.end + (not token.closed):
            states.append((depth, least, token.kind == "string"))
    states += [(depth, least, False)] * (len(starts) - len(states))
    ends = [*(start - 1 for start in starts[1:]), len(whole)]
    for start, end, state in zip(starts, ends, states, strict=True):
        yield Line(max(0, start - len(prefix)), whole[max(start, len(prefix)) : end], *state)
