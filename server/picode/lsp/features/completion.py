"""`textDocument/completion`: suggestions in the list of completions, for editors without ghost text (`inline.completion`).

Such a list waits for nobody, so the answer is given within 50 ms and is never complete: the editor asks again at the next key,
and what was still under way then serves it (LSP 3.18, "Completion Request", `isIncomplete`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from picode.core.document import Snapshot, from_column
from picode.lsp.features.inline_completion import ACCEPTED, SELECTOR

if TYPE_CHECKING:
    from picode.assistant.completion.request import Suggestion
    from picode.lsp.session import Session

PATIENCE = 0.04
"""Seconds that it waits for a model; the rest of the 50 ms is for the way."""

_REGISTRATION = "picode-completion"
_LABEL = 60


def announces(ls: Session) -> bool:
    """Whether the answer to `initialize` says that there is completion: where the client has asked for it there, and could not
    be told later."""
    inline = ls.editor_settings.get("inline")
    wanted = isinstance(inline, dict) and inline.get("completion") is True
    return wanted and not _registers_dynamically(ls)


async def settings_changed(ls: Session, wanted: bool) -> None:
    """Tells the client that there is completion now, or no longer."""
    if wanted == ls.offers_completion or not _registers_dynamically(ls):
        return
    ls.offers_completion = wanted
    if wanted:
        options = types.CompletionRegistrationOptions(document_selector=SELECTOR)
        registration = types.Registration(_REGISTRATION, types.TEXT_DOCUMENT_COMPLETION, options)
        ls.send_request(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams([registration]))
    else:
        ended = types.Unregistration(_REGISTRATION, types.TEXT_DOCUMENT_COMPLETION)
        ls.send_request(types.CLIENT_UNREGISTER_CAPABILITY, types.UnregistrationParams([ended]))


async def complete(ls: Session, params: types.CompletionParams) -> types.CompletionList:
    """What is known at the cursor by now."""
    nothing = types.CompletionList(is_incomplete=True, items=[])
    snapshot = ls.documents.snapshot(params.text_document.uri, params.position)
    if snapshot is None:
        return nothing
    assistant = await ls.assistant()
    if not assistant.settings().inline.completion:
        return types.CompletionList(is_incomplete=False, items=[])
    from picode.assistant.completion.request import Ask
    from picode.assistant.completion.service import Superseded

    document = ls.documents.get(snapshot.uri)
    ask = Ask(snapshot, path=document.path if document else None, patience=PATIENCE)
    answer = await assistant.suggester.suggest(ask)
    now = ls.documents.get(snapshot.uri)
    if isinstance(answer, Superseded) or now is None or now.version != snapshot.version:
        return nothing
    return types.CompletionList(is_incomplete=True, items=[_item(each, snapshot, ls) for each in answer])


def _item(suggestion: Suggestion, snapshot: Snapshot, ls: Session) -> types.CompletionItem:
    """An entry that begins with the word at the cursor, since editors show no other."""
    row, column = snapshot.cursor.line, snapshot.cursor.column
    found = re.search(r"\w*\Z", snapshot.line_prefix)
    word = found[0] if found else ""
    start = column - len(word)
    text = suggestion.text[start - suggestion.start :]
    first, newline, _ = text.strip().partition("\n")
    label = first.rstrip() if len(first) <= _LABEL else first[: _LABEL - 1]
    line, encoding = snapshot.lines[row], ls.documents.encoding
    place = types.Range(
        types.Position(row, from_column(line, start, encoding)),
        types.Position(row, from_column(line, column, encoding)),
    )
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return types.CompletionItem(
        label=label + ("…" if newline or len(first) > _LABEL else ""),
        kind=types.CompletionItemKind.Text,
        detail="PiCode",
        documentation=types.MarkupContent(types.MarkupKind.Markdown, f"{fence}{snapshot.language}\n{text}\n{fence}"),
        filter_text=word or first,
        sort_text="\x21",  # before what language servers offer: they begin with letters or digits
        text_edit=types.TextEdit(place, text),
        insert_text_mode=types.InsertTextMode.AsIs,
        command=types.Command("Suggestion accepted", ACCEPTED, arguments=[suggestion.id]),
    )


def _registers_dynamically(ls: Session) -> bool:
    document: Any = ls.client_capabilities.text_document
    declared = document.completion if document else None
    return bool(declared and declared.dynamic_registration)
