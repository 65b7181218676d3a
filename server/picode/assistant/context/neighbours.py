"""What a document has around it: the definitions that its imports lead to, and those that need no import.

All of this reads files and parses them, and is meant for a thread.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log1p
from posixpath import dirname
from time import monotonic
from typing import TypeVar

from picode.assistant.context.build_files import BuildFiles
from picode.assistant.context.file_types import language_of
from picode.assistant.context.modules import candidates, tails
from picode.assistant.context.open_files import File, OpenFiles
from picode.assistant.context.reach import files_in_reach
from picode.assistant.context.similar import words_of
from picode.assistant.context.workspace_index import WorkspaceIndex
from picode.assistant.ports import Sources
from picode.syntax.outline import Definition, Import, outline

_T = TypeVar("_T")

_KEPT = 400
_HOPS = 3
_MOST_IMPORTS = 80
_MOST_SIBLINGS = 20
_MOST_MENTIONED = 16
_PARSING = 0.012
"""Seconds that may be spent on files that were not parsed before; the others are parsed the next time."""
_RESOLVED = 10.0
"""Seconds for which it is remembered to which files an import leads."""
_TOP = 80


@dataclass(frozen=True, slots=True)
class Known:
    """A name that can be written here, and what it stands for. `base` is how likely it is needed, as far as can be said before
    the cursor is looked at."""

    name: str
    path: str
    definition: Definition
    base: float = 1.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """What can be written here without having been imported by its name. `top` is the likeliest of it."""

    top: tuple[Known, ...] = ()
    by_name: Mapping[str, tuple[Known, ...]] = field(default_factory=dict)
    names: Sequence[str] = ()

    def beginning(self, typed: str, most: int = 12) -> Iterator[Known]:
        start = bisect_left(self.names, typed)
        for name in self.names[start : start + most]:
            if name.startswith(typed):
                yield from self.by_name[name]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`known` are names that were imported one by one, `modules` those that stand for whole files, `pool` the rest.

    `partial`: not everything was looked at yet.
    """

    known: tuple[Known, ...] = ()
    modules: Mapping[str, tuple[File, ...]] = field(default_factory=dict)
    pool: Pool = field(default_factory=Pool)
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Vantage:
    """Where somebody works: a file, what it imports, and the text and names around the cursor."""

    path: str
    language: str
    head: str
    imports: Sequence[Import]
    near: str
    names: Sequence[str]
    own: frozenset[str]
    """What the document itself defines."""


