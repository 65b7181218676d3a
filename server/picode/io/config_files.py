"""The settings files: the user's `config.toml` and `config.json`, and each folder's `.picode.toml` and `.picode.json`.

The file of a folder that is not trusted may be anything: a device, a link to a file elsewhere, a
gigabyte. What can't be read is a problem of its layer, never an exception.
"""

from __future__ import annotations

import json
import os
import stat
import tomllib
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from platformdirs import user_config_dir

from picode.io.trust import TrustedFolders
from picode.settings.layers import Layer
from picode.settings.problem import Problem

USER_FILES: Final = ("config.toml", "config.json")
ONE_FILE: Final = "PICODE_CONFIG_FILE"
"""The environment variable that names a file to read instead of these two: `picode --config FILE`."""

WORKSPACE_FILES: Final = (".picode.toml", ".picode.json")

LARGEST: Final = 100_000
"""Bytes in a settings file. A hostile file of this size is read and reported on in 0.1 s."""

_MOST_DOTS: Final = 64
"""Dots in one line of TOML. tomllib takes time quadratic in the length of a dotted key: 32,000 dots, 15 seconds."""


def config_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """The directory of the user's own settings: `PICODE_CONFIG_DIR`, else the platform's usual place."""
    return Path(environ.get("PICODE_CONFIG_DIR") or user_config_dir("picode", appauthor=False))


def user_files(directory: Path | None = None, environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The user's own settings files, whether they exist or not, weakest first: those in `directory`, else the one that
    `PICODE_CONFIG_FILE` names, else those of the usual directory."""
    if directory is None and (one := environ.get(ONE_FILE)):
        return (Path(one).absolute(),)
    return tuple((directory or config_directory(environ)) / name for name in USER_FILES)


class ConfigFiles:
    """Reads the settings files that exist, weakest first."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or config_directory()
        self.user_files = user_files(directory)
        self.trusted_folders = TrustedFolders(self.directory)

    def user_layers(self) -> list[Layer]:
        """The layers of the user's own files."""
        layers = (_layer("user", file, within=None, trusted=True) for file in self.user_files)
        return [layer for layer in layers if layer]

    def workspace_layers(self, folders: Sequence[str | os.PathLike[str]], trusted: bool) -> list[Layer]:
        """The layers of folders, of which the first counts most. `trusted` is the editor's word for all of them; a
        folder that the user trusts by `picode trust` is trusted without it."""
        layers: list[Layer | None] = []
        for folder in reversed(folders):
            trust = trusted or self.trusted_folders.is_trusted(folder)
            layers += (_layer("workspace", Path(folder, name), Path(folder), trust) for name in WORKSPACE_FILES)
        return [layer for layer in layers if layer]

    def layer_of(self, file: Path, trusted: bool | None = None) -> Layer | None:
        """The layer that `file` would be, by its name: a folder's, which its trust decides about, or the user's own."""
        if file.name not in WORKSPACE_FILES:
            return _layer("user", file, within=None, trusted=True)
        trust = self.trusted_folders.is_trusted(file.parent) if trusted is None else trusted
        return _layer("workspace", file, file.parent, trust)

    def fingerprint(self, folders: Sequence[str | os.PathLike[str]]) -> Hashable:
        """Differs as soon as any layer may have changed. Costs one `stat` for each file."""
        theirs = (Path(folder, name) for folder in folders for name in WORKSPACE_FILES)
        return tuple((str(file), _stamp(file)) for file in (*self.user_files, self.trusted_folders.file, *theirs))


def _stamp(file: Path) -> Hashable:
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


class _Unreadable(Exception):
    """Says why, in words that follow "this file"."""


def _layer(name: str, file: Path, within: Path | None, trusted: bool) -> Layer | None:
    """The layer of one file; None where there is no such file."""
    try:
        text = _text(file, within)
        values = _toml(text) if file.suffix == ".toml" else _json(text)
    except FileNotFoundError:
        return None
    except (_Unreadable, OSError, ValueError) as error:
        problem = Problem("", str(file), _words(error))
        return Layer(name, str(file), {}, trusted, problems=(problem,), unreadable=problem)
    return Layer(name, str(file), values, trusted)


def _words(error: Exception) -> str:
    if isinstance(error, _Unreadable):
        return str(error)
    known = isinstance(error, OSError) and error.strerror
    return f"can't be read ({known or 'its path is none'})"  # a ValueError: a NUL in the path


def _text(file: Path, within: Path | None) -> str:
    """A file's text. Never waits (a pipe would make it), and reads nothing but a regular file."""
    real = os.path.realpath(file)
    if within and not Path(real).is_relative_to(os.path.realpath(within)):
        raise _Unreadable("is a link to a file outside of the folder, which is not followed")
    if not stat.S_ISREG(os.stat(real).st_mode):
        raise _Unreadable("is not a regular file")
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    with open(os.open(real, flags | getattr(os, "O_BINARY", 0)), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise _Unreadable("is not a regular file")
        data = opened.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise _Unreadable(f"is larger than {LARGEST:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise _Unreadable(f"is not UTF-8 (at line {line}, column {column})") from None


def _toml(text: str) -> dict[str, Any]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > _MOST_DOTS:
            raise _Unreadable(f"has more than {_MOST_DOTS} dots in line {number}")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _Unreadable(f"is not valid TOML: {error}") from None
    except (ValueError, RecursionError):  # a number of thousands of digits; brackets in brackets in brackets
        raise _Unreadable("is not valid TOML: a value is too large or too deep") from None


def _json(text: str) -> dict[str, Any]:
    if not text.strip():  # an editor is about to write it
        return {}
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise _Unreadable(f"is not valid JSON: {error.msg} (at line {error.lineno}, column {error.colno})") from None
    except (ValueError, RecursionError):
        raise _Unreadable("is not valid JSON: a value is too large or too deep") from None
    if not isinstance(values, dict):
        raise _Unreadable("is not a JSON object")
    values.pop("$schema", None)  # how editors find the schema of a JSON file
    return values
