"""What the lexer knows of each language, by the language identifiers of the Language Server Protocol."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from picode.core import languages
from picode.core.languages import base_language


@dataclass(frozen=True, slots=True)
class Lexis:
    """What the lexer knows of a language. All are regular expressions; `words` are pairs of an opener and its closer."""

    comments: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()
    long: tuple[tuple[str, str], ...] = ()
    """Strings and comments of several lines: what begins and what ends them."""
    words: tuple[tuple[str, str], ...] = ()
    tags: bool = False
    heredocs: bool = False


# What begins here is matched whatever follows: where a match could fail after a long way, text with many beginnings would take
# quadratic time. Where it has to fail without an end, the way is bounded.
_DOUBLE = r'"(?:[^"\\\n]++|\\.?)*+"?'
_SINGLE = r"'(?:[^'\\\n]++|\\.?)*+'?"
_CHARACTER = r"'(?:\\[^\n']{1,10}|\\'|[^\\'\n])'"
_BACKTICK = ("`", r"(?<!\\)(?:\\\\)*`")
_REGEX = r"(?<=[(,=:\[!&|?{};+~])[ \t]*/(?![*/ ])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.){0,100}+\]){1,300}+/[a-z]*"
_C_COMMENT = (r"/\*", r"\*/")
_TRIPLE = (('"""', r'(?<!\\)"""'), ("'''", r"(?<!\\)'''"))

_C = Lexis((r"//[^\n]*",), (_DOUBLE, _CHARACTER), (_C_COMMENT,))
_SCRIPT = Lexis((r"//[^\n]*",), (_DOUBLE, _SINGLE, _REGEX), (_C_COMMENT, _BACKTICK))
_PYTHON = Lexis((r"\#[^\n]*",), (_DOUBLE, _SINGLE), _TRIPLE)
_MARKUP = Lexis(long=(("<!--", "-->"),), tags=True)
_HASH = Lexis((r"\#[^\n]*",), (_DOUBLE, _SINGLE))
_RUBY_BLOCK = r"(?<![\w.:])(?:if|unless|while|until|for|case|begin|def|class|module)\b"
_DO = r"\bdo\b"

_LEXES: dict[str, Lexis] = {
    "python": _PYTHON,
    "javascript": _SCRIPT,
    "javascriptreact": _SCRIPT,
    "typescript": _SCRIPT,
    "typescriptreact": _SCRIPT,
    "go": Lexis((r"//[^\n]*",), (_DOUBLE, _CHARACTER), (_C_COMMENT, ("`", "`"))),
    "rust": Lexis((r"//[^\n]*",), (_CHARACTER,), (_C_COMMENT, ('r#"', '"#'), ('"', r'(?<!\\)(?:\\\\)*"'))),
    "csharp": Lexis((r"//[^\n]*",), (r'@"(?:[^"]++|"")*+"?', _DOUBLE, _CHARACTER), (_C_COMMENT, _TRIPLE[0])),
    "java": Lexis((r"//[^\n]*",), (_DOUBLE, _CHARACTER), (_C_COMMENT, _TRIPLE[0])),
    "kotlin": Lexis((r"//[^\n]*",), (_DOUBLE, _CHARACTER), (_C_COMMENT, _TRIPLE[0])),
    "swift": Lexis((r"//[^\n]*",), (_DOUBLE,), (_C_COMMENT, _TRIPLE[0])),
    "scala": Lexis((r"//[^\n]*",), (_DOUBLE, _CHARACTER), (_C_COMMENT, _TRIPLE[0])),
    "dart": Lexis((r"//[^\n]*",), (_DOUBLE, _SINGLE), (_C_COMMENT, *_TRIPLE)),
    "php": Lexis(
        (r"//[^\n]*", r"\#(?!\[)[^\n]*"), (), (_C_COMMENT, ('"', r'(?<!\\)(?:\\\\)*"'), ("'", r"(?<!\\)(?:\\\\)*'"))
    ),
    "css": Lexis((), (_DOUBLE, _SINGLE), (_C_COMMENT,)),
    "scss": Lexis((r"(?<!:)//[^\n]*",), (_DOUBLE, _SINGLE), (_C_COMMENT,)),
    "less": Lexis((r"(?<!:)//[^\n]*",), (_DOUBLE, _SINGLE), (_C_COMMENT,)),
    "json": Lexis((), (_DOUBLE,)),
    "jsonc": Lexis((r"//[^\n]*",), (_DOUBLE,), (_C_COMMENT,)),
    "lua": Lexis(
        (r"--(?!\[\[)[^\n]*",),
        (_DOUBLE, _SINGLE),
        ((r"--\[\[", r"\]\]"), (r"\[\[", r"\]\]")),
        ((r"\b(?:function|then|do)\b(?!.{0,200}\belseif\b)", r"\bend\b"), (r"\brepeat\b", r"\buntil\b")),
    ),
    "ruby": Lexis(
        (r"\#[^\n]*",),
        (_DOUBLE, _SINGLE),
        (),
        ((rf"^[ \t]*(?:\w+[ \t]*=[ \t]*)?{_RUBY_BLOCK}|{_DO}", r"(?<![.\w])end\b"),),
        heredocs=True,
    ),
    "elixir": Lexis((r"\#[^\n]*",), (_DOUBLE,), _TRIPLE, ((rf"{_DO}(?!:)|\bfn\b", r"\bend\b"),)),
    "julia": Lexis(
        (r"\#[^\n]*",),
        (_DOUBLE,),
        (_TRIPLE[0],),
        (
            (
                r"^[ \t]*(?:mutable[ \t]+)?(?:function|if|for|while|begin|let|try|struct|module|macro|quote)\b|" + _DO,
                r"(?<!\[)\bend\b",
            ),
        ),
    ),
    "shellscript": Lexis(
        (r"(?<![\w$\{'\"\\])\#[^\n]*",),
        (),
        (("'", "'"), ('"', r'(?<!\\)(?:\\\\)*"')),
        ((r"(?:^|[;&|])[ \t]*(?:if)\b", r"\bfi\b"), (r"\bdo\b", r"\bdone\b"), (r"\bcase\b", r"\besac\b")),
        heredocs=True,
    ),
    "cmake": Lexis(
        (r"\#[^\n]*",),
        (_DOUBLE,),
        (),
        tuple(
            (rf"(?i:^[ \t]*{word}[ \t]*(?=\())", rf"(?i:^[ \t]*end{word}[ \t]*(?=\())")
            for word in ("if", "foreach", "while", "function", "macro")
        ),
    ),
    "sql": Lexis(
        (r"--[^\n]*",),
        (r"'(?:[^'\n]++|'')*+'?", _DOUBLE),
        (_C_COMMENT,),
        (
            (
                r"(?i:(?<!end )\b(?:if)\b(?=[^\n;]{0,200}\bthen\b)|(?<!end )\bloop\b|(?<!end )\bcase\b|\bbegin\b)",
                r"(?i:\bend(?:[ \t]+(?:if|loop|case))?\b)",
            ),
        ),
    ),
    "vim": Lexis(
        (r'^[ \t]*"[^\n]*',),
        (_SINGLE, _DOUBLE),
        (),
        tuple((rf"^[ \t]*{word}!?\b", rf"^[ \t]*end{word}\b") for word in ("if", "for", "while", "function", "try")),
    ),
    "makefile": Lexis((r"\#[^\n]*",), (), (), ((r"^(?:ifn?eq|ifn?def)\b", r"^endif\b"), (r"^define\b", r"^endef\b"))),
    "yaml": Lexis(
        (r"(?:^|(?<=\s))\#[^\n]*",),
        (),
        ((r'(?<![^\s:,\[{(])"', r'(?<!\\)(?:\\\\)*"'), (r"(?<![^\s:,\[{(])'", r"'(?!')")),
    ),
    "toml": Lexis((r"\#[^\n]*",), (_DOUBLE, _SINGLE), _TRIPLE),
    "html": _MARKUP,
    "xml": _MARKUP,
    "svg": _MARKUP,
    "vue": _MARKUP,
    "svelte": _MARKUP,
    "markdown": Lexis(long=(("<!--", "-->"), ("^```", "^```"))),
    "clojure": Lexis((r";[^\n]*",), (), (('"', r'(?<!\\)"'),)),
    "lisp": Lexis((r";[^\n]*",), (), (('"', r'(?<!\\)"'),)),
    "scheme": Lexis((r";[^\n]*",), (), (('"', r'(?<!\\)"'),)),
    "haskell": Lexis((r"--[^\n]*",), (_DOUBLE, _CHARACTER), ((r"\{-", r"-\}"),)),
    "plaintext": Lexis(),
    "terraform": Lexis((r"\#[^\n]*", r"(?<![:\w])//[^\n]*"), (_DOUBLE,), (_C_COMMENT,)),
    "latex": Lexis((r"(?<!\\)%[^\n]*",)),
}

_TEMPLATES = frozenset("jinja jinja-html django-html twig liquid nunjucks html+erb".split())

_LIKE_C = frozenset("c cpp objective-c proto groovy".split())
_ANY = Lexis((r"(?<![:\w])//[^\n]*",), (_DOUBLE, _SINGLE), (_C_COMMENT,))


@lru_cache(256)
def lexis_of(language: str) -> Lexis:
    """How comments, strings and blocks are written in a language; where the table has none, by its comments alone.

    >>> lexis_of("bash") is lexis_of("shellscript"), lexis_of("ada").comments
    (True, ('\\\\-\\\\-[^\\\\n]*',))
    """
    base = base_language(language)
    if language in _TEMPLATES:
        return _MARKUP
    return _LEXES.get(base) or (_C if base in _LIKE_C else _by_comments(languages.language(base)))


def _by_comments(row: languages.Language) -> Lexis:
    if row.line_comment == "//":
        return _ANY
    if row.line_comment == "#":
        return _HASH
    comments = (re.escape(row.line_comment) + r"[^\n]*",) if row.line_comment else ()
    begin, end = row.block_comment or ("", "")
    strings = (_DOUBLE, _SINGLE) if row.line_comment not in ("'", '"') else ()
    return Lexis(comments, strings, ((re.escape(begin), re.escape(end)),) if begin else ())