class Neighbourhood:
    """Finds neighbours. Files are parsed once for each state of theirs. For one thread at a time."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._files: OrderedDict[str, tuple[Hashable, File | None]] = OrderedDict()
        self._texts: OrderedDict[str, tuple[Hashable, str | None]] = OrderedDict()
        self._resolved: dict[tuple[str, str, str], tuple[float, int, tuple[str, ...]]] = {}
        self._until = float("inf")
        self._partial = False
        self.index = WorkspaceIndex(sources)
        self.open = OpenFiles(sources)
        self._build = BuildFiles(self._build_text, self._build_files)

    def of(self, vantage: Vantage, parsing: float = _PARSING) -> Neighbours:
        """The neighbours of a place, with at most so many seconds for files that were not parsed before."""
        self._until, self._partial = monotonic() + parsing, False
        self.index.attend(vantage.path, vantage.language)
        search = _Search(vantage, self._module_files)
        for each in list(vantage.imports)[:_MOST_IMPORTS]:
            search.follow(each)
        for path in files_in_reach(
            vantage.path, vantage.language, vantage.head, vantage.near, self._sources, self.index
        ):
            if (file := self._file(path)) is not None:
                search.reach(file)
        self._mentioned(vantage, search)
        modules = {name: tuple(files) for name, files in search.modules.items()}
        return Neighbours(tuple(search.known), modules, self._pool(vantage, search), self._partial)

    def work(self, seconds: float) -> bool:
        """What can be done ahead; whether there is more of it."""
        until = monotonic() + seconds
        self.open.work(until)
        if self.open.idle:
            self.index.advance(max(0.0, until - monotonic()))
        return not (self.open.idle and self.index.complete)

    @property
    def revision(self) -> Hashable:
        return (self.open.revision, self.index.revision)

    # Files

    def _file(self, path: str) -> File | None:
        """The file at a path, as the editor has it, else as it is on the disk; None where it can't be shown or time is over."""
        if (file := self.open.at(path)) is not None:
            return file
        stamp = self._sources.stamp(path)
        if stamp is None:
            return None
        known = self._files.get(path)
        if known is None or known[0] != stamp:
            if monotonic() > self._until:
                self._partial = True
                return None
            text = self._sources.read(path)
            language = language_of(path)
            known = (stamp, None if text is None else File(path, language, outline(text, language)))
        _keep(self._files, path, known)
        return known[1]

    def _build_text(self, path: str) -> str | None:
        stamp = self._sources.stamp(path)
        if stamp is None:
            return None
        known = self._texts.get(path)
        if known is None or known[0] != stamp:
            known = (stamp, self._sources.read(path))
        _keep(self._texts, path, known)
        return known[1]

    def _build_files(self, name: str, path: str) -> Sequence[str]:
        """Those of the index, and those in the folders around `path`, which may not be in it yet."""
        found = list(self.index.named(name, path))
        roots = self._sources.roots(path)
        folder = dirname(path)
        while any(f"{folder}/".startswith(root.rstrip("/") + "/") for root in roots):
            candidate = f"{folder}/{name}"
            if candidate not in found and self._sources.stamp(candidate) is not None:
                found.append(candidate)
            folder = dirname(folder)
        return found

    def _module_files(self, module: str, path: str, language: str) -> Iterator[File]:
        """The file of a module; of a language whose modules are folders or packages, the files in it."""
        key = (module, path, language)
        known = self._resolved.get(key)
        if known is None or monotonic() - known[0] > _RESOLVED or (not known[2] and known[1] != self.index.revision):
            paths = tuple(self._resolve(module, path, language))
            if len(self._resolved) > 2000:
                self._resolved.clear()
            self._resolved[key] = known = (monotonic(), self.index.revision, paths)
        for each in known[2]:
            if (file := self._file(each)) is not None:
                yield file

    def _resolve(self, module: str, path: str, language: str) -> Sequence[str]:
        roots = self._sources.roots(path)
        for candidate in (*candidates(module, path, language, roots), *self._build.candidates(module, path, language)):
            if candidate.endswith("/*"):
                siblings = [each for each in self._sources.siblings(candidate[:-2]) if not each.endswith("_test.go")]
                if siblings:
                    return siblings[:_MOST_SIBLINGS]
            elif candidate != path and self._is_there(candidate):
                return [candidate]
        for tail in tails(module, language):
            if found := self.index.ending_with(tail, path):
                return found[:1]
        parts = re.split(r"[.\\]", module.strip("\\"))
        for length in (len(parts), len(parts) - 1):
            separator = "\\" if "\\" in module else "."
            package = separator.join(parts[:length])
            if package and (found := self.index.in_package(package, language)):
                return [each for each in found if each != path][:_MOST_SIBLINGS]
        if language == "swift":
            return [each for each in self.index.of_language(language, path) if f"/{module}/" in each][:_MOST_SIBLINGS]
        return self.index.defining(module, language, path)[:1]

    def _is_there(self, path: str) -> bool:
        return self.open.at(path) is not None or self._sources.stamp(path) is not None

    # What needs no import

    def _mentioned(self, vantage: Vantage, search: _Search) -> None:
        """What is named around the cursor, and defined in one or a few other files of the workspace."""
        names = dict.fromkeys((*_FULL_NAME.findall(vantage.near), *vantage.names))
        found = 0
        for name in names:
            if name in vantage.own or name in search.names or len(name) < 3:
                continue
            for path in self.index.defining(name, vantage.language, vantage.path)[:2]:
                if (file := self._file(path)) is not None:
                    search.mention(name, file)
                    found += 1
            if found >= _MOST_MENTIONED:
                return

    def _pool(self, vantage: Vantage, search: _Search) -> Pool:
        near = words_of(vantage.near)
        parts = frozenset(each for each in near if each.islower())
        by_name: dict[str, list[Known]] = {}
        every: list[Known] = []
        for each in search.pool:
            score = each.base + self._likelihood(each, near, parts)
            known = Known(each.name, each.path, each.definition, score, each.why)
            every.append(known)
            by_name.setdefault(each.name, []).append(known)
        every.sort(key=lambda each: (-each.base, each.path, each.definition.line))
        frozen = {name: tuple(entries) for name, entries in by_name.items()}
        return Pool(tuple(every[:_TOP]), frozen, sorted(frozen))

    def _likelihood(self, known: Known, near: frozenset[str], parts: frozenset[str]) -> float:
        """How likely a definition is needed, by the words of its name, before it is known what stands at the cursor."""
        own = [each for each in words_of(known.name) if each.islower()]
        shared = sum(each in parts for each in own) / (len(own) or 1)
        used = log1p(self.open.pieces.spread(known.name)) / 10
        return (
            0.5 * shared
            + (0.4 if known.name in near else 0.0)
            + min(0.4, used)
            - (known.definition.kind == "constant") * 0.2
        )


_FULL_NAME = re.compile(r"\b[A-Z]\w*(?:(?:\.|::)[A-Z]\w*)+")


