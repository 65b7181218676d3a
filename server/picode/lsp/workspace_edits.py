"""The edits of answers as LSP workspace edits: located again after the document has changed, versioned, and confirmed by the
user if the client can ask."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from picode.core.document import Position, from_column
from picode.core.edits import (
    Hunk,
    Proposal,
    Refused,
    Region,
    apply,
    edit_to,
    parts_of,
    reanchor,
    region_of,
    text_with,
)
from picode.core.edits.hunks import advance
from picode.core.edits.refusal import PROTECTED
from picode.lsp.answers import AnswerEdit, CommandAnswer, EditState
from picode.lsp.capabilities import applies_edits, honours_annotations, takes_versions
from picode.lsp.confirming import UNCONFIRMED, confirm_edit, is_off_limits
from picode.lsp.session import Session

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import Selection

MOVED = "The code that the edit is for is not there any more as it was."
CLOSED = "The document is closed."
SILENT = "The editor did not say whether it has applied the edit. Look at the document."
UNABLE = "This editor makes no edits for a language server: copy the code from the answer."

_ANNOTATION = "picode"

_APPLY_SECONDS = 30.0
_UNSUPPORTED_SECONDS = 5.0
"""For a client that says that it applies no edits on request."""
_LOOK_SECONDS = 0.2
_CONFIRM_SECONDS = 1800.0
"""For a client that shows the edit to the user first."""


def current_selection(session: Session, selection: Selection) -> Selection | str:
    """`selection` in the document as it is now; the reason if it is not there any more."""
    document = session.documents.get(selection.uri)
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
    """The edit of `selection` that a model's answer means, or why there is none. Parses the document, and looks at the disk."""
    from picode.assistant.chat.proposal import propose

    if is_off_limits(selection):
        return PROTECTED
    return propose(selection, text, cut_off=cut_off)


async def apply_proposal(session: Session, answer: CommandAnswer, *, confirm: bool) -> str:
    """Applies the proposed edit of `answer` where its code is now. Empty if it was applied, else why not.

    `answer.edit` is changed to what was applied.
    """
    edit = answer.edit
    if edit is None or edit.proposal is None:
        return "There is no edit to apply."
    if not await confirm_edit(session, edit.selection):
        return UNCONFIRMED
    selection = current_selection(session, edit.selection)
    if isinstance(selection, str):
        return selection
    proposal = edit.proposal
    if selection is not edit.selection:
        if edit.in_parts:
            moved = _left_of(proposal, selection)
        else:
            moved = propose_for(selection, answer.text, cut_off=answer.state == "cut")
        if isinstance(moved, Refused):
            return moved.reason
        proposal = moved
    problem = await _apply_hunks(session, selection, proposal.hunks, answer.title, confirm=confirm)
    if not problem:
        edit.selection, edit.proposal, edit.state = selection, proposal, "applied"
    return problem


async def apply_part(session: Session, answer: CommandAnswer, part: int) -> str:
    """Applies one part of the proposed edit of `answer`; the others stay proposed. Empty if it was applied, else why not."""
    edit = answer.edit
    if edit is None or edit.proposal is None or not 0 <= part < len(parts_of(edit.proposal.diff)):
        return "There is no such part of the edit."
    if not await confirm_edit(session, edit.selection):
        return UNCONFIRMED
    selection = current_selection(session, _whole_lines(edit.selection))
    if isinstance(selection, str):
        return selection
    diff = edit.proposal.diff
    taken = edit_to(text_with(diff, {part}), _region(selection))
    if isinstance(taken, Refused):
        return taken.reason
    if problem := await _apply_hunks(session, selection, taken.hunks, answer.title, confirm=False):
        return problem
    lines = tuple(apply(selection.lines, taken.hunks))
    now = replace(selection, lines=lines, end=advance(selection.start, taken.text), version=None)
    _leave(edit, now, text_with(diff, range(len(parts_of(diff)))), otherwise="applied")
    return ""


def discard_part(edit: AnswerEdit, part: int) -> None:
    """Drops one part of a proposed edit. An edit without any part left is declined."""
    if edit.proposal is None:
        return
    diff = edit.proposal.diff
    others = [each for each in range(len(parts_of(diff))) if each != part]
    _leave(edit, _whole_lines(edit.selection), text_with(diff, others), otherwise="declined")


def _leave(edit: AnswerEdit, selection: Selection, text: str, *, otherwise: EditState) -> None:
    """Leaves what makes `text` of `selection` to be decided; `otherwise` is the edit's state where that is nothing."""
    left = edit_to(text, _region(selection))
    edit.in_parts, edit.selection = True, selection
    if isinstance(left, Refused):
        edit.state, edit.settled = otherwise, True
    else:
        edit.proposal = left


