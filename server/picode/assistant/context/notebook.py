"""The other cells of a notebook: those above have run before the one that is written in, those below come after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from picode.assistant.context.definitions import Entry
from picode.assistant.ports import OpenDocument

ABOVE, BELOW = 0.45, 0.1
"""Shares of the room that the cells above and below may take at most."""
_PROSE = ("markdown", "raw", "plaintext")


@dataclass(frozen=True, slots=True)
class Cells:
    """Pieces of a notebook, each in the notebook's order."""

    above: tuple[Entry, ...] = ()
    below: tuple[Entry, ...] = ()


def cells_around(cells: Sequence[OpenDocument], uri: str, name: str, room: int) -> Cells:
    """The cells of a notebook around that at `uri`, the nearest of them as far as there is room (characters); `name` is what
    the notebook is called. Code comes before prose; of a cell that is too long, the end is kept."""
    number = next((index for index, cell in enumerate(cells) if cell.uri == uri), None)
    if number is None:
        return Cells()
    language = cells[number].language
    above = [(index, _text(cells[index])) for index in range(number - 1, -1, -1) if _counts(cells[index], language)]
    below = [(index, _text(cells[index])) for index in range(number + 1, len(cells)) if _counts(cells[index], language)]
    return Cells(
        _fitting(above, name, int(room * ABOVE), "it is a cell above"),
        _fitting(below, f"{name} (below)", int(room * BELOW), "it is a cell below"),
    )


def _counts(cell: OpenDocument, language: str) -> bool:
    return cell.language == language or cell.language in _PROSE


def _text(cell: OpenDocument) -> str:
    text = "".join(cell.lines).replace("\r\n", "\n").strip("\n")
    # Prose among code would be read as code.
    return "\n".join(f"# {line}".rstrip() for line in text.split("\n")) if cell.language in _PROSE and text else text


def _fitting(cells: Sequence[tuple[int, str]], name: str, room: int, why: str) -> tuple[Entry, ...]:
    chosen: list[Entry] = []
    for index, text in cells:
        if not text.strip():
            continue
        if len(text) + 1 > room:
            text = text[-room:].partition("\n")[2] if room > 0 and not chosen else ""
            room = 0
        if text.strip():
            chosen.append(Entry(name, index, text, 5.0, why))
            room -= len(text) + 1
        if room <= 0:
            break
    return tuple(sorted(chosen, key=lambda entry: entry.line))
