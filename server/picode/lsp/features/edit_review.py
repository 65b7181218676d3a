"""The commands about an edit: accept, discard, keep, undo, try again, compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, TypedDict
from urllib.parse import quote

from pygls.exceptions import JsonRpcInvalidParams

from picode.lsp.capabilities import shows_answers, shows_live_edits, shows_virtual_documents

if TYPE_CHECKING:
    from picode.lsp.answers import AnswerEdit, CommandAnswer, SlashResult
    from picode.lsp.session import Session


class EditResult(TypedDict):
    """The result of applying or undoing an edit. `reason` says why it was not `applied`. `left`: other parts of it wait."""

    applied: bool
    reason: str
    left: NotRequired[bool]


class Comparison(TypedDict):
    """The URIs of the two virtual documents to compare."""

    before: str
    after: str
    title: str


async def accept(session: Session, *arguments: Any) -> EditResult:
    """`picode.edit.accept`: applies a proposed edit, or a part of it."""
    from picode.lsp.arguments import DecideEditArguments, read
    from picode.lsp.workspace_edits import apply_part, apply_proposal

    wanted = read(DecideEditArguments, "picode.edit.accept", arguments)
    answer, edit = _edit(session, "picode.edit.accept", [{"id": wanted.id}])
    if edit.state != "proposed" or edit.proposal is None:
        return _outcome("There is no edit to apply.")
    if wanted.part is not None:
        problem = await apply_part(session, answer, wanted.part)
        left = not problem and edit.state == "proposed"
        if left:
            await _show_what_is_left(session, answer, edit)
        session.refresh_lenses()
        return {**_outcome(problem), "left": left}
    problem = await apply_proposal(session, answer, confirm=False)
    session.refresh_lenses()
    return _outcome(problem)


async def discard(session: Session, *arguments: Any) -> None:
    """`picode.edit.discard`: drops a proposed edit, or a part of it."""
    from picode.lsp.arguments import DecideEditArguments, read
    from picode.lsp.workspace_edits import discard_part

    wanted = read(DecideEditArguments, "picode.edit.discard", arguments)
    answer, edit = _edit(session, "picode.edit.discard", [{"id": wanted.id}])
    if edit.state != "proposed":
        return
    if wanted.part is None:
        edit.state = "declined"
        return
    discard_part(edit, wanted.part)
    await _show_what_is_left(session, answer, edit)


async def settled(session: Session, *arguments: Any) -> None:
    """`picode.edit.settled`: the client has applied or dropped the edit by itself."""
    from picode.lsp.arguments import SettledEditArguments, read

    accepted = read(SettledEditArguments, "picode.edit.settled", arguments).accepted
    _, edit = _edit(session, "picode.edit.settled", [{"id": arguments[0]["id"]}])
    edit.state, edit.settled = ("applied" if accepted else "declined"), True


async def keep(session: Session, *arguments: Any) -> None:
    """`picode.edit.keep`: the user keeps an applied edit; its code lenses go."""
    _, edit = _edit(session, "picode.edit.keep", arguments)
    edit.settled = True
    session.refresh_lenses()


async def undo(session: Session, *arguments: Any) -> EditResult:
    """`picode.edit.undo`: undoes an applied edit."""
    from picode.lsp.workspace_edits import undo_edit

    answer, edit = _edit(session, "picode.edit.undo", arguments)
    problem = await undo_edit(session, answer)
    if not problem:
        edit.state, edit.settled = "declined", True
        session.refresh_lenses()
    return _outcome(problem)


async def propose(session: Session, *arguments: Any) -> SlashResult:
    """`picode.edit.propose`: code of an answer as an edit of a document, where it belongs there."""
    import asyncio

    from picode.assistant.chat.placement import place_code
    from picode.lsp.arguments import ProposeEditArguments, SlashArguments, read
    from picode.lsp.execution import propose_edit
    from picode.lsp.features.slash import selection_of

    wanted = read(ProposeEditArguments, "picode.edit.propose", arguments)
    place = SlashArguments(text="", uri=wanted.uri, range=wanted.range, unit=wanted.unit)
    cursor = selection_of(session, place, "picode.edit.propose")
    assert cursor is not None
    selection, text = await asyncio.to_thread(place_code, cursor, wanted.code)
    return await propose_edit(session, await session.assistant(), selection, text)


async def again(session: Session, *arguments: Any) -> SlashResult | None:
    """`picode.edit.again`: undoes the edit if it was applied, and runs its command again; code that was not asked for with a
    command is proposed again."""
    from dataclasses import replace

    from picode.lsp.arguments import AgainEditArguments, read
    from picode.lsp.execution import APPLY, propose_edit, run_command
    from picode.lsp.workspace_edits import current_selection, undo_edit

    wanted = read(AgainEditArguments, "picode.edit.again", arguments)
    answer, edit = _edit(session, "picode.edit.again", [{"id": wanted.id}])
    if edit.state == "applied" and (problem := await undo_edit(session, answer)):
        raise JsonRpcInvalidParams(problem)
    edit.state, edit.settled = "declined", True
    session.refresh_lenses()
    now = current_selection(session, edit.selection)
    if isinstance(now, str):
        raise JsonRpcInvalidParams(now)
    assistant = await session.assistant()
    if answer.request.command is APPLY:
        return await propose_edit(session, assistant, now, answer.text)
    request = replace(answer.request, selection=now, conversation="")
    return await run_command(session, assistant, request, wanted.work_done_token)


async def compare(session: Session, *arguments: Any) -> Comparison:
    """`picode.edit.compare`: the documents before and after. Opens the diff in a client that can't show them side by side."""
    answer, edit = _edit(session, "picode.edit.compare", arguments)
    if edit.proposal is None:
        raise JsonRpcInvalidParams("There is nothing to compare.")
    name = quote(edit.selection.file_name)
    base = f"picode:/edits/{answer.id}"
    if not shows_answers(session.client_capabilities) and shows_virtual_documents(session.client_capabilities):
        session.show_document(f"{base}/changes/{name}.diff")
    return {
        "before": f"{base}/before/{name}",
        "after": f"{base}/after/{name}",
        "title": f"{answer.title}: before and after",
    }


async def _show_what_is_left(session: Session, answer: CommandAnswer, edit: AnswerEdit) -> None:
    from picode.lsp.live_edit import LiveEdit

    if not shows_live_edits(session.client_capabilities):
        return
    live = LiveEdit(session, answer, edit.selection)
    if edit.state == "proposed" and edit.proposal is not None:
        await live.finish("ready", edit.proposal.diff)
    else:
        await live.finish("unchanged")


def _edit(session: Session, command: str, arguments: Any) -> tuple[CommandAnswer, AnswerEdit]:
    from picode.lsp.arguments import EditArguments, read

    identifier = read(EditArguments, command, arguments).id
    answer = session.answers.get(identifier)
    if answer is None or answer.edit is None:
        raise JsonRpcInvalidParams(f"{command}: id: there is no edit {identifier!r} any more.")
    return answer, answer.edit


def _outcome(problem: str) -> EditResult:
    return {"applied": not problem, "reason": problem}
