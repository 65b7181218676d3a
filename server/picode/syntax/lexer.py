"""A small lexer for every language: brackets, strings, comments, tags and words such as `end`.

It answers what needs no grammar: how deep a line is in brackets, whether a string is open at a place, and what is left open or
closed twice. It is exact enough to compare two versions of one text, and knows nothing of expressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

from picode.core.indentation import indent_of
from picode.syntax.lexis import lexis_of

Kind = Literal["open", "close", "string", "comment"]

PAIRS = {"(": ")", "[": "]", "{": "}"}


class Token(NamedTuple):
    """One part of a text. `name` says what a closer closes: `)`, `</div>`, `end`. `closed` is false for a string or comment of
    several lines that the text does not end."""

    kind: Kind
    start: int
    end: int
    name: str
    closed: bool = True


def lex(text: str, language: str, inside: str = "") -> Iterator[Token]:
    """The brackets, words, tags, strings and comments of `text`. `inside` is the name of what is open at its start (of a string
    or comment of several lines, as a token has it)."""
    at = 0
    if inside:
        found = _end_of(inside, language).search(text)
        at = found.end() if found else len(text)
        yield Token("string", 0, at, inside, found is not None)
    pattern, names = _pattern(language)
    parentheses = 0
    for found in pattern.finditer(text, at):
        group = found.lastgroup or ""
        kind = group[0]
        start, end = found.span()
        if kind == "b":
            name = found[0]
            parentheses += (name == "(") - (name == ")")
            if parentheses < 0 and language == "shellscript":
                parentheses = 0  # it ends a pattern of a `case`
                continue
            yield Token("open", start, end, PAIRS[name]) if name in PAIRS else Token("close", start, end, name)
        elif kind == "s":
            yield Token("string", start, end, "")
        elif kind == "c":
            yield Token("comment", start, end, "")
        elif kind == "l":
            yield Token("string", start, end, names[group], found[f"x{group}"] is not None)
        elif kind == "h":
            yield Token("string", start, end, f"<<{found['n']}", found["xh"] is not None)
        elif kind == "o":
            yield Token("open", start, end, names[group])
        elif kind == "e":
            yield Token("close", start, end, names[group])
        else:
            yield from _tag(found)


@cache
def _end_of(name: str, language: str) -> re.Pattern[str]:
    if name.startswith("<<"):
        return re.compile(rf"^[ \t]*{name[2:]}\b", re.MULTILINE)
    end = next((end for begin, end in lexis_of(language).long if begin == name), re.escape(name))
    return re.compile(end, re.MULTILINE)


_HEREDOC = (
    r"(?P<h>(?<!<)<<[-~]?{space}(?P<q>[\"']?)(?P<n>[A-Za-z_]\w*+)(?P=q)[^\n]{0,500}+\n"
    r"[\s\S]*?(?:(?P<xh>^[ \t]*(?P=n)\b)|\Z))"
)


_VALUE = r"\"[^\"]*\"|'[^']*'|\{[^}]{0,1000}+\}|[^\s\"'<>=]+"
_ATTRIBUTE = rf"[^\s\"'<>/=]+(?:\s*=\s*(?:{_VALUE}))?"
_TAG = rf"</[A-Za-z][\w:.-]*\s*>?|<[A-Za-z][\w:.-]*(?:\s+(?:{_ATTRIBUTE}|/(?!>)))*\s*/?>?"
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_TAG_NAME = re.compile(r"</?([A-Za-z][\w:.-]*)")


def _tag(found: re.Match[str]) -> Iterator[Token]:
    written = found[0]
    name_match = _TAG_NAME.match(written)
    name = name_match[1] if name_match else ""
    start, end = found.span()
    if not written.endswith(">"):
        yield Token("open", start, end, ">")
    elif written.startswith("</"):
        yield Token("close", start, end, f"</{name}>")
    elif not written.endswith("/>") and name.lower() not in _VOID:
        yield Token("open", start, end, f"</{name}>")


_BLOCK_TAG = (
    r"\{%-?\s*(?:(?:if|for|block|macro|call|filter|with|autoescape|raw|unless|case|capture|trans|blocktrans|blocktranslate|comment"
    r"|spaceless|verbatim|tablerow|paginate|ifchanged|cache|embed|apply|sandbox)\b[^%\n]*+|set\s+\w+\s*-?)%\}"
)
_BLOCK_END = r"\{%-?\s*end\w*+[^%\n]*+%\}"


@cache
def _pattern(language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    lexis = lexis_of(language)
    names: dict[str, str] = {}
    parts: list[str] = []
    if lexis.tags or language == "markdown":
        names |= {"o9": "{%end%}", "e9": "{%end%}"}
        parts += [rf"(?P<o9>{_BLOCK_TAG})", rf"(?P<e9>{_BLOCK_END})"]
    for number, (begin, end) in enumerate(lexis.long):
        names[f"l{number}"] = begin
        parts.append(rf"(?P<l{number}>{begin}[\s\S]*?(?:(?P<xl{number}>{end})|\Z))")
    parts += [f"(?P<c>{'|'.join(lexis.comments)})"] if lexis.comments else []
    if lexis.tags:
        parts.append(f"(?P<t>{_TAG})")
    parts += [f"(?P<s>{'|'.join(lexis.strings)})"] if lexis.strings else []
    for number, (begin, end) in enumerate(lexis.words):
        names[f"o{number}"] = names[f"e{number}"] = end
        parts += [f"(?P<e{number}>{end})", f"(?P<o{number}>{begin})"]
    if lexis.heredocs:
        parts.append(_HEREDOC.replace("{space}", "" if language == "ruby" else r"[ \t]*"))  # Ruby's `a << b` is none
    parts.append(r"(?P<b>[()\[\]{}])")
    return re.compile("|".join(parts), re.MULTILINE), names


def open_string(text: str, language: str) -> str:
    """The name of the string or comment of several lines that is open at the end of `text`; empty where none is."""
    begins = _begins(language)
    if begins is None or not begins.search(text):
        return ""
    name = ""
    for token in lex(text, language):
        name = "" if token.closed else token.name
    return name


@cache
def _begins(language: str) -> re.Pattern[str] | None:
    """What may begin a string or comment of several lines."""
    lexis = lexis_of(language)
    begins = [begin for begin, _ in lexis.long] + (["<<"] if lexis.heredocs else [])
    return re.compile("|".join(begins), re.MULTILINE) if begins else None


_SLIPS = 4
"""How many openers a closer may leave behind that it does not match: what is not closed is within what is."""


def open_indents(text: str, language: str) -> list[str]:
    """The indentations of the lines in which what is open at the end of `text` was opened, outermost first."""
    stack: list[Token] = []
    for token in lex(text, language):
        if token.kind == "open":
            stack.append(token)
        elif token.kind == "close" and any(token.name == opened.name for opened in stack[-_SLIPS:]):
            while stack.pop().name != token.name:
                pass
    starts = (text.rfind("\n", 0, opened.start) + 1 for opened in stack)
    return [indent_of(text[start : text.find("\n", start) if "\n" in text[start:] else len(text)]) for start in starts]


class Balance(NamedTuple):
    """What of a text does not match: the closers that it lacks, innermost last; how many closers nothing opened; and the
    name of the string or comment that is open at its end."""

    missing: tuple[str, ...]
    surplus: int
    inside: str
    at: int = -1
    """Where the first closer stands that nothing opened; -1 where none does."""

    @property
    def flaws(self) -> int:
        return len(self.missing) + self.surplus + bool(self.inside)


def balance(text: str, language: str, inside: str = "") -> Balance:
    """How well the brackets, tags and words of `text` match."""
    stack: list[str] = []
    surplus, first, open_string = 0, -1, ""
    for token in lex(text, language, inside):
        if token.kind == "open":
            stack.append(token.name)
        elif token.kind == "close":
            if stack and stack[-1] == token.name:
                stack.pop()
            elif token.name in stack[-_SLIPS:]:
                while stack[-1] != token.name:
                    stack.pop()
                    surplus += 1
                stack.pop()
            else:
                surplus += 1
                first = token.start if first < 0 else first
        elif not token.closed:
            open_string = token.name
    return Balance(tuple(stack), surplus, open_string, first)