def _left_of(proposal: Proposal, selection: Selection) -> Proposal | Refused:
    """The same edit of `selection`, which says elsewhere what it said."""
    diff = proposal.diff
    return edit_to(text_with(diff, range(len(parts_of(diff)))), _region(selection))


def _whole_lines(selection: Selection) -> Selection:
    start, end = selection.whole_lines(selection.start.line, selection.last_line)
    return replace(selection, start=start, end=end)


def _region(selection: Selection) -> Region:
    return region_of(selection.lines, selection.start, selection.end, selection.unit)


async def undo_edit(session: Session, answer: CommandAnswer) -> str:
    """Undoes an applied edit. Empty if it was undone, else why not."""
    edit = answer.edit
    if edit is None or edit.proposal is None or edit.state != "applied":
        return "There is no edit to undo."
    document = session.documents.get(edit.selection.uri)
    if document is None:
        return CLOSED
    selection, proposal = edit.selection, edit.proposal
    lines = tuple(document.lines)
    edited = apply(selection.lines, proposal.hunks)
    hunks: Sequence[Hunk] = proposal.undo
    if tuple(edited) != lines:
        found = reanchor(edited, proposal.start, advance(proposal.start, proposal.text), lines)
        if found is None:
            return MOVED
        hunks = (Hunk(*found, selection.text, proposal.text),)
    now = replace(selection, lines=lines, version=document.version)
    return await _apply_hunks(session, now, hunks, f"Undo: {answer.title}", confirm=False)


async def _apply_hunks(
    session: Session, selection: Selection, hunks: Sequence[Hunk], label: str, *, confirm: bool
) -> str:
    """Has the client apply `hunks`. Empty if it did, else why not.

    ALE says that it applies no edits, applies them, and never answers the request: so the document is looked at as well.
    """
    says_no = applies_edits(session.client_capabilities) is False
    edit = workspace_edit(session, selection, hunks, label, confirm=confirm)
    params = types.ApplyWorkspaceEditParams(edit, label=label)
    request = asyncio.ensure_future(session.send_request_async(types.WORKSPACE_APPLY_EDIT, params))
    seen = asyncio.ensure_future(_edited(session, selection, hunks))
    patience = _CONFIRM_SECONDS if edit.change_annotations else _UNSUPPORTED_SECONDS if says_no else _APPLY_SECONDS
    try:
        await asyncio.wait({request, seen}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        if not request.done():
            return "" if seen.done() else UNABLE if says_no else SILENT
        result: Any = request.result()
    except Exception as error:
        return f"The editor could not apply the edit: {error}"
    finally:
        request.cancel()
        seen.cancel()
    if getattr(result, "applied", None) is not True:
        return str(getattr(result, "failure_reason", None) or "The editor did not apply the edit.")
    return ""


async def _edited(session: Session, selection: Selection, hunks: Sequence[Hunk]) -> None:
    """Returns when the document is as `hunks` make it."""
    edited = "".join(apply(selection.lines, hunks))
    while True:
        document = session.documents.get(selection.uri)
        if document is not None and document.text == edited:
            return
        await asyncio.sleep(_LOOK_SECONDS)


def workspace_edit(
    session: Session, selection: Selection, hunks: Sequence[Hunk], label: str, *, confirm: bool
) -> types.WorkspaceEdit:
    """`hunks` as a workspace edit of the selection's version. With `confirm`, a client that supports it asks the user first."""
    capabilities = session.client_capabilities
    annotate = confirm and honours_annotations(capabilities)

    def position(at: Position) -> types.Position:
        return types.Position(at.line, from_column(selection.lines[at.line], at.column, session.documents.encoding))

    edits = [types.TextEdit(types.Range(position(hunk.start), position(hunk.end)), hunk.text) for hunk in hunks]
    if not takes_versions(capabilities):
        return types.WorkspaceEdit(changes={selection.uri: edits})
    annotated = [types.AnnotatedTextEdit(_ANNOTATION, edit.range, edit.new_text) for edit in edits]
    document = types.OptionalVersionedTextDocumentIdentifier(selection.uri, selection.version)
    annotation = types.ChangeAnnotation(
        label, needs_confirmation=True, description="Written by a model: look before you take it."
    )
    return types.WorkspaceEdit(
        document_changes=[types.TextDocumentEdit(document, annotated if annotate else edits)],
        change_annotations={_ANNOTATION: annotation} if annotate else None,
    )
