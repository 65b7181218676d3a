"""Where an answer has to fit: the cursor's line, and the lines around it."""

from __future__ import annotations

from dataclasses import dataclass

from picode.core.document import Snapshot, body
from picode.core.indentation import indent_of, unit_of
from picode.syntax.lexer import open_string

_SIGHT = 8


@dataclass(frozen=True, slots=True)
class CursorContext:
    """What the rules need to know about the cursor. `before` and `after` are lines without line ends, nearest first.

    `unit` is what the file is indented with, a tab or some spaces; empty where nothing tells. `healed` is the end of the line
    that the prompt left out (`core.token_healing`), and `lead`, on a blank line, the indentation that it did not.
    """

    line_prefix: str
    line_suffix: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    multiline: bool = True
    chat: bool = False
    stops: tuple[str, ...] = ()
    unit: str = ""
    healed: str = ""
    lead: str = ""
    language: str = ""
    inside: str = ""
    """The string or comment of several lines that is open at the start of the cursor's line, as the lexer names it."""
    last: bool = False
    """Whether `after` has all lines that there are."""
    several_definitions: bool = False
    """Whether several definitions may be suggested."""

    @property
    def indent(self) -> str:
        """The white space that the cursor's line begins with."""
        return indent_of(self.line_prefix)

    @property
    def next_line(self) -> str:
        """The nearest line below that is not blank; empty where there is none within sight."""
        return next((line for line in self.after if line.strip()), "")


def describe(
    snapshot: Snapshot,
    *,
    multiline: bool = True,
    chat: bool = False,
    stops: tuple[str, ...] = (),
    unit: str = "",
    healed: str | None = None,
) -> CursorContext:
    """The place of the cursor in `snapshot`. `unit` is the editor's, which counts where the file itself shows none. Without
    `healed`, the prompt left out all space at the end of the line."""
    lines, row = snapshot.lines, snapshot.cursor.line
    before = tuple(body(line) for line in reversed(lines[max(0, row - _SIGHT) : row]))
    after = tuple(body(line) for line in lines[row + 1 : row + 1 + _SIGHT])
    prefix = snapshot.line_prefix
    healed = prefix[len(prefix.rstrip(" \t")) :] if healed is None else healed
    return CursorContext(
        line_prefix=prefix,
        line_suffix=snapshot.line_suffix,
        before=before,
        after=after,
        multiline=multiline,
        chat=chat,
        stops=stops,
        unit=_unit(snapshot) or unit,
        healed=healed,
        lead="" if prefix.strip() or chat else prefix.removesuffix(healed),
        language=snapshot.language,
        inside=open_at(snapshot),
        last=row + 1 + _SIGHT >= len(lines),
    )


_TABS = frozenset(("go", "makefile"))
"""Languages in which a tab is not a matter of taste."""

MIXED = "mixed"

_NO_CODE = ("*", "/*", "//", "#", "--", "<!--", ";")


def _unit(snapshot: Snapshot) -> str:
    """What is one level of indentation around the cursor, told by the nearest lines that show one; `MIXED` where some have tabs
    and some spaces. Lines of comments are aligned, not indented."""
    if snapshot.language in _TABS:
        return "\t"
    lines, row = snapshot.lines, snapshot.cursor.line
    for sight in (_SIGHT, _FAR):
        around = [snapshot.line_prefix + "x", *lines[max(0, row - sight) : row], *lines[row + 1 : row + 1 + sight]]
        code = [line for line in around if line[:1] in (" ", "\t") and not line.lstrip().startswith(_NO_CODE)]
        styles = {line[0] for line in code if line.strip()}
        if len(styles) > 1:
            return MIXED
        if styles:
            return unit_of(code)
    return ""


def open_at(snapshot: Snapshot) -> str:
    """The name of the string or comment that is open at the start of the cursor's line; empty where none is."""
    lines, row = snapshot.lines, snapshot.cursor.line
    above = "".join(f"{body(line)}\n" for line in lines[max(0, row - _FAR) : row])
    return open_string(above, snapshot.language)


_FAR = 60
