"""Where code of an answer belongs in a document: the lines that it replaces, and what they become."""

from __future__ import annotations

import textwrap
from dataclasses import replace

from picode.assistant.chat.command_request import Selection
from picode.assistant.chat.scope import definition_around
from picode.core.asking import fence
from picode.core.document import Position, body
from picode.core.edits.fences import contents_of
from picode.core.edits.patch import parse_patch
from picode.core.indentation import indent_of
from picode.syntax.outline import Definition, outline


def place_code(cursor: Selection, code: str) -> tuple[Selection, str]:
    """The whole lines of the document that `code` is for, and their new text as an answer that `propose` takes.

    A patch and a new version of most of the document are for all of it; other code is for the selection, for the one definition
    of its name, or comes behind the definition or line at the cursor. Parses both: not for the event loop.
    """
    whole = _lines(cursor, 0, len(cursor.lines) - 1)
    if parse_patch(code, cursor.language) is not None:
        return whole, code
    answer = fence(code, cursor.language)
    if cursor.text.strip():
        return _lines(cursor, cursor.start.line, cursor.last_line), answer
    if (same := _same_definition(cursor, code)) is not None:
        return _lines(cursor, same.line, same.end), answer
    known, text = contents_of("".join(cursor.lines)), contents_of(code)
    if (known & text).total() * 2 >= known.total():
        return whole, answer
    return _behind_cursor(cursor, code)


def _lines(selection: Selection, first: int, last: int) -> Selection:
    start, end = selection.whole_lines(first, last)
    return replace(selection, start=start, end=end)


def _same_definition(cursor: Selection, code: str) -> Definition | None:
    """The definition of the document whose new version `code` is; None if there is none, or not only one."""
    new = [each for each in outline(code, cursor.language).definitions if not each.parents and each.kind != "constant"]
    if len(new) != 1:
        return None
    known = outline("".join(cursor.lines), cursor.language).definitions
    same = [each for each in known if each.name == new[0].name and each.kind != "constant"]
    return same[0] if len(same) == 1 else None


def _behind_cursor(cursor: Selection, code: str) -> tuple[Selection, str]:
    row = cursor.start.line
    line = body(cursor.lines[row])
    if not line.strip():
        here = replace(cursor, start=Position(row, 0), end=Position(row, len(line)))
        return here, fence(code, cursor.language)
    around = definition_around(cursor)
    first, last = (around.line, around.end) if around is not None else (row, row)
    above = _lines(cursor, first, last)
    added = textwrap.indent(textwrap.dedent(code.strip("\n")), indent_of(body(cursor.lines[first])))
    between = "\n\n" if around is not None else "\n"
    # The lines above are a part of it: code that is added to a line is judged with that line.
    return above, fence(f"{above.text}{between}{added}", cursor.language)
