"""What the other open documents hold: their definitions by name, and their code in pieces.

It is kept up to date document by document, so that a prompt costs the same however many are open.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Container, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from time import monotonic

from picode.assistant.context.file_types import dialect_of
from picode.assistant.context.similar import Pieces
from picode.assistant.ports import Sources
from picode.core.languages import base_language
from picode.syntax.outline import Definition, Outline, outline

CLOSED = "closed:"
"""What the key of a document begins with that was closed a while ago; its path follows."""
_LONGEST = 3000
"""Lines of a document that are taken in pieces; those around the cursor of a longer one."""
_RECHECKED = 20
"""Documents for which it is looked again whether they are excluded, each time."""
_BEGINNING = 12
"""Names that begin as what is being typed and are looked at."""


@dataclass(frozen=True, slots=True)
class Text:
    """A file as the editor has it, or had it last. `stamp` changes with its content."""

    uri: str
    path: str
    language: str
    stamp: Hashable
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class File:
    """What is known of a file. `uses` are those words in it that are names which other files of the workspace define."""

    path: str
    language: str
    outline: Outline
    uses: frozenset[str] = frozenset()


_NAME = re.compile(r"[A-Za-z_]\w{2,}")


def look_into(path: str, language: str, text: str, names: Container[str]) -> File:
    """What is known of a file with this `text`; `names` are those that the workspace defines."""
    language = dialect_of(path, language, text)
    outlined = outline(text, language)
    words = set(_NAME.findall(text)).difference(each.name for each in outlined.definitions)
    return File(path, language, outlined, frozenset(word for word in words if word in names))


@dataclass(slots=True)
class _Open:
    file: File
    excluded: bool


Place = tuple[str, Definition]
"""A definition, and the path of its file."""


class OpenFiles:
    """One thread changes it (`work`, `at`, `around`), while the event loop may ask (`named`, `beginning`, `pieces`)."""

    def __init__(self, sources: Sources, names: Container[str] = ()) -> None:
        self._sources = sources
        self._workspace_names = names
        self._waiting: OrderedDict[str, Text] = OrderedDict()
        self.stamps: dict[str, Hashable] = {}
        """The state in which each document was told last, by URI."""
        self._uris: dict[str, str] = {}
        self._files: OrderedDict[str, _Open] = OrderedDict()
        self._names: dict[str, tuple[tuple[str, Place], ...]] = {}
        self._sorted: list[str] = []
        self._own: tuple[str, Hashable] | None = None
        self.pieces = Pieces()
        self.revision = 0

    def tell(self, texts: Iterable[Text], gone: Iterable[str] = ()) -> None:
        """Documents that were opened or have changed, and the URIs of those that are to be forgotten. Quick."""
        for text in texts:
            self._waiting[text.uri] = text
            self._waiting.move_to_end(text.uri)
            self.stamps[text.uri] = text.stamp
            if not text.uri.startswith(CLOSED):  # the disk knows better what is in a file that is closed
                self._uris[text.path] = text.uri
        for uri in gone:
            self.stamps.pop(uri, None)
            self._waiting[uri] = Text(uri, "", "", None, ())

    @property
    def idle(self) -> bool:
        return not self._waiting

    def work(self, until: float) -> None:
        """Takes in what was told, the latest first, until then (monotonic seconds)."""
        changed = False
        while self._waiting and monotonic() < until:
            _, text = self._waiting.popitem()
            self._take(text)
            changed = True
        changed = self._recheck() or changed
        if changed:
            self._sorted = sorted(self._names)
            self.revision += 1

    def at(self, path: str) -> File | None:
        """The open file at a path, as it is now; None where there is none, or it must not be shown."""
        uri = self._uris.get(path)
        if uri is None:
            return None
        if (text := self._waiting.pop(uri, None)) is not None:
            self._take(text)
        known = self._files.get(uri)
        return known.file if known is not None and not known.excluded else None

    def some(self, most: int) -> list[File]:
        """The files that were taken in last."""
        return [each.file for each in islice(reversed(self._files.values()), most) if not each.excluded]

    def around(self, text: Text, row: int) -> None:
        """Takes the code around the cursor of the document that is typed in, in pieces."""
        if self._own != (text.uri, text.stamp):
            self._own = (text.uri, text.stamp)
            first = max(0, min(row - _LONGEST // 2, len(text.lines) - _LONGEST))
            lines = text.lines[first : first + _LONGEST]
            self.pieces.put(text.uri, text.path, text.language, lines, first)

    # Asked on the event loop

    def named(self, name: str) -> Sequence[tuple[str, Place]]:
        """The definitions of a name outside of any other, each after the URI of its document; those taken in last come last."""
        return self._names.get(name, ())

    def beginning(self, typed: str) -> Sequence[str]:
        """Some of the names that begin as what is typed."""
        names = self._sorted
        start = bisect_left(names, typed)
        return [each for each in names[start : start + _BEGINNING] if each.startswith(typed)]

    # The work

    def _take(self, text: Text) -> None:
        self._forget(text.uri)
        if not text.path or text.stamp is None:
            return
        excluded = self._sources.excluded(text.path)
        language = base_language(text.language)
        if excluded:
            self._files[text.uri] = _Open(File(text.path, language, Outline()), excluded)
            return
        file = look_into(text.path, language, "".join(text.lines), self._workspace_names)
        self._files[text.uri] = _Open(file, excluded)
        self.pieces.put(text.uri, text.path, language, text.lines[:_LONGEST])
        for definition in file.outline.definitions:
            if not definition.parents and not definition.name.startswith("_"):
                place = (text.uri, (text.path, definition))
                self._names[definition.name] = (*self._names.get(definition.name, ()), place)

    def _forget(self, uri: str) -> None:
        known = self._files.pop(uri, None)
        self.pieces.drop(uri)
        if self._own is not None and self._own[0] == uri:
            self._own = None
        if known is None:
            return
        if self._uris.get(known.file.path) == uri and uri not in self.stamps:
            del self._uris[known.file.path]
        for name in {each.name for each in known.file.outline.definitions}:
            left = tuple(each for each in self._names.get(name, ()) if each[0] != uri)
            if left:
                self._names[name] = left
            else:
                self._names.pop(name, None)

    def _recheck(self) -> bool:
        """Looks again whether some of the documents are excluded: rules may change at any time."""
        changed = False
        for uri in list(self._files)[:_RECHECKED]:
            self._files.move_to_end(uri)
            known = self._files[uri]
            if self._sources.excluded(known.file.path) and not known.excluded:
                self._forget(uri)
                self._files[uri] = _Open(File(known.file.path, known.file.language, Outline()), excluded=True)
                changed = True
        return changed
