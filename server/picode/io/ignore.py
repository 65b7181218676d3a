"""Which files stay private: the built-in list, `.picodeignore` and `.gitignore`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec

from picode.core.privacy import is_sensitive

IGNORE_FILES = (".picodeignore", ".gitignore")
_SIZE_LIMIT = 1 << 20


class IgnoreRules:
    """Says why a file is excluded. The rules of each folder are read again when its ignore file changes."""

    def __init__(self, folders: Callable[[], Sequence[str]]) -> None:
        self._folders = folders
        self._specs: dict[str, tuple[object, GitIgnoreSpec | None]] = {}

    def reason(self, path: str) -> str | None:
        """Why `path` must not be shown to a model; None if it may be.

        Both the path as named and the real one behind links count, so that a link does not lead around a rule.
        """
        for candidate in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):
            if is_sensitive(candidate):
                return f"{os.path.basename(path)} looks like a file that holds secrets"
            for folder in self._folders():
                if rule := self._matching(candidate, os.path.realpath(folder)) or self._matching(candidate, folder):
                    return f"{os.path.basename(path)} is excluded by {rule}"
        return None

    def _matching(self, path: str, root: str) -> str | None:
        """The ignore file, of those between `root` and `path`, that excludes `path`."""
        try:
            relative = Path(path).relative_to(root)
        except ValueError:
            return None
        folder = Path(root)
        for depth in range(len(relative.parts)):
            inside = Path(*relative.parts[depth:]).as_posix()
            for name in IGNORE_FILES:
                spec = self._spec(folder / name)
                if spec is not None and spec.match_file(inside):
                    return name
            folder /= relative.parts[depth]
        return None

    def _spec(self, file: Path) -> GitIgnoreSpec | None:
        try:
            stat = file.stat()
            stamp: object = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        except OSError:
            return None
        known = self._specs.get(str(file))
        if known is None or known[0] != stamp:
            known = (stamp, _read(file))
            self._specs[str(file)] = known
        return known[1]


def _read(file: Path) -> GitIgnoreSpec | None:
    try:
        if file.stat().st_size > _SIZE_LIMIT:
            return None
        return GitIgnoreSpec.from_lines(file.read_text("utf-8", "replace").splitlines())
    except (OSError, ValueError):
        return None
