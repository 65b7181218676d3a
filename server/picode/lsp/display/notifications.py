"""Answers for clients that show them by themselves: `picode/answer`."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from picode.core.asking import typed_by
from picode.core.markdown import Stream, sanitize
from picode.core.terminal import notice, safe
from picode.lsp import extensions
from picode.lsp.answers import FINAL_STATES, AnswerParams, AnswerState, CommandAnswer
from picode.lsp.notifications import remedy_command
from picode.lsp.session import Session

_FLUSH_INTERVAL = 0.03
"""Seconds for which pieces are gathered: models write some hundred a second, more than a reader can follow."""


class _Growing:
    """A text that grows, as the harmless parts that were not sent yet."""

    def __init__(self) -> None:
        self._stream = Stream()
        self._sent = 0
        """Characters of the text that were sent."""

    def rest(self, text: str) -> str:
        """What `text` has more than the last one."""
        delta = self._stream.feed(text[self._sent :])
        self._sent = len(text)
        return delta


class NotificationDisplay:
    """Notifies the client of each change of the answer (docs/protocol.md)."""

    def __init__(self, session: Session, answer: CommandAnswer) -> None:
        self._session = session
        self._answer = answer
        self._text, self._reasoning = _Growing(), _Growing()
        self._retracted = False
        """Text was sent that turned out to be reasoning."""
        self._flush_later: asyncio.TimerHandle | None = None

    def show_question(self, question: str) -> None:
        typed = safe(typed_by(self._answer.request.command, self._answer.request.args))
        self._notify("asked", question=sanitize(question), typed=typed, token=self._answer.token)

    def wait(self, reason: str, seconds: float) -> None:
        self._notify("waiting", wait={"reason": notice(reason), "seconds": seconds})

    def start(self, *, show: bool) -> None:
        answer = self._answer
        if answer.state in FINAL_STATES:
            return  # the last notification holds the whole text
        shown = [safe(each) for each in answer.shown]
        self._notify(
            "began", provider=safe(answer.provider), model=safe(answer.model), shown=shown, note=notice(answer.note)
        )

    def update(self, *, retracted: bool = False) -> None:
        self._retracted = self._retracted or retracted
        if self._flush_later is None:
            self._flush_later = asyncio.get_running_loop().call_later(_FLUSH_INTERVAL, self._flush)

    async def finish(self) -> None:
        if self._flush_later is not None:
            self._flush_later.cancel()
        answer = self._answer
        more: dict[str, Any] = {"reasoning": sanitize(answer.reasoning)} if answer.reasoning else {}
        if answer.remedy is not None:
            more["remedy"] = remedy_command(answer.remedy, self._session.client_capabilities)
        self._notify(
            answer.state,
            text=sanitize(answer.text),
            problem=notice(answer.problem or (answer.edit.reason if answer.edit else "")),
            provider=safe(answer.provider),
            model=safe(answer.model),
            usage={"input": answer.usage.input_tokens, "output": answer.usage.output_tokens},
            cost=answer.cost,
            **more,
        )

    async def present(self) -> None:
        pass

    def _flush(self) -> None:
        self._flush_later = None
        answer, fields = self._answer, dict[str, Any]()
        if self._retracted:
            self._retracted, self._text = False, _Growing()
            fields["text"] = self._text.rest(answer.text)
        elif delta := self._text.rest(answer.text):
            fields["delta"] = delta
        if reasoning := self._reasoning.rest(answer.reasoning):
            fields["reasoningDelta"] = reasoning
        if fields:
            thinking = {} if answer.text else {"thinking": True}
            self._notify("growing", **fields, **thinking)

    def _notify(self, state: AnswerState, **fields: Any) -> None:
        answer = self._answer
        identity: AnswerParams = {
            "id": answer.id,
            "state": state,
            "command": answer.request.command.name,
            "title": answer.title,
            "conversation": answer.conversation,
        }
        self._session.notify(extensions.ANSWER, cast("AnswerParams", identity | fields))
