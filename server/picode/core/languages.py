"""The languages of files, in one table: identifiers, file extensions, comments, grammars.

Identifiers are those of the Language Server Protocol ("Text Document Language Identifiers"), else those of VS Code's
extensions. An unknown language has the comments of C.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    _c_like("proto3", ".proto"),
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
    _line('"', "viml"),
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


def language(identifier: str) -> Language:
    """The row of a language; for an unknown one, a row with the comments of C.

    >>> language("python").line_comment, language("unknown").line_comment
    ('#', '//')
    """
    return LANGUAGES.get(identifier) or Language(identifier)


def language_of(path: str) -> str:
    """The identifier of the language of a file, by its extension; empty if that is unknown.

    >>> language_of("src/App.TSX")
    'typescriptreact'
    """
    name = path.replace("\\", "/").rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    return _BY_EXTENSION.get(f".{extension.lower()}", "") if stem and dot else ""
