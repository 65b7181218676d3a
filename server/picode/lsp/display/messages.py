"""Answers for clients that can show nothing but messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from picode.core.markdown import sanitize
from picode.lsp.display.display import footer

if TYPE_CHECKING:
    from picode.lsp.answers import Answer
    from picode.lsp.server import PiCodeServer

_LONGEST = 4000
"""Characters of a message. What is longer is in the conversation."""


class MessageDisplay:
    """Shows the answer at its end."""

    def __init__(self, ls: PiCodeServer, answer: Answer) -> None:
        self._ls = ls
        self._answer = answer
        self._show = False

    def asked(self, question: str) -> None:
        pass

    def began(self, *, show: bool) -> None:
        self._show = self._show or show

    def grew(self, *, thinking: bool = False) -> None:
        pass

    async def ended(self) -> None:
        text = sanitize(self._answer.text).strip()
        if not text or not self._show:
            return
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]}…\n\n(all of it: picode conversations show {self._answer.conversation})"
        self._ls.window_show_message(
            types.ShowMessageParams(types.MessageType.Info, text + footer(self._answer).rstrip())
        )
