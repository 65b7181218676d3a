"""What the client reports and asks about suggestions: the notifications of GitHub Copilot's language server, and two
commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams

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


async def accepted(session: Session, *arguments: Any) -> None:
    """`picode.accepted`: the user took the suggestion of that id."""
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        raise JsonRpcInvalidParams("picode.accepted takes one argument: the id of the suggestion.")

    def text_of(uri: str) -> str | None:
        document = session.documents.get(uri)
        return document.text if document else None

    (await session.assistant()).statistics.accepted(arguments[0], text_of)


async def explain_suggestion(session: Session, *arguments: Any) -> dict[str, Any] | None:
    """`picode.explainSuggestion`: the request of the suggestion of that id (without one: the last), and what post-processing
    made of the answer. None if it was dropped."""
    identifier = arguments[0] if arguments and isinstance(arguments[0], str) else None
    return (await session.assistant()).suggester.explain(identifier)


def _identifier(item: Any) -> str | None:
    """The id of a suggestion, which is the argument of its item's command; None if there is none."""
    command = item.get("command") if isinstance(item, dict) else None
    arguments = command.get("arguments") if isinstance(command, dict) else None
    first = arguments[0] if isinstance(arguments, list) and arguments else None
    return first if isinstance(first, str) else None
