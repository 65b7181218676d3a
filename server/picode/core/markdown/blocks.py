"""Markdown line by line: which lines are code, as every renderer will find them."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass

from picode.core.markdown.inline import harmless_inline, settled

_MARKS = re.compile(r"(?:[ \t]+|>|[-*+](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$))*")
"""Quotes and items of lists that a line begins with."""

_FENCE = re.compile(r"(?P<fence>`{3,}+|~{3,}+)(?P<info>.*)")
_QUOTE = re.compile(r"[ \t]*>[ \t]?")
_DELIMITERS = re.compile(r"[ \t>]*[|:-][-:| \t]*")
_BOX = re.compile(r"\[[ xX]\] ")


_LONGEST_LIVE = 4_000
"""Characters of a line that are shown while it arrives; the others follow when it has ended."""


@dataclass(slots=True)
class Lines:
    """What is known after some lines. `show` takes the next one."""

    fence: str = ""
    indent: int = 0
    """Columns that the open fence is indented by, in the text; what is shown has three of them at most."""
    quotes: int = 0
    """Quotes that the open fence is in."""
    table: bool = False
    outermost: bool = True
    """Whether no list or quote is open, for certain."""
    blank: bool = True
    indented: bool = False

    def show(self, line: str, below: str = "") -> str:
        """`line` as it is harmless. `below` is the line that follows, which may make this one the head of a table."""
        if self.fence:
            return self._inside(line)
        marks = _matched(line)
        rest = line[len(marks) :]
        opened = _FENCE.fullmatch(rest)
        if opened and ("`" not in opened["info"] or opened["fence"].startswith("~")):
            return self._open(marks, opened["fence"], opened["info"].strip(" \t"))
        code = self.outermost and (self.blank or self.indented) and _width(line) >= 4 and not marks.strip()
        self._remember(line, marks, code=code)
        if code or not rest:
            return line
        shown = harmless_inline(rest, cells=self.table or _delimits(below))
        # Without a bracket at the beginning of a line there are no definitions, and without those no links that refer to any.
        return marks + ("\\" if shown.startswith("[") and not _BOX.match(shown) else "") + shown

    def show_so_far(self, line: str) -> str:
        """The beginning of `line`, which is still being written, as far as it will stay so."""
        if self.fence:
            after = copy(self)
            shown = after.show(line)
            return shown if after.fence and line.strip(" \t>`~") else ""
        marks = _matched(line)
        rest = line[len(marks) : len(marks) + _LONGEST_LIVE]
        if not rest or _may_be_fence(rest):
            return ""
        size = settled(rest)
        return copy(self).show(line[: len(marks) + size]) if size else ""

    def closing(self) -> list[str]:
        """The line that ends the open block of code, if there is one."""
        return [self._placed(self.fence)] if self.fence else []

    def _remember(self, line: str, marks: str, *, code: bool) -> None:
        empty = not line.strip(" \t")
        if marks.strip():
            self.outermost = False
        elif not empty and self.blank and line[0] not in " \t":
            self.outermost = True
        self.table = not empty and (self.table or _delimits(line))
        self.indented = code or (empty and self.indented)
        self.blank = empty

    def _open(self, marks: str, fence: str, info: str) -> str:
        """The line that opens a block. It stands where all renderers see that it does, whatever list is open: three columns in
        at most."""
        item = marks.replace(">", " ").strip()
        self.fence, self.quotes = fence, 0 if item else marks.count(">")
        self.indent = _width(marks) if item or not self.quotes else max(0, _width(marks.rpartition(">")[2]) - 1)
        above = ("\n" if self.table else "") + (f"{marks.rstrip()}\n" if item else "")
        self.table = self.blank = self.indented = False
        self.outermost = self.outermost and not marks.strip()
        return above + self._placed(fence + info.replace("|", " "))  # with a bar it could be the head of a table

    def _inside(self, line: str) -> str:
        content = line
        for _ in range(self.quotes):
            quote = _QUOTE.match(content)
            if quote is None:  # the quote has ended, and its code with it
                self.fence, self.quotes = "", 0
                return "\n" + self.show(line)
            content = content[quote.end() :]
        content = _dedented(content, self.indent)
        ends = content.strip(" \t")
        if set(ends) == {self.fence[0]} and len(ends) >= len(self.fence) and _width(content) <= 3:
            closing = self._placed(self.fence)
            self.fence = ""
            return closing
        return self._placed(content)

    def _placed(self, content: str) -> str:
        indent = " " * min(self.indent, 3) if content else ""
        return "> " * self.quotes + indent + content


def _matched(line: str) -> str:
    found = _MARKS.match(line)
    return found[0] if found else ""


def _delimits(line: str) -> bool:
    """Whether `line` may part the head of a table from its rows."""
    return "-" in line and bool(_DELIMITERS.fullmatch(line))


def _may_be_fence(rest: str) -> bool:
    ticks = rest.startswith("```") and "`" not in rest.lstrip("`")
    return ticks or rest.startswith("~~~") or rest in ("`", "``", "~", "~~")


def _width(text: str) -> int:
    """Columns that `text` begins with before its first character that is no space; of marks, all of them."""
    if _matched(text) == text:
        return len(text.expandtabs(4))
    return len(text[: len(text) - len(text.lstrip(" \t"))].expandtabs(4))


def _dedented(text: str, columns: int) -> str:
    """`text` without up to so many columns of white space."""
    column = at = 0
    while column < columns and at < len(text) and text[at] in " \t":
        column = column + 4 - column % 4 if text[at] == "\t" else column + 1
        at += 1
    return " " * max(0, column - columns) + text[at:]
