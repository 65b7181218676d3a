"""The user's own slash commands: Markdown files in `commands/` beside the user's settings, and in `.picode/commands/` of a
folder that the user trusts. They are read again when they change."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Final

from picode.core.command_text import read_command
from picode.core.errors import ConfigurationError
from picode.core.slash import COMMANDS, Command

log = logging.getLogger(__name__)

WORKSPACE_FOLDER: Final = Path(".picode", "commands")
_MOST = 200
_LARGEST = 100_000
_FRESH = 1.0
"""Seconds between two looks at the files."""


class CommandFiles:
    """All slash commands: PiCode's own and the user's. `folders` gives those of the workspace that are trusted."""

    def __init__(
        self,
        directory: Callable[[], Path],
        folders: Callable[[], Sequence[str]],
        tell: Callable[[str], None],
    ) -> None:
        self._directory = directory
        self._folders = folders
        self._tell = tell
        self._commands: Mapping[str, Command] = COMMANDS
        self._fingerprint: Hashable = ()
        self._looked = float("-inf")
        self._told: set[str] = set()

    def all(self) -> Mapping[str, Command]:
        """The commands now, by name. Reads small files; tells of those that are wrong, once."""
        if monotonic() - self._looked < _FRESH:
            return self._commands
        files = list(self._files())
        fingerprint = tuple((str(file), _stamp(file)) for file in files)
        if fingerprint != self._fingerprint:
            self._commands, self._fingerprint = self._read(files), fingerprint
        self._looked = monotonic()
        return self._commands

    def _files(self) -> Iterator[Path]:
        """The user's own first: a folder's command does not take the place of one of theirs."""
        for folder in (self._directory() / "commands", *(Path(each) / WORKSPACE_FOLDER for each in self._folders())):
            try:
                names = sorted(os.listdir(folder))[:_MOST]
            except OSError:
                continue
            yield from (folder / name for name in names if name.endswith(".md") and not name.startswith("."))

    def _read(self, files: Sequence[Path]) -> Mapping[str, Command]:
        found: dict[str, Command] = {}
        problems: set[str] = set()
        for file in files:
            try:
                command = read_command(_text(file), file.stem, str(file), _yaml)
            except ConfigurationError as error:
                problems.add(str(error))
                continue
            if command.name in found:
                problems.add(f"{file} names /{command.name}, which {found[command.name].source} does already.")
                continue
            found[command.name] = command
        for problem in sorted(problems - self._told):
            log.warning("commands: %s", problem)
            self._tell(problem)
        self._told = problems
        return {**COMMANDS, **found}


def _yaml(text: str) -> Any:
    import yaml

    return yaml.safe_load(text)


def _stamp(file: Path) -> Hashable:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _text(file: Path) -> str:
    """Raises `ConfigurationError` for what is no small file of text."""
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST:
            raise ConfigurationError(f"{file} is no small file of text.")
        return file.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"{file} can't be read ({error}).") from None
