"""What a file defines and what it imports: names, and signatures short enough to show to a model.

By a tree where the language has a grammar (`trees`), else by patterns (`patterns`); imports always by patterns (`imports`).
"""

from __future__ import annotations

from picode.syntax.outline import patterns, trees
from picode.syntax.outline.embedded import COMPONENTS, component_outline
from picode.syntax.outline.imports import imports_of
from picode.syntax.outline.model import Definition, Import, Kind, Outline

__all__ = ["Definition", "Import", "Kind", "Outline", "imports_of", "outline"]

LARGEST = 400_000
"""Characters of the largest text that is looked through. Generated files beyond it have no structure worth knowing."""


def outline(text: str, language: str) -> Outline:
    """What `text`, a whole file, defines and imports. Empty for a language that has neither grammar nor patterns."""
    if len(text) > LARGEST:
        return Outline()
    if language in COMPONENTS:
        return component_outline(text, language)
    definitions = trees.definitions_by_tree(text, language)
    if definitions is None and language in patterns.LANGUAGES:
        definitions = tuple(patterns.definitions_in(text.splitlines(keepends=True), language))
    if definitions is None and language != "html":
        return Outline()
    return Outline(definitions or (), tuple(imports_of(text, language)))
