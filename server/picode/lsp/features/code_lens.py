"""`textDocument/codeLens`: the review of applied edits, and, if turned on, commands about each definition."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lsprotocol import types

from picode.core.document import body, from_column

if TYPE_CHECKING:
    from picode.lsp.documents import Document
    from picode.lsp.session import Session

_REVIEW = (
    ("Keep", "picode.edit.keep"),
    ("Undo", "picode.edit.undo"),
    ("Try again", "picode.edit.again"),
    ("Compare", "picode.edit.compare"),
)
_COMMANDS = (("Explain", "/explain"), ("Document", "/doc"), ("Write tests", "/test"))
_MOST_DEFINITIONS = 200


async def lenses(session: Session, params: types.CodeLensParams) -> list[types.CodeLens]:
    """The lenses of a document."""
    document = session.documents.get(params.text_document.uri)
    if document is None:
        return []
    found = _reviews(session, document)
    assistant = await session.assistant()
    settings = assistant.settings()
    wanted = settings.enabled and settings.code_lens.enabled
    if wanted and not await assistant.exclusion(document.path or document.uri):
        found += await _definitions(session, document)
    return found


def _reviews(session: Session, document: Document) -> list[types.CodeLens]:
    return [
        _lens(min(edit.selection.start.line, len(document.lines) - 1), title, command, {"id": answer.id})
        for answer, edit in session.answers.reviewable(document.uri)
        for title, command in _REVIEW
    ]


async def _definitions(session: Session, document: Document) -> list[types.CodeLens]:
    from picode.syntax.outline import outline

    text, language = document.text, document.language
    outlined = await asyncio.to_thread(outline, text, language)
    functions = [each for each in outlined.definitions if each.kind != "constant"][:_MOST_DEFINITIONS]
    found: list[types.CodeLens] = []
    for each in functions:
        last = document.lines[each.end] if each.end < len(document.lines) else ""
        span = {
            "start": {"line": each.line, "character": 0},
            "end": {"line": each.end, "character": from_column(last, len(body(last)), session.documents.encoding)},
        }
        for title, command in _COMMANDS:
            argument = {"text": command, "uri": document.uri, "range": span, "version": document.version}
            found.append(_lens(each.line, title, "picode.slash", argument))
    return found


def _lens(line: int, title: str, command: str, argument: object) -> types.CodeLens:
    place = types.Position(line, 0)
    return types.CodeLens(types.Range(place, place), types.Command(title, command, arguments=[argument]))
