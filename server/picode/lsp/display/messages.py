"""Answers in messages, for clients that can show nothing else."""

from __future__ import annotations

from lsprotocol import types

from picode.core.markdown import sanitize
from picode.lsp.answers import CommandAnswer
from picode.lsp.display.markdown import footer
from picode.lsp.session import Session

_LONGEST = 4000
"""Characters of a message. The whole of a longer answer is in its conversation."""


class MessageDisplay:
    """Shows the answer when it has ended."""

    def __init__(self, session: Session, answer: CommandAnswer) -> None:
        self._session = session
        self._answer = answer
        self._show = False

    def show_question(self, question: str) -> None:
        pass

    def wait(self, reason: str, seconds: float) -> None:
        pass

    def start(self, *, show: bool) -> None:
        self._show = self._show or show

    def update(self, *, retracted: bool = False) -> None:
        pass

    async def finish(self) -> None:
        text = sanitize(self._answer.text).strip()
        if not self._show or not (text or self._answer.problem):
            return
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]}…\n\n(all of it: picode conversations show {self._answer.conversation})"
        self._session.show_message(types.MessageType.Info, (text + footer(self._answer)).strip("\n -"))
