"""What the editor tells of suggestions: the notifications of GitHub Copilot's language server, so that its clients can drive
this one too, and so that they are counted rightly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from picode.lsp.extensions import DidFocusParams, DidPartiallyAcceptParams, DidShowParams

if TYPE_CHECKING:
    from picode.lsp.server import PiCodeServer


async def shown(ls: PiCodeServer, params: DidShowParams) -> None:
    """`textDocument/didShowCompletion`: an item is on screen."""
    if (identifier := _identifier(params.item)) is not None:
        (await ls.assistant()).statistics.shown(identifier)


async def partly_accepted(ls: PiCodeServer, params: DidPartiallyAcceptParams) -> None:
    """`textDocument/didPartiallyAcceptCompletion`: the first `acceptedLength` UTF-16 units of an item's text were taken."""
    if (identifier := _identifier(params.item)) is not None:
        (await ls.assistant()).statistics.partly_accepted(identifier, params.accepted_length)


async def focused(ls: PiCodeServer, params: DidFocusParams) -> None:
    """`textDocument/didFocus`: the user looks at this document, or at none."""
    if params.text_document is not None:
        (await ls.assistant()).suggester.focused(params.text_document.uri)


def _identifier(item: Any) -> str | None:
    """The id of a suggestion, as its item's command has it."""
    command = item.get("command") if isinstance(item, dict) else None
    arguments = command.get("arguments") if isinstance(command, dict) else None
    first = arguments[0] if isinstance(arguments, list) and arguments else None
    return first if isinstance(first, str) else None
