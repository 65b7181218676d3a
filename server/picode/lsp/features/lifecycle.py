"""`initialize`, `initialized`, the workspace's folders, and the cancellation of progress."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from picode.lsp.features import completion, configuration, copilot, inline_completion

if TYPE_CHECKING:
    from picode.lsp.session import Session

_HEAD_START = 0.02
"""Seconds between the answer to `initialize` and the work that makes the process busy."""


async def initialize(session: Session, params: types.InitializeParams) -> None:
    """Takes the client's capabilities and options. Must be fast: the editor waits. Only for a client that can't be told later,
    the settings files are read before the capabilities are announced."""
    encoding = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
    session.documents.encoding = types.PositionEncodingKind(encoding).value
    options = params.initialization_options
    session.client_name = params.client_info.name if params.client_info is not None else ""
    session.speaks_copilot = copilot.introduces_itself(options)
    configuration.take_initialization_options(session, options)
    if not completion.registers_dynamically(params.capabilities):
        settings = await asyncio.to_thread(configuration.read_now, session)
        session.offers_completion = settings.inline.completion
    asyncio.get_running_loop().call_later(_HEAD_START, session.start_assistant)


async def initialized(session: Session, params: types.InitializedParams) -> None:
    """Registers the features that the client wants registered dynamically, and requests its settings."""
    registrations = [*inline_completion.registrations(session), *configuration.registrations(session)]
    if registrations:
        session.send_request(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams(registrations))
    await configuration.pull(session)


async def folders_changed(session: Session, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """`workspace/didChangeWorkspaceFolders`: other folders have other settings files."""
    await configuration.apply(session)


def progress_cancelled(session: Session, params: types.WorkDoneProgressCancelParams) -> None:
    """`window/workDoneProgress/cancel`."""
    session.tasks.cancel(params.token)
