"""The order of the cells of notebooks, by URI.

A client with notebook synchronization (`notebookDocument/*`) says the order. From one without, a cell comes as a document like
any other, whose URI is that of the notebook with a fragment: then VS Code's cells have the order of their numbers, and others
the one in which they were opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urldefrag

from lsprotocol import types

_NUMBER = re.compile(r"[W-Za-f]+([0-6]+)s")
"""The fragment of a cell in VS Code: letters that say how long the number is, the number to the base of 7, an `s`, and the
scheme of the notebook."""


class Notebooks:
    """The cells of each notebook that is open."""

    def __init__(self) -> None:
        self._cells: dict[str, list[str]] = {}
        self._notebook_of: dict[str, str] = {}
        self._loose: dict[str, list[str]] = {}
        """Cells that were opened as documents, by the URI of their notebook."""

    def open(self, notebook: types.NotebookDocument, cells: Iterable[str]) -> None:
        """`cells` have text; those that the notebook does not list come last."""
        listed = [cell.document for cell in notebook.cells]
        self._set(notebook.uri, [*listed, *(cell for cell in cells if cell not in listed)])

    def knows(self, notebook: str) -> bool:
        return notebook in self._cells

    def change(self, notebook: str, structure: types.NotebookDocumentCellChangeStructure) -> None:
        """Cells were added, removed or moved."""
        cells = list(self._cells[notebook])
        array = structure.array
        cells[array.start : array.start + array.delete_count] = [cell.document for cell in array.cells or ()]
        closed = {cell.uri for cell in structure.did_close or ()}
        opened = [cell.uri for cell in structure.did_open or () if cell.uri not in cells]
        self._set(notebook, [cell for cell in (*cells, *opened) if cell not in closed])

    def close(self, notebook: str) -> Sequence[str]:
        """The cells that it had."""
        cells = self._cells.pop(notebook, [])
        for cell in cells:
            self._notebook_of.pop(cell, None)
        return cells

    def document_opened(self, uri: str) -> None:
        """A document that may be a cell was opened as such."""
        notebook, fragment = urldefrag(uri)
        if fragment:
            self._loose.setdefault(notebook, []).append(uri)

    def document_closed(self, uri: str) -> None:
        notebook, fragment = urldefrag(uri)
        if fragment and uri in (loose := self._loose.get(notebook, [])):
            loose.remove(uri)
            if not loose:
                del self._loose[notebook]

    def cells(self, uri: str) -> Sequence[str]:
        """All cells of the notebook that the document at `uri` is a cell of, in its order; none for what is no cell."""
        if (notebook := self._notebook_of.get(uri)) is not None:
            return self._cells[notebook]
        notebook, fragment = urldefrag(uri)
        loose = self._loose.get(notebook, ()) if fragment else ()
        numbers = {each: _number(each) for each in loose}
        return sorted(loose, key=lambda each: numbers[each] or 0) if all(numbers.values()) else loose

    def _set(self, notebook: str, cells: Iterable[str]) -> None:
        self.close(notebook)
        self._cells[notebook] = list(dict.fromkeys(cells))
        for cell in self._cells[notebook]:
            self._notebook_of[cell] = notebook


def _number(uri: str) -> int | None:
    """The number of a cell, from 1; None where its URI is not as VS Code's are."""
    found = _NUMBER.match(urldefrag(uri).fragment)
    return int(found[1], 7) + 1 if found else None
