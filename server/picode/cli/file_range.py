"""`FILE`, `FILE:10` and `FILE:10-20` on a command line: a stretch of a file, as an editor would have it selected."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from picode.core.errors import ConfigurationError
from picode.core.languages import language_of

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import Selection

LARGEST = 4_000_000
"""Bytes of the largest file that is worked on."""

_PLACE = re.compile(r"(.+?):(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class FileRange:
    """A file that was read, and the stretch of it that was named."""

    path: Path
    text: str
    selection: Selection


def read_file_range(place: str) -> FileRange:
    """The stretch that `place` names; without lines, the whole file. Raises `ConfigurationError`.

    A file that exists under the whole name is read as it is, even where its end looks like a range of lines.
    """
    found = _PLACE.fullmatch(place)
    name, lines = place, ""
    if found is not None and not os.path.exists(place):
        name, lines = found[1], place[len(found[1]) + 1 :]
    path = Path(os.path.abspath(name))
    text = _text(path, name)
    return FileRange(path, text, _selection(path, text, lines))


def selection_of(text: str, name: str = "", language: str = "") -> Selection:
    """All of a text that is in no file, such as standard input."""
    return _selection(None, text, "", name, language)


def write_file_range(file_range: FileRange, text: str) -> None:
    """Puts `text` in place of the file's, all or nothing. Raises `ConfigurationError` where that has changed meanwhile."""
    from picode.io.atomic import write_atomic

    path = Path(os.path.realpath(file_range.path))
    if _text(path, str(file_range.path)) != file_range.text:
        raise ConfigurationError(f"{file_range.path} has changed meanwhile; nothing was written.", "Run it again.")
    try:
        write_atomic(path, text.encode("utf-8", "surrogateescape"), mode=None)
    except OSError as error:
        raise ConfigurationError(f"{file_range.path} can't be written: {error.strerror}.") from None


def _text(path: Path, name: str) -> str:
    try:
        if path.is_dir():
            raise ConfigurationError(f"{name} is a folder.", "Name a file.")
        if path.stat().st_size > LARGEST:
            raise ConfigurationError(f"{name} is larger than {LARGEST // 1_000_000} MB.", "Name a smaller file.")
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{name} can't be read: {error.strerror}.", "Name a file, as in a.py:10-20.") from None
    if b"\0" in data:
        raise ConfigurationError(f"{name} is no text.", "Name a text file.")
    return data.decode("utf-8", "surrogateescape")


def _selection(path: Path | None, text: str, lines: str, name: str = "", language: str = "") -> Selection:
    from picode.assistant.chat.command_request import Selection
    from picode.core.document import Position, body, split_lines

    rows = tuple(split_lines(text))
    first, last = 0, len(rows) - 1
    if lines:
        start, _, end = lines.partition("-")
        first, last = int(start) - 1, int(end or start) - 1
        if not 0 <= first <= last < len(rows):
            raise ConfigurationError(f"There are no lines {lines} in {path}, which has {len(rows)}.")
    elif last > 0 and not rows[last]:
        last -= 1  # the end of the last line
    uri = path.as_uri() if path is not None else f"untitled:{name or 'standard input'}"
    language = language or language_of(str(path or name))
    return Selection(
        uri,
        str(path) if path is not None else None,
        language,
        rows,
        Position(first, 0),
        Position(last, len(body(rows[last]))),
    )
