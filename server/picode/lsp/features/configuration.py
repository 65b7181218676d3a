"""The editor's layer of the settings: `initializationOptions`, `workspace/configuration`, and trust."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from picode.lsp.extensions import DidChangeTrust, TrustParams
from picode.lsp.features import completion
from picode.lsp.features.copilot import without_introduction

if TYPE_CHECKING:
    from picode.bootstrap import Surroundings
    from picode.lsp.session import Session
    from picode.settings.model import Settings

log = logging.getLogger(__name__)

SECTION = "picode"
_TRUSTED = "workspaceTrusted"


def current(session: Session) -> Surroundings:
    """The folders, the trust and the editor's settings that the client has now."""
    from picode.bootstrap import Surroundings

    return Surroundings(tuple(session.folders), session.workspace_trusted, dict(session.editor_settings))


def read_now(session: Session) -> Settings:
    """The settings in force for what the client has sent so far, read from the disk. Importing what reads them takes some
    100 ms: to be called in a thread."""
    from picode.io.live_settings import LiveSettings

    now = current(session)
    live = LiveSettings(os.environ, lambda _: None)
    live.update(now.folders, now.trusted, now.editor, now.command_line)
    return live.resolved.settings


def take_initialization_options(session: Session, options: Any) -> None:
    """Takes `initializationOptions`: settings at the top level, and the key `workspaceTrusted`."""
    if not isinstance(options, dict):
        return
    session.workspace_trusted = options.get(_TRUSTED) is True
    settings = without_introduction(options) if session.speaks_copilot else options
    session.editor_settings = {name: value for name, value in settings.items() if name != _TRUSTED}


def registrations(session: Session) -> list[types.Registration]:
    """The registration for `didChangeConfiguration`, for clients that send it only to servers that registered."""
    workspace = session.client_capabilities.workspace
    changes = workspace.did_change_configuration if workspace else None
    if changes is None or not changes.dynamic_registration:
        return []
    options = types.DidChangeConfigurationRegistrationOptions(section=SECTION)
    return [types.Registration("picode-configuration", types.WORKSPACE_DID_CHANGE_CONFIGURATION, options)]


async def changed(session: Session, params: types.DidChangeConfigurationParams) -> None:
    """`workspace/didChangeConfiguration`: the new settings are in the notification, or are requested."""
    settings = params.settings
    if isinstance(settings, dict) and isinstance(settings.get(SECTION), dict):
        _take_section(session, settings[SECTION])
        await apply(session)
    else:
        await pull(session)


async def pull(session: Session) -> None:
    """Requests the client's settings, if it supports that, and applies them."""
    workspace = session.client_capabilities.workspace
    if workspace is not None and workspace.configuration:
        request = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
        try:
            answer = await session.send_request_async(types.WORKSPACE_CONFIGURATION, request)
        except Exception as error:
            log.warning("the client did not give its settings: %s", error)
            return
        if answer and isinstance(answer[0], dict):
            _take_section(session, answer[0])
    await apply(session)


def _take_section(session: Session, section: dict[str, Any]) -> None:
    """Takes the client's `picode` section in the place of the settings it sent before. A client that keeps no sections, such
    as lsp-mode, answers each with an empty one: that replaces `initializationOptions` only after one that was not empty."""
    if section or session.keeps_section:
        session.editor_settings = section
        session.keeps_section = True


async def trust_changed(session: Session, notification: DidChangeTrust | TrustParams) -> None:
    """`picode/didChangeTrust`: the user trusts the workspace now, or no longer."""
    params = notification.params if isinstance(notification, DidChangeTrust) else notification
    session.workspace_trusted = params.workspace_trusted
    await apply(session)


async def apply(session: Session) -> None:
    """Applies the client's current settings, folders and trust to the assistant."""
    assistant = await session.assistant()
    assistant.surroundings_changed(current(session))
    await completion.settings_changed(session, assistant.settings().inline.completion)
