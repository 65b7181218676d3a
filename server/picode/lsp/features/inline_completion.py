"""`textDocument/inlineCompletion`: ghost text (LSP 3.18, "Inline Completion Request")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from picode.core.document import Position, Snapshot, from_column, to_column
from picode.lsp.extensions import InlineCompletionParams

if TYPE_CHECKING:
    from picode.assistant.completion.request import InlineItem, SelectedEntry
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


def registrations(session: Session) -> list[types.Registration]:
    """The registration, for clients that register dynamically."""
    if not registers_dynamically(session.client_capabilities):
        return []
    options = types.InlineCompletionRegistrationOptions(document_selector=SELECTOR)
    return [types.Registration("picode-inline-completion", types.TEXT_DOCUMENT_INLINE_COMPLETION, options)]


def opened(assistant: Assistant, document: Document) -> None:
    """A document is opened: completions may be wanted soon."""
    from picode.assistant.completion.request import CompletionRequest

    snapshot = Snapshot(document.uri, tuple(document.lines), Position(0, 0), document.version, document.language)
    assistant.suggester.opened(CompletionRequest(snapshot, path=document.path))


async def suggest(session: Session, params: InlineCompletionParams) -> types.InlineCompletionList | None:
    """The items to show; an empty list for nothing; None where a newer request or edit supersedes this one."""
    snapshot = session.documents.snapshot(params.text_document.uri, params.position)
    if snapshot is None:
        return types.InlineCompletionList(items=[])
    if params.text_document.version not in (None, snapshot.version):
        return None
    assistant = await session.assistant()
    from picode.assistant.completion.request import CompletionRequest

    document = session.documents.get(snapshot.uri)
    explicit = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    request = CompletionRequest(
        snapshot,
        trigger="explicit" if explicit else "automatic",
        path=document.path if document else None,
        selected=_selected(params.context.selected_completion_info, snapshot, session),
        indent_unit=_indent_unit(params.formatting_options),
        diagnostics=tuple(map(_described, params.diagnostics or ())),
    )
    items = await assistant.suggester.complete(request)
    now = session.documents.get(snapshot.uri)
    if items is None or now is None or now.version != snapshot.version:
        return None
    return types.InlineCompletionList(items=[_item(item, snapshot, session) for item in items])


def _described(diagnostic: types.Diagnostic) -> str:
    """A line of text for a model: the message, without links to documentation."""
    severity = types.DiagnosticSeverity(diagnostic.severity or types.DiagnosticSeverity.Error)
    return f"line {diagnostic.range.start.line + 1}: {severity.name.lower()}: {' '.join(diagnostic.message.split())}"


def _indent_unit(options: types.FormattingOptions | None) -> str:
    """One level of indentation; empty where the editor does not say."""
    if options is None:
        return ""
    return " " * max(1, min(8, options.tab_size)) if options.insert_spaces else "\t"


def _selected(info: types.SelectedCompletionInfo | None, snapshot: Snapshot, session: Session) -> SelectedEntry | None:
    if info is None:
        return None
    from picode.assistant.completion.request import SelectedEntry

    line, encoding = snapshot.lines[snapshot.cursor.line], session.documents.encoding
    start = to_column(line, info.range.start.character, encoding)
    return SelectedEntry(start, to_column(line, info.range.end.character, encoding), info.text)


def _item(item: InlineItem, snapshot: Snapshot, session: Session) -> types.InlineCompletionItem:
    row = snapshot.cursor.line
    line, encoding = snapshot.lines[row], session.documents.encoding
    return types.InlineCompletionItem(
        insert_text=item.text,
        filter_text=item.text,
        range=types.Range(
            types.Position(row, from_column(line, item.start, encoding)),
            types.Position(row, from_column(line, item.end, encoding)),
        ),
        command=types.Command("Suggestion accepted", ACCEPTED, arguments=[item.id]),
    )
