"""What the user says to an edit: take it, drop it, keep it, undo it, try again, compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from picode.lsp.capabilities import shows_answers, shows_virtual_documents

if TYPE_CHECKING:
    from picode.lsp.answers import Answer, Edit
    from picode.lsp.server import PiCodeServer


async def accept(ls: PiCodeServer, *arguments: Any) -> dict[str, Any]:
    """`picode.edit.accept`: applies a proposed edit."""
    from picode.lsp.applying import apply_proposal

    answer, edit = _edit(ls, "picode.edit.accept", arguments)
    if edit.state != "proposed" or edit.proposal is None:
        return _outcome("There is no edit to apply.")
    why = await apply_proposal(ls, answer, confirm=False)
    await ls.refresh_lenses()
    return _outcome(why)


async def discard(ls: PiCodeServer, *arguments: Any) -> None:
    """`picode.edit.discard`: the user does not want it."""
    _, edit = _edit(ls, "picode.edit.discard", arguments)
    if edit.state == "proposed":
        edit.state = "declined"


async def settled(ls: PiCodeServer, *arguments: Any) -> None:
    """`picode.edit.settled`: the client has applied or dropped it by itself."""
    from picode.lsp.arguments import SettledEdit, read

    accepted = read(SettledEdit, "picode.edit.settled", arguments).accepted
    _, edit = _edit(ls, "picode.edit.settled", [{"id": arguments[0]["id"]}])
    edit.state, edit.kept = ("applied" if accepted else "declined"), True


async def keep(ls: PiCodeServer, *arguments: Any) -> None:
    """`picode.edit.keep`: the user is content."""
    _, edit = _edit(ls, "picode.edit.keep", arguments)
    edit.kept = True
    await ls.refresh_lenses()


async def undo(ls: PiCodeServer, *arguments: Any) -> dict[str, Any]:
    """`picode.edit.undo`: takes an applied edit back."""
    from picode.lsp.applying import take_back

    answer, edit = _edit(ls, "picode.edit.undo", arguments)
    why = await take_back(ls, answer)
    if not why:
        edit.state, edit.kept = "declined", True
        await ls.refresh_lenses()
    return _outcome(why)


async def again(ls: PiCodeServer, *arguments: Any) -> dict[str, Any]:
    """`picode.edit.again`: takes it back if it was applied, and asks again."""
    from dataclasses import replace

    from picode.lsp.applying import selection_now, take_back
    from picode.lsp.arguments import AgainEdit, read
    from picode.lsp.asking import answer_inquiry

    wanted = read(AgainEdit, "picode.edit.again", arguments)
    answer, edit = _edit(ls, "picode.edit.again", [{"id": wanted.id}])
    if edit.state == "applied" and (why := await take_back(ls, answer)):
        raise JsonRpcInvalidParams(why)
    edit.state, edit.kept = "declined", True
    await ls.refresh_lenses()
    now = selection_now(ls, edit.selection)
    if isinstance(now, str):
        raise JsonRpcInvalidParams(now)
    assistant = await ls.assistant()
    return await answer_inquiry(
        ls, assistant, replace(answer.inquiry, selection=now, conversation=""), wanted.work_done_token
    )


async def compare(ls: PiCodeServer, *arguments: Any) -> dict[str, Any]:
    """`picode.edit.compare`: the documents before and after. A client that can't lay them side by side is shown the diff."""
    answer, edit = _edit(ls, "picode.edit.compare", arguments)
    if edit.proposal is None:
        raise JsonRpcInvalidParams("There is nothing to compare.")
    name = quote((edit.selection.path or edit.selection.uri).replace("\\", "/").rpartition("/")[2])
    base = f"picode:/edits/{answer.id}"
    if not shows_answers(ls.client_capabilities) and shows_virtual_documents(ls.client_capabilities):
        shown = types.ShowDocumentParams(uri=f"{base}/changes/{name}.diff", external=False, take_focus=False)
        ls.protocol.send_request(types.WINDOW_SHOW_DOCUMENT, shown)
    return {
        "before": f"{base}/before/{name}",
        "after": f"{base}/after/{name}",
        "title": f"{answer.title}: before and after",
    }


def _edit(ls: PiCodeServer, command: str, arguments: Any) -> tuple[Answer, Edit]:
    from picode.lsp.arguments import Edit as EditArguments
    from picode.lsp.arguments import read

    identifier = read(EditArguments, command, arguments).id
    answer = ls.answers.get(identifier)
    if answer is None or answer.edit is None:
        raise JsonRpcInvalidParams(f"{command}: id: there is no edit {identifier!r} any more.")
    return answer, answer.edit


def _outcome(why: str) -> dict[str, Any]:
    return {"applied": not why, "reason": why}
