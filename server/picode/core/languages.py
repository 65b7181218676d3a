"""The languages of files, in one table: identifiers, file extensions, comments, grammars.

Identifiers are those of the Language Server Protocol ("Text Document Language Identifiers"), else those of VS Code's
extensions. Editors have others: Neovim says `sh` for what VS Code says `shellscript`. `document_language` gives the table's
own for what an editor says. An unknown language has the comments of C.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

_C = ("/*", "*/")
_XML = ("<!--", "-->")


@dataclass(frozen=True, slots=True)
class Language:
    """One language. `extensions` are in lower case, with the dot. `line_comment` starts a comment that ends with the line;
    empty if there is none. `block_comment` are the marks around a comment; None if there is none, or it is hardly used.
    `grammar` is the module of the tree-sitter wheel and the function in it. `is_prose`: a Markdown answer may itself be the
    text."""

    id: str
    extensions: tuple[str, ...] = ()
    line_comment: str = "//"
    block_comment: tuple[str, str] | None = _C
    grammar: tuple[str, str] | None = None
    is_prose: bool = False


def _c_like(identifier: str, extensions: str = "", *grammar: str) -> Language:
    return Language(identifier, tuple(extensions.split()), grammar=_grammar(grammar))


def _line(mark: str, identifier: str, extensions: str = "", *grammar: str, is_prose: bool = False) -> Language:
    return Language(identifier, tuple(extensions.split()), mark, None, _grammar(grammar), is_prose)


def _block(marks: tuple[str, str], identifier: str, extensions: str = "", *grammar: str) -> Language:
    return Language(identifier, tuple(extensions.split()), "", marks, _grammar(grammar))


def _grammar(names: tuple[str, ...]) -> tuple[str, str] | None:
    """The module's name without `tree_sitter_`, and the function if it is not `language`."""
    return (f"tree_sitter_{names[0]}", (*names, "language")[1]) if names else None


_ROWS = (
    _line("#", "python", ".py .pyi", "python"),
    _c_like("javascript", ".js .mjs .cjs", "javascript"),
    _c_like("javascriptreact", ".jsx", "javascript"),
    _c_like("typescript", ".ts .mts .cts", "typescript", "language_typescript"),
    _c_like("typescriptreact", ".tsx", "typescript", "language_tsx"),
    _c_like("go", ".go", "go"),
    _c_like("rust", ".rs", "rust"),
    _c_like("java", ".java", "java"),
    _c_like("c", ".c .h", "c"),
    _c_like("cpp", ".cpp .cc .cxx .hpp .hh .hxx .ipp", "cpp"),
    _c_like("csharp", ".cs", "c_sharp"),
    _line("#", "ruby", ".rb .rake", "ruby"),
    _c_like("php", ".php", "php", "language_php"),
    _line("#", "shellscript", ".sh .bash .zsh", "bash"),
    _line("--", "lua", ".lua", "lua"),
    _c_like("kotlin", ".kt .kts", "kotlin"),
    _block(_XML, "html", ".html .htm", "html"),
    _block(_C, "css", ".css", "css"),
    _c_like("json", ".json", "json"),
    _c_like("swift", ".swift", "swift"),
    _c_like("scala", ".scala .sc", "scala"),
    _c_like("dart", ".dart"),
    _c_like("zig", ".zig"),
    _c_like("groovy", ".groovy .gradle"),
    _c_like("objective-c", ".m .mm"),
    _c_like("thrift", ".thrift"),
    _c_like("solidity", ".sol"),
    _c_like("fsharp", ".fs .fsi"),
    _c_like("proto", ".proto"),
    _c_like("jsonc", ".jsonc"),
    _c_like("scss", ".scss"),
    _c_like("less", ".less"),
    _c_like("sass", ".sass"),
    _line("#", "perl", ".pl .pm"),
    _line("#", "nim", ".nim"),
    _line("#", "terraform", ".tf"),
    _line("#", "r", ".r"),
    _line("#", "elixir", ".ex .exs", "elixir"),
    _line("#", "julia", ".jl"),
    _line("#", "nix", ".nix"),
    _line("#", "powershell", ".ps1 .psm1"),
    _line("#", "coffeescript", ".coffee"),
    _line("#", "gdscript", ".gd"),
    _line("#", "graphql", ".graphql .graphqls .gql"),
    _line("#", "yaml", ".yaml .yml", "yaml"),
    _line("#", "toml", ".toml", "toml"),
    _line("#", "dockerfile"),
    _line("#", "makefile", ".mk", "make"),
    _line("#", "cmake", ".cmake"),
    _line("#", "properties", ".properties"),
    _line("#", "ignore"),
    _line("#", "fish", ".fish"),
    _line("#", "git-commit", is_prose=True),
    _line("--", "sql", ".sql .ddl"),
    _line("--", "haskell", ".hs", "haskell"),
    _line("--", "ada", ".adb .ads"),
    _line("--", "elm", ".elm"),
    _line("--", "vhdl", ".vhd .vhdl"),
    _line("--", "applescript"),
    _line(";", "clojure", ".clj .cljs .cljc"),
    _line(";", "lisp", ".lisp"),
    _line(";", "scheme", ".scm"),
    _line(";", "emacs-lisp", ".el"),
    _line(";", "ini", ".ini"),
    _line(";", "asm", ".asm"),
    _line("%", "latex", ".tex", is_prose=True),
    _line("%", "tex", is_prose=True),
    _line("%", "erlang", ".erl .hrl"),
    _line("%", "matlab"),
    _line("%", "prolog"),
    _line('"', "vim", ".vim"),
    _line("'", "vb", ".vb"),
    _block(_XML, "xml", ".xml"),
    _block(_XML, "svg", ".svg"),
    Language("markdown", (".md", ".markdown"), "", _XML, is_prose=True),
    _block(_XML, "vue", ".vue"),
    _block(_XML, "svelte", ".svelte"),
    _block(_XML, "astro", ".astro"),
    Language("ocaml", (".ml", ".mli"), "", ("(*", "*)")),
    *(Language(identifier, is_prose=True) for identifier in ("plaintext", "text", "restructuredtext", "asciidoc")),
)

