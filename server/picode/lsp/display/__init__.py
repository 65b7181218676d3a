"""How an answer is shown while it is written: by the client itself, in a virtual document, or in a file; whichever the client
can do, in this order. Where it can do nothing of it, a message holds the answer at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from picode.lsp.capabilities import shows_answers, shows_documents, shows_virtual_documents
from picode.lsp.display.display import Display
from picode.lsp.display.files import FileDisplay
from picode.lsp.display.messages import MessageDisplay
from picode.lsp.display.notified import NotifiedDisplay
from picode.lsp.display.virtual import VirtualDisplay

if TYPE_CHECKING:
    from picode.lsp.answers import Answer
    from picode.lsp.server import PiCodeServer

__all__ = ["Display", "display_of"]


def display_of(ls: PiCodeServer, answer: Answer) -> Display:
    """The display for `answer`."""
    if shows_answers(ls.client_capabilities):
        return NotifiedDisplay(ls, answer)
    if not shows_documents(ls.client_capabilities):
        return MessageDisplay(ls, answer)
    return VirtualDisplay(ls, answer) if shows_virtual_documents(ls.client_capabilities) else FileDisplay(ls, answer)
