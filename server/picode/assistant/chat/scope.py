"""The code that a command is about if the user has selected none, or only parts of lines."""

from __future__ import annotations

from dataclasses import replace

from picode.assistant.chat.command_request import Selection
from picode.core.comments import comment_at
from picode.core.conflicts import conflicts_at
from picode.core.document import Position, body
from picode.core.slash import Command
from picode.syntax.outline import Definition, outline

_WHOLE = 400
"""Lines of the longest document that is taken whole if no definition is found."""

_NEARBY = 30
"""Lines on each side of the cursor that are taken from a longer document."""

_LONGEST = 300
"""Lines of the longest definition that is taken whole."""


def widen(selection: Selection, command: Command) -> Selection:
    """The range that `command` is about.

    Edits are of whole lines, as models write lines. For a cursor, it is the enclosing definition (for `/do`, the comment), else
    a short document, else the lines nearby. Parses the document: not for the event loop.
    """
    if command.name == "do":
        return _comment(selection) or _lines(selection)
    if command.name == "resolve":
        return _conflicts(selection)
    if not selection.is_cursor:
        return _lines(selection) if command.output == "edit" else selection
    if command.about != "code":
        return selection
    found = _around(selection)
    if found is None:
        return _nearby(selection)
    start, end = selection.whole_lines(found.line, found.end)
    return replace(selection, start=start, end=end)


def definition_around(selection: Selection) -> Definition | None:
    """The innermost definition that contains the whole selection; None if there is none, or no grammar for the language."""
    first, last = selection.start.line, selection.last_line
    text = "".join(selection.lines)
    around = [each for each in outline(text, selection.language).definitions if each.line <= first and last <= each.end]
    functions = [each for each in around if each.kind != "constant"]
    return min(functions, key=lambda each: each.end - each.line, default=None)


def _around(selection: Selection) -> Definition | None:
    found = definition_around(selection)
    return found if found is not None and found.end - found.line < _LONGEST else None


def _nearby(selection: Selection) -> Selection:
    lines, row = selection.lines, selection.start.line
    first, last = (
        (0, len(lines) - 1) if len(lines) <= _WHOLE else (max(0, row - _NEARBY), min(len(lines) - 1, row + _NEARBY))
    )
    while last > first and not body(lines[last]).strip():
        last -= 1
    start, end = selection.whole_lines(first, last)
    return replace(selection, start=start, end=end)


def _lines(selection: Selection) -> Selection:
    if selection.is_cursor and not body(selection.lines[selection.start.line]).strip():
        return selection  # an empty line: the code is inserted there
    start, end = selection.whole_lines(selection.start.line, selection.last_line)
    return replace(selection, start=Position(start.line, 0), end=end)


def _conflicts(selection: Selection) -> Selection:
    """The whole conflicts that it touches; unchanged where it touches none."""
    found = conflicts_at(selection.lines, selection.start.line, selection.last_line)
    if not found:
        return selection
    start, end = selection.whole_lines(found[0].first, found[-1].last)
    return replace(selection, start=start, end=end)


def _comment(selection: Selection) -> Selection | None:
    """All lines of the comment at the cursor."""
    found = comment_at(selection.lines, selection.start.line, selection.language)
    if found is None:
        return None
    start, end = selection.whole_lines(*found)
    return replace(selection, start=start, end=end)
