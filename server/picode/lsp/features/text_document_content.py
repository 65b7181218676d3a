"""`workspace/textDocumentContent`: the documents of the scheme `picode`, which are on no disk."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lsprotocol import types

if TYPE_CHECKING:
    from picode.lsp.server import PiCodeServer

OPTIONS = types.TextDocumentContentOptions(schemes=["picode"])
GONE = (
    "This document is gone: the server was restarted, or it is too old. Conversations are kept: see the list of them.\n"
)


def content(ls: PiCodeServer, params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
    """The text of `picode:/answers/<id>/…` and of `picode:/edits/<id>/before/…` or `…/after/…`."""
    return types.TextDocumentContentResult(_text(ls, params.uri))


def _text(ls: PiCodeServer, uri: str) -> str:
    from picode.core.edits import apply
    from picode.lsp.display.virtual import document_text

    kind, identifier, *rest = [unquote(part) for part in urlsplit(uri).path.split("/")[1:]] + ["", ""]
    answer = ls.answers.get(identifier)
    if answer is None:
        return GONE
    if kind == "answers":
        return document_text(answer)
    if kind == "edits" and answer.edit is not None and answer.edit.proposal is not None:
        lines = answer.edit.selection.lines
        return "".join(lines if rest[0] == "before" else apply(lines, answer.edit.proposal.hunks))
    return GONE
