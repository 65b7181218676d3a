"""An index of the workspace: which files there are, and which of them defines what.

It is filled in the background, a few milliseconds at a time, and never on the event loop: first the files by name, then the
names in the files of those languages that are in use, those nearest to the open documents first. Excluded files are not in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import basename, dirname
from threading import Lock
from time import monotonic

from picode.assistant.context.file_types import dialect_of, family_of, language_of
from picode.assistant.ports import Sources
from picode.syntax.outline.names import names_in

_MOST_FILES = 20_000
_MOST_FOLDERS = 10_000
_MOST_READ = 5_000
"""Files that are read for their names."""
_MOST_PLACES = 6
"""Files in which a name may be defined; one that is defined in more says nothing."""
_FRESH, _REST = 60.0, 200
"""Seconds for which the list of files is taken to be current; it is so for at least so many times what making it took."""
_LARGEST = 150_000
"""Characters of the largest file that is looked through: larger ones are seldom written by hand."""


@dataclass(slots=True)
class _Read:
    """A file that was read: its state then, and what it said."""

    stamp: int
    package: tuple[str, str]
    names: tuple[str, ...]


@dataclass(slots=True)
class _Pass:
    """One walk through the workspace."""

    folders: deque[str]
    seen: set[str] = field(default_factory=set)
    folder_count: int = 0
    spent: float = 0.0


class WorkspaceIndex:
    """For one worker thread at a time that calls `advance`; everything else may be asked from any thread meanwhile."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._lock = Lock()
        self._stamps: dict[str, int] = {}
        self._by_name: dict[str, tuple[str, ...]] = {}
        self._read: dict[str, _Read] = {}
        self._defining: dict[str, tuple[str, ...]] = {}
        self._packages: dict[tuple[str, str], tuple[str, ...]] = {}
        self._families: set[str] = set()
        self._to_read: dict[str, dict[str, None]] = {}
        """Files that are still to be read, by folder."""
        self._near: deque[str] = deque(maxlen=8)
        self._roots: tuple[str, ...] = ()
        self._pass: _Pass | None = None
        self._walked, self._walking = float("-inf"), 0.0
        """When the list of files was complete last, and the seconds that making it took."""
        self.revision = 0
        """Changes when something was found that was not known before, once for each walk."""

    @property
    def complete(self) -> bool:
        """Whether there is nothing left to do for now."""
        return self._pass is None and not self._to_read

    def attend(self, path: str, language: str) -> None:
        """The user works in the file `path`: what lies near it is read first, and its language is of interest."""
        family, folder = family_of(language), dirname(path)
        with self._lock:
            if folder not in self._near or self._near[-1] != folder:
                self._near.append(folder)
            new = family not in self._families
            self._families.add(family)
            if new:
                for each in self._stamps:
                    self._want(each)
            roots = tuple(self._sources.roots(path)) if path else ()
            stale = monotonic() - self._walked > max(_FRESH, _REST * self._walking)
            if self._pass is None and roots and (stale or not set(roots) <= set(self._roots)):
                self._roots = tuple(dict.fromkeys((*self._roots, *roots)))[-20:]
                self._pass = _Pass(deque(self._roots))

    def advance(self, seconds: float) -> bool:
        """Works on the index for so long; whether there is more to do."""
        until = monotonic() + seconds
        while monotonic() < until:
            if self._pass is not None and not self._to_read_near():
                self._walk(self._pass)
            elif (path := self._next()) is not None:
                self._look(path)
            elif self._pass is None:
                return False
        return not self.complete

    def changed(self, path: str) -> None:
        """A file was edited in the editor, and may be otherwise on the disk now."""
        with self._lock:
            if path in self._stamps:
                self._stamps[path] = -1
                self._want(path)

    # What is known

    def ending_with(self, tail: str, path: str) -> Sequence[str]:
        """The files whose path ends with `tail`, those nearest to `path` first."""
        found = [each for each in self._by_name.get(basename(tail), ()) if each.endswith("/" + tail) and each != path]
        return nearest(found, path)

    def named(self, name: str, path: str) -> Sequence[str]:
        """The files of a name, those nearest to `path` first."""
        return nearest(self._by_name.get(name, ()), path)

    def defining(self, name: str, language: str, path: str) -> Sequence[str]:
        """The other files of a language's family that define `name`, the nearest first; none where too many do."""
        family, places = family_of(language), self._defining.get(name, ())
        if len(places) > _MOST_PLACES:
            return ()
        return nearest((each for each in places if each != path and family_of(language_of(each)) == family), path)

    def in_package(self, package: str, language: str) -> Sequence[str]:
        return self._packages.get((family_of(language), package), ())

    def of_language(self, language: str, path: str, below: str = "") -> Sequence[str]:
        """The files of a language's family that were read, the nearest first; only those below a folder, if one is named."""
        family = family_of(language)
        with self._lock:
            paths = [each for each in self._read if family_of(language_of(each)) == family and each != path]
        return nearest((each for each in paths if not below or each.startswith(below + "/")), path)

    @property
    def definitions(self) -> Mapping[str, Sequence[str]]:
        """The files of each name that is defined somewhere. It changes while it is read: for single look-ups."""
        return self._defining

    def names_of(self, path: str) -> tuple[str, ...]:
        known = self._read.get(path)
        return known.names if known is not None else ()

    # The work

    def _walk(self, walk: _Pass) -> None:
        """One folder."""
        if not walk.folders or len(walk.seen) >= _MOST_FILES or walk.folder_count >= _MOST_FOLDERS:
            self._finish(walk)
            return
        began = monotonic()
        folders, files = self._sources.entries(walk.folders.popleft())
        walk.spent += monotonic() - began
        walk.folder_count += 1
        walk.folders.extend(folders)
        with self._lock:
            for path, stamp in files:
                walk.seen.add(path)
                if self._stamps.get(path) == stamp:
                    continue
                if path not in self._stamps:
                    name = basename(path)
                    self._by_name[name] = (*self._by_name.get(name, ()), path)
                    self.revision += 1
                self._stamps[path] = stamp
                self._want(path)

    def _finish(self, walk: _Pass) -> None:
        with self._lock:
            for path in self._stamps.keys() - walk.seen:
                del self._stamps[path]
                name = basename(path)
                left = tuple(each for each in self._by_name.get(name, ()) if each != path)
                if left:
                    self._by_name[name] = left
                else:
                    self._by_name.pop(name, None)
                self._forget(path)
            self._pass = None
            self._walked, self._walking = monotonic(), walk.spent

    def _want(self, path: str) -> None:
        language = language_of(path)
        if not language or family_of(language) not in self._families:
            return
        known = self._read.get(path)
        if (known is None and len(self._read) < _MOST_READ) or (
            known is not None and known.stamp != self._stamps[path]
        ):
            self._to_read.setdefault(dirname(path), {})[path] = None

    def _to_read_near(self) -> bool:
        return any(folder in self._to_read for folder in self._near)

    def _next(self) -> str | None:
        """The file to be read next: of the folder that the user works in, else of those first found."""
        with self._lock:
            if not self._to_read:
                return None
            folder = next((each for each in reversed(self._near) if each in self._to_read), None)
            folder = folder if folder is not None else next(iter(self._to_read))
            waiting = self._to_read[folder]
            path = next(iter(waiting))
            del waiting[path]
            if not waiting:
                del self._to_read[folder]
            if path not in self._read and len(self._read) >= _MOST_READ:
                self._to_read.clear()
                return None
            return path

    def _look(self, path: str) -> None:
        text = self._sources.read(path)
        language = dialect_of(path, language_of(path), text or "")
        with self._lock:
            self._forget(path)
            stamp = self._stamps.get(path)
            if text is None or stamp is None or len(text) > _LARGEST:
                return
            found = names_in(text, language)
            package = (family_of(language), found.package)
            self._read[path] = _Read(stamp, package, found.names)
            self._packages[package] = (*self._packages.get(package, ()), path)
            for name in found.names:
                places = self._defining.get(name, ())
                if len(places) <= _MOST_PLACES:
                    self._defining[name] = (*places, path)
            self.revision += 1

    def _forget(self, path: str) -> None:
        known = self._read.pop(path, None)
        if known is None:
            return
        self._packages[known.package] = tuple(each for each in self._packages.get(known.package, ()) if each != path)
        for name in known.names:
            places = tuple(each for each in self._defining.get(name, ()) if each != path)
            if places:
                self._defining[name] = places
            else:
                self._defining.pop(name, None)


def nearest(paths: Iterable[str], path: str) -> list[str]:
    """`paths` by how many folders they have in common with `path`, then the shortest first."""
    here = path.split("/")[:-1]

    def distance(each: str) -> tuple[int, int, str]:
        parts = each.split("/")
        common = next(
            (index for index, (one, two) in enumerate(zip(parts, here, strict=False)) if one != two), len(here)
        )
        return (-common, len(parts), each)

    return sorted(paths, key=distance)
