"""Which language a file is in, by its name: a terminal has no editor to ask."""

from __future__ import annotations

from pathlib import PurePath

_LANGUAGES = {
    ".py": "python", ".pyi": "python", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".ts": "typescript",
    ".tsx": "typescriptreact", ".jsx": "javascriptreact", ".go": "go", ".rs": "rust", ".java": "java", ".c": "c", ".h": "c",
    ".cpp": "cpp", ".cc": "cpp", ".hpp": "cpp", ".cs": "csharp", ".rb": "ruby", ".php": "php", ".lua": "lua",
    ".sh": "shellscript", ".bash": "shellscript", ".md": "markdown", ".json": "json", ".toml": "toml", ".yaml": "yaml",
    ".yml": "yaml", ".html": "html", ".css": "css", ".sql": "sql", ".kt": "kotlin", ".swift": "swift",
}  # fmt: skip
"""Language identifiers of the Language Server Protocol."""


def language_of(name: str) -> str:
    """The language identifier for a file of that name; empty where it tells nothing.

    >>> language_of("src/App.TSX")
    'typescriptreact'
    """
    return _LANGUAGES.get(PurePath(name).suffix.lower(), "")
