"""What a document has around it: the definitions that its imports lead to, and the other files that are open.

All of this reads files and parses them, and is meant for a thread.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from picode.assistant.context.modules import candidates
from picode.assistant.context.similar import Piece, pieces_of
from picode.assistant.ports import Sources
from picode.core.document import split_lines
from picode.core.languages import language_of
from picode.syntax.outline import Definition, Import, Outline, outline

_KEPT = 400
_HOPS = 3
_MOST_IMPORTS = 80
_MOST_SIBLINGS = 20


@dataclass(frozen=True, slots=True)
class Text:
    """A file as the editor has it, or had it last. `stamp` changes with its content."""

    path: str
    language: str
    stamp: Hashable
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class File:
    """What is known of a file."""

    path: str
    language: str
    outline: Outline
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A name that an import makes known here, and what it stands for."""

    name: str
    path: str
    definition: Definition


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`modules` are names that stand for whole files; of `stars`, every name is known here. `open` are the other open files."""

    known: tuple[Known, ...] = ()
    modules: tuple[tuple[str, File], ...] = ()
    stars: tuple[File, ...] = ()
    open: tuple[File, ...] = ()


class Neighbourhood:
    """Finds neighbours. Files are parsed once for each state of theirs. For one thread at a time."""

    def __init__(self, sources: Sources, now: Callable[[], float], fresh: float) -> None:
        self._sources = sources
        self._now = now
        self._fresh = fresh
        self._excluded: dict[str, tuple[float, bool]] = {}
        """Whether files are excluded, and when that was asked: with hundreds of them open, asking again each time takes longer
        than all else."""
        self._files: OrderedDict[str, tuple[Hashable, File | None]] = OrderedDict()

    def of(self, path: str, language: str, imports: Iterable[Import], texts: Iterable[Text]) -> Neighbours:
        """The neighbours of the file `path`, which has these imports, while `texts` are open or were."""
        roots = self._sources.roots(path)
        open_files = {text.path: file for text in texts if text.path != path and (file := self._open(text)) is not None}
        search = _Search(
            path, language, roots, lambda candidate: open_files.get(candidate) or self._read(candidate), self._sources
        )
        for each in list(imports)[:_MOST_IMPORTS]:
            search.follow(each)
        return Neighbours(tuple(search.known), tuple(search.modules), tuple(search.stars), tuple(open_files.values()))

    def _open(self, text: Text) -> File | None:
        if text.path and self._is_excluded(text.path):
            return None
        stamp = ("open", text.stamp)
        known = self._files.get(text.path)
        if known is None or known[0] != stamp:
            known = (stamp, _file(text.path, text.language, text.lines))
            self._keep(text.path, known)
        return known[1]

    def _is_excluded(self, path: str) -> bool:
        """As it was at most `fresh` seconds ago, which is as old as what was found around a document may be, too."""
        asked, excluded = self._excluded.get(path, (float("-inf"), False))
        if self._now() - asked >= self._fresh:
            asked, excluded = self._now(), self._sources.excluded(path)
            if len(self._excluded) >= _KEPT:
                self._excluded.clear()
            self._excluded[path] = (asked, excluded)
        return excluded

    def _read(self, path: str) -> File | None:
        stamp = self._sources.stamp(path)
        if stamp is None:
            return None
        known = self._files.get(path)
        if known is None or known[0] != stamp:
            text = self._sources.read(path)
            language = language_of(path)
            known = (stamp, None if text is None else _file(path, language, split_lines(text)))
            self._keep(path, known)
        return known[1]

    def _keep(self, path: str, known: tuple[Hashable, File | None]) -> None:
        self._files[path] = known
        self._files.move_to_end(path)
        if len(self._files) > _KEPT:
            self._files.popitem(last=False)


def _file(path: str, language: str, lines: Sequence[str]) -> File:
    return File(path, language, outline("".join(lines), language), pieces_of(lines))


class _Search:
    """What the imports of one file lead to."""

    def __init__(
        self, path: str, language: str, roots: Sequence[str], file_at: Callable[[str], File | None], sources: Sources
    ) -> None:
        self._path, self._language, self._roots = path, language, roots
        self._file_at, self._sources = file_at, sources
        self.known: list[Known] = []
        self.modules: list[tuple[str, File]] = []
        self.stars: list[File] = []

    def follow(self, each: Import) -> None:
        files = list(self._files(each.module, self._path))
        if not files and self._language != "python":
            return
        for name, original in zip(each.names, each.originals, strict=True):
            if original == "*":
                if name == "*":
                    self.stars += files
                else:
                    self.modules += [(name, file) for file in files]
            elif found := self._definition(files, original, each, _HOPS):
                self.known.append(Known(name, *found))
            elif original == each.module or self._language == "go":
                self.modules += [(name, file) for file in files]
            elif self._language in ("c", "cpp", "ruby"):
                self.stars += files
            elif self._language == "python":
                inner = f"{each.module}{'' if each.module.endswith('.') else '.'}{original}"
                self.modules += [(name, file) for file in self._files(inner, self._path)]

    def _definition(self, files: Sequence[File], name: str, via: Import, hops: int) -> tuple[str, Definition] | None:
        """Where `name` is defined, behind as many re-exports as anybody writes."""
        for file in files:
            for definition in file.outline.definitions:
                if definition.name == name and not definition.parents:
                    return file.path, definition
            if not hops:
                continue
            for each in file.outline.imports:
                stars = "*" in each.originals
                if name not in each.names and not stars:
                    continue
                original = each.originals[each.names.index(name)] if name in each.names else name
                if found := self._definition(list(self._files(each.module, file.path)), original, each, hops - 1):
                    return found
        if self._language.startswith(("javascript", "typescript")) and via.names[:1] == (name,):
            return self._default(files)
        return None

    def _default(self, files: Sequence[File]) -> tuple[str, Definition] | None:
        """A default import has whatever name the importer likes."""
        for file in files:
            for definition in file.outline.definitions:
                if definition.kind in ("class", "function") and not definition.parents:
                    return file.path, definition
        return None

    def _files(self, module: str, path: str) -> Iterator[File]:
        """The file of a module; of a language whose modules are folders, the files in it."""
        for candidate in candidates(module, path, self._language, self._roots):
            if candidate.endswith("/*"):
                siblings = self._sources.siblings(candidate[:-2])[:_MOST_SIBLINGS]
                found = [file for each in siblings if (file := self._file_at(each)) is not None]
                if found:
                    yield from found
                    return
            elif (file := self._file_at(candidate)) is not None:
                yield file
                return
