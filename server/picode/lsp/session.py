"""One client's session: what the features of the server share. It knows the client and the assistant, but no feature."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from picode.core.terminal import notice
from picode.lsp.answers import CommandAnswers
from picode.lsp.documents import Documents, to_path
from picode.lsp.progress import CancellableTasks
from picode.lsp.protocol import Protocol

if TYPE_CHECKING:
    from picode.bootstrap import Assistant

log = logging.getLogger(__name__)

BuildAssistant = Callable[["Session"], Awaitable["Assistant"]]


class Session:
    """The state of one connection. The assistant is built after `initialize` has been answered, not before."""

    def __init__(self, client: Protocol, build: BuildAssistant) -> None:
        self.answers = CommandAnswers()
        self.tasks = CancellableTasks(client)
        self.editor_settings: dict[str, Any] = {}
        """The `picode` section of the editor's settings, as the client sent it: not validated."""
        self.keeps_section = False
        """Whether the client has sent a `picode` section that was not empty since `initialize`."""
        self.workspace_trusted = False
        self.client_name = ""
        """The client's `clientInfo.name` in `initialize`; empty if it does not introduce itself."""
        self.speaks_copilot = False
        """Whether the client was written for GitHub Copilot's language server, and expects its status notifications."""
        self.offers_completion = False
        """Whether `textDocument/completion` is announced or registered."""
        self._client = client
        self._build = build
        self._assistant: asyncio.Task[Assistant] | None = None

    # The client

    @property
    def client_capabilities(self) -> types.ClientCapabilities:
        """What the client declared in `initialize`."""
        return self._client.client_capabilities

    @property
    def documents(self) -> Documents:
        """The documents that are open in the editor."""
        return self._client.documents

    @property
    def folders(self) -> list[str]:
        """The paths of the workspace's folders."""
        workspace = self._client.workspace
        uris = [folder.uri for folder in workspace.folders.values()]
        if not uris and workspace.root_uri:
            uris = [workspace.root_uri]
        return [path for uri in uris if (path := to_path(uri)) is not None]

    def structure(self, value: Any, kind: type[Any]) -> Any:
        """JSON `value` as an instance of lsprotocol's `kind`. Raises `JsonRpcInvalidParams`."""
        return self._client.structure(value, kind)

    def unstructure(self, value: Any) -> Any:
        """An instance of one of lsprotocol's types as JSON."""
        return self._client.unstructure(value)

    def notify(self, method: str, params: Any) -> None:
        """Sends a notification."""
        self._client.notify(method, params)

    def send_request(self, method: str, params: Any) -> None:
        """Sends a request whose result is not needed."""
        self._client.send_request(method, params)

    async def send_request_async(self, method: str, params: Any) -> Any:
        """The result of a request to the client. Raises pygls's `JsonRpcException` for an error response."""
        return await self._client.send_request_async(method, params)

    def show_message(self, kind: types.MessageType, message: str) -> None:
        """Shows a message window, without waiting for it to be closed."""
        from picode.io.installation import runnable

        self.notify(types.WINDOW_SHOW_MESSAGE, types.ShowMessageParams(kind, notice(runnable(message))))

    def show_document(self, uri: str) -> None:
        """Has the client open a document in the editor, without moving the focus there."""
        shown = types.ShowDocumentParams(uri=uri, external=False, take_focus=False)
        self.send_request(types.WINDOW_SHOW_DOCUMENT, shown)

    def refresh_lenses(self) -> None:
        """Has the client request the code lenses again, if it supports that."""
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.code_lens is not None and workspace.code_lens.refresh_support:
            self.send_request(types.WORKSPACE_CODE_LENS_REFRESH, None)

    # The assistant

    def start_assistant(self) -> None:
        """Begins to build the assistant, unless that has begun already."""
        if self._assistant is None:
            self._assistant = asyncio.ensure_future(self._build(self))

    async def assistant(self) -> Assistant:
        """The assistant; waits until it is built."""
        self.start_assistant()
        assert self._assistant is not None
        return await asyncio.shield(self._assistant)

    async def close(self) -> None:
        """Closes the assistant, if one was started."""
        if self._assistant is not None:
            try:
                await (await self.assistant()).close()
            except Exception:
                log.exception("could not close the assistant")
