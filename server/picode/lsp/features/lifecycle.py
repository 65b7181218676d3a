"""`initialize`, `initialized` and the workspace's folders."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from picode.lsp.features import configuration, inline_completion
from picode.lsp.paths import to_path

if TYPE_CHECKING:
    from picode.lsp.server import PiCodeServer

_HEAD_START = 0.02
"""Seconds between the answer to `initialize` and the work that makes the process busy."""


def initialize(ls: PiCodeServer, params: types.InitializeParams) -> None:
    """Takes what the client says of itself. Nothing slow: the editor waits."""
    encoding = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
    ls.documents.encoding = types.PositionEncodingKind(encoding).value
    # Clients of Copilot's server say who they are in their own way; its specification asks them to.
    options = params.initialization_options
    ls.speaks_copilot = isinstance(options, dict) and "editorPluginInfo" in options
    configuration.take_initialization_options(ls, options)
    asyncio.get_running_loop().call_later(_HEAD_START, ls.start_assistant)


async def initialized(ls: PiCodeServer, params: types.InitializedParams) -> None:
    """Registers what the client wants registered dynamically, and asks for its settings."""
    registrations = [*inline_completion.registrations(ls), *configuration.registrations(ls)]
    if registrations:
        ls.protocol.send_request(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams(registrations))
    await configuration.pull(ls)


async def folders_changed(ls: PiCodeServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Other folders, other settings files."""
    await configuration.apply(ls)


def folder_paths(ls: PiCodeServer) -> list[str]:
    """The folders that are open in the editor, as paths."""
    uris = [folder.uri for folder in ls.workspace.folders.values()]
    if not uris and ls.workspace.root_uri:
        uris = [ls.workspace.root_uri]
    return [path for uri in uris if (path := to_path(uri)) is not None]
