"""The line of a settings file that sets a setting, for messages about it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from picode.settings.problem import dotted
from picode.settings.shape import Path

_TABLE = re.compile(r"^\s*\[{1,2}([^\[\]]+)\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|\n')


def line_of(text: str, path: str, json: bool) -> int | None:
    """The line, counted from one, that sets what a problem calls `path`, or the table that it is in; None where there is
    none. The text may be damaged."""
    best: tuple[int, int] | None = None
    for found, number in _json_places(text) if json else _toml_places(text):
        name = dotted(found)
        if name == path:
            return number
        if path.startswith(f"{name}.") and (best is None or len(name) > best[0]):
            best = len(name), number
    return best[1] if best else None


def _toml_places(text: str) -> Iterator[tuple[Path, int]]:
    table: Path = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if found := _TABLE.match(line):
            table = _keys(found[1])
            yield table, number
        elif found := _KEY.match(line):
            yield (*table, *_keys(found[1])), number


def _keys(written: str) -> Path:
    """The keys of `a."b.c"`."""
    try:
        value: Any = tomllib.loads(f"{written} = 0")
    except (tomllib.TOMLDecodeError, RecursionError):
        return ()
    keys: list[str] = []
    while isinstance(value, dict) and value:
        ((key, value),) = value.items()
        keys.append(key)
    return tuple(keys)


def _json_places(text: str) -> Iterator[tuple[Path, int]]:
    above: list[str | None] = []
    key: str | None = None
    number = 1
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "\n":
                number += 1
            case "{" | "[":
                above.append(key)
                key = None
            case "}" | "]":
                if above:
                    above.pop()
                key = None
            case ",":
                key = None
            case ":":
                yield (*(each for each in above if each is not None), key or ""), number
            case word if key is None:
                key = word[1:-1]
