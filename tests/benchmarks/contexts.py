"""Where strings and comments are in a text."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

from picode.syntax.grammar import parse

from .autoclosing import Context

if TYPE_CHECKING:
    from tree_sitter import Node

Span = tuple[int, int, Context]

_STRING = re.compile(
    r"string|template_string|char_literal|character_literal|rune_literal|heredoc_body|attribute_value|regex\Z|raw_text"
    r"|quote_scalar"
)
_CODE_IN_STRING = re.compile(r"interpol|substitution|expansion")
_PARTS = re.compile(r"_(start|end|content|fragment)\Z|string_array|string_scalar|stringliteral_type")


def contexts_of(text: str, language: str) -> list[Span]:
    """The strings and comments, in order, none within another; code in a string (`${…}`) is left out of it."""
    root = parse(text, language)
    if root is None:
        return []
    found: list[Span] = []
    _collect(root, "code", found)
    if text.isascii():
        return found
    offsets = [0, *accumulate(len(character.encode("utf-8", "replace")) for character in text)]
    characters = {offset: at for at, offset in enumerate(offsets)}
    return [(characters[start], characters[end], context) for start, end, context in found]


def _collect(node: Node, around: Context, found: list[Span]) -> None:
    for child in node.children:
        if "comment" in child.type:
            found.append((child.start_byte, child.end_byte, "comment"))
        elif _STRING.search(child.type) and child.is_named and not _PARTS.search(child.type):
            _collect_string(child, found)
        else:
            _collect(child, around, found)


_OPENING = re.compile(rb"""[^"'`]{0,4}("{3}(?=.)|'{3}(?=.)|["'`])""", re.DOTALL)


def _collect_string(node: Node, found: list[Span]) -> None:
    # Its prefix and its quotes are typed in the code before it: VS Code asks where a letter would be in place of the key.
    opening = _OPENING.match(node.text or b"")
    start = node.start_byte + (opening.end() - 1 if opening else 0)
    for inner in _code_within(node):
        # The code begins and ends within its own brackets: these still belong to the string.
        found.append((start, inner.start_byte + 1, "string"))
        _collect(inner, "code", found)
        start = inner.end_byte - 1
    found.append((start, node.end_byte, "string"))


def _code_within(node: Node) -> list[Node]:
    if not node.children:
        return []
    own = [child for child in node.children if _CODE_IN_STRING.search(child.type) and not _PARTS.search(child.type)]
    return own or [inner for child in node.children for inner in _code_within(child)]
