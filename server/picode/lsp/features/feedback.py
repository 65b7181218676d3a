"""The client's notifications about suggestions. They are those of GitHub Copilot's language server, whose clients send them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from picode.lsp.extensions import DidFocusParams, DidPartiallyAcceptParams, DidShowParams

if TYPE_CHECKING:
    from picode.lsp.session import Session


async def shown(session: Session, params: DidShowParams) -> None:
    """`textDocument/didShowCompletion`: an item is on screen."""
    if (identifier := _identifier(params.item)) is not None:
        (await session.assistant()).statistics.shown(identifier)


async def partly_accepted(session: Session, params: DidPartiallyAcceptParams) -> None:
    """`textDocument/didPartiallyAcceptCompletion`: the first `acceptedLength` UTF-16 units of an item's text were taken."""
    if (identifier := _identifier(params.item)) is not None:
        (await session.assistant()).statistics.partly_accepted(identifier, params.accepted_length)


async def focused(session: Session, params: DidFocusParams) -> None:
    """`textDocument/didFocus`: the user has switched to this document, or to none."""
    if params.text_document is not None:
        (await session.assistant()).suggester.focused(params.text_document.uri)


def _identifier(item: Any) -> str | None:
    """The id of a suggestion, which is the argument of its item's command; None if there is none."""
    command = item.get("command") if isinstance(item, dict) else None
    arguments = command.get("arguments") if isinstance(command, dict) else None
    first = arguments[0] if isinstance(arguments, list) and arguments else None
    return first if isinstance(first, str) else None
