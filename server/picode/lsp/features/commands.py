"""The commands of `workspace/executeCommand` that are about models, counters and the status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, cast

from picode.lsp.notifications import StatusParams, status_params

if TYPE_CHECKING:
    from picode.lsp.session import Session


async def metrics(session: Session, *arguments: Any) -> str:
    """`picode.metrics`: what this server has counted since it started, in Prometheus's text format."""
    return (await session.assistant()).metrics.render().decode()


class ModelChoice(TypedDict):
    """A model to choose. `title` is the provider's name for people; `detail` says what is to be known about it."""

    provider: str
    title: str
    model: str
    available: bool
    current: bool
    detail: str


async def models(session: Session, *arguments: Any) -> list[ModelChoice]:
    """`picode.models`: the models to choose from, the current one first, with those of model servers on this machine."""
    return [cast("ModelChoice", choice.as_json()) for choice in await (await session.assistant()).models()]


async def retry(session: Session, *arguments: Any) -> None:
    """`picode.retry`: forgets failures, so that the next request is sent again."""
    (await session.assistant()).retry()


async def status(session: Session, *arguments: Any) -> StatusParams:
    """`picode.status`: the state that `picode/status` sent last."""
    return status_params((await session.assistant()).status.current)
