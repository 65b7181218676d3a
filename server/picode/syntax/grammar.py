"""The grammars, one wheel each, by the language identifiers of the Language Server Protocol."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING

from picode.core import languages

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

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
    parser = parser_of(language)
    if parser is None or len(text) > LARGEST:
        return None
    return parser.parse(text.encode("utf-8", "replace")).root_node
