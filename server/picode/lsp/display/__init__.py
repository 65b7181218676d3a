"""How an answer is shown. By what the client supports: while it grows, by the client itself (`picode/answer`) or in a virtual
document; else when it is whole, in a file or a message."""

from __future__ import annotations

from typing import Protocol

from picode.lsp.answers import CommandAnswer
from picode.lsp.capabilities import shows_answers, shows_documents, shows_virtual_documents
from picode.lsp.display.documents import VirtualDocumentDisplay
from picode.lsp.display.notifications import NotificationDisplay
from picode.lsp.display.whole import WholeDisplay
from picode.lsp.session import Session


class Display(Protocol):
    """Shows one answer. None of its methods raises, or waits for the client; `finish` waits a limited time."""

    def show_question(self, question: str) -> None:
        """Shows the user's turn; `question` is Markdown."""
        ...

    def wait(self, reason: str, seconds: float) -> None:
        """The model is asked again in so many seconds."""
        ...

    def start(self, *, show: bool) -> None:
        """A model has begun to answer. `show`: the answer is to be read, not only applied as an edit. Called a second time
        if that turns out later."""
        ...

    def update(self, *, retracted: bool = False) -> None:
        """The answer has grown, or its reasoning has. `retracted`: what was its text so far is a part of the reasoning now."""
        ...

    async def finish(self) -> None:
        """The answer has reached a final state. Returns when all of it is shown that is shown while it grows."""
        ...

    async def present(self) -> None:
        """The answer's progress has ended. Shows what is shown only when it is whole: what a client is sent before the end of
        a progress, it wipes away with the progress."""
        ...


def display_for(session: Session, answer: CommandAnswer) -> Display:
    """The display for `answer` that the client supports."""
    capabilities = session.client_capabilities
    if shows_answers(capabilities):
        return NotificationDisplay(session, answer)
    if shows_documents(capabilities) and shows_virtual_documents(capabilities):
        return VirtualDocumentDisplay(session, answer)
    return WholeDisplay(session, answer)
