"""Source files of the workspace, for context: nothing that is excluded, nothing from outside."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit
from urllib.request import url2pathname

from picode.assistant.context.file_types import is_of_interest, is_source
from picode.assistant.ports import Excluder
from picode.io.regular_files import read_regular

LARGEST = 400_000
"""Bytes of the largest file that is read."""

_FRESH = 5.0
"""Seconds for which it is remembered whether a file is excluded."""


_MOST_ENTRIES = 5_000
"""Entries of one folder. Who has more in one keeps data there."""

_NOT_SOURCES = frozenset(
    ".git .hg .svn .jj .idea .vs .vscode .gradle .dart_tool .next .nuxt .svelte-kit .terraform .tox .nox .venv venv .mypy_cache"
    " .ruff_cache .pytest_cache __pycache__ node_modules bower_components Pods .build DerivedData target _build .stack-work"
    " .cache .cargo".split()
)
"""Folders of what others wrote or a program made. What is imported from there is found all the same."""


class SourceFiles:
    """Reads them. A link is followed only to where it could have been read directly."""

    def __init__(self, folders: Callable[[], Sequence[str]], excluder: Excluder) -> None:
        self._folders = folders
        self._excluder = excluder
        self._excluded: dict[str, tuple[float, bool]] = {}

    def roots(self, path: str) -> Sequence[str]:
        """The workspace's folders. For a file that lies in none of them, the folder of its package."""
        folders = [_slashed(os.path.abspath(folder)) for folder in self._folders()]
        if not path or any(_slashed(path).startswith(folder.rstrip("/") + "/") for folder in folders):
            return folders
        folder = Path(path).parent
        while (folder / "__init__.py").exists() and folder.parent != folder:
            folder = folder.parent
        return [_slashed(str(folder))]

    def stamp(self, path: str) -> Hashable | None:
        try:
            stat = os.stat(path)
        except (OSError, ValueError):
            return None
        if not os.path.isfile(path) or stat.st_size > LARGEST or self.excluded(path):
            return None
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)

    def read(self, path: str) -> str | None:
        real = os.path.realpath(path)
        if self.stamp(path) is None or not self._inside(real, path):
            return None
        data = read_regular(Path(real), LARGEST)
        return None if data is None or b"\0" in data else data.decode("utf-8", "replace")

    def resolve(self, name: str, folder: str = "") -> Sequence[str]:
        named = _path_of(name)
        if named is None:
            return ()
        roots = {os.path.realpath(root): root for root in self.roots("")}
        bases = [folder, *roots] if folder else list(roots)
        places = dict.fromkeys(os.path.realpath(os.path.join(base, named)) for base in bases)
        return [
            _slashed(os.path.normpath(os.path.join(root, os.path.relpath(place, real))))
            for place in places
            for real, root in roots.items()
            if Path(place).is_relative_to(real)
        ]

    def siblings(self, folder: str) -> Sequence[str]:
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            return ()
        return [f"{folder}/{name}" for name in names if is_source(name)]

    def entries(self, folder: str) -> tuple[Sequence[str], Sequence[tuple[str, int]]]:
        folders: list[str] = []
        files: list[tuple[str, int]] = []
        try:
            with os.scandir(folder) as listed:
                for entry in sorted(listed, key=lambda each: each.name)[:_MOST_ENTRIES]:
                    path = f"{folder.rstrip('/')}/{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        # Of a folder, rules of ignore files are about what is in it.
                        if entry.name not in _NOT_SOURCES and not self.excluded(f"{path}/_"):
                            folders.append(path)
                    elif is_of_interest(entry.name) and entry.is_file():
                        files.append((path, entry.stat().st_mtime_ns))
        except OSError:
            return folders, files
        return folders, files

    def excluded(self, path: str) -> bool:
        known = self._known(path)
        return self._remember(path, self._excluder.reason(path) is not None) if known is None else known

    async def find_excluded(self, path: str) -> bool:
        known = self._known(path)
        return self._remember(path, await self._excluder.find_reason(path) is not None) if known is None else known

    def _known(self, path: str) -> bool | None:
        found = self._excluded.get(path)
        return None if found is None or monotonic() - found[0] > _FRESH else found[1]

    def _remember(self, path: str, excluded: bool) -> bool:
        if len(self._excluded) > 10_000:
            self._excluded.clear()
        self._excluded[path] = (monotonic(), excluded)
        return excluded

    def _inside(self, real: str, path: str) -> bool:
        roots = [os.path.realpath(root) for root in self.roots(path)]
        return any(real.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


def _path_of(name: str) -> str | None:
    """The path that a user means by `name`, relative or absolute; None where it is on another machine, or is no path."""
    if name[:5].lower() == "file:":
        parts = urlsplit(name)
        if parts.netloc.lower() not in ("", "localhost"):
            return None
        name = url2pathname(parts.path)
    # Even to look at a share would tell its server who the user is.
    on_share = os.name == "nt" and _slashed(name).startswith("//")
    return None if "\0" in name or on_share else os.path.expanduser(name)


def _slashed(path: str) -> str:
    return path.replace("\\", "/")
