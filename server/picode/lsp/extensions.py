"""PiCode's additions to the protocol: fields that other clients send, and its own notifications.

`version` and `formattingOptions` of an inline completion request are GitHub Copilot's additions; lsprotocol would drop them.
"""

from __future__ import annotations

from typing import Any, TypedDict

import attrs
from lsprotocol import types

STATUS = "picode/status"
ALERT = "picode/alert"
ANSWER = "picode/answer"
EDIT = "picode/edit"
RESPONSE = "picode/response"
DID_CHANGE_MODELS = "picode/didChangeModels"
DID_CHANGE_TRUST = "picode/didChangeTrust"

# Of GitHub Copilot's language server (https://www.npmjs.com/package/@github/copilot-language-server)
DID_SHOW = "textDocument/didShowCompletion"
DID_PARTIALLY_ACCEPT = "textDocument/didPartiallyAcceptCompletion"
DID_FOCUS = "textDocument/didFocus"
DID_CHANGE_STATUS = "didChangeStatus"
STATUS_NOTIFICATION = "statusNotification"
"""What `didChangeStatus` was called before."""

COPILOT_REQUESTS = (
    "setEditorInfo",
    "checkStatus",
    "signIn",
    "signInInitiate",
    "signInConfirm",
    "signOut",
    "getVersion",
    "getCompletions",
    "getCompletionsCycling",
    "getPanelCompletions",
    "notifyShown",
    "notifyAccepted",
    "notifyRejected",
    "textDocument/copilotPanelCompletion",
    "textDocument/copilotInlineEdit",
    "copilot/models",
)
"""Requests to that server, of today and of former years."""


class RemedyCommand(TypedDict):
    """What the user can do about something, as LSP's `Command`."""

    title: str
    command: str
    arguments: list[Any]


@attrs.define
class VersionedDocument:
    """A document, and the version of it that the parameters refer to."""

    uri: str
    version: int | None = None


@attrs.define
class InlineCompletionParams:
    """LSP 3.18 `InlineCompletionParams`, with Copilot's additions and one of ours: the `diagnostics` near the cursor."""

    context: types.InlineCompletionContext
    text_document: VersionedDocument
    position: types.Position
    work_done_token: int | str | None = None
    formatting_options: types.FormattingOptions | None = None
    diagnostics: list[types.Diagnostic] | None = None


@attrs.define
class InlineCompletionRequest:
    id: int | str
    params: InlineCompletionParams
    method: str = types.TEXT_DOCUMENT_INLINE_COMPLETION
    jsonrpc: str = "2.0"


@attrs.define
class TrustParams:
    """Whether the user trusts the workspace: only then its settings files may set addresses, keys and commands."""

    workspace_trusted: bool


@attrs.define
class DidChangeTrust:
    params: TrustParams
    method: str = DID_CHANGE_TRUST
    jsonrpc: str = "2.0"


@attrs.define
class DidShowParams:
    """An item of an inline completion is shown. Of the item, only its command is used."""

    item: Any


@attrs.define
class DidPartiallyAcceptParams:
    """The first `accepted_length` UTF-16 units of an item's text were accepted."""

    item: Any
    accepted_length: int = 0


@attrs.define
class DidFocusParams:
    """The document in the focused editor; None if no document has the focus."""

    text_document: types.TextDocumentIdentifier | None = None


@attrs.define
class DidShow:
    params: DidShowParams
    method: str = DID_SHOW
    jsonrpc: str = "2.0"


@attrs.define
class DidPartiallyAccept:
    params: DidPartiallyAcceptParams
    method: str = DID_PARTIALLY_ACCEPT
    jsonrpc: str = "2.0"


@attrs.define
class DidFocus:
    params: DidFocusParams
    method: str = DID_FOCUS
    jsonrpc: str = "2.0"


@attrs.define
class CopilotRequest:
    """A request to GitHub Copilot's language server, with its parameters as JSON has them: each client sends others."""

    id: int | str
    method: str
    params: Any = None
    jsonrpc: str = "2.0"


MESSAGE_TYPES: dict[str, type[Any]] = {
    types.TEXT_DOCUMENT_INLINE_COMPLETION: InlineCompletionRequest,
    DID_CHANGE_TRUST: DidChangeTrust,
    DID_SHOW: DidShow,
    DID_PARTIALLY_ACCEPT: DidPartiallyAccept,
    DID_FOCUS: DidFocus,
    **dict.fromkeys(COPILOT_REQUESTS, CopilotRequest),
}


def complete(message: dict[str, Any]) -> dict[str, Any]:
    """`message` with the capabilities that the first clients of Copilot's server left out of `initialize`."""
    params = message.get("params")
    if message.get("method") != types.INITIALIZE or not isinstance(params, dict):
        return message
    return message if params.get("capabilities") else {**message, "params": {**params, "capabilities": {}}}
