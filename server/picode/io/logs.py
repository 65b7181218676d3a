"""The log: lines on standard error, where every editor collects what its servers have to say, and in a file if the user
wants one. Modules write to it with the standard library's `logging`; what it looks like is `log_lines`' affair."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from picode.core.errors import ConfigurationError
from picode.io import log_levels
from picode.io.log_lines import HumanLines, JsonLines

log = logging.getLogger(__name__)

_NAME = "picode"
_FILE_NAME = "picode-file"

_set: set[str] = set()
_told: set[str] = set()
_kept_off = False


def configure(
    level: str = "info",
    *,
    directives: str | None = None,
    style: str | None = None,
    file: str = "",
    file_mb: int = 5,
    files: int = 3,
) -> None:
    """Sends everything of `level` and above to standard error, and to `file` where one is named. `directives` are those of
    `PICODE_LOG`, and count more. Until the settings are read, the environment says in which `style`. A later call replaces what
    an earlier one configured."""
    root = logging.getLogger()
    directives = os.environ.get(log_levels.VARIABLE, "") if directives is None else directives
    handler = next((each for each in root.handlers if each.get_name() == _NAME), None)
    if handler is None:
        handler = logging.StreamHandler(sys.stderr)
        handler.set_name(_NAME)
        root.addHandler(handler)
    style = _first_style() if style is None else style
    kind = JsonLines if style == "json" else HumanLines
    if not isinstance(handler.formatter, kind):
        handler.setFormatter(kind())
    handler.setLevel(log_levels.LEVELS["off"] if _kept_off and not directives else logging.NOTSET)
    _set_levels(level, directives)
    _write_to(file, file_mb, files)


def keep_off_standard_error() -> None:
    """For a conversation in a terminal: lines go to the file only, where one is named, unless `PICODE_LOG` asks for them."""
    global _kept_off
    _kept_off = True


def _first_style() -> str:
    """What the environment says of `advanced.log.format`, for lines that are written before the settings are read."""
    names = ("PICODE_ADVANCED__LOG__FORMAT", "PICODE_LOG__FORMAT")  # the second is its former name
    return next((found for name in names if (found := os.environ.get(name))), "human")


def close() -> None:
    """Writes what is still to be written to the file. Nothing goes there afterwards."""
    _write_to("", 0, 0)


def _set_levels(level: str, directives: str) -> None:
    wanted = log_levels.parse(directives)
    for name in _set - set(wanted.modules):
        logging.getLogger(name).setLevel(logging.NOTSET)
    _set.clear()
    usual = log_levels.LEVELS[level] if wanted.usual is None else wanted.usual
    logging.getLogger().setLevel(usual)
    for name in log_levels.TALKATIVE:
        logging.getLogger(name).setLevel(max(usual, logging.WARNING))
    for name, each in wanted.modules.items():
        logging.getLogger(name).setLevel(each)
        _set.add(name)
    for problem in wanted.problems:
        _tell(problem)


def _write_to(file: str, megabytes: int, files: int) -> None:
    root = logging.getLogger()
    present = next((each for each in root.handlers if each.get_name() == _FILE_NAME), None)
    wanted = None
    if file:
        try:
            wanted = (_place(file), megabytes * 1_000_000, files)
        except (ConfigurationError, OSError) as error:
            _tell(f"There is no log file: {error}")
    if present is not None and getattr(present, "made_for", None) != wanted:
        root.removeHandler(present)
        present.close()
        present = None
    if wanted is not None and present is None:
        import atexit

        from picode.io.log_file import LogFile

        handler = LogFile(*wanted)
        handler.set_name(_FILE_NAME)
        root.addHandler(handler)
        atexit.unregister(close)
        atexit.register(close)


def _place(file: str) -> Path:
    """Where `file` lies: below the user's state folder, if it does not say."""
    path = Path(file).expanduser()
    if not path.is_absolute():
        from picode.io.folders import state_folder

        path = state_folder() / path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _tell(problem: str) -> None:
    if problem not in _told:
        _told.add(problem)
        log.warning("%s", problem)
