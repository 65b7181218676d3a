"""What files define, by pattern: for languages without a grammar, and for a quick look at any file.

One row a language, as data: what begins a line that defines something, and what of it is worth showing. How far a definition
reaches is told by its brackets, and where it has none by indentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from picode.syntax.outline.model import Definition, shortened

_Shown = Literal["header", "members", "whole", "line"]
"""Of a function its header, of a class that and those of its members, of a type or table all of it, of a constant its line."""

_LONGEST_LINE = 400
_HEADER_LINES = 8
_MEMBER, _MEMBERS = 160, 40
_MOST = 2000
"""Definitions of one file."""

_MODIFIERS = (
    r"(?:@\w+(?:\([^)\n]*\))?[ \t]+)*(?:(?:export|default|declare|public|private|protected|internal|fileprivate|static|"
    r"abstract|final|async|override|open|data|sealed|inline|suspend|virtual|readonly|partial|implicit|lazy|extern|unsafe|mutating|"
    r"nonisolated|indirect|convenience|required|external|factory|covariant|late|const|case|pub|base|mixin|interface|opaque|"
    r"record|unsigned|new|sync|fixed|noncomputable)(?:\([^)\n]*\))?[ \t]+)*?"
)
_SELECTOR = r"[^@{}\n;/*.#]*+(?:[.#](?![\w-])[^@{}\n;/*.#]*+)*+[.#][\w-]"
"""A selector up to its first class or identifier."""
_STYLES: tuple[tuple[_Shown, str], ...] = (
    ("line", r"(?P<name>--[\w-]+)[ \t]*:"),
    ("line", r"(?P<name>\$[\w-]+|@[\w-]+)[ \t]*:"),
    ("line", r"(?:@mixin|@function)[ \t]+(?P<name>[\w-]+)"),
    ("whole", r"(?P<name>@(?:keyframes|font-face|property)\b[^{\n]*)\{"),
    ("whole", rf"(?P<name>{_SELECTOR}[^{{}}\n;,]*+(?:,(?![ \t]*+$)[^{{}}\n;,]*+)*+)[{{,][ \t]*+$"),
    ("whole", rf"(?P<name>{_SELECTOR}[^{{}}\n;]*+)\{{[^}}\n]*+\}}[ \t]*+$"),
)
_SQL_NAME = r"(?:IF[ \t]+NOT[ \t]+EXISTS[ \t]+)?(?:[\"`\[]?\w+[\"`\]]?\.)*[\"`\[]?(?P<name>\w+)[\"`\]]?"

_ROWS: dict[str, tuple[tuple[_Shown, str], ...]] = {
    "swift": (
        ("members", _MODIFIERS + r"(?:class|struct|protocol|extension|actor|enum)[ \t]+(?!func\b|var\b|let\b)(?P<name>\w+)"),
        ("header", _MODIFIERS + r"(?:class[ \t]+)?func[ \t]+(?P<name>\w+)"),
        ("header", _MODIFIERS + r"(?P<name>init|subscript)[?!]?[ \t]*[(<]"),
        ("line", _MODIFIERS + r"(?:class[ \t]+)?(?:let|var|typealias|associatedtype)[ \t]+(?P<name>\w+)"),
        ("line", r"(?:indirect[ \t]+)?case[ \t]+(?P<name>\w+)[^:\n]*$"),
    ),
    "scala": (
        ("members", _MODIFIERS + r"(?:class|trait|object|enum)[ \t]+(?P<name>\w+)"),
        ("header", _MODIFIERS + r"def[ \t]+(?P<name>\w+)"),
        ("line", _MODIFIERS + r"(?:val|type|given)[ \t]+(?P<name>\w+)"),
    ),
    "dart": (
        ("members", _MODIFIERS + r"(?:class|mixin|extension|enum)[ \t]+(?P<name>\w+)"),
        ("line", r"typedef[ \t]+(?P<name>\w+)"),
        (
            "header",
            _MODIFIERS + r"(?:[\w<>?,.\[\]]+[ \t]+)?(?:get[ \t]+|set[ \t]+)?"
            r"(?P<name>(?!if\b|for\b|while\b|switch\b|return\b|catch\b|assert\b|super\b|throw\b|await\b)\w+(?:\.\w+)?)"
            r"[ \t]*(?:<[^>\n]*>)?\([^;]*$",
        ),
        (
            "header",
            _MODIFIERS + r"(?:[\w<>?,.\[\]]+[ \t]+)(?:get[ \t]+)?(?P<name>\w+)(?:\([^)\n]*\))?[ \t]*"
            r"(?:async\*?[ \t]*)?=>",
        ),
        (
            "line",
            _MODIFIERS + r"(?:final|const|var|late|[A-Z][\w<>?,]*|int|double|num|bool)[ \t]+(?:[\w<>?,]+[ \t]+)?"
            r"(?P<name>\w+)[ \t]*(?:=|;)",
        ),
        ("line", r"const[ \t]+(?P<name>[A-Z]\w*)\([^;\n]*\)"),
    ),
    "elixir": (
        ("members", r"(?:defmodule|defprotocol|defimpl)[ \t]+(?P<name>[\w.]+)"),
        ("header", r"(?:def|defmacro|defguard|defdelegate)[ \t]+(?P<name>\w+[?!]?)"),
        ("line", r"(?:defstruct|@type|@callback)[ \t]+(?P<name>\w*)"),
    ),
    "haskell": (
        ("line", r"(?P<name>[a-z_][\w']*)[ \t]*::"),
        ("whole", r"(?:data|newtype|type|class|instance)[ \t]++(?:[^=\n]{0,200}=>[ \t]*+)?(?P<name>[A-Z][\w']*)"),
    ),
    "zig": (
        (
            "whole",
            r"(?:pub[ \t]+)?const[ \t]+(?P<name>\w+)[ \t]*=[ \t]*(?:packed[ \t]+|extern[ \t]+)?"
            r"(?:struct|enum|union|error)\b",
        ),
        ("header", r"(?:pub[ \t]+)?(?:export[ \t]+|inline[ \t]+|extern[ \t]+)?fn[ \t]+(?P<name>\w+)"),
        ("line", r"pub[ \t]+(?:const|var)[ \t]+(?P<name>\w+)"),
    ),
    "sql": (
        ("whole", r"(?i:CREATE[ \t]+(?:OR[ \t]+REPLACE[ \t]+)?(?:TEMP(?:ORARY)?[ \t]+|UNLOGGED[ \t]+|MATERIALIZED[ \t]+)?"
        r"(?:TABLE|VIEW|TYPE|DOMAIN)[ \t]+" + _SQL_NAME + ")"),
        ("header", r"(?i:CREATE[ \t]+(?:OR[ \t]+REPLACE[ \t]+)?(?:FUNCTION|PROCEDURE)[ \t]+" + _SQL_NAME + ")"),
        ("line", r"(?i:ALTER[ \t]+TABLE[ \t]+(?:ONLY[ \t]+)?(?:\w+\.)*(?P<name>\w+)[ \t]+ADD\b)"),
    ),
    "proto": (
        ("whole", r"(?:message|enum|service|extend)[ \t]+(?P<name>[\w.]+)"),
    ),
    "thrift": (
        ("whole", r"(?:struct|enum|service|union|exception)[ \t]+(?P<name>\w+)"),
        ("line", r"(?:typedef[ \t]+\S+|const[ \t]+\S+)[ \t]+(?P<name>\w+)"),
    ),
    "graphql": (
        ("whole", r"(?:extend[ \t]+)?(?:type|input|interface|enum|fragment)[ \t]+(?P<name>\w+)"),
        ("line", r"(?:union|scalar)[ \t]+(?P<name>\w+)"),
    ),
    "css": _STYLES,
    "scss": _STYLES,
    "sass": _STYLES,
    "less": _STYLES,
    "terraform": (
        ("whole", r'(?:variable|output|module)[ \t]+"(?P<name>[\w-]+)"'),
        ("whole", r'(?:resource|data)[ \t]+"[\w-]+"[ \t]+"(?P<name>[\w-]+)"'),
        ("whole", r"(?P<name>locals)[ \t]*\{"),
    ),
    "perl": (
        ("header", r"sub[ \t]+(?P<name>\w+)"),
        ("line", r"package[ \t]+(?P<name>[\w:]+)"),
        ("line", r"our[ \t]+[$@%](?P<name>\w+)"),
    ),
    "julia": (
        ("header", r"(?:@\w+[ \t]+)*(?:function|macro)[ \t]+(?:\w+\.)*(?P<name>\w+!?)"),
        ("whole", r"(?:mutable[ \t]+)?(?:struct|abstract[ \t]+type)[ \t]+(?P<name>\w+)"),
        ("line", r"(?P<name>\w+!?)\([^)\n]*\)(?:[ \t]*::[^=\n]+)?[ \t]*=(?!=)"),
        ("line", r"const[ \t]+(?P<name>\w+)"),
    ),
    "r": (("header", r"(?P<name>[\w.]+)[ \t]*(?:<-|=)[ \t]*function\b"),),
    "clojure": (
        (
            "header",
            r"\((?:defn-?|defmacro|defmulti|defprotocol|defrecord|def|defonce)[ \t]+(?:\^\S+[ \t]+)*"
            r"(?P<name>[\w*+!?<>=-]+)",
        ),
    ),
    "erlang": (
        ("line", r"-(?:record|define)\([ \t]*(?P<name>\w+)"),
        ("line", r"-spec[ \t]+(?P<name>\w+)"),
    ),
    "ocaml": (
        ("line", r"(?:let(?:[ \t]+rec)?|val|and|external)[ \t]+(?P<name>[a-z_][\w']*)"),
        ("whole", r"(?:type|module|exception)[ \t]++(?:[^=\n]*[ \t])?(?P<name>\w+)[ \t]*(?:=|of|:|$)"),
    ),
    "fsharp": (
        ("line", r"(?:let|and)[ \t]+(?:rec[ \t]+|inline[ \t]+|mutable[ \t]+)*(?P<name>\w+)"),
        ("members", r"(?:type|module)[ \t]+(?:private[ \t]+|internal[ \t]+|rec[ \t]+)?(?P<name>[\w.]+)"),
        ("header", r"(?:static[ \t]+)?(?:member|abstract|override)[ \t]+(?:\w+\.)?(?P<name>\w+)"),
    ),
    "solidity": (
        ("members", r"(?:abstract[ \t]+)?(?:contract|library|interface)[ \t]+(?P<name>\w+)"),
        ("header", r"(?:function|modifier|event|error)[ \t]+(?P<name>\w+)"),
        ("whole", r"(?:struct|enum)[ \t]+(?P<name>\w+)"),
    ),
    "nim": (
        ("header", r"(?:proc|func|method|template|macro|iterator|converter)[ \t]+`?(?P<name>\w+)"),
        ("line", r"(?P<name>\w+)\*[ \t]*(?:=|:)"),
    ),
    "gdscript": (
        ("header", r"(?:static[ \t]+)?func[ \t]+(?P<name>\w+)"),
        ("line", r"(?:class_name|class|signal|enum|const)[ \t]+(?P<name>\w+)"),
        ("line", r"(?:@export\S*[ \t]+)?var[ \t]+(?P<name>\w+)"),
    ),
    "groovy": (
        ("members", _MODIFIERS + r"(?:class|interface|trait|enum)[ \t]+(?P<name>\w+)"),
        ("header", _MODIFIERS + r"(?:def|void|\w+)[ \t]+(?P<name>\w+)[ \t]*\([^;\n]*\{"),
    ),
    "powershell": (
        ("header", r"(?i:function|filter)[ \t]+(?P<name>[\w:-]+)"),
        ("members", r"(?i:class|enum)[ \t]+(?P<name>\w+)"),
    ),
    "objective-c": (
        ("members", r"@(?:interface|protocol)[ \t]+(?P<name>\w+)"),
        ("line", r"[-+][ \t]*\([^)\n]*\)[ \t]*(?P<name>\w+)"),
        ("line", r"@property\b[^;\n]*?(?P<name>\w+)[ \t]*;"),
        ("whole", r"typedef[ \t]+(?:struct|enum|NS_ENUM)\b[^{\n]*(?P<name>)\{"),
    ),
    "vim": (("header", r"fu(?:nction|nc)?!?[ \t]+(?P<name>[\w:#.]+)"),),
}  # fmt: skip
LANGUAGES = tuple(_ROWS)


@dataclass(frozen=True, slots=True)
class _Rule:
    shown: _Shown
    pattern: re.Pattern[str]


@cache
def _rules(language: str) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(shown, re.compile(r"(?P<indent>[ \t]*+)" + pattern)) for shown, pattern in _ROWS.get(language, ())
    )


def outermost(language: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of what a file of `language` defines for others, for the whole text of one; each has the group `name`."""
    shown = {"header": r"^", "members": r"^[ \t]*+", "whole": r"^[ \t]*+"}
    return tuple(re.compile(shown[each] + pattern, re.M) for each, pattern in _ROWS[language] if each in shown)


