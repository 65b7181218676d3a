"""JSON-RPC as a language server must speak it, on top of pygls.

What pygls 2.1 lacks and this adds: an answer to every invalid request; the order of the life cycle (nothing before
`initialize`, nothing after `shutdown`); `$/cancelRequest` for commands; no message bodies in the log; documents with the
specification's line ends (`lsp.documents`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Callable, Generator
from concurrent.futures import Future
from functools import lru_cache
from typing import Any, TypeVar

from cattrs import transform_error
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol, json_rpc
from pygls.protocol.language_server import lsp_method

from picode.assistant import request_ids
from picode.core.terminal import notice, safe
from picode.lsp import extensions
from picode.lsp.documents import Documents
from picode.lsp.framing import BODY_LIMIT, Oversized

log = logging.getLogger(__name__)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether an entry of pygls belongs into the log, which editors show. The error response to a method that was never
    announced says enough: Kate sends `textDocument/documentSymbol` at each key."""
    return "unknown method" not in str(record.msg)


logging.getLogger("pygls.protocol.json_rpc").addFilter(_is_news)

_PARSE_ERROR = types.ErrorCodes.ParseError
_INVALID_REQUEST = types.ErrorCodes.InvalidRequest
_INVALID_PARAMS = types.ErrorCodes.InvalidParams
_NOT_INITIALIZED = types.ErrorCodes.ServerNotInitialized

Json = dict[str, Any]
T = TypeVar("T")


# A quote within a text is escaped in JSON, so that no text can look like a field.
_FIELD = re.compile(rb'(?<!\\)"(id|method|uri)"\s*:\s*("(?:[^"\\]|\\.){0,8192}"|-?\d{1,18})')


_SNAKE = re.compile(r"_([a-z])")


def _strings(part: bytes) -> dict[str, Any]:
    """The id, the method and the first URI in a part of a message that is not read as a whole."""
    found: dict[str, Any] = {}
    for name, value in _FIELD.findall(part):
        with contextlib.suppress(ValueError):
            found.setdefault(name.decode(), json.loads(value))
    return found


def _first_flaw(error: Exception) -> str:
    """What is wrong with a message, and where in it. No value of it is named: it may be private."""
    flaw, _, place = transform_error(error, "", _flaw)[0].partition(" @ ")
    return f"{_SNAKE.sub(lambda found: found[1].upper(), place).lstrip('.') or 'the message'} {flaw}"


def _flaw(error: BaseException, _: object) -> str:
    return "is missing" if isinstance(error, KeyError) else "is not what the specification has there"


