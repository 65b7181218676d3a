"""`workspace/textDocumentContent`: the virtual documents of the scheme `picode`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lsprotocol import types

if TYPE_CHECKING:
    from picode.lsp.session import Session

OPTIONS = types.TextDocumentContentOptions(schemes=["picode"])
GONE = (
    "This document is gone: the server was restarted, or it is too old. Conversations are kept: see the list of them.\n"
)


def content(session: Session, params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
    """The text of `picode:/answers/<id>/…`, and of `picode:/edits/<id>/before/…`, `…/after/…` and `…/changes/…`."""
    return types.TextDocumentContentResult(_text(session, params.uri))


def _text(session: Session, uri: str) -> str:
    from picode.core.edits import apply
    from picode.core.edits.unified import unified_diff
    from picode.lsp.display.markdown import document_text

    try:
        parts = urlsplit(uri).path.split("/")[1:]
    except ValueError:  # no URI
        return GONE
    kind, identifier, *rest = [unquote(part) for part in parts] + ["", ""]
    answer = session.answers.get(identifier)
    if answer is None:
        return GONE
    if kind == "answers":
        return document_text(answer)
    if kind == "edits" and answer.edit is not None and answer.edit.proposal is not None:
        before = answer.edit.selection.lines
        after = apply(before, answer.edit.proposal.hunks)
        if rest[0] == "changes":
            name = rest[1].removesuffix(".diff")
            return unified_diff(before, after, name)
        return "".join(before if rest[0] == "before" else after)
    return GONE