LANGUAGES: Final[Mapping[str, Language]] = {row.id: row for row in _ROWS}

_BY_EXTENSION: Final = {extension: row.id for row in _ROWS for extension in row.extensions}

_SPELLINGS: Final = {
    "shellscript": "sh bash zsh ksh",
    "csharp": "cs c-sharp",
    "fsharp": "fs",
    "objective-c": "objc objcpp objective-cpp",
    "proto": "proto3 proto2 protobuf",
    "sql": "postgres postgresql mysql plsql plpgsql sqlite tsql pgsql",
    "terraform": "tf hcl opentofu terraform-vars",
    "javascriptreact": "jsx javascript.jsx",
    "typescriptreact": "tsx typescript.tsx",
    "powershell": "ps1",
    "makefile": "make automake",
    "dockerfile": "docker containerfile",
    "vim": "viml vimscript",
    "tex": "plaintex",
    "bibtex": "bib",
    "ini": "dosini",
    "properties": "jproperties java-properties",
    "emacs-lisp": "elisp",
    "lisp": "commonlisp common-lisp",
    "clojure": "clojurescript",
    "restructuredtext": "rst",
    "git-commit": "gitcommit scminput",
    "erb": "eruby",
    "django-html": "htmldjango",
    "jinja": "jinja2",
    "jsonc": "json5 hjson",
}
"""By identifier, what else editors call the same language: Neovim and Helix by filetype, Emacs by mode, others by extension."""

_VARIANTS: Final = {
    "html": "django-html jinja jinja-html erb twig blade handlebars heex html-eex",
    "php": "php-html",
    "elixir": "eelixir",
    "markdown": "mdx rmd quarto",
    "yaml": "dockercompose github-actions-workflow ansible helm",
    "cpp": "cuda cuda-cpp arduino",
    "scala": "sbt",
}
"""By identifier, the languages that are written mostly as that one is, and have no row of their own."""


def _by_name(table: Mapping[str, str]) -> dict[str, str]:
    return {name: identifier for identifier, names in table.items() for name in names.split()}


_IDENTIFIER: Final = _by_name(_SPELLINGS)
_BASE: Final = _by_name(_VARIANTS)


@lru_cache(256)
def language(name: str) -> Language:
    """The row of a language; for a variant, that of its base without the grammar, which knows only the base; for an unknown
    one, a row with the comments of C.

    >>> language("python").line_comment, language("sh").line_comment, language("unknown").line_comment
    ('#', '#', '//')
    """
    known = identifier(name)
    if (row := LANGUAGES.get(known)) is not None:
        return row
    base = LANGUAGES.get(base_language(known))
    return replace(base, id=known, grammar=None) if base is not None else Language(known)


def identifier(name: str) -> str:
    """The identifier of a language that an editor calls `name`, which may be a filetype of several parts, as Vim has them.

    >>> identifier("sh"), identifier("python"), identifier("yaml.docker-compose"), identifier("unheard-of")
    ('shellscript', 'python', 'yaml', 'unheard-of')
    """
    first = name.partition(".")[0]
    return _IDENTIFIER.get(name) or (name if name in LANGUAGES else _IDENTIFIER.get(first, first))


def base_language(name: str) -> str:
    """The identifier under which the tables of definitions, imports and grammars have a language.

    >>> base_language("twig"), base_language("bash"), base_language("python")
    ('html', 'shellscript', 'python')
    """
    known = identifier(name)
    return _BASE.get(known, known)


def document_language(name: str, path: str) -> str:
    """The identifier of the language of an open document that its editor calls `name`. What an editor has no name for, such as
    VS Code a file whose language has no extension installed, is called plain text: there the file's extension counts.

    >>> document_language("cs", "/a.cs"), document_language("plaintext", "/a.zig"), document_language("plaintext", "/a.txt")
    ('csharp', 'zig', 'plaintext')
    """
    known = identifier(name)
    return (language_of(path) or known) if known in ("", "plaintext", "text") else known


def language_of(path: str) -> str:
    """The identifier of the language of a file, by its extension; empty if that is unknown.

    >>> language_of("src/App.TSX")
    'typescriptreact'
    """
    name = path.replace("\\", "/").rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    return _BY_EXTENSION.get(f".{extension.lower()}", "") if stem and dot else ""
