"""`workspace/executeCommand`: what clients run on the user's behalf. None of them is shown an error for a stray call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams

from picode.lsp.notices import status_params

if TYPE_CHECKING:
    from picode.lsp.server import PiCodeServer


async def accepted(ls: PiCodeServer, *arguments: Any) -> None:
    """The user took the suggestion with that id."""
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        raise JsonRpcInvalidParams("picode.accepted takes one argument: the id of the suggestion.")
    (await ls.assistant()).statistics.accepted(arguments[0], lambda uri: _text_of(ls, uri))


async def explain_suggestion(ls: PiCodeServer, *arguments: Any) -> dict[str, Any] | None:
    """What was sent for the suggestion with that id (without one: the last) and what was made of the answer; null where that
    is not known any more."""
    identifier = arguments[0] if arguments and isinstance(arguments[0], str) else None
    return (await ls.assistant()).suggester.explain(identifier)


def _text_of(ls: PiCodeServer, uri: str) -> str | None:
    document = ls.documents.get(uri)
    return document.text if document else None


async def metrics(ls: PiCodeServer, *arguments: Any) -> str:
    """What this server has counted since it started, in Prometheus's format."""
    return (await ls.assistant()).metrics.render().decode()


async def models(ls: PiCodeServer, *arguments: Any) -> list[dict[str, Any]]:
    """The models to choose from, the current one first; servers that are running on this machine are found."""
    return [choice.as_json() for choice in await (await ls.assistant()).models()]


async def retry(ls: PiCodeServer, *arguments: Any) -> None:
    """Forget what went wrong, and try again with the next key."""
    (await ls.assistant()).retry()


async def status(ls: PiCodeServer, *arguments: Any) -> dict[str, Any]:
    """The state that `picode/status` last told."""
    return status_params((await ls.assistant()).status.current)
