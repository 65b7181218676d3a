"""How a line of comment looks in each language, by the language identifiers of the Language Server Protocol."""

from __future__ import annotations

from collections.abc import Sequence

_BEFORE = {
    "#": "python ruby shellscript perl r elixir yaml toml dockerfile makefile julia powershell coffeescript nix gdscript ignore"
    " properties cmake graphql",
    "--": "lua sql haskell ada elm vhdl applescript",
    ";": "clojure lisp scheme ini asm emacs-lisp",
    "%": "latex tex erlang matlab prolog",
    '"': "viml vim",
    "'": "vb",
}
_AROUND = {
    "<!--": ("-->", "html xml markdown svg vue svelte"),
    "/*": ("*/", "css"),
}

_LINE = {language: mark for mark, languages in _BEFORE.items() for language in languages.split()}
_BLOCK = {language: (mark, end) for mark, (end, languages) in _AROUND.items() for language in languages.split()}


def as_comment(text: str, language: str) -> str:
    """Each line of `text` as a comment of its own; `//` where nothing is known of a language, as most have it."""
    first, last = _BLOCK.get(language, (_LINE.get(language, "//"), ""))
    lines = (f"{first} {line} {last}".rstrip() for line in text.replace(last or "\0", "").split("\n"))
    return "\n".join(lines)


def comment_mark(language: str) -> str:
    """What a comment to the end of the line begins with; empty where a language has none, `//` where nothing is known of it."""
    return _LINE.get(language, "" if language in _BLOCK else "//")


def comment_at(lines: Sequence[str], row: int, language: str) -> tuple[int, int] | None:
    """The first and the last line of the comment that line `row` is part of; None where it is none.

    A comment of lines is a run of lines that hold nothing else, with the same mark; one in marks ends where its mark says.

    >>> comment_at(["x = 1\\n", "# add a\\n", "# and b\\n", "y = 2\\n"], 2, "python")
    (1, 2)
    """
    first, last = _BLOCK.get(language, ("", ""))
    mark = _LINE.get(language, "" if first else "//")
    if mark and lines[row].lstrip().startswith(mark):
        start = end = row
        while start > 0 and lines[start - 1].lstrip().startswith(mark):
            start -= 1
        while end + 1 < len(lines) and lines[end + 1].lstrip().startswith(mark):
            end += 1
        return start, end
    if not first and mark == "//":
        first, last = "/*", "*/"
    return _marked(lines, row, first, last) if first else None


_REACH = 60
"""Lines of the longest comment in marks that is looked for."""


def _marked(lines: Sequence[str], row: int, first: str, last: str) -> tuple[int, int] | None:
    start = row
    while not lines[start].lstrip().startswith(first):
        if start == 0 or row - start > _REACH or (start != row and last in lines[start]):
            return None
        start -= 1
    end = start
    while last not in lines[end]:
        if end + 1 >= len(lines) or end - start > _REACH:
            return None
        end += 1
    return (start, end) if start <= row <= end and lines[end].rstrip().endswith(last) else None
