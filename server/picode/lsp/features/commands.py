"""The commands of `workspace/executeCommand` that are about suggestions, models and the status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams

from picode.lsp.notifications import StatusParams, status_params

if TYPE_CHECKING:
    from picode.lsp.session import Session


async def accepted(session: Session, *arguments: Any) -> None:
    """`picode.accepted`: the user took the suggestion of that id."""
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        raise JsonRpcInvalidParams("picode.accepted takes one argument: the id of the suggestion.")
    (await session.assistant()).statistics.accepted(arguments[0], lambda uri: _text_of(session, uri))


async def explain_suggestion(session: Session, *arguments: Any) -> dict[str, Any] | None:
    """`picode.explainSuggestion`: the request of the suggestion of that id (without one: the last), and what post-processing
    made of the answer. None if it was dropped."""
    identifier = arguments[0] if arguments and isinstance(arguments[0], str) else None
    return (await session.assistant()).suggester.explain(identifier)


def _text_of(session: Session, uri: str) -> str | None:
    document = session.documents.get(uri)
    return document.text if document else None


async def metrics(session: Session, *arguments: Any) -> str:
    """`picode.metrics`: what this server has counted since it started, in Prometheus's text format."""
    return (await session.assistant()).metrics.render().decode()


async def models(session: Session, *arguments: Any) -> list[dict[str, Any]]:
    """`picode.models`: the models to choose from, the current one first, with those of model servers on this machine."""
    return [choice.as_json() for choice in await (await session.assistant()).models()]


async def retry(session: Session, *arguments: Any) -> None:
    """`picode.retry`: forgets failures, so that the next request is sent again."""
    (await session.assistant()).retry()


async def status(session: Session, *arguments: Any) -> StatusParams:
    """`picode.status`: the state that `picode/status` sent last."""
    return status_params((await session.assistant()).status.current)
