"""Edits of files that other programs run by themselves: the user confirms them by the file's name, in every editor.

A client's own preview is not enough: it shows the edit, and not what will become of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING

from lsprotocol import types

from picode.core.privacy import is_protected, needs_confirmation
from picode.core.terminal import notice
from picode.lsp.documents import places_of
from picode.lsp.session import Session

if TYPE_CHECKING:
    from picode.assistant.chat.command_request import Selection

log = logging.getLogger(__name__)

UNCONFIRMED = "You did not confirm the edit of this file."


def is_off_limits(selection: Selection) -> bool:
    """Whether no answer may edit the document of `selection`, by the name in its URI or by the real one behind links."""
    return any(map(is_protected, places_of(selection.uri)))


def name_to_confirm(session: Session, selection: Selection) -> str:
    """The file whose edit the user has to confirm, as they know it; empty where they need not. Looks at the disk."""
    places = places_of(selection.uri)
    if not any(map(needs_confirmation, places)):
        return ""
    named, real = places[0], places[-1]
    inside = [
        folder for folder in session.folders if os.path.normcase(named).startswith(os.path.normcase(folder) + os.sep)
    ]
    shown = os.path.relpath(named, max(inside, key=len)) if inside else named
    return shown if real == named or needs_confirmation(named) else f"{shown} (a link to {real})"


async def confirm_edit(session: Session, selection: Selection) -> bool:
    """Whether the document of `selection` may be edited; asks the user where they have to confirm it."""
    name = await asyncio.to_thread(name_to_confirm, session, selection)
    if not name:
        return True
    name = notice(name)
    apply = types.MessageActionItem(f"Edit {name}")
    question = types.ShowMessageRequestParams(
        types.MessageType.Warning,
        f"PiCode: {name} is run by other programs without a question. Apply the edit, which a model wrote?",
        [apply, types.MessageActionItem("Leave it as it is")],
    )
    try:
        chosen = await session.send_request_async(types.WINDOW_SHOW_MESSAGE_REQUEST, question)
    except Exception as error:
        log.warning("the editor did not ask whether to edit a file that is run by other programs: %s", error)
        return False
    return chosen is not None and chosen.title == apply.title
