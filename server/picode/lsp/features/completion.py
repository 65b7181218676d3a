"""`textDocument/completion`: completions in the editor's list, for editors without ghost text (`inline.completion`).

Editors wait for all servers before they show the list, so while the user types it is answered within 50 ms and is never
complete: the editor requests it again at the next key, and in-flight answers serve it then (LSP 3.18, "Completion Request",
`isIncomplete`). One that the user requests by hand waits for the model.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from lsprotocol import types

from picode.core.document import Snapshot, from_column, last_word
from picode.lsp.capabilities import reads_markdown_of_completions
from picode.lsp.features.inline_completion import ACCEPTED, SELECTOR

if TYPE_CHECKING:
    from picode.assistant.completion.request import InlineItem
    from picode.lsp.documents import Document
    from picode.lsp.session import Session

TIMEOUT_S = 0.04
"""Seconds to wait for a model; the rest of the 50 ms is for the protocol."""

_PAUSE_S = 0.5
"""Seconds after an edit from which a request is one by hand: editors that request by themselves do so sooner."""

_REGISTRATION = "picode-completion"
_LABEL = 60


def registers_dynamically(capabilities: types.ClientCapabilities) -> bool:
    """Whether the client can be told later that completions are offered, or no longer."""
    document = capabilities.text_document
    declared = document.completion if document else None
    return bool(declared and declared.dynamic_registration)


async def settings_changed(session: Session, wanted: bool) -> None:
    """Registers or unregisters completion with the client."""
    if wanted == session.offers_completion or not registers_dynamically(session.client_capabilities):
        return
    session.offers_completion = wanted
    if wanted:
        options = types.CompletionRegistrationOptions(document_selector=SELECTOR)
        registration = types.Registration(_REGISTRATION, types.TEXT_DOCUMENT_COMPLETION, options)
        session.send_request(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams([registration]))
    else:
        ended = types.Unregistration(_REGISTRATION, types.TEXT_DOCUMENT_COMPLETION)
        session.send_request(types.CLIENT_UNREGISTER_CAPABILITY, types.UnregistrationParams([ended]))


async def complete(session: Session, params: types.CompletionParams) -> types.CompletionList:
    """What is known at the cursor within `TIMEOUT_S`, or for a request by hand within `inline.timeoutSeconds`."""
    nothing = types.CompletionList(is_incomplete=True, items=[])
    snapshot = session.documents.snapshot(params.text_document.uri, params.position)
    document = session.documents.get(params.text_document.uri)
    if snapshot is None or document is None:
        return nothing
    by_hand = _is_by_hand(document, params)
    document.completed_at = (document.version, params.position.line, params.position.character)
    assistant = await session.assistant()
    inline = assistant.settings().inline
    if not inline.completion:
        return types.CompletionList(is_incomplete=False, items=[])
    from picode.assistant.completion.request import CompletionRequest

    timeout_s = inline.timeout_seconds if by_hand else TIMEOUT_S
    request = CompletionRequest(snapshot, path=document.path, timeout_s=timeout_s)
    items = await assistant.suggester.complete(request)
    now = session.documents.get(snapshot.uri)
    if items is None or now is None or now.version != snapshot.version:
        return nothing
    return types.CompletionList(is_incomplete=True, items=[_item(item, snapshot, session) for item in items])


def _is_by_hand(document: Document, params: types.CompletionParams) -> bool:
    """Whether the user has pressed a key for the list. LSP has one trigger kind for that and for a list that opens while a
    word is typed: so it is by hand where nothing was typed for half a second, and where it is requested again at one place."""
    kind = params.context.trigger_kind if params.context is not None else types.CompletionTriggerKind.Invoked
    if kind == types.CompletionTriggerKind.TriggerCharacter:
        return False
    if document.completed_at == (document.version, params.position.line, params.position.character):
        return True
    return kind == types.CompletionTriggerKind.Invoked and time.monotonic() - document.edited_at >= _PAUSE_S


def _item(item: InlineItem, snapshot: Snapshot, session: Session) -> types.CompletionItem:
    """An entry that begins with the word at the cursor: editors show no other."""
    row, column = snapshot.cursor.line, snapshot.cursor.column
    word = last_word(snapshot.line_prefix)
    start = column - len(word)
    text = item.text[start - item.start :]
    first, newline, _ = text.strip().partition("\n")
    label = first.rstrip() if len(first) <= _LABEL else first[: _LABEL - 1]
    line, encoding = snapshot.lines[row], session.documents.encoding
    place = types.Range(
        types.Position(row, from_column(line, start, encoding)),
        types.Position(row, from_column(line, item.end, encoding)),
    )
    return types.CompletionItem(
        label=label + ("…" if newline or len(first) > _LABEL else ""),
        kind=types.CompletionItemKind.Text,
        detail="PiCode",
        documentation=_documentation(text, snapshot.language, session),
        filter_text=word or first,
        sort_text="\x21",  # before what language servers offer: they begin with letters or digits
        text_edit=types.TextEdit(place, text),
        insert_text_mode=types.InsertTextMode.AsIs,
        command=types.Command("Suggestion accepted", ACCEPTED, arguments=[item.id]),
    )


def _documentation(text: str, language: str, session: Session) -> types.MarkupContent:
    """All of the suggestion, as the client can show it."""
    if not reads_markdown_of_completions(session.client_capabilities):
        return types.MarkupContent(types.MarkupKind.PlainText, text)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return types.MarkupContent(types.MarkupKind.Markdown, f"{fence}{language}\n{text}\n{fence}")