def definitions_in(lines: Sequence[str], language: str) -> Iterator[Definition]:
    """The definitions in `lines`, each after what it lies in."""
    rules = _rules(language)
    around: list[Definition] = []
    found: list[tuple[Definition, _Shown]] = []
    for number, line in enumerate(lines):
        if len(line) > _LONGEST_LINE or not line.strip() or len(found) >= _MOST:
            continue
        matched = next(((rule, match) for rule in rules if (match := rule.pattern.match(line))), None)
        while around and around[-1].end < number:
            around.pop()
        if matched is None or any(each.kind != "class" for each in around):
            continue
        rule, match = matched
        parents = tuple(each.name for each in around)
        end = number if rule.shown == "line" else _end(lines, number)
        definition = Definition(
            match["name"].strip(),
            _kind(rule.shown, parents),
            _signature(lines, number, end, rule.shown),
            number,
            end,
            parents,
        )
        found.append((definition, rule.shown))
        if rule.shown == "members" and end > number:
            around.append(definition)
        elif rule.shown == "header" and end > number:
            around.append(definition)  # what lies in a function's body is of no use elsewhere
    for index, (definition, shown) in enumerate(found):
        yield _with_members(definition, found[index + 1 :]) if shown == "members" else definition


def _kind(shown: _Shown, parents: tuple[str, ...]) -> Literal["class", "function", "method", "constant"]:
    if shown in ("members", "whole"):
        return "class"
    if shown == "line":
        return "constant"
    return "method" if parents else "function"