class Protocol(LanguageServerProtocol):
    """One connection to one client."""

    def __init__(self, server: Any, converter: Any) -> None:
        super().__init__(server, converter)
        self.documents = Documents()
        self.announce: Callable[[types.ClientCapabilities, types.ServerCapabilities], None] = lambda *_: None
        """Corrects the server's capabilities before they are sent."""
        self.on_exit: Callable[[int], None] = lambda code: None
        """Receives the exit code when the client ends the session."""
        self._initialized = False

    # Receiving

    def receive(self, body: bytes) -> None:
        """Handles one message. Never raises: an invalid request is answered with an error, anything else invalid is logged."""
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
            message = self.structure_message(extensions.complete(data))
        except JsonRpcInvalidParams as error:
            if is_request:
                self._refuse(identifier, _INVALID_PARAMS, f"The parameters of {method} are not valid: {error}.")
            else:
                log.warning("ignored a malformed %s: %s", method or "response", error)
            return
        with request_ids.request():  # the tasks that are started here inherit the id
            if is_request:
                log.debug("%s, number %s", method, identifier)
            try:
                self.handle_message(message)
            except Exception:
                log.exception("could not handle %s", method or "a response")

    def malformed(self, problem: str) -> None:
        """Answers bytes that are no message; `problem` says what they are."""
        self._refuse(None, _PARSE_ERROR, f"The stream holds {problem}.")

    def skipped(self, message: Oversized) -> None:
        """Answers a message that is too large, if it is a request; tells the user of a document that can't be followed."""
        outer = {**_strings(message.end), **_strings(message.beginning)}
        size = f"{message.length / 1e6:,.0f} MB"
        identifier, method, uri = (outer.get(name) for name in ("id", "method", "uri"))
        log.warning("skipped a message of %s (%s)", size, method)
        if identifier is not None:
            self._refuse(
                identifier, _INVALID_REQUEST, f"A message of {size} is too large; {BODY_LIMIT >> 20} MB are taken."
            )
        elif isinstance(uri, str) and str(method).startswith("textDocument/did"):
            self.documents.close(uri)  # what is in it now is not known
            name = safe(uri).rpartition("/")[2]
            problem = f"PiCode: {name} takes {size}. Documents of more than {BODY_LIMIT >> 20} MB get no suggestions."
            self.notify(types.WINDOW_SHOW_MESSAGE, types.ShowMessageParams(types.MessageType.Warning, problem))

    def _in_order(self, identifier: int | str | None, method: str) -> bool:
        """Whether the life cycle allows `method` now. If not, and it is a request, the error is sent from here."""
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
        self._send({"jsonrpc": "2.0", "id": identifier, "error": {"code": int(code), "message": notice(message)}})

    def _send_response(self, msg_id: Any, result: Any = None, error: Any = None) -> None:
        """As pygls does, with an error's words as an editor may show them: names and URIs of others stand in them."""
        if isinstance(error, types.ResponseError):
            error = types.ResponseError(error.code, notice(error.message), error.data)
        super()._send_response(msg_id, result, error)

    def structure_message(self, data: Json) -> Any:
        """The typed message. Called once a message: pygls would also take nested objects with a `jsonrpc` key for one.

        Raises `JsonRpcInvalidParams`, which says what is wrong and where; pygls logs a traceback of some forty lines for it.
        """
        try:
            return self._converter.structure(data, self._type_of(data))
        except Exception as error:
            raise JsonRpcInvalidParams(_first_flaw(error)) from None

    def _type_of(self, data: Json) -> type[Any]:
        method = data.get("method")
        if method is not None:
            usual = json_rpc.JsonRPCRequestMessage if "id" in data else json_rpc.JsonRPCNotification
            return self.get_message_type(method) or usual
        if "error" in data:
            return types.ResponseErrorMessage
        return self._result_types.pop(data.get("id", ""), None) or json_rpc.JsonRPCResponseMessage

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
        """The type of a message of LSP, or of one of PiCode's extensions; None for an unknown method."""
        return extensions.MESSAGE_TYPES.get(method) or types.METHOD_TO_TYPES.get(method, (None,))[0]

    def _send_handler_result(self, future: Future[Any], *, msg_id: Any) -> None:
        """As pygls does; but what the client did wrong is no defect, and has no traceback in the log."""
        error = None if future.cancelled() else future.exception()
        if not isinstance(error, JsonRpcInvalidParams):
            super()._send_handler_result(future, msg_id=msg_id)
            return
        self._request_futures.pop(msg_id, None)
        log.warning("refused a request: %s", error)
        self._send_response(msg_id, error=error.to_response_error())

    def _handle_cancel_notification(self, msg_id: int | str) -> None:
        future = self._request_futures.get(msg_id) if isinstance(msg_id, int | str) else None
        if future is not None:
            future.cancel()

    def _handle_response(self, msg_id: int | str, result: Any = None, error: Any = None) -> None:
        future = self._request_futures.get(msg_id)
        if future is not None and future.done():  # the waiting task was cancelled
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
        """As pygls does it, with the capabilities corrected."""
        result = yield from super().lsp_initialize(params)
        self.announce(params.capabilities, result.capabilities)
        return result

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> None:  # type: ignore[override]
        """Cancels the running requests; each is still answered."""
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

    # Documents: those of `lsp.documents`, not of pygls

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        self.documents.open(params.text_document)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        if not self.documents.change(params.text_document, params.content_changes):
            log.warning("ignored a change to a document that is not open, or to an old version of it")

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self.documents.close(params.text_document.uri)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: types.DidOpenNotebookDocumentParams) -> None:
        self.documents.open_notebook(params.notebook_document, params.cell_text_documents)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(self, params: types.DidChangeNotebookDocumentParams) -> None:
        self.documents.change_notebook(params.notebook_document.uri, params.change)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(self, params: types.DidCloseNotebookDocumentParams) -> None:
        self.documents.close_notebook(params.notebook_document.uri)
