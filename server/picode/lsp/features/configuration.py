"""The editor's layer of the settings: `initializationOptions`, `workspace/configuration`, and trust."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from picode.lsp.extensions import DidChangeTrust, TrustParams
from picode.lsp.features import completion

if TYPE_CHECKING:
    from picode.bootstrap import Surroundings
    from picode.lsp.server import PiCodeServer

log = logging.getLogger(__name__)

SECTION = "picode"
_TRUSTED = "workspaceTrusted"


def current(ls: PiCodeServer) -> Surroundings:
    """What the assistant's settings depend on, as this client has it now."""
    from picode.bootstrap import Surroundings

    return Surroundings(tuple(ls.folders), ls.workspace_trusted, dict(ls.editor_settings))


def take_initialization_options(ls: PiCodeServer, options: Any) -> None:
    """Settings at the top level, beside the reserved key `workspaceTrusted`."""
    if not isinstance(options, dict):
        return
    ls.workspace_trusted = options.get(_TRUSTED) is True
    ls.editor_settings = {name: value for name, value in options.items() if name != _TRUSTED}


def registrations(ls: PiCodeServer) -> list[types.Registration]:
    """Clients that register dynamically send `didChangeConfiguration` only to who asked for it."""
    workspace = ls.client_capabilities.workspace
    changes = workspace.did_change_configuration if workspace else None
    if changes is None or not changes.dynamic_registration:
        return []
    options = types.DidChangeConfigurationRegistrationOptions(section=SECTION)
    return [types.Registration("picode-configuration", types.WORKSPACE_DID_CHANGE_CONFIGURATION, options)]


async def changed(ls: PiCodeServer, params: types.DidChangeConfigurationParams) -> None:
    """The settings of the editor have changed: they are in the notification, or to be asked for."""
    settings = params.settings
    if isinstance(settings, dict) and isinstance(settings.get(SECTION), dict):
        ls.editor_settings = settings[SECTION]
        await apply(ls)
    else:
        await pull(ls)


async def pull(ls: PiCodeServer) -> None:
    """Asks the client for its settings, where it can be asked, and applies them."""
    workspace = ls.client_capabilities.workspace
    if workspace is not None and workspace.configuration:
        request = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
        try:
            answer = await ls.protocol.send_request_async(types.WORKSPACE_CONFIGURATION, request)
        except Exception as error:
            log.warning("the client did not give its settings: %s", error)
            return
        if answer and isinstance(answer[0], dict):
            ls.editor_settings = answer[0]
    await apply(ls)


async def trust_changed(ls: PiCodeServer, notification: DidChangeTrust | TrustParams) -> None:
    """The user trusts the workspace now, or no longer."""
    params = notification.params if isinstance(notification, DidChangeTrust) else notification
    ls.workspace_trusted = params.workspace_trusted
    await apply(ls)


async def apply(ls: PiCodeServer) -> None:
    """Makes the assistant work with what the client says now."""
    assistant = await ls.assistant()
    assistant.surroundings_changed(current(ls))
    await completion.settings_changed(ls, assistant.settings().inline.completion)
