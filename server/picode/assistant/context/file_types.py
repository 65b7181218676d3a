"""The languages of files that are not open, and other spellings of language identifiers."""

from __future__ import annotations

import re
from posixpath import basename, splitext

_ENDS = {
    "python": "py pyi",
    "javascript": "js mjs cjs",
    "javascriptreact": "jsx",
    "typescript": "ts mts cts",
    "typescriptreact": "tsx",
    "vue": "vue",
    "svelte": "svelte",
    "astro": "astro",
    "go": "go",
    "rust": "rs",
    "java": "java",
    "kotlin": "kt kts",
    "scala": "scala sc",
    "groovy": "groovy gradle",
    "csharp": "cs",
    "fsharp": "fs fsi",
    "swift": "swift",
    "c": "c h",
    "cpp": "cc cpp cxx hpp hh hxx ipp",
    "objective-c": "m mm",
    "ruby": "rb rake",
    "php": "php",
    "lua": "lua",
    "sql": "sql ddl",
    "proto": "proto",
    "thrift": "thrift",
    "graphql": "graphql graphqls gql",
    "html": "html htm",
    "css": "css",
    "scss": "scss",
    "sass": "sass",
    "less": "less",
    "shellscript": "sh bash zsh",
    "powershell": "ps1 psm1",
    "elixir": "ex exs",
    "erlang": "erl hrl",
    "dart": "dart",
    "haskell": "hs",
    "ocaml": "ml mli",
    "zig": "zig",
    "nim": "nim",
    "terraform": "tf",
    "perl": "pl pm",
    "julia": "jl",
    "r": "r R",
    "clojure": "clj cljs cljc",
    "solidity": "sol",
    "gdscript": "gd",
    "viml": "vim",
}
_OF_END = {f".{end}": language for language, ends in _ENDS.items() for end in ends.split()}

_SPELLINGS = {
    "shellscript": "sh bash zsh ksh",
    "csharp": "cs c-sharp",
    "proto": "proto3 protobuf",
    "objective-c": "objc objcpp objective-cpp",
    "sql": "postgres postgresql mysql plsql plpgsql sqlite tsql pgsql",
    "terraform": "tf hcl opentofu terraform-vars",
    "javascriptreact": "javascript.jsx jsx",
    "typescriptreact": "typescript.tsx tsx",
    "powershell": "ps1",
    "viml": "vim",
    "html": "htmldjango django-html jinja-html eruby erb twig blade handlebars heex html-eex",
    "php": "php-html",
    "elixir": "eelixir",
    "fsharp": "fs",
}
_OF_SPELLING = {spelling: language for language, spellings in _SPELLINGS.items() for spelling in spellings.split()}

FAMILIES = (
    ("javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte", "astro"),
    ("java", "kotlin", "scala", "groovy"),
    ("c", "cpp", "objective-c"),
    ("css", "scss", "sass", "less"),
)
"""Languages whose files use each other's definitions."""

BUILD_FILES = frozenset("tsconfig.json jsconfig.json package.json go.mod Cargo.toml composer.json pubspec.yaml".split())
"""Files that say where modules are."""


def language_of(path: str) -> str:
    """The language of a file by its name; empty where it is none that is looked into."""
    return _OF_END.get(splitext(path)[1], "")


def usual_name(language: str) -> str:
    """The identifier of a language that the tables of this package have, for the client's one.

    >>> usual_name("bash"), usual_name("python")
    ('shellscript', 'python')
    """
    return _OF_SPELLING.get(language, language)


def family_of(language: str) -> str:
    return next((family[0] for family in FAMILIES if language in family), language)


_CPP = re.compile(r"^[ \t]*(?:class|namespace|template|using|public:|private:)\b", re.M)


def dialect_of(path: str, language: str, text: str) -> str:
    """The language that a file is really in: a header `.h` may be C++."""
    return "cpp" if language == "c" and path.endswith(".h") and _CPP.search(text[:50_000]) else language


def is_of_interest(name: str) -> bool:
    """Whether a file of this name is a source file, or says where modules are."""
    return splitext(name)[1] in _OF_END or basename(name) in BUILD_FILES
