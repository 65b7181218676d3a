"""`textDocument/codeLens`: what to do with an edit that was applied, and, for who wants it, what to ask about a definition."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lsprotocol import types

from picode.core.document import body, from_column

if TYPE_CHECKING:
    from picode.lsp.documents import Document
    from picode.lsp.server import PiCodeServer

_REVIEW = (
    ("Keep", "picode.edit.keep"),
    ("Undo", "picode.edit.undo"),
    ("Try again", "picode.edit.again"),
    ("Compare", "picode.edit.compare"),
)
_OFFERED = (("Explain", "/explain"), ("Document", "/doc"), ("Write tests", "/test"))
_MOST = 200


async def lenses(ls: PiCodeServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    """The lenses of a document."""
    document = ls.documents.get(params.text_document.uri)
    if document is None:
        return []
    found = _reviews(ls, document)
    assistant = await ls.assistant()
    settings = assistant.settings()
    if settings.enabled and settings.code_lens.enabled and not assistant.exclusion(document.path or document.uri):
        found += await _definitions(ls, document)
    return found


def _reviews(ls: PiCodeServer, document: Document) -> list[types.CodeLens]:
    found: list[types.CodeLens] = []
    for answer in ls.answers.edits_of(document.uri):
        edit = answer.edit
        if edit is None:
            continue
        line = min(edit.selection.start.line, len(document.lines) - 1)
        for title, command in _REVIEW:
            found.append(_lens(line, f"{title}", command, {"id": answer.id}))
    return found


async def _definitions(ls: PiCodeServer, document: Document) -> list[types.CodeLens]:
    from picode.syntax.outline import outline

    text, language = document.text, document.language
    outlined = await asyncio.to_thread(outline, text, language)
    functions = [each for each in outlined.definitions if each.kind != "constant"][:_MOST]
    found: list[types.CodeLens] = []
    for each in functions:
        last = document.lines[each.end] if each.end < len(document.lines) else ""
        span = {
            "start": {"line": each.line, "character": 0},
            "end": {"line": each.end, "character": from_column(last, len(body(last)), ls.documents.encoding)},
        }
        for title, text_ in _OFFERED:
            argument = {"text": text_, "uri": document.uri, "range": span, "version": document.version}
            found.append(_lens(each.line, title, "picode.slash", argument))
    return found


def _lens(line: int, title: str, command: str, argument: object) -> types.CodeLens:
    place = types.Position(line, 0)
    return types.CodeLens(types.Range(place, place), types.Command(title, command, arguments=[argument]))
