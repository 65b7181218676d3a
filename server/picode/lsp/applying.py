"""Edits on their way into the editor: found again where the document has moved, versioned, and confirmed where it can ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lsprotocol import types

from picode.core.document import Position, from_column
from picode.core.edits import Hunk, Refused, apply, reanchor
from picode.core.edits.hunks import advance
from picode.core.edits.refusal import PROTECTED
from picode.lsp.capabilities import honours_annotations, takes_versions
from picode.lsp.confirming import UNCONFIRMED, confirm_edit, is_off_limits

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import Selection
    from picode.core.edits import Proposal
    from picode.lsp.answers import Answer
    from picode.lsp.server import PiCodeServer

MOVED = "The code that the edit is for is not there any more as it was."
CLOSED = "The document is closed."


def selection_now(ls: PiCodeServer, selection: Selection) -> Selection | str:
    """`selection` in the document as it is now; the reason where it is not there any more."""
    document = ls.documents.get(selection.uri)
    if document is None:
        return CLOSED
    if document.version == selection.version:
        return selection
    lines = tuple(document.lines)
    found = reanchor(selection.lines, selection.start, selection.end, lines)
    if found is None:
        return MOVED
    return replace(selection, lines=lines, start=found[0], end=found[1], version=document.version)


def propose_for(selection: Selection, text: str, *, cut_off: bool = False) -> Proposal | Refused:
    """The edit of `selection` that a model's answer means. Parses the document, and looks at the disk."""
    from picode.assistant.chat.proposal import propose

    if is_off_limits(selection):
        return PROTECTED
    at = selection
    path = at.path or ""
    return propose(path, at.lines, at.start, at.end, text, at.language, unit=at.unit, cut_off=cut_off)


async def apply_proposal(ls: PiCodeServer, answer: Answer, *, confirm: bool) -> str:
    """Applies the proposed edit of `answer`, wherever its code is by now. Empty, or why it could not be done.

    The answer's edit is as the document has it afterwards.
    """
    edit = answer.edit
    if edit is None or edit.proposal is None:
        return "There is no edit to apply."
    if not await confirm_edit(ls, edit.selection):
        return UNCONFIRMED
    selection = selection_now(ls, edit.selection)
    if isinstance(selection, str):
        return selection
    proposal = edit.proposal
    if selection is not edit.selection:
        moved = propose_for(selection, answer.text)
        if isinstance(moved, Refused):
            return moved.reason
        proposal = moved
    why = await apply_hunks(ls, selection, proposal.hunks, answer.title, confirm=confirm)
    if not why:
        edit.selection, edit.proposal, edit.state = selection, proposal, "applied"
    return why


async def take_back(ls: PiCodeServer, answer: Answer) -> str:
    """Undoes an applied edit. Empty, or why it could not be done."""
    edit = answer.edit
    if edit is None or edit.proposal is None or edit.state != "applied":
        return "There is no edit to undo."
    document = ls.documents.get(edit.selection.uri)
    if document is None:
        return CLOSED
    selection, proposal = edit.selection, edit.proposal
    lines = tuple(document.lines)
    edited = apply(selection.lines, proposal.hunks)
    hunks: Sequence[Hunk] = proposal.undo
    if tuple(edited) != lines:
        end = _end_of(proposal)
        found = reanchor(edited, proposal.start, end, lines)
        if found is None:
            return MOVED
        hunks = (Hunk(*found, selection.text, proposal.text),)
    now = replace(selection, lines=lines, version=document.version)
    return await apply_hunks(ls, now, hunks, f"Undo: {answer.title}", confirm=False)


async def apply_hunks(
    ls: PiCodeServer, selection: Selection, hunks: Sequence[Hunk], label: str, *, confirm: bool
) -> str:
    """Has the client apply `hunks`. Empty, or why it did not."""
    params = types.ApplyWorkspaceEditParams(workspace_edit(ls, selection, hunks, label, confirm=confirm), label=label)
    try:
        answer = await ls.protocol.send_request_async(types.WORKSPACE_APPLY_EDIT, params)
    except Exception as error:
        return f"The editor could not apply the edit: {error}"
    if answer is None or not answer.applied:
        return (answer and answer.failure_reason) or "The editor did not apply the edit."
    return ""


def workspace_edit(
    ls: PiCodeServer, selection: Selection, hunks: Sequence[Hunk], label: str, *, confirm: bool
) -> types.WorkspaceEdit:
    """`hunks` as LSP has them. With `confirm`, a client that can asks the user first."""
    capabilities = ls.client_capabilities
    annotate = confirm and honours_annotations(capabilities)

    def place(position: Position) -> types.Position:
        line = selection.lines[position.line]
        return types.Position(position.line, from_column(line, position.column, ls.documents.encoding))

    ranges = [types.Range(place(hunk.start), place(hunk.end)) for hunk in hunks]
    if not takes_versions(capabilities):
        plain = [types.TextEdit(where, hunk.text) for where, hunk in zip(ranges, hunks, strict=True)]
        return types.WorkspaceEdit(changes={selection.uri: plain})
    name = "picode"
    edits: list[types.TextEdit | types.AnnotatedTextEdit] = [
        types.AnnotatedTextEdit(name, where, hunk.text) if annotate else types.TextEdit(where, hunk.text)
        for where, hunk in zip(ranges, hunks, strict=True)
    ]
    document = types.OptionalVersionedTextDocumentIdentifier(selection.uri, selection.version)
    return types.WorkspaceEdit(
        document_changes=[types.TextDocumentEdit(document, edits)],
        change_annotations={
            name: types.ChangeAnnotation(
                label, needs_confirmation=True, description="Written by a model: look before you take it."
            )
        }
        if annotate
        else None,
    )


def _end_of(proposal: Proposal) -> Position:
    """Where the edited stretch ends, once it is edited."""
    return advance(proposal.start, proposal.text)
