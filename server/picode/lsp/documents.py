"""The documents that are open in the editor, as the editor has them.

Only what was opened is known: a URI that was never opened is not read from the disk.
"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from lsprotocol import types

from picode.core.document import Encoding, Position, Snapshot, clamp, replace, split_lines, to_column
from picode.core.languages import document_language
from picode.core.privacy import LONGEST_PATH
from picode.lsp.notebooks import Notebooks

OnEdit = Callable[[str, int, int, int], None]
"""Is called with each edit: URI, first line, number of line ends removed, number of line ends added."""

_NO_NAME = re.compile("[\0\ud800-\udfff]")
"""No system has files with these in their names."""

_FILE_SCHEMES = ("file", "vscode-notebook-cell")


@lru_cache(4096)  # a hundred times for each suggestion, where many documents are open
def to_path(uri: str) -> str | None:
    """The path that `uri` names; None where it names no file of this machine, or is no URI.

    >>> to_path("file:///home/ada/%C3%A9.py")
    '/home/ada/é.py'
    """
    try:
        parts = urlsplit(uri)
    except ValueError:  # half an IPv6 address
        return None
    path = unquote(parts.path)
    if parts.scheme not in _FILE_SCHEMES or _NO_NAME.search(uri) or _NO_NAME.search(path) or len(path) > LONGEST_PATH:
        return None
    if parts.netloc.lower() not in ("", "localhost") and parts.scheme == "file":
        path = f"//{unquote(parts.netloc)}{path}"
    if os.name == "nt":
        path = path.lstrip("/") if path[2:3] == ":" else path
        return path.replace("/", "\\")
    return path or None


def places_of(uri: str) -> tuple[str, ...]:
    """The paths that tell what the document at `uri` is: the one in the URI, whatever its scheme, and for a file of this
    machine the real one behind links. Looks at the disk.

    >>> places_of("vscode-remote://wsl/home/ada/.bashrc")
    ('/home/ada/.bashrc',)
    """
    path = to_path(uri)
    if path is None:
        try:
            return (unquote(urlsplit(uri).path),)
        except ValueError:
            return (uri,)
    try:
        return tuple(dict.fromkeys((path, os.path.realpath(path))))
    except (OSError, ValueError):  # a NUL in it, or links in a circle
        return (path,)


@dataclass(slots=True)
class Document:
    """One open document; a cell of a notebook is one too. `lines` change in place."""

    uri: str
    language: str
    version: int
    lines: list[str] = field(repr=False)
    edited_at: float = -math.inf
    """When the user has edited it last, in seconds of `time.monotonic`."""
    completed_at: tuple[int, int, int] | None = None
    """The version, line and character of the last request for a list of completions."""

    def apply(
        self,
        changes: Iterable[types.TextDocumentContentChangeEvent],
        encoding: Encoding,
        on_edit: OnEdit = lambda *_: None,
    ) -> None:
        """Applies the changes of one `didChange`, each to the result of the one before."""
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                start = position_in(self.lines, change.range.start, encoding)
                end = position_in(self.lines, change.range.end, encoding)
                replace(self.lines, start, end, change.text)
                on_edit(self.uri, start.line, max(0, end.line - start.line), change.text.count("\n"))
            else:
                self.lines = split_lines(change.text)

    @property
    def path(self) -> str | None:
        """The file behind the document; None for an untitled one. A notebook's cell has its notebook's."""
        return to_path(self.uri)

    @property
    def text(self) -> str:
        return "".join(self.lines)


def position_in(lines: Sequence[str], position: types.Position, encoding: Encoding) -> Position:
    """The client's `position`, moved into the document where it lies outside of it."""
    if not 0 <= position.line < len(lines):
        return clamp(lines, Position(position.line, 0))
    return Position(position.line, to_column(lines[position.line], position.character, encoding))


class Documents:
    """All open documents by URI, and the encoding of their positions."""

    def __init__(self) -> None:
        self.encoding: Encoding = "utf-16"
        self.on_edit: OnEdit = lambda *_: None
        self.on_open: Callable[[Document], None] = lambda _: None
        self.on_close: Callable[[Document], None] = lambda _: None
        self._open: dict[str, Document] = {}
        self._notebooks = Notebooks()

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._open.values()))

    def get(self, uri: str) -> Document | None:
        """None where no such document is open."""
        return self._open.get(uri)

    def open(self, item: types.TextDocumentItem) -> None:
        self._notebooks.document_opened(item.uri)
        self._add(item)

    def change(
        self, identifier: types.VersionedTextDocumentIdentifier, changes: Iterable[types.TextDocumentContentChangeEvent]
    ) -> bool:
        """False, and nothing done, for a document that is not open and for a version that is already past."""
        document = self._open.get(identifier.uri)
        if document is None or identifier.version < document.version:
            return False
        document.apply(changes, self.encoding, self.on_edit)
        document.version, document.edited_at = identifier.version, time.monotonic()
        return True

    def close(self, uri: str) -> None:
        if (document := self._open.pop(uri, None)) is not None:
            self._notebooks.document_closed(uri)
            self.on_close(document)

    def open_notebook(self, notebook: types.NotebookDocument, cells: Sequence[types.TextDocumentItem]) -> None:
        self._notebooks.open(notebook, [cell.uri for cell in cells])
        for cell in cells:
            self._add(cell)

    def change_notebook(self, uri: str, change: types.NotebookDocumentChangeEvent) -> None:
        """Closes, opens and edits the cells as the client did. Ignored for a notebook that is not open."""
        if not self._notebooks.knows(uri) or change.cells is None:
            return
        structure = change.cells.structure
        if structure is not None:
            for closed in structure.did_close or []:
                self.close(closed.uri)
            self._notebooks.change(uri, structure)
            for opened in structure.did_open or []:
                self._add(opened)
        for content in change.cells.text_content or []:
            self.change(content.document, content.changes)

    def close_notebook(self, uri: str) -> None:
        """Closes the notebook with all of its cells."""
        for cell in self._notebooks.close(uri):
            self.close(cell)

    def cells(self, uri: str) -> Sequence[Document]:
        """The open cells of the notebook that the document at `uri` is a cell of, in its order; none for what is no cell."""
        return [self._open[cell] for cell in self._notebooks.cells(uri) if cell in self._open]

    def snapshot(self, uri: str, position: types.Position) -> Snapshot | None:
        """The document now, with the cursor at the client's `position`; None where it is not open."""
        document = self._open.get(uri)
        if document is None:
            return None
        cursor = position_in(document.lines, position, self.encoding)
        return Snapshot(uri, tuple(document.lines), cursor, document.version, document.language)

    def _add(self, item: types.TextDocumentItem) -> None:
        language = document_language(item.language_id, to_path(item.uri) or item.uri)
        document = Document(item.uri, language, item.version, split_lines(item.text))
        self._open[item.uri] = document
        self.on_open(document)
