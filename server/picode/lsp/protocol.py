"""JSON-RPC as a language server must speak it, on top of pygls.

What pygls 2.1 leaves out and this adds: an answer to every request, whatever is wrong with it; the order of the life cycle
(nothing before `initialize`, nothing after `shutdown`); `$/cancelRequest` for commands as well; no message body in any
log; documents that keep to the specification's line ends (`lsp.documents`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Generator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

from picode.assistant import request_ids
from picode.lsp import extensions
from picode.lsp.capabilities import shows_virtual_documents
from picode.lsp.features import completion, text_document_content
from picode.lsp.features.inline_completion import registers_dynamically

if TYPE_CHECKING:
    from picode.lsp.server import PiCodeServer

log = logging.getLogger(__name__)

_PARSE_ERROR = types.ErrorCodes.ParseError
_INVALID_REQUEST = types.ErrorCodes.InvalidRequest
_INVALID_PARAMS = types.ErrorCodes.InvalidParams
_NOT_INITIALIZED = types.ErrorCodes.ServerNotInitialized

Json = dict[str, Any]
T = TypeVar("T")


class Protocol(LanguageServerProtocol):
    """One connection to one client."""

    _server: PiCodeServer

    def __init__(self, server: PiCodeServer, converter: Any) -> None:
        super().__init__(server, converter)
        self.on_exit: Callable[[int], None] = lambda code: None
        self._initialized = False

    # Receiving

    def receive(self, body: bytes) -> None:
        """Handles one message. Never raises: what can't be handled is answered, or logged where nobody asked."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            self._refuse(None, _PARSE_ERROR, "The message is not JSON.")
            return
        if not isinstance(data, dict) or data.get("jsonrpc") != "2.0":
            self._refuse(None, _INVALID_REQUEST, "The message is not a JSON-RPC 2.0 object; LSP has no batches.")
            return
        identifier, method = data.get("id"), data.get("method")
        is_request = "id" in data and "method" in data
        if is_request and (not isinstance(identifier, int | str) or not isinstance(method, str)):
            self._refuse(None, _INVALID_REQUEST, "The request has no usable id or method.")
            return
        if "method" in data and not self._in_order(identifier if is_request else None, str(method)):
            return
        try:
            message = self.structure_message(data)
        except Exception:
            if is_request:
                self._refuse(identifier, _INVALID_PARAMS, f"The parameters of {method} are not valid.")
            else:
                log.warning("ignored a malformed %s", method or "response")
            return
        with request_ids.request():  # for the tasks that are begun now, and all they do
            if is_request:
                log.debug("%s, number %s", method, identifier)
            try:
                self.handle_message(message)
            except Exception:
                log.exception("could not handle %s", method or "a response")

    def malformed(self, problem: str) -> None:
        """Bytes arrived that are no message."""
        self._refuse(None, _PARSE_ERROR, f"The stream holds {problem}.")

    def _in_order(self, identifier: int | str | None, method: str) -> bool:
        """Whether the life cycle allows `method` now; a request that comes at the wrong time is answered here."""
        if method == types.EXIT:
            return True
        if not self._initialized and method != types.INITIALIZE:
            problem = (_NOT_INITIALIZED, "The server waits for `initialize`.")
        elif self._initialized and method == types.INITIALIZE:
            problem = (_INVALID_REQUEST, "The server is initialized already.")
        elif self._shutdown:
            problem = (_INVALID_REQUEST, "The server is shutting down.")
        else:
            self._initialized = True
            return True
        if identifier is not None:
            self._refuse(identifier, *problem)
        return False

    def _refuse(self, identifier: int | str | None, code: int, message: str) -> None:
        log.warning("refused a message: %s", message)
        self._send({"jsonrpc": "2.0", "id": identifier, "error": {"code": int(code), "message": message}})

    def structure_message(self, data: Json) -> Any:
        """The typed message. Called once a message, unlike in pygls, where nested `jsonrpc` keys are taken for one."""
        return super().structure_message(data)

    def structure(self, value: Any, kind: type[T]) -> T:
        """`value`, as JSON has it, as one of lsprotocol's types. Raises `JsonRpcInvalidParams`."""
        try:
            return self._converter.structure(value, kind)
        except Exception:
            raise JsonRpcInvalidParams(f"{kind.__name__} is not as the specification has it.") from None

    def unstructure(self, value: Any) -> Any:
        """`value` as JSON has it."""
        return self._converter.unstructure(value)

    @lru_cache  # noqa: B019 - as pygls does it; there is one protocol a process
    def get_message_type(self, method: str) -> type[Any] | None:
        """The types of LSP, and ours."""
        return extensions.MESSAGE_TYPES.get(method) or types.METHOD_TO_TYPES.get(method, (None,))[0]

    def _handle_cancel_notification(self, msg_id: int | str) -> None:
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.cancel()

    def _handle_response(self, msg_id: int | str, result: Any = None, error: Any = None) -> None:
        future = self._request_futures.get(msg_id)
        if future is not None and future.done():  # given up meanwhile
            del self._request_futures[msg_id]
            return
        super()._handle_response(msg_id, result, error)

    # Sending

    def _send_data(self, data: Any) -> None:
        """Everything that pygls sends goes through here; its own version writes each body to the log."""
        if data:
            self._send(data)

    def _send(self, data: Any) -> None:
        if self.writer is None:
            return
        content = json.dumps(data, default=self._serialize_message, ensure_ascii=False, separators=(",", ":"))
        encoded = content.encode("utf-8", "replace")
        self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(encoded), encoded))

    # Life cycle

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """As pygls does it; what is not wanted, or going to be registered dynamically, is not announced here."""
        result = yield from super().lsp_initialize(params)
        if registers_dynamically(params.capabilities):
            result.capabilities.inline_completion_provider = None
        self._server.offers_completion = completion.announces(self._server)
        if not self._server.offers_completion:
            result.capabilities.completion_provider = None
        # pygls does not know this one yet.
        workspace = result.capabilities.workspace
        if workspace is not None and shows_virtual_documents(params.capabilities):
            workspace.text_document_content = text_document_content.OPTIONS
        return result

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> None:  # type: ignore[override]
        """Cancels what is under way; every request is still answered."""
        self._shutdown = True
        for future in list(self._request_futures.values()):
            future.cancel()

    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: Any) -> None:  # type: ignore[override]
        """LSP 3.18, `exit`: 0 after a `shutdown`, else 1."""
        self.on_exit(0 if self._shutdown else 1)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Runs a command under the request's own id, so that `$/cancelRequest` reaches it."""
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams(f"There is no command {params.command!r}.")
        result = handler(*(params.arguments or ()))
        return await result if asyncio.iscoroutine(result) else result

    # Documents: ours, not those of pygls

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        self._server.documents.open(params.text_document)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        if not self._server.documents.change(params.text_document, params.content_changes):
            log.warning("ignored a change to a document that is not open, or to an old version of it")

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self._server.documents.close(params.text_document.uri)
        self._server.documents_closed([params.text_document.uri])

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: types.DidOpenNotebookDocumentParams) -> None:
        self._server.documents.open_notebook(params.notebook_document, params.cell_text_documents)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(self, params: types.DidChangeNotebookDocumentParams) -> None:
        closed = self._server.documents.change_notebook(params.notebook_document.uri, params.change)
        self._server.documents_closed(closed)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(self, params: types.DidCloseNotebookDocumentParams) -> None:
        self._server.documents_closed(self._server.documents.close_notebook(params.notebook_document.uri))