def _with_members(definition: Definition, later: Sequence[tuple[Definition, _Shown]]) -> Definition:
    members: list[str] = []
    for each, _ in later:
        if each.line > definition.end or len(members) == _MEMBERS:
            break
        if each.parents == (*definition.parents, definition.name):
            members.append("    " + re.sub(r"\s+", " ", each.signature)[:_MEMBER])
    signature = "\n".join((definition.signature, *members))
    return Definition(definition.name, "class", signature, definition.line, definition.end, definition.parents)


def _signature(lines: Sequence[str], number: int, end: int, shown: _Shown) -> str:
    if shown == "whole":
        return shortened("".join(lines[number : end + 1]))
    text = lines[number].strip()
    if shown == "line":
        return shortened(text, _MEMBER)
    for line in lines[number + 1 : min(end + 1, number + _HEADER_LINES)]:
        if text.count("(") <= text.count(")"):
            break
        text += " " + line.strip()
    return shortened(text.removesuffix(" do").rstrip("{ ").rstrip())


def _end(lines: Sequence[str], start: int) -> int:
    """The last line of what begins at `start`: where its brackets are closed; without any, before the next line that stands
    as far left."""
    depth, opened = 0, False
    indent = _indent(lines[start])
    for number in range(start, min(len(lines), start + 2000)):
        code = re.sub(r"""//[^\n]*|"(?:[^"\\\n]|\\.)*"|'[^'\\\n]'""", "", lines[number][:_LONGEST_LINE])
        depth += sum(map(code.count, "({[")) - sum(map(code.count, ")}]"))
        opened = opened or depth > 0 or "{" in code
        if depth > 0:
            continue
        if opened and number > start:
            return number
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if following.strip().startswith("{"):
            continue
        if ("{" in code and "}" in code) or not following.strip() or _indent(following) <= indent:
            return number
        break
    return _indented_end(lines, start, indent)


def _indented_end(lines: Sequence[str], start: int, indent: int) -> int:
    last = start
    for number in range(start + 1, len(lines)):
        if not lines[number].strip():
            continue
        if _indent(lines[number]) <= indent:
            return number if lines[number].strip().startswith(("end", "}", ")")) else last
        last = number
    return last


def _indent(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())
