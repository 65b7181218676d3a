"""One line or several: what the place of the cursor asks for."""

from __future__ import annotations

from picode.core.document import Snapshot, body
from picode.syntax.grammar import parse
from picode.syntax.window import window_at

_INSIDE = ("string", "comment", "heredoc", "argument", "parameter", "parenthesized", "subscript", "regex")
"""Parts of the names of nodes within which a suggestion ends with its line."""

_BLOCKS = (
    "block",
    "body",
    "module",
    "program",
    "source_file",
    "translation_unit",
    "chunk",
    "declaration_list",
    "object",
)


def wants_block_by_look(snapshot: Snapshot) -> bool:
    """Whether several lines may be suggested here: on a blank line, or behind what opens a block."""
    if snapshot.line_suffix.strip():
        return False
    prefix = snapshot.line_prefix.strip()
    return not prefix or prefix.endswith(("{", ":", "(", "[", "=>", "do", "then"))


def wants_block(snapshot: Snapshot) -> bool:
    """Whether several lines may be suggested at the cursor: where a body is empty, or on a blank line of one."""
    if not wants_block_by_look(snapshot) or _has_body(snapshot) or _in_brackets(snapshot.line_prefix):
        return False
    window = window_at(snapshot)
    if window is None or (root := parse(window.before + window.after, snapshot.language)) is None:
        return True
    at = len(window.before.rstrip().encode("utf-8", "replace"))
    node = root.descendant_for_byte_range(max(0, at - 1), max(0, at - 1))
    blank = not snapshot.line_prefix.strip()
    first = True
    while node is not None:
        if node.start_byte < at and (node.end_byte > at or (node.end_byte >= at and not _closed(window.before))):
            if any(part in node.type for part in _INSIDE) and not (first and blank and "comment" in node.type):
                return False
            if any(part in node.type for part in _BLOCKS):
                return True
        first = False
        node = node.parent
    return True


def _closed(before: str) -> bool:
    """Whether a node that ends where the text does is over: a call is, behind its bracket; a comment of a line is not."""
    return before.rstrip().endswith((")", "]", "}", '"', "'", "`", "*/"))


def _in_brackets(line_prefix: str) -> bool:
    """Whether a round or square bracket of the line is still open: `d[1:` opens no block."""
    if not line_prefix.rstrip().endswith(":"):
        return False
    return any(line_prefix.count(opener) > line_prefix.count(closer) for opener, closer in ("()", "[]"))


def _has_body(snapshot: Snapshot) -> bool:
    """Whether the block that the cursor's line opens has lines already: then only the rest of this line is missing."""
    prefix = snapshot.line_prefix
    if not prefix.strip():
        return False
    depth = len(prefix) - len(prefix.lstrip())
    below = snapshot.lines[snapshot.cursor.line + 1 : snapshot.cursor.line + 4]
    following = next((body(line) for line in below if line.strip()), "")
    return len(following) - len(following.lstrip()) > depth
