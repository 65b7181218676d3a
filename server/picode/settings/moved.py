"""Settings that have moved into the table `advanced`. Their former names still count, and a problem says where they are now."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from picode.settings.shape import ADVANCED, Path

_TABLES = 3
"""How deep the tables lie that a setting is moved out of, or into."""


_FORMERLY_ELSEWHERE = (
    "inline.adapt",
    "inline.contextTokens",
    "inline.retries",
    "chat.maxTokens",
    "chat.contextTokens",
    "chat.retries",
    "embedded.idleMinutes",
    "embedded.threads",
    "log.format",
    "log.fileMb",
    "log.files",
)
"""Where earlier releases had settings that are in `advanced` now."""


@cache
def moved_settings() -> dict[Path, Path]:
    """The paths that settings are at now, by those that earlier releases had them at."""
    return {path: (ADVANCED, *path) for path in (tuple(name.split(".")) for name in _FORMERLY_ELSEWHERE)}


def current_path(path: Path) -> Path:
    """`path`, or where the setting that was there has moved to."""
    return moved_settings().get(path, path)


def former_paths(path: Path) -> list[Path]:
    """Where the setting that is at `path` now was in earlier releases."""
    return [old for old, new in moved_settings().items() if new == path]


def move(values: object) -> tuple[object, list[tuple[Path, Path]]]:
    """`values` with each setting where it is now, and the former and current paths of those that were not.

    Where both are set, the current one counts. What is no table stays as it is: the check of the layer names it.
    """
    former = [(old, new) for old, new in moved_settings().items() if _has(values, old)]
    if not former or not isinstance(values, Mapping):
        return values, []
    tables = _copied(values, _TABLES)
    for old, new in former:
        value = _taken(tables, old)
        if not _has(tables, new):
            _put(tables, new, value)
    return tables, former


def _has(values: Any, path: Path) -> bool:
    for key in path:
        if not isinstance(values, Mapping) or key not in values:
            return False
        values = values[key]
    return True


def _copied(values: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
    return {
        key: _copied(value, depth - 1) if depth and isinstance(value, Mapping) else value
        for key, value in values.items()
    }


def _taken(tables: dict[Any, Any], path: Path) -> Any:
    """Takes the value at `path` out, and a table that is empty then."""
    key, *below = path
    if not below:
        return tables.pop(key)
    value = _taken(tables[key], tuple(below))
    if not tables[key]:
        del tables[key]
    return value


def _put(tables: dict[Any, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        tables = tables.setdefault(key, {})
        if not isinstance(tables, dict):
            return
    tables[path[-1]] = value
