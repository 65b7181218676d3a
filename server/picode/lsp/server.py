"""The language server: everything that it offers, in two tables."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcMethodNotFound
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from picode import __version__
from picode.lsp import extensions
from picode.lsp.capabilities import shows_virtual_documents
from picode.lsp.features import (
    code_action,
    code_lens,
    commands,
    completion,
    configuration,
    conversations,
    copilot,
    edit_review,
    feedback,
    inline_completion,
    keys,
    language_models,
    lifecycle,
    slash,
    text_document_content,
)
from picode.lsp.notifications import Notifications
from picode.lsp.protocol import Protocol
from picode.lsp.session import BuildAssistant, Session

if TYPE_CHECKING:
    from picode.bootstrap import Assistant
    from picode.lsp.documents import Document

log = logging.getLogger(__name__)

FEATURES: tuple[tuple[str, Callable[..., Any], Any], ...] = (
    # method, handler, registration options
    (types.INITIALIZE, lifecycle.initialize, None),
    (types.INITIALIZED, lifecycle.initialized, None),
    (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, lifecycle.folders_changed, None),
    (types.WORKSPACE_DID_CHANGE_CONFIGURATION, configuration.changed, None),
    (extensions.DID_CHANGE_TRUST, configuration.trust_changed, None),
    (extensions.DID_SHOW, feedback.shown, None),
    (extensions.DID_PARTIALLY_ACCEPT, feedback.partly_accepted, None),
    (extensions.DID_FOCUS, feedback.focused, None),
    # Without options pygls does not announce inline completion, and VS Code never requests it.
    (types.TEXT_DOCUMENT_INLINE_COMPLETION, inline_completion.suggest, types.InlineCompletionOptions()),
    (types.TEXT_DOCUMENT_COMPLETION, completion.complete, types.CompletionOptions()),
    (types.TEXT_DOCUMENT_CODE_ACTION, code_action.offer, code_action.OPTIONS),
    (types.CODE_ACTION_RESOLVE, code_action.resolve, None),
    (types.TEXT_DOCUMENT_CODE_LENS, code_lens.lenses, types.CodeLensOptions()),
    (types.WORKSPACE_TEXT_DOCUMENT_CONTENT, text_document_content.content, text_document_content.OPTIONS),
    (types.WINDOW_WORK_DONE_PROGRESS_CANCEL, lifecycle.progress_cancelled, None),
    *((method, handler, None) for method, handler in copilot.REQUESTS.items()),
)

COMMANDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("picode.accepted", feedback.accepted),
    ("picode.chat.model", commands.chat_model),
    ("picode.commands", slash.commands),
    ("picode.conversation", conversations.shown),
    ("picode.conversation.delete", conversations.deleted),
    ("picode.conversation.rename", conversations.renamed),
    ("picode.conversations", conversations.listed),
    ("picode.edit.accept", edit_review.accept),
    ("picode.edit.again", edit_review.again),
    ("picode.edit.compare", edit_review.compare),
    ("picode.edit.discard", edit_review.discard),
    ("picode.edit.keep", edit_review.keep),
    ("picode.edit.propose", edit_review.propose),
    ("picode.edit.settled", edit_review.settled),
    ("picode.edit.undo", edit_review.undo),
    ("picode.explainSuggestion", feedback.explain_suggestion),
    ("picode.key", keys.describe),
    ("picode.key.enter", keys.enter),
    ("picode.key.give", keys.give),
    ("picode.languageModels", language_models.listed),
    ("picode.languageModels.countTokens", language_models.count_tokens),
    ("picode.languageModels.respond", language_models.respond),
    ("picode.metrics", commands.metrics),
    ("picode.models", commands.models),
    ("picode.retry", commands.retry),
    ("picode.resume", commands.resume),
    ("picode.slash", slash.slash),
    ("picode.snooze", commands.snooze),
    ("picode.status", commands.status),
)

_NOTEBOOKS = types.NotebookDocumentSyncOptions(
    notebook_selector=[types.NotebookDocumentFilterWithNotebook(notebook="*", cells=None)], save=False
)


class PiCodeServer(LanguageServer):
    """One server for one client: the tables above, bound to a `Session`. `build` makes the assistant."""

    protocol: Protocol

    def __init__(self, build: BuildAssistant | None = None) -> None:
        super().__init__(
            "picode",
            __version__,
            protocol_cls=Protocol,
            converter_factory=default_converter,
            notebook_document_sync=_NOTEBOOKS,
        )
        session = self.session = Session(self.protocol, build or build_assistant)
        self.assistant, self.close = session.assistant, session.close
        self.protocol.announce = partial(_announce, session)
        for method, handler, options in FEATURES:
            self.feature(method, options)(partial(handler, session))
        for name, handler in COMMANDS:
            self.command(name)(partial(handler, session))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Logs a defect of this server; pygls would show it in a window of the editor. An unknown method is no defect."""
        if not isinstance(error, JsonRpcMethodNotFound):
            log.error("%s", error)


def _announce(session: Session, client: types.ClientCapabilities, server: types.ServerCapabilities) -> None:
    """Corrects the capabilities that pygls announces: what is registered dynamically, or turned off, is not among them."""
    if inline_completion.registers_dynamically(client):
        server.inline_completion_provider = None
    if not session.offers_completion:
        server.completion_provider = None
    if server.workspace is not None and shows_virtual_documents(client):  # pygls 2.1 does not announce it
        server.workspace.text_document_content = text_document_content.OPTIONS


async def build_assistant(session: Session, **seams: Any) -> Assistant:
    """The assistant of `session`, which is told of its documents. `seams` are those of `bootstrap.build`."""
    # Importing takes some 100 ms; in a thread, messages are answered meanwhile.
    bootstrap = await asyncio.to_thread(_import_bootstrap)
    documents = session.documents
    assistant: Assistant = await bootstrap.build(
        Notifications(session), configuration.current(session), documents=documents, **seams
    )

    def closed(document: Document) -> None:
        assistant.context.closed(document)
        assistant.suggester.forget(document.uri)

    assistant.context.cells = documents.cells
    documents.on_edit, documents.on_close = assistant.context.edits.edited, closed
    documents.on_open = partial(inline_completion.opened, assistant)
    for document in documents:
        documents.on_open(document)
    return assistant


def _import_bootstrap() -> Any:
    from picode import bootstrap

    return bootstrap
