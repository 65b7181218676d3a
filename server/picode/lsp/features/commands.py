"""The commands of `workspace/executeCommand` that are about models, counters and the status."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, cast

from picode.core.terminal import notice
from picode.lsp.extensions import RemedyCommand
from picode.lsp.notifications import StatusParams, remedy_command, status_params

if TYPE_CHECKING:
    from picode.assistant.routing.models import Choice
    from picode.lsp.session import Session


async def metrics(session: Session, *arguments: Any) -> str:
    """`picode.metrics`: what this server has counted since it started, in Prometheus's text format."""
    return (await session.assistant()).metrics.render().decode()


class ModelChoice(TypedDict):
    """A model to choose. `title` is the provider's name for people; `detail` says what is to be known about it; `needsKey`:
    what is missing is the provider's key. `answersQuestions` is false for one that is too small to do more than complete
    code."""

    provider: str
    title: str
    model: str
    available: bool
    current: bool
    detail: str
    needsKey: bool
    answersQuestions: bool


async def models(session: Session, *arguments: Any) -> list[ModelChoice]:
    """`picode.models`: the models to choose from, the current one first, with those of model servers on this machine."""
    from picode.assistant.routing.route import only_completes

    assistant = await session.assistant()
    found, settings = await assistant.models(), assistant.settings()

    def row(choice: Choice) -> ModelChoice:
        answers = not only_completes(choice.provider, choice.model, settings)
        return cast("ModelChoice", {**choice.as_json(), "answersQuestions": answers})

    return list(map(row, found))


class ChatModel(TypedDict):
    """The model that answers the next question; empty names if none is chosen. `problem` is a sentence that says why it can't
    be asked, empty if nothing is known against it; `command` helps."""

    provider: str
    title: str
    model: str
    problem: str
    command: NotRequired[RemedyCommand]


async def chat_model(session: Session, *arguments: Any) -> ChatModel:
    """`picode.chat.model`: who answers the next question."""
    from picode.assistant.status import remedy_for_question
    from picode.io.installation import runnable

    asked = await (await session.assistant()).asker.asked()
    error = asked.problem
    problem = notice(runnable(error.problem)) if error else ""
    found: ChatModel = {"provider": asked.provider, "title": asked.title, "model": asked.model, "problem": problem}
    if error is not None:
        found["command"] = remedy_command(remedy_for_question(error), session.client_capabilities)
    return found


async def snooze(session: Session, *arguments: Any) -> None:
    """`picode.snooze`: suggestions come only by hand for so many minutes; 0 ends that."""
    from picode.lsp.arguments import SnoozeArguments, read

    minutes = read(SnoozeArguments, "picode.snooze", arguments).minutes
    end = time.strftime("%H:%M", time.localtime(time.time() + 60 * minutes))
    (await session.assistant()).suggester.snooze(60.0 * minutes, f"Suggestions are snoozed until {end}.")


async def resume(session: Session, *arguments: Any) -> None:
    """`picode.resume`: ends `picode.snooze`."""
    (await session.assistant()).suggester.snooze(0.0, "")


async def retry(session: Session, *arguments: Any) -> None:
    """`picode.retry`: forgets failures, so that the next request is sent again."""
    (await session.assistant()).retry()


async def status(session: Session, *arguments: Any) -> StatusParams:
    """`picode.status`: the state that `picode/status` sent last."""
    return status_params((await session.assistant()).status.current, session.client_capabilities)
