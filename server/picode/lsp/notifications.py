"""What the server tells the client without being asked: the status, alerts, and the progress of long preparations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from lsprotocol import types

from picode.core.terminal import notice
from picode.lsp import extensions
from picode.lsp.capabilities import enters_keys, manages_trust, offers_models, shows_alerts, shows_status
from picode.lsp.extensions import RemedyCommand
from picode.lsp.progress import creates_progress
from picode.lsp.session import Session

if TYPE_CHECKING:
    from picode.assistant.status import Action, Alert, Kind, Status

_PROGRESS_TOKEN = "picode/model"  # noqa: S105 - no secret


class Notifications:
    """The assistant's `Outlets` (`picode.bootstrap`) for one client."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._progress_open = False

    def status(self, status: Status) -> None:
        """`picode/status` for clients that show it, and `didChangeStatus` for clients of GitHub Copilot's server."""
        if shows_status(self._session.client_capabilities):
            self._session.notify(extensions.STATUS, status_params(status, self._session.client_capabilities))
        if self._session.speaks_copilot:
            self._session.notify(extensions.DID_CHANGE_STATUS, copilot_status(status))
            self._session.notify(extensions.STATUS_NOTIFICATION, former_copilot_status(status))

    def alert(self, alert: Alert) -> None:
        """Shows a message that the user should see at once."""
        capabilities = self._session.client_capabilities
        if not shows_alerts(capabilities):
            self._session.show_message(types.MessageType.Warning, f"PiCode: {alert.message}")
            return
        self._session.notify(extensions.ALERT, alert_params(alert.message, alert.action, capabilities))

    def models_changed(self) -> None:
        """`picode/didChangeModels` for clients that offer PiCode's models to other programs."""
        if offers_models(self._session.client_capabilities):
            self._session.notify(extensions.DID_CHANGE_MODELS, None)

    def progress(self, message: str, fraction: float | None) -> None:
        """Reports the progress of a preparation; `fraction` is between 0 and 1. An empty `message` ends it."""
        if not creates_progress(self._session.client_capabilities):
            return
        message = notice(message)
        percentage = None if fraction is None else round(100 * fraction)
        value: Any
        if not message:
            value = types.WorkDoneProgressEnd()
        elif self._progress_open:
            value = types.WorkDoneProgressReport(message=message, percentage=percentage)
        else:
            value = types.WorkDoneProgressBegin(title="PiCode", message=message, percentage=percentage)
            created = types.WorkDoneProgressCreateParams(_PROGRESS_TOKEN)
            self._session.send_request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, created)
        if message or self._progress_open:
            self._session.notify(types.PROGRESS, types.ProgressParams(_PROGRESS_TOKEN, value))
        self._progress_open = bool(message)


class CopilotStatus(TypedDict):
    """The parameters of GitHub Copilot's `didChangeStatus`."""

    message: str
    kind: str
    busy: bool


class FormerCopilotStatus(TypedDict):
    """The parameters of GitHub Copilot's `statusNotification`, which `didChangeStatus` has replaced."""

    message: str
    status: str


class StatusParams(TypedDict):
    """The parameters of `picode/status`, and the result of the command `picode.status`."""

    kind: Kind
    message: str
    provider: str
    model: str
    command: NotRequired[RemedyCommand]


class AlertParams(TypedDict):
    """The parameters of `picode/alert`: a message that the user should see at once, and what helps."""

    message: str
    command: NotRequired[RemedyCommand]


_COPILOT_KINDS = {"normal": "Normal", "busy": "Normal", "warning": "Warning", "error": "Error", "inactive": "Inactive"}


def copilot_status(status: Status) -> CopilotStatus:
    """`status` as `didChangeStatus` sends it."""
    return {"message": notice(status.message), "kind": _COPILOT_KINDS[status.kind], "busy": status.kind == "busy"}


def former_copilot_status(status: Status) -> FormerCopilotStatus:
    """`status` as `statusNotification` sends it."""
    now = copilot_status(status)
    return {"message": now["message"], "status": "InProgress" if now["busy"] else now["kind"]}


def remedy_command(action: Action, capabilities: types.ClientCapabilities) -> RemedyCommand:
    """`action` for a client; where no key can be entered, or no folder be trusted, the settings are opened instead."""
    from picode.assistant.status import ENTER_KEY, OPEN_SETTINGS, TRUST

    if (action.command == ENTER_KEY and not enters_keys(capabilities)) or (
        action == TRUST and not manages_trust(capabilities)
    ):
        action = OPEN_SETTINGS
    return {"title": action.title, "command": action.command, "arguments": list(action.arguments)}


def alert_params(message: str, action: Action | None, capabilities: types.ClientCapabilities) -> AlertParams:
    """A message with a button for `action`, as `picode/alert` sends it."""
    from picode.io.installation import runnable

    params: AlertParams = {"message": notice(runnable(f"PiCode: {message}"))}
    if action is not None:
        params["command"] = remedy_command(action, capabilities)
    return params


def status_params(status: Status, capabilities: types.ClientCapabilities) -> StatusParams:
    """`status` as `picode/status` sends it."""
    from picode.io.installation import runnable

    params: StatusParams = {
        "kind": status.kind,
        "message": notice(runnable(status.message)),
        "provider": notice(status.provider),
        "model": notice(status.model),
    }
    if (action := status.action) is not None:
        params["command"] = remedy_command(action, capabilities)
    return params
