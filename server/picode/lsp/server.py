"""The language server: what it offers, in one table."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from picode import __version__
from picode.lsp import extensions, notices, running
from picode.lsp.answers import Answers
from picode.lsp.documents import Documents
from picode.lsp.features import (
    code_action,
    code_lens,
    commands,
    completion,
    configuration,
    conversations,
    edit_review,
    feedback,
    inline_completion,
    lifecycle,
    slash,
    text_document_content,
)
from picode.lsp.protocol import Protocol

if TYPE_CHECKING:
    from picode.bootstrap import Assistant

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
    # Without options pygls does not announce inline completion, and VS Code never asks.
    (types.TEXT_DOCUMENT_INLINE_COMPLETION, inline_completion.suggest, types.InlineCompletionOptions()),
    (types.TEXT_DOCUMENT_COMPLETION, completion.complete, types.CompletionOptions()),
    (types.TEXT_DOCUMENT_CODE_ACTION, code_action.offer, code_action.OPTIONS),
    (types.CODE_ACTION_RESOLVE, code_action.resolve, None),
    (types.TEXT_DOCUMENT_CODE_LENS, code_lens.lenses, types.CodeLensOptions()),
    (types.WORKSPACE_TEXT_DOCUMENT_CONTENT, text_document_content.content, text_document_content.OPTIONS),
    (types.WINDOW_WORK_DONE_PROGRESS_CANCEL, running.cancelled, None),
)

COMMANDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("picode.accepted", commands.accepted),
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
    ("picode.edit.settled", edit_review.settled),
    ("picode.edit.undo", edit_review.undo),
    ("picode.explainSuggestion", commands.explain_suggestion),
    ("picode.metrics", commands.metrics),
    ("picode.models", commands.models),
    ("picode.retry", commands.retry),
    ("picode.slash", slash.slash),
    ("picode.status", commands.status),
)

_NOTEBOOKS = types.NotebookDocumentSyncOptions(
    notebook_selector=[types.NotebookDocumentFilterWithNotebook(notebook="*", cells=None)], save=False
)

Build = Callable[["PiCodeServer"], Awaitable["Assistant"]]


class PiCodeServer(LanguageServer):
    """One server for one client. The assistant is built when `initialize` has been answered, not before."""

    protocol: Protocol

    def __init__(self, build: Build | None = None) -> None:
        super().__init__(
            "picode",
            __version__,
            protocol_cls=Protocol,
            converter_factory=default_converter,
            notebook_document_sync=_NOTEBOOKS,
        )
        self.documents = Documents()
        self.notices = notices.Notices(self)
        self.answers = Answers()
        self.running = running.Running(self)
        self.editor_settings: dict[str, Any] = {}
        self.workspace_trusted = False
        self.speaks_copilot = False
        self.offers_completion = False
        self._build = build or build_assistant
        self._assistant: asyncio.Task[Assistant] | None = None
        for method, handler, options in FEATURES:
            self.feature(method, options)(handler)
        for name, handler in COMMANDS:
            self.command(name)(handler)

    @property
    def folders(self) -> list[str]:
        """The workspace's folders, as paths."""
        return lifecycle.folder_paths(self)

    def start_assistant(self) -> None:
        """Begins to build the assistant, if nobody has yet."""
        if self._assistant is None:
            self._assistant = asyncio.ensure_future(self._build(self))

    async def assistant(self) -> Assistant:
        """The assistant, as soon as it is there."""
        self.start_assistant()
        assert self._assistant is not None
        return await asyncio.shield(self._assistant)

    def documents_closed(self, uris: list[str]) -> None:
        """Stops what is under way for documents that are gone."""
        if self._assistant is not None and self._assistant.done() and not self._assistant.cancelled():
            for uri in uris:
                self._assistant.result().suggester.forget(uri)

    async def refresh_lenses(self) -> None:
        """Has the client ask for the lenses again, where it can."""
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.code_lens is not None and workspace.code_lens.refresh_support:
            self.protocol.send_request(types.WORKSPACE_CODE_LENS_REFRESH, None)

    async def close(self) -> None:
        """Lets go of everything that outlives a request."""
        if self._assistant is not None:
            try:
                await (await self.assistant()).close()
            except Exception:
                log.exception("could not close the assistant")

    def report_server_error(self, error: Exception, source: Any) -> None:
        """A defect of ours is for the log, not for a window in the editor."""
        log.error("%s", error)


async def build_assistant(server: PiCodeServer, **seams: Any) -> Assistant:
    """The assistant of `server`, which hears of its documents. `seams` are those of `bootstrap.build`."""
    # Importing takes a while; in a thread, messages are answered meanwhile.
    bootstrap = await asyncio.to_thread(_import_bootstrap)
    documents = server.documents
    assistant: Assistant = await bootstrap.build(
        server.notices, configuration.current(server), documents=documents, **seams
    )
    documents.on_edit, documents.on_close = assistant.context.edits.edited, assistant.context.closed
    assistant.context.cells = documents.cells
    documents.on_open = partial(inline_completion.opened, assistant)
    for document in documents:
        documents.on_open(document)
    return assistant


def _import_bootstrap() -> Any:
    from picode import bootstrap

    return bootstrap
