"""What the server tells the client unasked: status, alerts, progress."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from picode.lsp import extensions

if TYPE_CHECKING:
    from picode.assistant.status import Alert, Status
    from picode.lsp.server import PiCodeServer

log = logging.getLogger(__name__)

_PROGRESS = "picode/model"


class Notices:
    """The client, as somebody to tell things to."""

    def __init__(self, server: PiCodeServer) -> None:
        self._server = server
        self._progress_open = False

    def status(self, status: Status) -> None:
        """`picode/status`, and for clients of GitHub Copilot's server `didChangeStatus`."""
        self._server.protocol.notify(extensions.STATUS, status_params(status))
        if self._server.speaks_copilot:
            self._server.protocol.notify(extensions.DID_CHANGE_STATUS, copilot_status(status))

    def alert(self, alert: Alert) -> None:
        """One message that the user should see now."""
        self._server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"PiCode: {alert.message}"))

    def progress(self, message: str, fraction: float | None) -> None:
        """How far a long preparation has got; an empty `message` ends it. `fraction` is between 0 and 1."""
        window = self._server.client_capabilities.window
        if window is None or not window.work_done_progress:
            return
        percentage = None if fraction is None else round(100 * fraction)
        value: Any
        if not message:
            value = types.WorkDoneProgressEnd()
        elif self._progress_open:
            value = types.WorkDoneProgressReport(message=message, percentage=percentage)
        else:
            value = types.WorkDoneProgressBegin(title="PiCode", message=message, percentage=percentage)
            self._server.protocol.send_request(
                types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(_PROGRESS)
            )
        if message or self._progress_open:
            self._server.protocol.notify(types.PROGRESS, types.ProgressParams(_PROGRESS, value))
        self._progress_open = bool(message)


_COPILOT_KINDS = {"normal": "Normal", "busy": "Normal", "warning": "Warning", "error": "Error", "inactive": "Inactive"}


def copilot_status(status: Status) -> dict[str, Any]:
    """`status` as `didChangeStatus` gives it."""
    return {"message": status.message, "kind": _COPILOT_KINDS[status.kind], "busy": status.kind == "busy"}


def status_params(status: Status) -> dict[str, Any]:
    """`status` as `picode/status` and the command `picode.status` give it."""
    params: dict[str, Any] = {
        "kind": status.kind,
        "message": status.message,
        "provider": status.provider,
        "model": status.model,
    }
    if (action := status.action) is not None:
        params["command"] = {"title": action.title, "command": action.command, "arguments": list(action.arguments)}
    return params
