"""Changes to the user's own settings files, which leave comments, order and spacing as they are.

A file is written whole or not at all, through links to where it really is, and only if what it says afterwards is what it
said before but for the change.
"""

from __future__ import annotations

import copy
import json
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from picode.core.errors import ConfigurationError
from picode.io.atomic import write_atomic
from picode.io.config_files import LARGEST, user_files

Values = dict[str, Any]


def add_provider(name: str, values: Mapping[str, Any], directory: Path | None = None) -> Path:
    """Adds `[providers.NAME]` with `values` to the user's `config.toml`, and gives the file.

    Raises `ConfigurationError` where a file already says something of that provider, or can't be read or written.
    """
    files = user_files(directory)
    for each in files:
        if name in _providers(_read(each)[1]):
            raise ConfigurationError(
                f"{each} already says something of a provider {name}.",
                f"Change it there, or remove it first: picode provider remove {name}",
            )
    file = files[0]

    def change(data: Values) -> None:
        data.setdefault("providers", {})[name] = dict(values)

    _edit(file, change, lambda document: _put(document, name, values))
    return file


def remove_provider(name: str, directory: Path | None = None) -> list[Path]:
    """Removes what the user's settings files say of a provider, and gives the files that said something.

    Raises `ConfigurationError` where one can't be read or written.
    """
    files = [file for file in user_files(directory) if name in _providers(_read(file)[1])]

    def change(data: Values) -> None:
        del data["providers"][name]
        if not data["providers"]:
            del data["providers"]

    for file in files:
        _edit(file, change, lambda document: _take(document, name))
    return files


def set_value(path: tuple[str, ...], value: Any, directory: Path | None = None) -> Path:
    """Sets what lies at `path` in the user's settings, and gives the file: the one that says something of it and counts most,
    else the first. Raises `ConfigurationError` where it can't be read or written."""
    files = user_files(directory)
    file = next((file for file in reversed(files) if _says(_read(file)[1], path)), files[0])

    def change(data: Values) -> None:
        _table(data, path)[path[-1]] = value

    def change_document(document: Any) -> None:
        import tomlkit

        table = document
        for depth, key in enumerate(path[:-1], start=1):
            if key not in table:
                table.add(key, tomlkit.table(is_super_table=depth < len(path) - 1))
            table = table[key]
        table[path[-1]] = value

    _edit(file, change, change_document)
    return file


def unset_value(path: tuple[str, ...], directory: Path | None = None) -> list[Path]:
    """Removes what the user's settings files say at `path`, and gives the files that said something. Raises
    `ConfigurationError` where one can't be read or written."""
    files = [file for file in user_files(directory) if _says(_read(file)[1], path)]

    def change(document: Any) -> None:
        """The tables that are empty without it go too: `provider add` made them."""
        for depth in range(len(path), 0, -1):
            table = _table(document, path[:depth])
            if depth == len(path) or not table[path[depth - 1]]:
                del table[path[depth - 1]]

    for file in files:
        _edit(file, change, change)
    return files


def _says(data: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if not isinstance(data, dict) or key not in data:
            return False
        data = data[key]
    return True


def _table(data: Any, path: tuple[str, ...]) -> Any:
    """The table around `path`, made where it is missing. Raises `ConfigurationError` where something else is in its place."""
    for key in path[:-1]:
        data = data.setdefault(key, {})
        if not isinstance(data, dict):
            raise ConfigurationError(
                f"{key} is no table in your settings file.", "Mend it first: picode config validate"
            )
    return data


def _put(document: Any, name: str, values: Mapping[str, Any]) -> None:
    import tomlkit

    if "providers" in document:
        document["providers"][name] = dict(values)
        return
    above = tomlkit.table(is_super_table=True)
    above[name] = dict(values)
    document.add("providers", above)


def _take(document: Any, name: str) -> None:
    del document["providers"][name]
    if not document["providers"]:
        del document["providers"]


def _edit(file: Path, change: Callable[[Values], None], change_document: Callable[[Any], None]) -> None:
    text, data = _read(file)
    expected = copy.deepcopy(data)
    change(expected)
    if file.suffix == ".json":
        changed = json.dumps(expected, indent=2, ensure_ascii=False) + "\n"
    else:
        changed = _edited_toml(file, text, expected, change_document)
    _write(file, changed)


def _edited_toml(file: Path, text: str, expected: Values, change_document: Callable[[Any], None]) -> str:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        change_document(document)
        changed = tomlkit.dumps(document)
        if tomllib.loads(changed) == expected:
            return changed
    except (TOMLKitError, ValueError, LookupError, TypeError, AttributeError):
        pass  # tables written in a way that the library can't change; by hand, they can be
    raise ConfigurationError(f"{file} is written in a way that PiCode can't change safely.", "Edit it by hand.")


def _read(file: Path) -> tuple[str, Values]:
    """A file's text and what it says; empty where there is none. Raises `ConfigurationError` where it can't be read."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
        text = content.decode("utf-8-sig")
        if len(content) > LARGEST:
            raise ValueError("too large")
        data = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text or "{}")
    except FileNotFoundError:
        return "", {}
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} can't be read ({error}).", "Mend it first.") from None
    if not isinstance(data, dict):
        raise ConfigurationError(f"{file} is not a JSON object.", "Mend it first.")
    return text, data


def _providers(data: Values) -> Mapping[str, Any]:
    found = data.get("providers")
    return found if isinstance(found, dict) else {}


def _write(file: Path, text: str) -> None:
    """Replaces the file, or what it is a link to, in one step. Its access rights stay."""
    real = Path(os.path.realpath(file))
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(real, text, mode=None)
    except OSError as error:
        raise ConfigurationError(f"{real} can't be written ({error.strerror}).") from error
