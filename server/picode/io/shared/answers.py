"""Finished answers that several machines share, behind those on the own disk, for the port `AnswerStore`."""

from __future__ import annotations

import json
from collections.abc import Callable

from picode.assistant.ports import AnswerStore
from picode.core.errors import redact
from picode.io.answer_cache import LARGEST, TIMEOUT_S
from picode.io.shared.link import SharedLink, key
from picode.settings.model import Cache

_DAY = 86_400


class SharedAnswers:
    """`own` is the store on this machine. `settings` gives the section in force."""

    def __init__(self, own: AnswerStore, link: SharedLink, settings: Callable[[], Cache]) -> None:
        self._own = own
        self._link = link
        self._settings = settings

    async def find(self, key_: str, timeout_s: float = TIMEOUT_S) -> str | None:
        """See `picode.assistant.ports.AnswerStore`."""
        found = await self._own.find(key_, timeout_s)
        if found is not None or not self._sharing:
            return found
        answer = _read(await self._link.ask(lambda client: client.get(_name(key_))))
        if answer is not None:
            self._own.keep(key_, answer, "")  # for when the server is out of reach
        return answer

    def keep(self, key_: str, answer: str, path: str) -> None:
        """See `picode.assistant.ports.AnswerStore`."""
        self._own.keep(key_, answer, path)
        if not self._sharing or len(answer) > LARGEST or redact(answer) != answer:
            return
        seconds = max(60, int(self._settings().days * _DAY))
        value = json.dumps({"answer": answer})
        self._link.later(lambda client: client.set(_name(key_), value, ex=seconds))

    @property
    def _sharing(self) -> bool:
        return self._link.configured and self._settings().enabled


def _name(key_: str) -> str:
    return key("answer", key_)


def _read(value: object) -> str | None:
    """The answer of an entry; None if the entry does not have the form that `keep` writes."""
    if not isinstance(value, bytes) or len(value) > 8 * LARGEST:
        return None
    try:
        fields = json.loads(value)
    except (ValueError, RecursionError):
        return None
    answer = fields.get("answer") if isinstance(fields, dict) else None
    return answer if isinstance(answer, str) and len(answer) <= LARGEST else None
