"""`textDocument/inlineCompletion`: ghost text (LSP 3.18, "Inline Completion Request")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from picode.core.document import Position, Snapshot, from_column, to_column
from picode.lsp.extensions import InlineCompletionParams

if TYPE_CHECKING:
    from picode.assistant.completion.request import Selected, Suggestion
    from picode.bootstrap import Assistant
    from picode.lsp.documents import Document
    from picode.lsp.session import Session

ACCEPTED = "picode.accepted"

# Written out, since vscode-languageclient takes a registration without a selector for one that never applies.
SELECTOR: list[types.DocumentFilter] = [
    types.TextDocumentFilterScheme(scheme=scheme)
    for scheme in ("file", "untitled", "vscode-notebook-cell", "vscode-vfs", "vscode-remote")
]


def registers_dynamically(capabilities: types.ClientCapabilities) -> bool:
    """Whether the client wants this feature registered rather than announced."""
    document = capabilities.text_document
    declared = document.inline_completion if document else None
    return bool(declared and declared.dynamic_registration)


def registrations(ls: Session) -> list[types.Registration]:
    """The registration, for clients that register dynamically."""
    if not registers_dynamically(ls.client_capabilities):
        return []
    options = types.InlineCompletionRegistrationOptions(document_selector=SELECTOR)
    return [types.Registration("picode-inline-completion", types.TEXT_DOCUMENT_INLINE_COMPLETION, options)]


def opened(assistant: Assistant, document: Document) -> None:
    """The user opens a document, and may soon type in it."""
    from picode.assistant.completion.request import Ask

    snapshot = Snapshot(document.uri, tuple(document.lines), Position(0, 0), document.version, document.language)
    assistant.suggester.opened(Ask(snapshot, path=document.path))


async def suggest(ls: Session, params: InlineCompletionParams) -> types.InlineCompletionList | None:
    """The items to show; an empty list for nothing; None where a newer request or edit has made this one pointless."""
    snapshot = ls.documents.snapshot(params.text_document.uri, params.position)
    if snapshot is None:
        return types.InlineCompletionList(items=[])
    if params.text_document.version not in (None, snapshot.version):
        return None
    assistant = await ls.assistant()
    from picode.assistant.completion.request import Ask
    from picode.assistant.completion.service import Superseded

    document = ls.documents.get(snapshot.uri)
    answer = await assistant.suggester.suggest(
        Ask(
            snapshot,
            trigger="explicit"
            if params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
            else "automatic",
            path=document.path if document else None,
            selected=_selected(params.context.selected_completion_info, snapshot, ls),
            unit=_unit(params.formatting_options),
            problems=tuple(map(_problem, params.diagnostics or ())),
        )
    )
    if isinstance(answer, Superseded):
        return None
    now = ls.documents.get(snapshot.uri)
    if now is None or now.version != snapshot.version:
        return None
    return types.InlineCompletionList(items=[_item(suggestion, snapshot, ls) for suggestion in answer])


def _problem(diagnostic: types.Diagnostic) -> str:
    """A line of text for what the editor reports. Only what is wrong in the code reaches a model, not where help is found."""
    kind = "warning" if diagnostic.severity == types.DiagnosticSeverity.Warning else "error"
    return f"line {diagnostic.range.start.line + 1}: {kind}: {' '.join(diagnostic.message.split())}"


def _unit(options: types.FormattingOptions | None) -> str:
    """A level of indentation; empty where the editor does not say."""
    if options is None:
        return ""
    return " " * max(1, min(8, options.tab_size)) if options.insert_spaces else "\t"


def _selected(info: types.SelectedCompletionInfo | None, snapshot: Snapshot, ls: Session) -> Selected | None:
    if info is None:
        return None
    from picode.assistant.completion.request import Selected

    line, encoding = snapshot.lines[snapshot.cursor.line], ls.documents.encoding
    start = to_column(line, info.range.start.character, encoding)
    return Selected(start, to_column(line, info.range.end.character, encoding), info.text)


def _item(suggestion: Suggestion, snapshot: Snapshot, ls: Session) -> types.InlineCompletionItem:
    row = snapshot.cursor.line
    line, encoding = snapshot.lines[row], ls.documents.encoding
    return types.InlineCompletionItem(
        insert_text=suggestion.text,
        filter_text=suggestion.text,
        range=types.Range(
            types.Position(row, from_column(line, suggestion.start, encoding)),
            types.Position(row, from_column(line, suggestion.end, encoding)),
        ),
        command=types.Command("Suggestion accepted", ACCEPTED, arguments=[suggestion.id]),
    )
