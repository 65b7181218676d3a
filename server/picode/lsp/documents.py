"""The documents that are open in the editor, as the editor has them.

Only what was opened is known: a URI that was never opened is not read from the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lsprotocol import types

from picode.core.document import Encoding, Position, Snapshot, clamp, replace, split_lines, to_column
from picode.lsp.notebooks import Notebooks
from picode.lsp.paths import to_path

OnEdit = Callable[[str, int, int, int], None]
"""Hears of an edit: URI, first line, line ends removed, line ends added."""


@dataclass(slots=True)
class Document:
    """One open document; a cell of a notebook is one too. `lines` change in place."""

    uri: str
    language: str
    version: int
    lines: list[str] = field(repr=False)

    def apply(
        self,
        changes: Iterable[types.TextDocumentContentChangeEvent],
        encoding: Encoding,
        on_edit: OnEdit = lambda *_: None,
    ) -> None:
        """The changes of one `didChange`, each on the result of the one before. `on_edit` hears of each."""
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
        document.version = identifier.version
        return True

    def close(self, uri: str) -> None:
        if (document := self._open.pop(uri, None)) is not None:
            self._notebooks.document_closed(uri)
            self.on_close(document)

    def open_notebook(self, notebook: types.NotebookDocument, cells: Sequence[types.TextDocumentItem]) -> None:
        self._notebooks.open(notebook, [cell.uri for cell in cells])
        for cell in cells:
            self._add(cell)

    def change_notebook(self, uri: str, change: types.NotebookDocumentChangeEvent) -> list[str]:
        """Gives the URIs of the cells that were closed."""
        if not self._notebooks.knows(uri) or change.cells is None:
            return []
        structure = change.cells.structure
        closed = [cell.uri for cell in (structure.did_close or [])] if structure else []
        for cell_uri in closed:
            self.close(cell_uri)
        if structure is not None:
            self._notebooks.change(uri, structure)
            for cell in structure.did_open or []:
                self._add(cell)
        for content in change.cells.text_content or []:
            self.change(content.document, content.changes)
        return closed

    def close_notebook(self, uri: str) -> list[str]:
        """Gives the URIs of its cells, which are closed with it."""
        cells = list(self._notebooks.close(uri))
        for cell in cells:
            self.close(cell)
        return cells

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
        document = Document(item.uri, item.language_id, item.version, split_lines(item.text))
        self._open[item.uri] = document
        self.on_open(document)
