"""Answers for clients that show them themselves: `picode/answer`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from picode.core.markdown import Stream, sanitize
from picode.lsp import extensions
from picode.lsp.display.virtual import ENDED

if TYPE_CHECKING:
    from picode.lsp.answers import Answer
    from picode.lsp.server import PiCodeServer

_GATHER = 0.03
"""Seconds that pieces are gathered for: models write up to some hundred a second, and no eye follows them one by one."""


class NotifiedDisplay:
    """Tells the client of each step."""

    def __init__(self, ls: PiCodeServer, answer: Answer) -> None:
        self._ls = ls
        self._answer = answer
        self._stream = Stream()
        self._told = 0
        self._later: asyncio.TimerHandle | None = None
        self._thinking = False

    def asked(self, question: str) -> None:
        self._tell("asked", question=sanitize(question), token=self._answer.token)

    def began(self, *, show: bool) -> None:
        answer = self._answer
        if answer.state in ENDED:
            return  # the text comes with the end
        self._tell("began", provider=answer.provider, model=answer.model, shown=list(answer.shown), note=answer.note)

    def grew(self, *, thinking: bool = False) -> None:
        if thinking and not self._answer.text:
            if not self._thinking:
                self._thinking = True
                self._tell("growing", thinking=True)
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(_GATHER, self._flush)

    async def ended(self) -> None:
        if self._later is not None:
            self._later.cancel()
        answer = self._answer
        self._tell(
            answer.state,
            text=sanitize(answer.text),
            problem=answer.problem or (answer.edit.reason if answer.edit else ""),
            provider=answer.provider,
            model=answer.model,
            usage={"input": answer.usage.input_tokens, "output": answer.usage.output_tokens},
            cost=answer.cost,
        )

    def _flush(self) -> None:
        self._later = None
        text = self._answer.text
        delta = self._stream.feed(text[self._told :])
        self._told = len(text)
        if delta:
            self._tell("growing", delta=delta)

    def _tell(self, state: str, **fields: Any) -> None:
        answer = self._answer
        known = {
            "id": answer.id,
            "state": state,
            "command": answer.inquiry.command.name,
            "title": answer.title,
            "conversation": answer.conversation,
        }
        self._ls.protocol.notify(extensions.ANSWER, known | fields)
