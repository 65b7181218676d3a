"""One slash command, from the inquiry to what the user sees of the answer."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from picode.assistant.chat.command_request import Began, CommandRequest, Ended, Event, Piece
from picode.core.asking import Excerpt, said
from picode.core.edits import Refused
from picode.core.edits.refusal import UNCHANGED
from picode.core.errors import PiCodeError
from picode.core.markdown import sanitize
from picode.core.messages import Finish
from picode.lsp.answers import Answer, Edit, State, result
from picode.lsp.applying import CLOSED, MOVED, apply_proposal, propose_for, selection_now, workspace_edit
from picode.lsp.capabilities import shows_answers, shows_live_edits
from picode.lsp.confirming import UNCONFIRMED, confirm_edit
from picode.lsp.display import display_of
from picode.lsp.live_edit import LiveEdit

if TYPE_CHECKING:
    from picode.bootstrap import Assistant
    from picode.lsp.display import Display
    from picode.lsp.server import PiCodeServer

log = logging.getLogger(__name__)

_STATES: dict[Finish, State] = {Finish.STOP: "whole", Finish.LENGTH: "cut", Finish.REFUSED: "refused"}


async def answer_inquiry(
    ls: PiCodeServer, assistant: Assistant, inquiry: CommandRequest, token: int | str | None
) -> dict[str, Any]:
    """The result of `picode.slash`. Fails only by being cancelled; then the model has been hung up on."""
    answer = ls.answers.add(Answer(inquiry, inquiry.command.title.rstrip("…"), conversation=inquiry.conversation))
    answer.token = ls.running.token(token)
    work = _Work(ls, assistant, answer)
    await ls.running.run(work.run(), f"PiCode: {answer.title}", answer.token, ours=token is None)
    return result(answer, work.text())


async def edit_for(ls: PiCodeServer, assistant: Assistant, inquiry: CommandRequest) -> types.WorkspaceEdit | None:
    """The edit of a code action that the user has chosen, for a client that applies it itself. None where there is none; then
    the user has been told why, and shown the answer."""
    answer = ls.answers.add(Answer(inquiry, inquiry.command.title.rstrip("…")))
    answer.token = ls.running.token(None)
    work = _Work(ls, assistant, answer, applies=False)
    await ls.running.run(work.run(), f"PiCode: {answer.title}", answer.token, ours=True)
    edit = answer.edit
    if edit is None or edit.proposal is None or edit.state != "proposed":
        return None
    if not await confirm_edit(ls, edit.selection):
        edit.state, edit.reason = "declined", UNCONFIRMED
        return None
    selection = selection_now(ls, edit.selection)
    if selection is not edit.selection:
        return None
    edit.state = "applied"
    confirm = assistant.settings().edits.show != "apply"
    return workspace_edit(ls, edit.selection, edit.proposal.hunks, answer.title, confirm=confirm)


class _Work:
    """What is going on for one answer. Where an edit is not to be applied here, `applies` is false."""

    def __init__(self, ls: PiCodeServer, assistant: Assistant, answer: Answer, *, applies: bool = True) -> None:
        self._ls = ls
        self._assistant = assistant
        self._answer = answer
        self._applies = applies
        self._display: Display = display_of(ls, answer)
        self._live: LiveEdit | None = None
        self._prose = answer.inquiry.command.output in ("prose", "local") or (
            answer.inquiry.command.output == "message" and not shows_answers(ls.client_capabilities)
        )
        """Whether the answer is shown while it grows. An edit's is shown only where the edit can't be made."""

    def text(self) -> str:
        """The answer for the result of the command."""
        answer = self._answer
        if answer.inquiry.command.output == "message" and answer.state in ("whole", "cut"):
            from picode.core.commit import commit_message

            return commit_message(answer.text)
        return sanitize(answer.text)

    async def run(self) -> None:
        answer = self._answer
        self._display.asked(_question(answer.inquiry))
        try:
            async with aclosing(self._assistant.asker.ask(answer.inquiry)) as events:
                async for event in events:
                    self._take(event)
            await self._settle()
        except asyncio.CancelledError:
            answer.state = "stopped"
            raise
        except PiCodeError as error:
            self._failed(str(error))
        except Exception:
            log.exception("an answer failed because of a defect")
            self._failed("PiCode has a defect here; its log says more.")
        finally:
            await asyncio.shield(self._end())

    def _take(self, event: Event) -> None:
        answer = self._answer
        match event:
            case Began():
                answer.state, answer.conversation = "began", event.conversation
                answer.provider, answer.model, answer.note = event.provider, event.model, event.note
                answer.shown = tuple(map(str, event.shown))
                if answer.inquiry.command.output == "edit" and event.selection is not None:
                    answer.edit = Edit(event.selection, "proposed")
                    if self._applies and self._shows_live():
                        self._live = LiveEdit(self._ls, answer, event.selection)
                self._display.began(show=self._prose)
            case Piece():
                answer.state = "growing"
                answer.text += event.text
                if self._live is not None:
                    self._live.grew()
                if self._prose:
                    self._display.grew(thinking=bool(event.reasoning and not event.text))
            case Ended():
                answer.text, answer.usage, answer.cost = event.text, event.usage, event.cost
                answer.state, answer.problem = _STATES[event.finish], event.note

    def _shows_live(self) -> bool:
        return self._assistant.settings().edits.show == "live" and shows_live_edits(self._ls.client_capabilities)

    async def _settle(self) -> None:
        """What becomes of an edit, now that the answer is there."""
        answer, edit = self._answer, self._answer.edit
        if edit is None:
            return
        found = await asyncio.to_thread(propose_for, edit.selection, answer.text, cut_off=answer.state == "cut")
        if isinstance(found, Refused):
            edit.state, edit.reason = ("unchanged" if found == UNCHANGED else "refused"), found.reason
            self._tell(types.MessageType.Warning, f"The code was not changed. {found.reason}")
            return
        edit.proposal = found
        if self._live is not None or not self._applies:
            return
        confirm = self._assistant.settings().edits.show != "apply"
        if why := await apply_proposal(self._ls, answer, confirm=confirm):
            edit.state, edit.reason = ("refused" if why in (MOVED, CLOSED) else "declined"), why
            self._tell(types.MessageType.Warning, f"The edit was not applied. {why}")
        await self._ls.refresh_lenses()

    async def _end(self) -> None:
        answer, edit = self._answer, self._answer.edit
        broke_off = answer.state in ("stopped", "failed")
        if self._live is not None and edit is not None:
            state = answer.state if broke_off else "ready" if edit.state == "proposed" else edit.state
            await self._live.ended(state, edit.proposal.diff if edit.proposal else (), edit.reason or answer.problem)
        if not self._prose and edit is not None and answer.text.strip() and (edit.state == "refused" or broke_off):
            self._display.began(show=True)  # nothing is lost: what can't be applied can be read
        await self._display.ended()

    def _failed(self, problem: str) -> None:
        """Who is shown the answer by their client reads the problem there, and need not read it twice."""
        self._answer.state, self._answer.problem = "failed", problem
        if not (self._prose and shows_answers(self._ls.client_capabilities)):
            self._tell(types.MessageType.Error, problem)

    def _tell(self, kind: types.MessageType, message: str) -> None:
        self._ls.window_show_message(types.ShowMessageParams(kind, f"PiCode: {message}"))


def _question(inquiry: CommandRequest) -> str:
    selection = inquiry.selection
    code = None
    if selection is not None and not selection.is_cursor:
        name = (selection.path or selection.uri).replace("\\", "/").rpartition("/")[2]
        code = Excerpt(name, selection.text, selection.language, selection.start.line + 1)
    return said(inquiry.command, inquiry.words, code, inquiry.attached)