def _keep(cache: OrderedDict[str, tuple[Hashable, _T]], path: str, known: tuple[Hashable, _T]) -> None:
    cache[path] = known
    cache.move_to_end(path)
    if len(cache) > _KEPT:
        cache.popitem(last=False)


class _Search:
    """What the imports of one file lead to."""

    def __init__(self, vantage: Vantage, files: Callable[[str, str, str], Iterator[File]]) -> None:
        self._vantage, self._language = vantage, vantage.language
        self._module_files = files
        self.known: list[Known] = []
        self.modules: dict[str, list[File]] = {}
        self.pool: list[Known] = []
        self.names: set[str] = set()
        self._pooled: set[str] = set()

    def follow(self, each: Import) -> None:
        files = list(self._files(each.module, self._vantage.path))
        if not files and self._language != "python":
            return
        for name, original in zip(each.names, each.originals, strict=True):
            self.names.add(name)
            if original == "*":
                if name == "*":
                    self._all_of(files, 0.6, "imported with all of its file")
                else:
                    self._module(name, files)
            elif found := self._definition(files, original, each, _HOPS):
                self.known += (Known(name, *place) for place in found)
            elif self._language == "python":
                if original == each.module:
                    self._module(name, files)
                else:
                    inner = f"{each.module}{'' if each.module.endswith('.') else '.'}{original}"
                    self._module(name, list(self._files(inner, self._vantage.path)))
            else:
                self._module(name, files)

    def reach(self, file: File) -> None:
        """A file whose definitions are known here without an import."""
        self._all_of([file], 0.5, "known here without an import")

    def mention(self, name: str, file: File) -> None:
        for definition in file.outline.definitions:
            if definition.name == name:
                self.pool.append(Known(last_part(name), file.path, definition, 0.9, "used nearby"))
                return

    def _module(self, name: str, files: Sequence[File]) -> None:
        self.modules.setdefault(name, []).extend(files)
        self._all_of(files, 0.2, f"in {name}, which is imported")

    def _all_of(self, files: Iterable[File], base: float, why: str) -> None:
        for file in files:
            if file.path in self._pooled:
                continue
            self._pooled.add(file.path)
            for definition in public(file):
                self.pool.append(Known(last_part(definition.name), file.path, definition, base, why))
            for each in file.outline.imports[:_MOST_REEXPORTS]:
                if self._passes_on(file, each):
                    self._all_of(self._files(each.module, file.path), base - 0.1, why)

    def _passes_on(self, file: File, each: Import) -> bool:
        """Whether who imports a file knows what that file imports: headers and style sheets, and stars in Python's packages."""
        if "*" not in each.names or len(self._pooled) > _MOST_SIBLINGS:
            return False
        return file.language in ("c", "cpp", "css", "scss", "less", "proto") or (
            file.language == "python" and file.path.endswith("/__init__.py")
        )

    def _definition(self, files: Sequence[File], name: str, via: Import, hops: int) -> list[tuple[str, Definition]]:
        """Where `name` is defined, behind as many re-exports as anybody writes. A type of Rust is its struct and its `impl`."""
        for file in files:
            found = [each for each in file.outline.definitions if each.name == name and not each.parents]
            found = found or [
                each for each in file.outline.definitions if last_part(each.name) == name and not each.parents
            ]
            if found:
                return [(file.path, each) for each in found[:2]]
            if not hops:
                continue
            for each in file.outline.imports:
                stars = "*" in each.originals and "*" in each.names
                if name not in each.names and not stars:
                    continue
                original = each.originals[each.names.index(name)] if name in each.names else name
                if inner := self._definition(list(self._files(each.module, file.path)), original, each, hops - 1):
                    return inner
        if self._language in _DEFAULTS and via.names[:1] == (name,):
            return self._default(files)
        return []

    def _default(self, files: Sequence[File]) -> list[tuple[str, Definition]]:
        """A default import has whatever name the importer likes."""
        for file in files:
            for definition in file.outline.definitions:
                if definition.kind in ("class", "function") and not definition.parents:
                    return [(file.path, definition)]
        return []

    def _files(self, module: str, path: str) -> Iterator[File]:
        language = language_of(path) or self._language
        return self._module_files(module, path, self._language if path == self._vantage.path else language)


_DEFAULTS = ("javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte", "astro")
_MOST_REEXPORTS = 40


def public(file: File) -> Iterator[Definition]:
    for definition in file.outline.definitions:
        if not definition.parents and not definition.name.startswith("_"):
            yield definition


def last_part(name: str) -> str:
    """`M.with_tax` is written as `tax.with_tax`: its last part is its name."""
    return re.split(r"[.:#]+", name)[-1] or name
