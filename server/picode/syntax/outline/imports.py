"""The imports of a file, by pattern and not by tree: while the user types, an import has to be found in the middle of errors.

Every pattern takes time in proportion to the text. Python and the ECMAScript family have rules of their own; the others are
data: a pattern, and what it makes known where no names are listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from picode.syntax.outline.model import Import

_Makes = Literal["all", "module", "name"]
"""What an import without a list of names makes known: all names of the file, the module under its own name, or one name."""

SCRIPTS = ("javascript", "typescript", "vue", "svelte", "astro")


@dataclass(frozen=True, slots=True)
class _Row:
    """`pattern` has the group `module`, and may have `alias`, `names` (a list with commas), `all` (a star), `static` (members
    are imported) and `here` (the module is a path that begins in the file's own folder)."""

    pattern: str
    makes: _Makes


_QUOTED = r"""["'](?P<module>[^"'\n]+)["']"""
_C = (_Row(r"""^[ \t]*#[ \t]*(?:include|import)[ \t]+["<](?P<module>[^">\n]+)[">]""", "all"),)
_STYLES = (
    _Row(r"""@(?:import|use|forward)\s++(?:\([^)\n]{0,200}\)\s*+)?(?:url\(\s*+)?["']?(?P<module>[^"')\s;]+)""", "all"),
)
_ROWS: dict[str, tuple[_Row, ...]] = {
    "go": (_Row(r'^[ \t]*(?:import[ \t]+)?(?:(?P<alias>\w+|\.)[ \t]+)?"(?P<module>[^"\n]+)"', "module"),),
    "rust": (
        _Row(r"^[ \t]*(?:pub(?:\([^)\n]*\))?[ \t]+)?mod[ \t]+(?P<here>)(?P<module>\w+)[ \t]*;", "module"),
        _Row(
            r"^[ \t]*(?:pub(?:\([^)\n]*\))?[ \t]+)?use[ \t]+(?P<module>\w+(?:::\w+)*)"
            r"(?:::(?:(?P<all>\*)|\{(?P<names>[^;]{0,800})\}))?(?:[ \t]+as[ \t]+(?P<alias>\w+))?",
            "name",
        ),
    ),
    "java": (_Row(r"^[ \t]*import[ \t]+(?P<static>static[ \t]+)?(?P<module>\w+(?:\.\w+)*)(?P<all>\.\*)?", "name"),),
    "kotlin": (
        _Row(r"^[ \t]*import[ \t]+(?P<module>\w+(?:\.\w+)*)(?P<all>\.\*)?(?:[ \t]+as[ \t]+(?P<alias>\w+))?", "name"),
    ),
    "scala": (
        _Row(
            r"^[ \t]*import[ \t]+(?P<module>\w+(?:\.\w+)*?)(?:\.(?:(?P<all>[_*])|\{(?P<names>[^}]{0,800})\}))?(?![\w.])",
            "name",
        ),
    ),
    "csharp": (
        _Row(
            r"^[ \t]*(?:global[ \t]+)?using[ \t]+(?P<static>static[ \t]+)?(?:(?P<alias>\w+)[ \t]*=[ \t]*)?"
            r"(?P<module>[\w.]+)[ \t]*;",
            "all",
        ),
    ),
    "fsharp": (_Row(r"^[ \t]*open[ \t]+(?P<module>[\w.]+)", "all"),),
    "swift": (_Row(r"^[ \t]*(?:@\w+[ \t]+)*import[ \t]+(?P<module>\w+)", "all"),),
    "c": _C,
    "cpp": _C,
    "objective-c": _C,
    "ruby": (
        _Row(r"^[ \t]*require_relative[ \t(]+(?P<here>)" + _QUOTED, "all"),
        _Row(r"^[ \t]*(?:require|load)[ \t(]+" + _QUOTED, "all"),
        _Row(r"^[ \t]*autoload[ \t(]+:(?P<alias>\w+)[ \t]*,[ \t]*" + _QUOTED, "all"),
    ),
    "php": (
        _Row(
            r"^[ \t]*use[ \t]+(?:function[ \t]+|const[ \t]+)?(?P<module>\\?\w+(?:\\\w+)*)"
            r"(?:\\\{(?P<names>[^}]{0,800})\})?(?:[ \t]+as[ \t]+(?P<alias>\w+))?",
            "name",
        ),
        _Row(r"""\b(?:require|include)(?:_once)?\b(?P<here>)[^;'"\n]{0,80}['"](?P<module>[^'"\n]+)['"]""", "all"),
    ),
    "lua": (
        _Row(r"\b(?P<alias>\w+)[ \t]*=[ \t]*require[ \t(]*" + _QUOTED, "module"),
        _Row(r"^[ \t]*require[ \t(]*" + _QUOTED, "all"),
    ),
    "proto": (_Row(r"^[ \t]*import[ \t]+(?:public[ \t]+|weak[ \t]+)?" + _QUOTED, "all"),),
    "thrift": (_Row(r"^[ \t]*include[ \t]+" + _QUOTED, "all"),),
    "graphql": (_Row(r"^[ \t]*+#[ \t]*+import[ \t]++(?:[\w, ]{1,200}?\bfrom[ \t]++)?" + _QUOTED, "all"),),
    "sql": (_Row(r"^\\ir?[ \t]+(?P<module>[\w./-]+)", "all"),),
    "html": (
        _Row(r"""<link\b[^>]{0,300}?\bhref[ \t]*=[ \t]*["'](?P<module>[^"'?#\n]+)""", "all"),
        _Row(r"""<script\b[^>]{0,300}?\bsrc[ \t]*=[ \t]*["'](?P<module>[^"'?#\n]+)""", "all"),
    ),
    "css": _STYLES,
    "scss": _STYLES,
    "sass": _STYLES,
    "less": _STYLES,
    "shellscript": (
        _Row(
            r"""^[ \t]*(?:source|\.)[ \t]+["']?(?:\$\([^)\n]*\)+["']?/|\$\{[^}\n]*\}["']?/|\$\w+["']?/|["'])*"""
            r"""(?P<here>)(?P<module>[\w./-]+)""",
            "all",
        ),
    ),
    "powershell": (_Row(r"""^[ \t]*\.[ \t]+["']?(?:\$\w+[\\/])?(?P<here>)(?P<module>[\w.\\/-]+\.ps1)""", "all"),),
    "elixir": (
        _Row(
            r"^[ \t]*(?:alias|import|use|require)[ \t]+(?P<module>\w+(?:\.\w+)*)"
            r"(?:\.\{(?P<names>[^}]{0,800})\})?(?:,[ \t]*as:[ \t]*(?P<alias>\w+))?",
            "name",
        ),
    ),
    "dart": (_Row(r"^[ \t]*(?:import|export|part)[ \t]+" + _QUOTED + r"(?:[ \t]+as[ \t]+(?P<alias>\w+))?", "all"),),
    "haskell": (
        _Row(
            r"^import[ \t]+(?:qualified[ \t]+)?(?P<module>\w+(?:\.\w+)*)(?:[ \t]+qualified)?(?:[ \t]+as[ \t]+(?P<alias>\w+))?"
            r"(?:[ \t]*\((?P<names>(?:[^()]|\([^()\n]*\)){0,400})\))?",
            "all",
        ),
    ),
    "zig": (_Row(r"\b(?:const|var)[ \t]+(?P<alias>\w+)[ \t]*=[ \t]*@import\(" + _QUOTED, "module"),),
    "perl": (_Row(r"^[ \t]*(?:use|require)[ \t]+(?P<module>[A-Z]\w*(?:::\w+)*)", "all"),),
    "julia": (_Row(r"\binclude\([ \t]*(?P<here>)" + _QUOTED, "all"),),
    "r": (_Row(r"\bsource\([ \t]*" + _QUOTED, "all"),),
    "clojure": (_Row(r"\[(?P<module>[\w-]+(?:\.[\w-]+)*)[ \t]+:(?:as[ \t]+(?P<alias>[\w.-]+)|refer\b)", "all"),),
    "erlang": (_Row(r"^-include(?:_lib)?\([ \t]*" + _QUOTED, "all"),),
    "ocaml": (_Row(r"^[ \t]*open!?[ \t]+(?P<module>\w+(?:\.\w+)*)", "all"),),
    "solidity": (_Row(r"^[ \t]*import\b[^\"'\n;]{0,200}" + _QUOTED, "all"),),
    "nim": (_Row(r"^[ \t]*(?:import|include|from)[ \t]+(?P<module>[\w./]+)", "all"),),
    "gdscript": (_Row(r"\b(?:const|var)[ \t]+(?P<alias>\w+)[^\n=]{0,40}=[ \t]*(?:pre)?load\(" + _QUOTED, "module"),),
}
LANGUAGES = ("python", *SCRIPTS, *_ROWS)

_PYTHON = re.compile(
    r"^[ \t]*+(?:from[ \t]++([\w.]*+)[ \t]++import[ \t]++(\([^()]*+\)|[^\n#;]+)|import[ \t]++([^\n#;]+))", re.M
)
_FROM = re.compile(r"""\b(?:from|(import))\s{0,20}['"]([^'"\n]{1,400})['"]""")
_KEYWORD = re.compile(r"\b(?:import|export)\s")
_REQUIRE = re.compile(r"""=\s{0,20}(require)\(\s{0,20}['"]([^'"\n]{1,400})['"]""")
_DECLARED = re.compile(r"\b(?:const|let|var)\s")
_LONGEST_LINE = 1000
_STYLE_SHEETS = (".css", ".scss", ".sass", ".less", ".styl")


def imports_of(text: str, language: str) -> list[Import]:
    """What `text` imports, in order of the patterns and then of the text."""
    text = "\n".join(line if len(line) <= _LONGEST_LINE else "" for line in text.split("\n"))
    if language == "python":
        return list(_python(text))
    if language.startswith(SCRIPTS):
        return list(_script(text))
    rows = _ROWS.get(language, ())
    lines = _Rows(text)
    return [
        found
        for row in rows
        for match in _compiled(row.pattern).finditer(text)
        for found in _made(row, match, lines.of(match.start()))
    ]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Each when it is needed first: all of them would take longer than the start of the server may."""
    return re.compile(pattern, re.M)


def _python(text: str) -> Iterator[Import]:
    lines = _Rows(text)
    for found in _PYTHON.finditer(text):
        line = lines.of(found.start())
        if found[3]:
            for original, name in _pairs(found[3]):
                yield Import(original, (name.partition(".")[0],), (original,), line)
        else:
            yield _named(found[1], _pairs(found[2].strip("()")), line)


def _script(text: str) -> Iterator[Import]:
    lines = _Rows(text)
    for names, module, at in _from(text):
        pairs = _pairs(re.sub(r"[{}]|\btype\s", ",", names))
        whole = not pairs and module.endswith(_STYLE_SHEETS)
        yield _named(module, [("*", "*")] if whole else pairs, lines.of(at))
    for names, module, at in _required(text):
        names = names.strip()
        pairs = _pairs(names.strip("{} ").replace(":", " as ")) if names.startswith("{") else [("*", names)]
        yield _named(module, pairs, lines.of(at))


def _from(text: str) -> Iterator[tuple[str, str, int]]:
    """What is imported from where in JavaScript, and the offset: `import a, { b } from "c"`, `import "c"`."""
    last = 0
    for found in _FROM.finditer(text):
        keyword = max(_KEYWORD.finditer(text, last, found.start()), key=re.Match.start, default=None)
        last = found.end()
        if found[1]:
            yield "", found[2], found.start()
        elif keyword is not None and not any(mark in text[keyword.end() : found.start()] for mark in "'\";="):
            yield text[keyword.end() : found.start()], found[2], keyword.start()


def _required(text: str) -> Iterator[tuple[str, str, int]]:
    """The same of `const { a } = require("b")`."""
    last = 0
    for found in _REQUIRE.finditer(text):
        keyword = max(_DECLARED.finditer(text, last, found.start()), key=re.Match.start, default=None)
        last = found.end()
        if keyword is not None and not any(mark in text[keyword.end() : found.start()] for mark in "=;\n"):
            yield text[keyword.end() : found.start()], found[2], keyword.start()


class _Rows:
    """Counts rows at offsets that grow."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = self._row = 0

    def of(self, offset: int) -> int:
        """The row of `offset`, from 0."""
        if offset < self._at:
            self._at = self._row = 0
        self._row += self._text.count("\n", self._at, offset)
        self._at = offset
        return self._row


def _made(row: _Row, found: re.Match[str], line: int) -> Iterator[Import]:
    group = found.groupdict()
    module = group["module"]
    if "here" in group:
        module = f"self::{module}" if row.makes == "module" else f"./{module.lstrip('/')}"
    if group.get("names") is not None:
        yield from _listed(module, group["names"], line)
    elif group.get("all") or group.get("alias") == ".":
        yield _named(module, [("*", "*")], line)
    elif group.get("static"):  # what is imported are members: their class says what they are
        owner = module if row.makes == "all" else module.rpartition(".")[0]
        yield _named(owner, [(last_part(owner), last_part(owner))], line)
    elif row.makes == "name":
        yield _named(module, [(last_part(module), group.get("alias") or last_part(module))], line)
    elif row.makes == "module" or group.get("alias"):
        yield _named(module, [("*", group.get("alias") or last_part(module))], line)
    else:
        yield _named(module, [("*", "*")], line)


def _listed(module: str, names: str, line: int) -> Iterator[Import]:
    """`use a::{self, b, c::{D as E}}`, `import a.{B, C => D}`, `use A\\{B, C as D}`, `import A (b, C(..))`."""
    separator = next((each for each in ("::", "\\") if each in module or each in names), ".")
    flat = re.sub(r"\([^()]*+\)", "", names)
    prefix = ""
    for part in re.split(r"[,}]", flat):
        # Of nested lists, the inner ones have the path before their brace.
        outer, brace, inner = part.rpartition("{")
        if brace:
            prefix = outer.strip().replace("{", "")
        words = (inner if brace else part).replace("=>", " as ").split()
        if not words:
            prefix = ""
            continue
        path = prefix + words[0]
        original = re.split(r"[.:\\]+", path)[-1]
        name = words[2] if len(words) == 3 and words[1] == "as" else original
        inside = path[: -len(original)].rstrip(".:\\")
        whole = f"{module}{separator}{inside}" if inside else module
        if original == "self":
            yield _named(whole, [("*", name if name != "self" else last_part(whole))], line)
        elif re.fullmatch(r"[\w']+|\*", original):
            yield _named(whole, [(original, name)], line)


def last_part(module: str) -> str:
    """The name that a module has where it is imported.

    >>> last_part("example.com/shop/v2"), last_part("crate::tax"), last_part("money/tax.zig")
    ('shop', 'tax', 'tax')
    """
    parts = re.split(r"[/:\\]+", module.rstrip("/"))
    if len(parts) == 1 and "/" not in module:
        parts = module.split(".")
    elif re.fullmatch(r"v\d+", parts[-1]):
        parts.pop()
    return parts[-1].partition(".")[0]


def _named(module: str, pairs: list[tuple[str, str]], line: int) -> Import:
    return Import(module, tuple(name for _, name in pairs), tuple(original for original, _ in pairs), line)


def _pairs(text: str) -> list[tuple[str, str]]:
    """`a, b as c` is (a, a), (b, c)."""
    found = []
    for part in re.sub(r"#[^\n]*|\\\n", "", text).split(","):
        words = part.split()
        if words and re.fullmatch(r"[\w.$*]+", words[0]):
            found.append((words[0], words[2] if len(words) == 3 and words[1] == "as" else words[0]))
    return found
