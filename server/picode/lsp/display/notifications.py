"""Answers for clients that show them by themselves: `picode/answer`."""

from __future__ import annotations

import asyncio
from typing import Any

from picode.core.markdown import Stream, sanitize
from picode.core.terminal import safe
from picode.lsp import extensions
from picode.lsp.answers import FINAL_STATES, CommandAnswer
from picode.lsp.session import Session

_FLUSH_INTERVAL = 0.03
"""Seconds for which pieces are gathered: models write some hundred a second, more than a reader can follow."""


class NotificationDisplay:
    """Notifies the client of each change of the answer (docs/protocol.md)."""

    def __init__(self, session: Session, answer: CommandAnswer) -> None:
        self._session = session
        self._answer = answer
        self._stream = Stream()
        self._sent = 0
        """Characters of the answer that were sent."""
        self._flush_later: asyncio.TimerHandle | None = None
        self._thinking = False

    def show_question(self, question: str) -> None:
        self._notify("asked", question=sanitize(question), token=self._answer.token)

    def start(self, *, show: bool) -> None:
        answer = self._answer
        if answer.state in FINAL_STATES:
            return  # the last notification holds the whole text
        shown = [safe(each) for each in answer.shown]
        self._notify(
            "began", provider=safe(answer.provider), model=safe(answer.model), shown=shown, note=safe(answer.note)
        )

    def update(self, *, thinking: bool = False) -> None:
        if thinking and not self._answer.text:
            if not self._thinking:
                self._thinking = True
                self._notify("growing", thinking=True)
        elif self._flush_later is None:
            self._flush_later = asyncio.get_running_loop().call_later(_FLUSH_INTERVAL, self._flush)

    async def finish(self) -> None:
        if self._flush_later is not None:
            self._flush_later.cancel()
        answer = self._answer
        self._notify(
            answer.state,
            text=sanitize(answer.text),
            problem=safe(answer.problem or (answer.edit.reason if answer.edit else "")),
            provider=safe(answer.provider),
            model=safe(answer.model),
            usage={"input": answer.usage.input_tokens, "output": answer.usage.output_tokens},
            cost=answer.cost,
        )

    def _flush(self) -> None:
        self._flush_later = None
        text = self._answer.text
        delta = self._stream.feed(text[self._sent :])
        self._sent = len(text)
        if delta:
            self._notify("growing", delta=delta)

    def _notify(self, state: str, **fields: Any) -> None:
        answer = self._answer
        identity = {
            "id": answer.id,
            "state": state,
            "command": answer.request.command.name,
            "title": answer.title,
            "conversation": answer.conversation,
        }
        self._session.notify(extensions.ANSWER, identity | fields)
