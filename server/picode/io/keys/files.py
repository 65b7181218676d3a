"""Files of a few kilobytes that list what is stored: how they are read, replaced, and changed by one process at a time."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from pathlib import Path

from picode.core.errors import ConfigurationError
from picode.io.atomic import write_atomic
from picode.io.folders import private_folder
from picode.io.lock import locked

LARGEST = 4 * 1024 * 1024
"""Bytes in such a file: room for hundreds of the longest keys."""

_VARIABLE = "PICODE_DATA_DIR"


def stamp(file: Path) -> Hashable:
    """Differs as soon as `file` has been replaced."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def read_file(file: Path) -> bytes | None:
    """What is in `file`; None where there is none. Never waits. Raises `ConfigurationError` where it can't be read."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # a pipe would make us wait
            raise ConfigurationError(f"{file} is not a regular file.", "Move it away.")
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{file} can't be read ({error.strerror}).") from error
    if len(data) > LARGEST:
        raise ConfigurationError(f"{file} is larger than {LARGEST:,} bytes.", "Move it away.")
    return data


def replace_file(file: Path, text: str) -> None:
    """Replaces `file` as a whole, with access for the user alone. Raises `ConfigurationError` where it can't be."""
    private_folder(file.parent, _VARIABLE)
    try:
        write_atomic(file, text)
    except OSError as error:
        raise ConfigurationError(f"{file} can't be written ({error.strerror}).") from error


@asynccontextmanager
async def changing(file: Path) -> AsyncIterator[None]:
    """Held while `file` is read and replaced, so that no change of another process is lost.

    Raises `ConfigurationError` where its folder can't be used.
    """
    private_folder(file.parent, _VARIABLE)
    try:
        async with locked(file.with_name(f"{file.name}.lock")):
            yield
    except OSError as error:
        raise ConfigurationError(f"{file.parent} can't be written ({error.strerror}).") from error
