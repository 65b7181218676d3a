"""What a document has around it: the definitions that its imports lead to, and those that need no import.

All of this reads files and parses them, and is meant for a thread.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log1p
from posixpath import dirname, normpath
from time import monotonic
from typing import TypeVar

from picode.assistant.context.build_files import BuildFiles
from picode.assistant.context.file_types import family_of, language_of
from picode.assistant.context.imported import Known, Search, Vantage
from picode.assistant.context.modules import candidates, tails
from picode.assistant.context.open_files import File, OpenFiles, look_into
from picode.assistant.context.reach import files_in_reach
from picode.assistant.context.similar import words_of
from picode.assistant.context.workspace_index import WorkspaceIndex, nearest
from picode.assistant.ports import Sources

_T = TypeVar("_T")

_KEPT = 400
_MOST_IMPORTS = 80
_MOST_SIBLINGS = 20
_MOST_MENTIONED = 16
_PARSING = 0.012
"""Seconds that may be spent on files that were not parsed before; the others are parsed the next time."""
_VOTERS = 24
"""Files of each kind that say what is likely to be used."""
_RESOLVED = 10.0
"""Seconds for which it is remembered to which files an import leads."""
_USED_HERE = 0.4
_OF_IMPORTED, _OF_POOL = 0.1, 0.35
"""Shares of what names and other files say about a definition: whoever imports something by its name says more than that."""
_TOP, _SAME = 80, 2
"""Definitions of the pool that are looked at for each prompt, and those of one name: one that is declared in many places says
little."""


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


class Neighbourhood:
    """Finds neighbours. Files are parsed once for each state of theirs. For one thread at a time."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._files: OrderedDict[str, tuple[Hashable, File | None]] = OrderedDict()
        self._texts: OrderedDict[str, tuple[Hashable, str | None]] = OrderedDict()
        self._resolved: dict[tuple[str, str, str], tuple[float, int, tuple[str, ...]]] = {}
        self._until = float("inf")
        self._partial = False
        self._at = ""
        self.index = WorkspaceIndex(sources)
        self.open = OpenFiles(sources, self.index.definitions)
        self._build = BuildFiles(self._build_text, self._build_files)

    def of(self, vantage: Vantage, parsing: float = _PARSING) -> Neighbours:
        """The neighbours of a place, with at most so many seconds for files that were not parsed before."""
        self._until, self._partial, self._at = monotonic() + parsing, False, vantage.path
        self.index.attend(vantage.path, vantage.language)
        search = Search(vantage, self._module_files)
        for each in list(vantage.imports)[:_MOST_IMPORTS]:
            search.follow(each)
        votes = self._votes(vantage)
        for path in files_in_reach(vantage.path, vantage.language, vantage.head, votes, self._sources, self.index):
            if (file := self._file(path)) is not None:
                search.reach(file)
        self._mentioned(vantage, search)
        modules = {name: tuple(files) for name, files in search.modules.items()}
        known = self._weighed(search.known, vantage, votes, _OF_IMPORTED)
        return Neighbours(tuple(known), modules, self._pool(vantage, search, votes), self._partial)

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
            known = (stamp, None if text is None else look_into(path, language, text, self.index.definitions))
        _keep(self._files, path, known)
        return known[1]

    def _build_text(self, path: str) -> str | None:
        stamp = self._sources.stamp(path) if self._is_inside(path) else None
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
            if candidate.endswith("/*") and self._is_inside(candidate):
                siblings = [each for each in self._sources.siblings(candidate[:-2]) if not each.endswith("_test.go")]
                if siblings:
                    return siblings[:_MOST_SIBLINGS]
            elif candidate != path and self._is_inside(candidate) and self._is_there(candidate):
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

    def _is_inside(self, path: str) -> bool:
        """Whether a path that a build file gave lies in the folders of the workspace."""
        path = normpath(path)
        return any(path.startswith(root.rstrip("/") + "/") for root in self._sources.roots(self._at))

    def _is_there(self, path: str) -> bool:
        return self.open.at(path) is not None or self._sources.stamp(path) is not None

    # What needs no import

    def _mentioned(self, vantage: Vantage, search: Search) -> None:
        """What is named around the cursor, and defined in one or a few other files of the workspace."""
        names = dict.fromkeys((*_FULL_NAME.findall(vantage.near), *vantage.names))
        found = 0
        for name in names:
            if name in vantage.own or name in search.names or len(name) < 3:
                continue
            if vantage.language in _IMPORTING and name.islower():
                continue  # most likely a variable
            places = self.index.defining(name, vantage.language, vantage.path)
            if len(places) > 1 and vantage.language in _IMPORTING:
                continue  # most likely another one of that name
            for path in places[:2]:
                if (file := self._file(path)) is not None:
                    search.mention(name, file)
                    found += 1
            if found >= _MOST_MENTIONED:
                return

    def _pool(self, vantage: Vantage, search: Search, votes: Mapping[str, float]) -> Pool:
        every = self._weighed(search.pool, vantage, votes, _OF_POOL)
        by_name: dict[str, list[Known]] = {}
        for each in every:
            by_name.setdefault(each.name, []).append(each)
        every.sort(key=lambda each: (-each.base, each.path, each.definition.line))
        frozen = {name: tuple(entries[:_SAME]) for name, entries in by_name.items()}
        seen: Counter[str] = Counter()
        signatures: set[str] = set()
        top: list[Known] = []
        for each in every:
            seen[each.name] += 1
            said = each.definition.signature in signatures
            signatures.add(each.definition.signature)
            if not said and seen[each.name] <= _SAME and each.name not in vantage.own:
                top.append(each)
        return Pool(tuple(top[:_TOP]), frozen, sorted(frozen))

    def _votes(self, vantage: Vantage) -> Mapping[str, float]:
        """How much each name is used in the files beside this one and in open ones, those that have most in common with this
        one counting most: from 0 to 1. What is named around the cursor has a full vote."""
        family, votes = family_of(vantage.language), dict[str, float]()
        beside = [
            each for each in self._sources.siblings(dirname(vantage.path)) if family_of(language_of(each)) == family
        ]
        files = [self._file(each) for each in nearest(beside, vantage.path)[:_VOTERS] if each != vantage.path]
        for file in (*files, *self.open.some(_VOTERS)):
            if file is None or file.path == vantage.path:
                continue
            common = len(file.uses & vantage.words)
            weight = common * common / (20 + len(file.uses))
            for name in file.uses:
                votes[name] = votes.get(name, 0.0) + weight
        most = max(votes.values(), default=0.0) or 1.0
        near = dict.fromkeys(words_of(vantage.near), 1.0)
        return {name: count / most for name, count in votes.items()} | near

    def _weighed(
        self, known: Iterable[Known], vantage: Vantage, votes: Mapping[str, float], share: float
    ) -> list[Known]:
        """The same with how likely each is to be needed, as far as its name and its use in this and other files say."""
        parts = frozenset(each for each in words_of(vantage.near) if each.islower())
        found = []
        for each in known:
            likelihood = votes.get(each.name, 0.0) + self._likelihood(each, parts)
            likelihood += _USED_HERE if each.name in vantage.words else 0.0
            found.append(replace(each, base=each.base + share * likelihood))
        return found

    def _likelihood(self, known: Known, parts: frozenset[str]) -> float:
        """How likely a definition is needed, by the words of its name, before it is known what stands at the cursor."""
        own = [each for each in words_of(known.name) if each.islower()]
        shared = sum(each in parts for each in own) / (len(own) or 1)
        used = min(0.4, log1p(self.open.pieces.spread(known.name)) / 10)
        constant = 0.2 if known.definition.kind == "constant" else 0.0
        hidden = 0.2 if known.name.startswith("_") else 0.0
        return 0.5 * shared + used - constant - hidden


_IMPORTING = frozenset(
    ("python", "javascript", "javascriptreact", "typescript", "typescriptreact", "rust", "go", "java")
)
"""Languages in which what is used is imported by its name, or after the name of its module."""
_FULL_NAME = re.compile(r"\b[A-Z]\w*(?:(?:\.|::)[A-Z]\w*)+")


def _keep(cache: OrderedDict[str, tuple[Hashable, _T]], path: str, known: tuple[Hashable, _T]) -> None:
    cache[path] = known
    cache.move_to_end(path)
    if len(cache) > _KEPT:
        cache.popitem(last=False)
