"""How an answer is shown while it is written. By what the client supports: by the client itself (`picode/answer`), in a virtual
document, in a file, or in a message at the end."""

from __future__ import annotations

from typing import Protocol

from picode.lsp.answers import CommandAnswer
from picode.lsp.capabilities import shows_answers, shows_documents, shows_virtual_documents
from picode.lsp.display.documents import FileDisplay, VirtualDocumentDisplay
from picode.lsp.display.messages import MessageDisplay
from picode.lsp.display.notifications import NotificationDisplay
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
        """The answer has reached a final state. Returns when all of it is shown."""
        ...


def display_for(session: Session, answer: CommandAnswer) -> Display:
    """The display for `answer` that the client supports."""
    capabilities = session.client_capabilities
    if shows_answers(capabilities):
        return NotificationDisplay(session, answer)
    if not shows_documents(capabilities):
        return MessageDisplay(session, answer)
    kind = VirtualDocumentDisplay if shows_virtual_documents(capabilities) else FileDisplay
    return kind(session, answer)
