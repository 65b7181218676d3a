"""How a line of comment looks in each language, by the language identifiers of the Language Server Protocol."""

from __future__ import annotations

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
