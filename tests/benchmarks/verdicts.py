"""What a suggestion makes of a document with a hole: as it was, a part of it, nothing, or broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import yaml

from picode.syntax.grammar import parse

from .holes import Hole

if TYPE_CHECKING:
    from tree_sitter import Node

Verdict = Literal["as it was", "part", "nothing", "broken"]
VERDICTS: tuple[Verdict, ...] = ("as it was", "part", "nothing", "broken")

_BODY_LESS = ("python", "yaml")
"""Languages in which a head without its body is an error, and no bracket that is left open."""


@dataclass(frozen=True, slots=True)
class Item:
    """Text to stand between two columns (in code points) of a line, both counted from zero. `row` is the cursor's in an item
    that a client can show."""

    text: str
    start: int
    end: int
    row: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one hole. `why` says what is broken, or that a client could not have shown it."""

    hole: Hole
    verdict: Verdict
    document: str
    why: str = ""
    not_drawn: str = ""
    """Why VS Code would not draw the item as ghost text; empty where it would."""


def units(text: str) -> int:
    """UTF-16 code units, in which positions count."""
    return len(text.encode("utf-16-le")) // 2


def item_of(text: str, place: dict[str, Any], hole: Hole) -> Item:
    """An item of the protocol. A range that reaches into another line is kept as one that no client can show."""
    start, end = place["start"], place["end"]
    row = start["line"] if start["line"] == end["line"] else -1
    line = hole.line_prefix + hole.after.partition("\n")[0].removesuffix("\r")
    return Item(text, _column(line, start["character"]), _column(line, end["character"]), row)


def _column(line: str, character: int) -> int:
    return len(line.encode("utf-16-le")[: 2 * character].decode("utf-16-le", "ignore"))


def assess(hole: Hole, item: Item | None) -> Finding:
    """Applies `item` to the document and compares it with the file as it was."""
    here = hole.before + hole.after
    if item is None:
        return Finding(hole, "nothing", here)
    start = len(hole.before) - len(hole.line_prefix)
    left, right = start + item.start, start + item.end
    replaced = here[left:right]
    document = here[:left] + item.text + here[right:]
    not_drawn = _not_drawn(hole, item, replaced)
    if document == hole.expected:
        return Finding(hole, "as it was", document, not_drawn=not_drawn)
    if document == here:
        return Finding(hole, "nothing", document, not_drawn=not_drawn)
    why = _broken(hole, item, document, right)
    return Finding(hole, "broken" if why else "part", document, why, not_drawn)


def _not_drawn(hole: Hole, item: Item, replaced: str) -> str:
    cursor = len(hole.line_prefix)
    if item.row != hole.before.count("\n"):
        return "not in the cursor's line"
    if "\n" in replaced or "\r" in replaced:
        return "the range ends in another line"
    if not item.start <= cursor <= item.end:
        return "the cursor is not in the range"
    if not item.text.startswith(hole.line_prefix[item.start :]):
        return "the text does not begin with what stands before the cursor"
    rest = iter(item.text)
    if not all(character in rest for character in replaced):
        return "the replaced text is no subsequence of the inserted one"
    return ""


def _broken(hole: Hole, item: Item, document: str, right: int) -> str:
    """What is wrong with a document that is neither as it was nor unchanged; empty where it is a part of it."""
    if not document.startswith(hole.before):
        return "text before the cursor is lost"
    replaced = right - len(hole.before)
    if replaced < 0:
        return "text before the cursor is lost"
    said = document[len(hole.before) : len(document) - (len(hole.after) - replaced)]
    text, answer = _plain(said), _plain(hole.answer)
    if _errors(document, hole.language) > max(_errors(hole.expected, hole.language), _errors_of_hole(hole)) and not (
        _is_head(text, hole) and answer.startswith(text)
    ):
        return "a new syntax error"
    if not answer.startswith(text):
        return "text that does not belong there" if len(text) <= len(answer) else "text said twice"
    closed = sum(at < len(text) for at in hole.closers)
    if replaced != closed and not _is_part(document, hole):
        return "closers left twice" if replaced < closed else "text after the cursor is lost"
    if _left_open(text, hole, hole.after[replaced : len(hole.closers)]):
        return "a bracket left open"
    return ""


def _is_part(document: str, hole: Hole) -> bool:
    """Whether a document is the file as it was, without the end of the answer: the editor's closers may be the last of it."""
    said = document[len(hole.before) : len(document) - len(hole.rest)]
    return document.endswith(hole.rest) and _plain(hole.answer).startswith(_plain(said))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip()


def _is_head(text: str, hole: Hole) -> bool:
    return hole.language in _BODY_LESS and text.endswith(":")


def _left_open(text: str, hole: Hole, standing: str) -> bool:
    """Whether a part of the answer opens what only the rest of it would close. `standing` are the editor's closers."""
    prefix = hole.line_prefix
    return _depth(prefix + text + standing) > max(0, _depth(prefix + _plain(hole.answer)))


def _depth(text: str) -> int:
    counts = Counter(text)
    return sum(counts[opener] - counts[closer] for opener, closer in ("()", "[]", "{}"))


def _errors_of_hole(hole: Hole) -> int:
    return _errors(hole.before + hole.after, hole.language)


def _errors(text: str, language: str) -> int:
    """Syntax errors of a text; 0 where there is no grammar."""
    if language == "yaml":
        return _yaml_errors(text)
    root = parse(text, language)
    return 0 if root is None or not root.has_error else _count(root)


def _count(node: Node) -> int:
    if not node.has_error:
        return 0
    own = int(node.is_error or node.is_missing)
    return own + sum(map(_count, node.children))


def _yaml_errors(text: str) -> int:
    try:
        for _ in yaml.parse(text, Loader=yaml.CSafeLoader):
            pass
    except yaml.YAMLError:
        return 1
    return 0
