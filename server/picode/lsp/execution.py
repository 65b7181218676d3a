"""Runs one slash command: from the request to the answer that the user sees, and the edit that it makes."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING

from lsprotocol import types

from picode.assistant.chat.command_request import Began, CommandRequest, Ended, Event, Piece, Waits
from picode.assistant.status import RETRY, remedy_for_question
from picode.core.asking import Excerpt, user_turn
from picode.core.edits import Refused
from picode.core.edits.refusal import CUT_OFF, UNCHANGED
from picode.core.errors import PiCodeError
from picode.core.markdown import sanitize
from picode.core.messages import Finish
from picode.core.slash import Command
from picode.io.installation import runnable
from picode.lsp.answers import AnswerEdit, AnswerState, CommandAnswer, EditState, SlashResult, slash_result
from picode.lsp.capabilities import (
    applies_edits,
    ends_prompts_with_commands,
    shows_alerts,
    shows_answers,
    shows_live_edits,
)
from picode.lsp.confirming import UNCONFIRMED, confirm_edit
from picode.lsp.display import display_for
from picode.lsp.extensions import ALERT
from picode.lsp.live_edit import LiveEdit, LiveEditState
from picode.lsp.notifications import alert_params
from picode.lsp.session import Session
from picode.lsp.workspace_edits import (
    CLOSED,
    MOVED,
    UNABLE,
    apply_proposal,
    current_selection,
    propose_for,
    workspace_edit,
)

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import Selection
    from picode.bootstrap import Assistant

log = logging.getLogger(__name__)

APPLY = Command("apply", "Apply to File", "Put code of an answer into the file.", output="edit")

_STATES: dict[Finish, AnswerState] = {
    Finish.STOP: "whole",
    Finish.LENGTH: "cut",
    Finish.REFUSED: "refused",
    Finish.CALLS: "whole",  # no tools are offered here, so a call ends nothing early
}


_RESPONSE_S = 0.05
"""Seconds for a response to be on its way before the client is asked something."""

PATIENCE_S = 5.0
"""Seconds that a client which shows no answers by itself waits for a response. Eglot and lsp-mode take no key until it comes,
and give up after 10; the rest of an answer needs no response."""


async def run_command(
    session: Session, assistant: Assistant, request: CommandRequest, token: int | str | None
) -> SlashResult | None:
    """The result of `picode.slash`; None to a client that shows no answers by itself, if the answer takes longer than
    `PATIENCE_S`, or if the response would end the client's question whether to make the edit. Raises only `CancelledError`;
    then the connection to the model is closed."""
    detached = asyncio.Event() if ends_prompts_with_commands(session.client_name) else None

    async def run() -> SlashResult:
        execution = await _execute(session, assistant, request, token, detached=detached)
        return slash_result(execution.answer, execution.result_text())

    if shows_answers(session.client_capabilities):
        return await run()
    return await session.tasks.within(PATIENCE_S, run(), detached=detached)


async def propose_edit(session: Session, assistant: Assistant, selection: Selection, text: str) -> SlashResult:
    """The result of `picode.edit.propose`: the edit of `selection` that `text` means, without asking a model. It is shown
    live, or applied, as the edit of an answer is."""
    request = CommandRequest(APPLY, selection=selection)
    answer = session.answers.add(CommandAnswer(request, APPLY.title, text=text))
    answer.token = session.tasks.token(None)
    execution = _Execution(session, assistant, answer, applies=True)
    await execution.propose(selection)
    await execution.present()
    return slash_result(answer, execution.result_text())


async def edit_for_action(
    session: Session, assistant: Assistant, request: CommandRequest
) -> types.WorkspaceEdit | None:
    """The edit of a code action that the user has chosen, for a client that applies it by itself. None if there is none; then
    the user has been told why, and shown the answer. None also if it takes longer than `PATIENCE_S` and the client applies
    edits on request: then it is requested to when the edit is there."""
    late = False

    async def make() -> types.WorkspaceEdit | None:
        answer = (await _execute(session, assistant, request, None, applies=False)).answer
        return await (_apply_late if late else _edit_of)(session, assistant, answer)

    if not applies_edits(session.client_capabilities):
        return await make()
    edit = await session.tasks.within(PATIENCE_S, make())
    late = True
    return edit


async def _apply_late(session: Session, assistant: Assistant, answer: CommandAnswer) -> None:
    """Has the client apply the edit of an answer whose request was answered before it was there."""
    if answer.edit is None or answer.edit.proposal is None or answer.edit.state != "proposed":
        return
    confirm = assistant.settings().edits.show != "apply"
    if problem := await apply_proposal(session, answer, confirm=confirm):
        session.show_message(types.MessageType.Warning, f"PiCode: The edit was not applied. {problem}")
    session.refresh_lenses()


async def _edit_of(session: Session, assistant: Assistant, answer: CommandAnswer) -> types.WorkspaceEdit | None:
    """The edit of an answer that has ended, where its document is still as it was."""
    edit = answer.edit
    if edit is None or edit.proposal is None or edit.state != "proposed":
        return None
    if not await confirm_edit(session, edit.selection):
        edit.state, edit.reason = "declined", UNCONFIRMED
        return None
    if current_selection(session, edit.selection) is not edit.selection:
        return None
    edit.state = "applied"
    confirm = assistant.settings().edits.show != "apply"
    return workspace_edit(session, edit.selection, edit.proposal.hunks, answer.title, confirm=confirm)


async def _execute(
    session: Session,
    assistant: Assistant,
    request: CommandRequest,
    token: int | str | None,
    *,
    applies: bool = True,
    detached: asyncio.Event | None = None,
) -> _Execution:
    answer = session.answers.add(
        CommandAnswer(request, request.command.title.rstrip("…"), conversation=request.conversation)
    )
    answer.token = session.tasks.token(token)
    execution = _Execution(session, assistant, answer, applies=applies)
    execution.detached = detached
    try:
        await session.tasks.run(execution.run(), f"PiCode: {answer.title}", answer.token, ours=token is None)
    finally:
        await asyncio.shield(execution.present())
    return execution


class _Execution:
    """One command's run. With `applies` false the edit is left to the caller."""

    def __init__(self, session: Session, assistant: Assistant, answer: CommandAnswer, *, applies: bool) -> None:
        self.answer = answer
        self._session = session
        self._assistant = assistant
        self._applies = applies
        self._display = display_for(session, answer)
        self.detached: asyncio.Event | None = None
        """If there is one, it is set before the client is asked to make the edit: then the command is answered first."""
        self._live_edit: LiveEdit | None = None
        self._messages: list[tuple[types.MessageType, str]] = []
        """For the user, when the progress has ended."""
        output = answer.request.command.output
        client_shows_answers = shows_answers(session.client_capabilities)
        self._is_prose = output in ("prose", "local") or (output in ("message", "names") and not client_shows_answers)
        """Whether the answer is shown while it grows. That of an edit is shown only if the edit can't be made."""

    def result_text(self) -> str:
        """The answer's text for the result of `picode.slash`."""
        answer = self.answer
        if answer.request.command.output == "message" and answer.state in ("whole", "cut"):
            from picode.core.commit import commit_message

            return commit_message(answer.text)
        return sanitize(answer.text)

    async def propose(self, selection: Selection) -> None:
        """Makes the edit of an answer that is there already."""
        self.answer.state = "whole"
        self._begin_edit(selection)
        try:
            await self._make_edit()
        finally:
            await self._finish()

    async def run(self) -> None:
        answer = self.answer
        self._display.show_question(_question(answer.request))
        try:
            async with aclosing(self._assistant.asker.ask(answer.request)) as events:
                async for event in events:
                    self._take(event)
            await self._make_edit()
        except asyncio.CancelledError:
            answer.state = "stopped"
            raise
        except PiCodeError as error:
            remedy = remedy_for_question(error)
            self.answer.remedy = None if remedy == RETRY else remedy  # every answer can be asked for again
            self._fail(runnable(str(error)))
        except Exception:
            log.exception("an answer failed because of a defect")
            self._fail("PiCode has a defect here; its log says more.")
        finally:
            await asyncio.shield(self._finish())

    async def present(self) -> None:
        """Shows what is shown when the progress has ended."""
        await self._display.present()
        for kind, message in self._messages:
            self._session.show_message(kind, message)

    def _take(self, event: Event) -> None:
        answer = self.answer
        match event:
            case Waits():
                self._display.wait(event.reason, event.seconds)
            case Began():
                self._begin(event)
            case Piece():
                answer.state = "growing"
                answer.reasoning += (answer.text if event.retracts else "") + event.reasoning
                answer.text = event.text if event.retracts else answer.text + event.text
                if self._live_edit is not None:
                    self._live_edit.update()
                if self._is_prose:
                    self._display.update(retracted=event.retracts)
            case Ended():
                answer.text, answer.reasoning, answer.problem = event.text, event.reasoning, event.note
                answer.usage, answer.cost = event.usage, event.cost
                empty = event.finish is Finish.STOP and not event.text.strip()
                answer.state = "failed" if empty else _STATES[event.finish]
                self._tell_ending()

    def _tell_ending(self) -> None:
        """Tells the user why the answer is empty or not whole, unless that is shown with the answer or is said of the edit."""
        if self.answer.problem and self.answer.edit is None and not self._is_prose:
            self._tell(types.MessageType.Warning, self.answer.problem)

    def _begin(self, event: Began) -> None:
        answer = self.answer
        answer.state, answer.conversation = "began", event.conversation
        answer.provider, answer.model, answer.note = event.provider, event.model, event.note
        answer.shown = tuple(map(str, event.shown))
        if answer.request.command.output == "edit" and event.selection is not None:
            self._begin_edit(event.selection)
        self._display.start(show=self._is_prose)

    def _begin_edit(self, selection: Selection) -> None:
        self.answer.edit = AnswerEdit(selection, "proposed")
        live = self._assistant.settings().edits.show == "live"
        if self._applies and live and shows_live_edits(self._session.client_capabilities):
            self._live_edit = LiveEdit(self._session, self.answer, selection)

    async def _make_edit(self) -> None:
        """Derives the edit from the whole answer, and applies it unless the client or the caller does."""
        answer, edit = self.answer, self.answer.edit
        if edit is None:
            return
        if answer.problem and not answer.text.strip():
            edit.state, edit.reason = "refused", answer.problem
            self._tell(types.MessageType.Warning, f"The code was not changed. {answer.problem}")
            return
        found = await asyncio.to_thread(propose_for, edit.selection, answer.text, cut_off=answer.state == "cut")
        if isinstance(found, Refused):
            edit.state = "unchanged" if found == UNCHANGED else "refused"
            edit.reason = answer.problem if found == CUT_OFF and answer.problem else found.reason
            self._tell(types.MessageType.Warning, f"The code was not changed. {edit.reason}")
            return
        edit.proposal = found
        if self._live_edit is not None or not self._applies:
            return
        if self.detached is not None:
            self.detached.set()
            await asyncio.sleep(_RESPONSE_S)
        confirm = self._assistant.settings().edits.show != "apply"
        if problem := await apply_proposal(self._session, answer, confirm=confirm):
            edit.state, edit.reason = ("refused" if problem in (MOVED, CLOSED, UNABLE) else "declined"), problem
            self._tell(types.MessageType.Warning, f"The edit was not applied. {problem}")
        self._session.refresh_lenses()

    async def _finish(self) -> None:
        answer, edit = self.answer, self.answer.edit
        broke_off = answer.state in ("stopped", "failed")
        if self._live_edit is not None and edit is not None:
            lines = edit.proposal.diff if edit.proposal else ()
            await self._live_edit.finish(_live_state(answer.state, edit.state), lines, edit.reason or answer.problem)
        if not self._is_prose and edit is not None and answer.text.strip() and (edit.state == "refused" or broke_off):
            self._display.start(show=True)  # an answer that can't be applied can still be read
        await self._display.finish()

    def _fail(self, problem: str) -> None:
        """Tells the user, unless the client shows the problem with the answer."""
        self.answer.state, self.answer.problem = "failed", problem
        if self._is_prose and shows_answers(self._session.client_capabilities):
            return
        if self.answer.remedy is not None and shows_alerts(self._session.client_capabilities):
            self._session.notify(ALERT, alert_params(problem, self.answer.remedy, self._session.client_capabilities))
        else:
            self._tell(types.MessageType.Error, problem)

    def _tell(self, kind: types.MessageType, message: str) -> None:
        self._messages.append((kind, f"PiCode: {message}"))


def _live_state(answer: AnswerState, edit: EditState) -> LiveEditState:
    """The final state of an edit that is shown live."""
    if answer in ("stopped", "failed"):
        return "stopped" if answer == "stopped" else "failed"
    return edit if edit in ("unchanged", "refused") else "ready"


def _question(request: CommandRequest) -> str:
    selection = request.selection
    code = None
    if selection is not None and not selection.is_cursor:
        code = Excerpt(selection.file_name, selection.text, selection.language, selection.start.line + 1)
    return user_turn(request.command, request.args, code, request.attached, len(request.images))
