"""Finding other programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

_ENDINGS = (".exe", ".cmd", ".bat") if sys.platform == "win32" else ("",)


def find_program(name: str, environ: Mapping[str, str], elsewhere_than: Iterable[str | Path] = ()) -> str | None:
    """The absolute path of the program `name`, from the folders of the PATH.

    Relative folders of the PATH, the current folder (where Windows looks first) and those within `elsewhere_than` do not
    count: a program there may be the workspace's own.
    """
    distrusted = [Path(os.path.realpath(each)) for each in elsewhere_than]
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        if not os.path.isabs(folder) or any(Path(os.path.realpath(folder)).is_relative_to(each) for each in distrusted):
            continue
        for ending in _ENDINGS:
            program = os.path.join(folder, name + ending)
            real = Path(os.path.realpath(program))
            if any(real.is_relative_to(each) for each in distrusted):
                continue
            if real.is_file() and os.access(program, os.X_OK):
                return program
    return None
