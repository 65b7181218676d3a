"""Settings from environment variables: `PICODE_INLINE__DEBOUNCE_MS=100`.

Two underscores lead into a table. One stands between the words of a name: `DEBOUNCE_MS` is `debounceMs`, and in names that
are the user's own a hyphen (`PICODE_INLINE__LANGUAGES__GIT_COMMIT`). A list is written as JSON, and so is a whole table, which
allows for any name: `PICODE_INLINE__LANGUAGES='{"*": false}'`. An empty variable counts as not set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, get_origin

from pydantic.alias_generators import to_camel

from picode.settings.layers import Layer
from picode.settings.problem import Problem
from picode.settings.shape import ADVANCED, Path, Setting, all_settings, bare, below, section_of, type_at

_PREFIX = "PICODE_"

# Not settings: where files lie, what tests need, passwords, and keys, which the user may call anything in `keyEnv`.
_OTHERS = (
    "PICODE_*_DIR",
    "PICODE_CONFIG_FILE",
    "PICODE_VAULT_*",
    "PICODE_TEST_*",
    "PICODE_UPDATE",
    "PICODE_LOG",
    "PICODE_*KEY",
    "PICODE_*TOKEN",
    "PICODE_*KEY_FILE",
    "PICODE_*TOKEN_FILE",
    "PICODE_REDIS_*",
)

_LOG = "PICODE_LOG"
"""Levels for modules, see `io.log_levels`. It is the one table that can't be set as a whole."""

_BOOLEANS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def variable_of(setting: Setting) -> str:
    """The variable that sets a setting."""
    return _PREFIX + "__".join(_words(key) for key in setting.path)


def environment_layer(environ: Mapping[str, str]) -> Layer:
    """The layer of the variables. What can't be understood is one problem for each, that names it."""
    values: dict[str, Any] = {}
    origins: dict[Path, str] = {}
    problems: list[Problem] = []
    unreadable: Problem | None = None
    ours = [name for name, text in environ.items() if name.startswith(_PREFIX) and text.strip() and name != _LOG]
    for name in sorted(ours, key=lambda name: (name.count("__"), name)):  # a table before its entries
        path = _path(name)
        annotation = type_at(path or ())
        if path is None and (moved := _path(name.replace(_PREFIX, f"{_PREFIX}{ADVANCED.upper()}__", 1))):
            path, annotation = moved[1:], type_at(moved)  # `merge` moves it, and says so
        if path is None:
            if not any(fnmatchcase(name, pattern) for pattern in _OTHERS):
                problems.append(Problem("", name, f"is not a setting of PiCode{_advice(name)}"))
            continue
        value = value_from_text(environ[name], annotation)
        if _is_table(annotation) and not isinstance(value, dict):
            problems.append(Problem(".".join(path), name, 'should be a table as JSON, such as {"name": …}'))
            unreadable = problems[-1] if path[0] in ("network", "providers") else unreadable
            continue
        _put(values, path, value)
        origins[path] = name
    return Layer(
        "environment", "the environment", values, origins=origins, problems=tuple(problems), unreadable=unreadable
    )


def _path(name: str) -> Path | None:
    """The path that a variable names; None where there is no such setting."""
    path: Path = ()
    for word in name.removeprefix(_PREFIX).lower().split("__"):
        key = to_camel(word) if section_of(type_at(path)) else word.replace("_", "-")
        if not word or below(type_at(path), key) is None:
            return None
        path = (*path, key)
    return path


def value_from_text(text: str, annotation: Any) -> Any:
    """The value that a text stands for, in a variable or on the command line; the text itself where it stands for none of the
    right type."""
    if bare(annotation) is bool:
        return _BOOLEANS.get(text.strip().lower(), text)
    if bare(annotation) in (int, float) or _is_table(annotation) or get_origin(bare(annotation)) is list:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _is_table(annotation: Any) -> bool:
    return section_of(annotation) is not None or below(annotation, "any") is not None


def _put(values: dict[str, Any], path: Path, value: Any) -> None:
    *above, key = path
    for step in above:
        inner = values.get(step)
        if not isinstance(inner, dict):
            inner = values[step] = {}
        values = inner
    values[key] = value


def _advice(name: str) -> str:
    similar = get_close_matches(name[:80], [variable_of(setting) for setting in all_settings()], n=1)
    return f" (did you mean {similar[0]}?)" if similar else ""


def _words(key: str) -> str:
    return "".join(f"_{char}" if char.isupper() else char.upper() for char in key)
