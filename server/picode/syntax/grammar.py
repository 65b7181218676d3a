"""The grammars, one wheel each, by the language identifiers of the Language Server Protocol."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING

from picode.core import languages

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

_GRAMMARS = {row.id: row.grammar for row in languages.LANGUAGES.values() if row.grammar is not None}

LANGUAGES = tuple(_GRAMMARS)

LARGEST = 400_000
"""Bytes of the largest text that is parsed. Generated files beyond it have no structure worth knowing."""


@cache
def parser_of(language: str) -> Parser | None:
    """The parser for a language; None where there is no grammar, or its wheel does not fit this machine."""
    if language not in _GRAMMARS:
        return None
    module, function = _GRAMMARS[language]
    try:
        from tree_sitter import Language, Parser

        return Parser(Language(getattr(importlib.import_module(module), function)()))
    except (ImportError, AttributeError, ValueError):
        return None


def parse(text: str, language: str) -> Node | None:
    """The tree of `text`; None without a grammar, and for what is too large."""
    tree = parse_bytes(text.encode("utf-8", "replace"), language)
    return None if tree is None else tree.root_node


def parse_bytes(source: bytes, language: str, old: Tree | None = None) -> Tree | None:
    """As `parse`, of UTF-8. `old` is the tree of a text that has become `source`, edited so: only what differs is parsed."""
    parser = parser_of(language)
    if parser is None or len(source) > LARGEST:
        return None
    return parser.parse(source, old) if old is not None else parser.parse(source)
