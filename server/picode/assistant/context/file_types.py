"""Which files are looked into, and the languages whose files use each other."""

from __future__ import annotations

import re
from posixpath import basename

from picode.core import languages
from picode.syntax.outline import imports, patterns

FAMILIES = (
    ("javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte", "astro"),
    ("java", "kotlin", "scala", "groovy"),
    ("c", "cpp", "objective-c"),
    ("css", "scss", "sass", "less"),
)
"""Languages whose files use each other's definitions."""

BUILD_FILES = frozenset("tsconfig.json jsconfig.json package.json go.mod Cargo.toml composer.json pubspec.yaml".split())
"""Files that say where modules are."""


def family_of(language: str) -> str:
    return next((family[0] for family in FAMILIES if language in family), language)


_CPP = re.compile(r"^[ \t]*(?:class|namespace|template|using|public:|private:)\b", re.M)


def dialect_of(path: str, language: str, text: str) -> str:
    """The language that a file is really in: a header `.h` may be C++."""
    return "cpp" if language == "c" and path.endswith(".h") and _CPP.search(text[:50_000]) else language


def is_of_interest(name: str) -> bool:
    """Whether a file of this name is a source file, or says where modules are."""
    return basename(name) in BUILD_FILES or is_source(name)


def is_source(name: str) -> bool:
    """Whether a file of this name is in a language whose definitions or imports can be found."""
    return language_of(name) in _OUTLINED


def language_of(path: str) -> str:
    """The language of a file by its name, as the tables of this package name it; empty if it is unknown."""
    return languages.base_language(languages.language_of(path))


_OUTLINED = frozenset((*imports.LANGUAGES, *patterns.LANGUAGES, "javascriptreact", "typescriptreact"))
