"""Every regular expression of the server, and text that is made to be slow for each.

`inventory` finds them in the source: calls of functions of `re` whose pattern can be computed in its module. `attacks`
derives text from a pattern: what leads up to one of its repetitions, the repetition many times, and an end that does not match.
"""

from __future__ import annotations

import ast
import importlib
import re
import re._constants as ops  # what `re` itself parses with
import re._parser as parser
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import picode

ROOT = Path(picode.__file__).parent
_FUNCTIONS = ("compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn")


@dataclass(frozen=True)
class Expression:
    """A regular expression at `place`, a file and a line, and the `methods` that it is used with."""

    place: str
    pattern: str | bytes
    flags: int
    methods: tuple[str, ...]
    longest: int = 1_000_000
    """Characters of the longest text that it is ever used on."""


def inventory(root: Path = ROOT) -> tuple[list[Expression], list[str]]:
    """All of them, and the places of those whose pattern is only known at run time."""
    found, unknown = [], []
    files = sorted(root.rglob("*.py"))
    trees = {file: ast.parse(file.read_text("utf-8")) for file in files}
    everywhere = _methods(trees.values())
    for file, tree in trees.items():
        module = importlib.import_module(
            ".".join(file.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__")
        )
        names, here = _assigned_names(tree), _methods([tree])
        looped = {method for name, methods in here.items() if name.islower() for method in methods}
        for node in ast.walk(tree):
            if not _is_of_re(node):
                continue
            place = f"{file.relative_to(root.parent).as_posix()}:{node.lineno}"
            pattern = _computed(node.args[0], module)
            if pattern is None:
                unknown.append(f"{file.relative_to(root.parent).as_posix()}: {ast.unparse(node.args[0])}")
                continue
            flags = _flags(node, module)
            method = node.func.attr
            name = names.get(id(node), "")
            methods = here.get(name) or (not name.startswith("_") and everywhere.get(name)) or looped or {"search"}
            found.append(
                Expression(place, pattern, flags, tuple(sorted(methods)) if method == "compile" else (method,))
            )
    return found, unknown


def _is_of_re(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in _FUNCTIONS
        and bool(node.args)
    )


def _methods(trees: Iterable[ast.AST]) -> dict[str, set[str]]:
    """By the name of a variable: the methods of a pattern that are called on it anywhere."""
    used: dict[str, set[str]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in _FUNCTIONS:
                value = node.value
                name = (
                    value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else ""
                )
                if name and name != "re":
                    used.setdefault(name, set()).add(node.attr)
    return used


def _assigned_names(tree: ast.AST) -> dict[int, str]:
    return {
        id(node.value): node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _computed(node: ast.expr, module: ModuleType) -> Any:
    try:
        value = eval(compile(ast.Expression(node), module.__name__, "eval"), dict(vars(module)))
    except Exception:
        return None
    return value if isinstance(value, str | bytes) else None


def _flags(node: ast.Call, module: ModuleType) -> int:
    given = [each.value for each in node.keywords if each.arg == "flags"]
    place = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(node.func.attr, 2)  # type: ignore[attr-defined]
    if len(node.args) > place:
        given.append(node.args[place])
    return int(eval(compile(ast.Expression(given[0]), "flags", "eval"), {"re": re, **vars(module)})) if given else 0


# --- attacks -----------------------------------------------------------------------------------------------------------

_LONG = 30
"""Repetitions from which on one is worth an attack."""
_USUAL = " \t\n\r" + "a0A_" + "-.,:;=/#*`\"'()[]{}<>|\\+!@$%~^&?é"
_TAILS = ("", "\x00", "\n\x00", "!", " ")


@dataclass(frozen=True)
class Attack:
    """A text that may be slow: `body` so many `times` between `lead` and `tail`. Most are never written out."""

    body: str
    times: int
    lead: str = ""
    tail: str = ""

    @property
    def text(self) -> str:
        return self.lead + self.body * self.times + self.tail


def attacks(pattern: str | bytes, flags: int, size: int) -> Iterator[Attack]:
    """Texts of `size` characters that may be slow for `pattern`."""
    if isinstance(pattern, bytes):
        pattern = pattern.decode("latin-1")
    seen = set()
    parsed = parser.parse(pattern, flags & ~re.LOCALE)
    for lead, bodies in _repetitions(list(parsed), ""):
        for body in bodies:
            if (lead, body) in seen or not body:
                continue
            seen.add((lead, body))
            if lead and size > 1_000:  # beginnings that never come to an end
                yield Attack(lead + body, size // len(lead + body))
            times = max(2, (size - len(lead)) // len(body))
            for tail in _TAILS:
                yield Attack(body, times, lead, tail)
    whole = "".join(_sample(list(parsed)))
    if whole:
        for cut in {len(whole), max(1, len(whole) - 1), max(1, len(whole) // 2)}:
            yield Attack(whole[:cut], size // cut)


def _repetitions(nodes: list[Any], lead: str) -> Iterator[tuple[str, list[str]]]:
    """What leads up to each repetition within `nodes`, and what it may repeat."""
    for index, (op, value) in enumerate(nodes):
        following = nodes[index + 1 :]
        if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
            low, high, body = value
            if high >= _LONG:
                yield lead, _bodies(list(body), following)
                yield "", _bodies(list(body), following)
            yield from _repetitions(list(body), lead)
            lead += _sample(list(body)) * max(low, 0 if high > 1 else low)
            continue
        for part in _parts(op, value):
            yield from _repetitions(part, lead)
        lead += _sample([(op, value)])


def _bodies(body: list[Any], following: list[Any]) -> list[str]:
    """What to repeat: characters that the body takes, those first that what follows takes too."""
    if len(body) == 1 and body[0][0] in (ops.IN, ops.ANY, ops.LITERAL, ops.NOT_LITERAL):
        characters = [each for each in _USUAL if _takes(body[0], each)]
        shared = [each for each in characters if any(_takes(node, each) for node in _inner(following))]
        picked = list(dict.fromkeys([*shared[:5], *characters[:3]]))
        return [*picked, *("".join(pair) for pair in pairwise(picked))][:9]
    one = _sample(body)
    single = [each for node in _inner(body) for each in _USUAL if _takes(node, each)][:6]
    return list(dict.fromkeys([one, *single]))


def _inner(nodes: list[Any]) -> Iterator[Any]:
    for op, value in nodes:
        if op in (ops.IN, ops.ANY, ops.LITERAL, ops.NOT_LITERAL):
            yield op, value
        elif op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
            yield from _inner(list(value[2]))
        else:
            for part in _parts(op, value):
                yield from _inner(part)


def _parts(op: Any, value: Any) -> list[list[Any]]:
    if op is ops.SUBPATTERN:
        return [list(value[3])]
    if op is ops.BRANCH:
        return [list(each) for each in value[1]]
    if op in (ops.ASSERT, ops.ASSERT_NOT):
        return [list(value[1])]
    if op is ops.ATOMIC_GROUP:
        return [list(value)]
    if op is ops.GROUPREF_EXISTS:
        return [list(each) for each in value[1:] if each]
    return []


def _takes(node: Any, character: str) -> bool:
    op, value = node
    code = ord(character)
    if op is ops.ANY:
        return character != "\n"
    if op is ops.LITERAL:
        return bool(value == code)
    if op is ops.NOT_LITERAL:
        return bool(value != code)
    if op is not ops.IN:
        return False
    negated = bool(value) and value[0][0] is ops.NEGATE
    return any(_in_class(each, character) for each in value) != negated


def _in_class(item: Any, character: str) -> bool:
    op, value = item
    if op is ops.LITERAL:
        return bool(value == ord(character))
    if op is ops.RANGE:
        return bool(value[0] <= ord(character) <= value[1])
    if op is ops.CATEGORY:
        negative = "NOT" in str(value)
        kind = str(value).rpartition("_")[2]
        inside = {
            "SPACE": character.isspace(),
            "DIGIT": character.isdigit(),
            "WORD": character.isalnum() or character == "_",
        }[kind]
        return inside != negative
    return False


def _sample(nodes: list[Any]) -> str:
    """A text that the `nodes` match, more or less: positions and conditions are left out."""
    out = ""
    for op, value in nodes:
        if op is ops.LITERAL:
            out += chr(value)
        elif op in (ops.IN, ops.ANY, ops.NOT_LITERAL):
            out += next((each for each in "a0 -\n" + _USUAL if _takes((op, value), each)), _first(op, value))
        elif op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
            out += _sample(list(value[2])) * max(1 if value[1] > 1 else 0, value[0])
        elif op is ops.BRANCH:
            out += _sample(list(value[1][0]))
        elif op in (ops.SUBPATTERN, ops.ATOMIC_GROUP):
            out += "".join(_sample(each) for each in _parts(op, value))
    return out


def _first(op: Any, value: Any) -> str:
    """A character of a class that has none of the usual ones."""
    for item_op, item in value if op is ops.IN else ():
        if item_op is ops.LITERAL:
            return chr(item)
        if item_op is ops.RANGE:
            return chr(item[0])
    return "a"
