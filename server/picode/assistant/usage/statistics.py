"""Follows suggestions: which are shown, accepted, and still in the document after a while.

Each of these is an event of usage. The counts also say how welcome suggestions are in a language: where none is wanted, they
are made more slowly (`backoff`).
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from picode.assistant.usage.events import Outcome, Record, SuggestionOutcome
from picode.assistant.usage.rows import UsageRow
from picode.assistant.usage.summaries import unwanted

VISIBLE = 0.75
"""Seconds that a suggestion must have been on screen to count as shown, where the editor does not report it."""

LATER = 30.0
"""Seconds from accepting a suggestion to the check whether it is still there."""

ENOUGH = 50
"""Suggestions shown, none of them wanted, that bring `backoff` to its maximum."""

FOLLOWED = 10
"""Characters of a suggestion that are not typed by chance: the suggestion was wanted, with Tab or without."""

_REMEMBERED = 256
"""Suggestions that can still be accepted."""
_RECENT = 14
"""Days whose counts decide the initial `backoff`."""


@dataclass(frozen=True, slots=True)
class Made:
    """A suggestion that is sent to the editor. `source` is the id of the answer that it comes from: while the user types along
    an answer, it gives one suggestion for each key. `seconds` is how long a model took; None if the text was known. `typed` is
    how many characters of the answer the user has typed."""

    id: str
    source: str
    uri: str
    language: str
    provider: str
    model: str
    text: str
    seconds: float | None
    typed: int = 0


class Statistics:
    """Follows the suggestions of a session, for one thread. While `enabled` is false it follows none."""

    def __init__(
        self, record: Record, read: Callable[[int], Awaitable[Iterable[UsageRow]]], enabled: Callable[[], bool]
    ) -> None:
        """`read` gives the rows of the last so many days."""
        self._record = record
        self._read = read
        self._enabled = enabled
        self._made: OrderedDict[str, Made] = OrderedDict()
        self._counted: dict[tuple[str, Outcome], None] = {}
        self._showing: dict[str, asyncio.TimerHandle] = {}
        self._checks: set[asyncio.TimerHandle] = set()
        self._unwanted: Counter[str] = Counter()
        self._loading: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Starts to load the counts of earlier sessions, which `backoff` goes on from."""
        if self._enabled():
            self._loading = asyncio.create_task(self._load())

    async def _load(self) -> None:
        self._unwanted.update(unwanted(await self._read(_RECENT)))

    def made(self, made: Made) -> None:
        """A suggestion is sent to the editor. It counts as shown unless another one replaces it soon."""
        if not self._enabled():
            return
        self._made[made.id] = made
        if len(self._made) > _REMEMBERED:
            self._made.popitem(last=False)
        if made.seconds is not None:
            self._record(SuggestionOutcome(made.language, made.provider, made.model, "made", made.seconds))
        if made.typed >= FOLLOWED:
            self._wanted(made.language)
            self._once(made, "typed")
        self.nothing(made.uri)
        loop = asyncio.get_running_loop()
        self._showing[made.uri] = loop.call_later(VISIBLE, lambda: self.shown(made.id))

    def nothing(self, uri: str) -> None:
        """No suggestion is on screen in this document any more."""
        if (timer := self._showing.pop(uri, None)) is not None:
            timer.cancel()

    def shown(self, identifier: str) -> bool:
        """A suggestion was on screen. False if the id is unknown or too old."""
        made = self._made.get(identifier)
        if made is not None and self._once(made, "shown"):
            self._unwanted[made.language] += 1
        return made is not None

    def accepted(self, identifier: str, read: Callable[[str], str | None]) -> bool:
        """A suggestion was accepted. False if the id is unknown or too old. `read` gives the text of an open document by its
        URI; None if it is not open."""
        if not self.shown(identifier):
            return False
        made = self._made[identifier]
        self._wanted(made.language)
        if self._once(made, "accepted"):
            self._check_later(made, read)
        return True

    def partly_accepted(self, identifier: str, length: int) -> bool:
        """The first `length` characters of a suggestion were accepted. False if the id is unknown or too old."""
        if not self.shown(identifier):
            return False
        made = self._made[identifier]
        self._wanted(made.language)
        if length > 0:
            self._once(made, "partly")
        return True

    def asked_by_hand(self, language: str) -> None:
        """The user asked for a suggestion in this language, and so wants them."""
        self._wanted(language)

    def backoff(self, language: str) -> float:
        """How unwelcome suggestions are in this language, from 0 to 1: the suggestions shown since one was wanted, as a part
        of `ENOUGH`."""
        return min(1.0, self._unwanted[language] / ENOUGH)

    async def close(self) -> None:
        """Stops counting."""
        for timer in (*self._showing.values(), *self._checks):
            timer.cancel()
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.wait({self._loading})

    def _wanted(self, language: str) -> None:
        self._unwanted[language] = 0

    def _once(self, made: Made, outcome: Outcome) -> bool:
        """Records `outcome`, once for each answer. Whether this was the first time."""
        key = (made.source, outcome)
        if key in self._counted:
            return False
        self._counted[key] = None
        if len(self._counted) > 4 * _REMEMBERED:
            del self._counted[next(iter(self._counted))]
        self._record(SuggestionOutcome(made.language, made.provider, made.model, outcome))
        return True

    def _check_later(self, made: Made, read: Callable[[str], str | None]) -> None:
        def check() -> None:
            self._checks.discard(timer)
            text = read(made.uri)
            if text is not None:
                outcome: Outcome = "kept" if still_there(made.text, text) else "changed"
                self._record(SuggestionOutcome(made.language, made.provider, made.model, outcome))

        timer = asyncio.get_running_loop().call_later(LATER, check)
        self._checks.add(timer)


def still_there(suggestion: str, document: str) -> bool:
    """Whether at least half of the lines of an accepted suggestion are still in the document, at any place and indentation."""
    lines = [line.strip() for line in suggestion.split("\n") if line.strip()]
    present = {line.strip() for line in document.replace("\r", "\n").split("\n")}
    found = sum(line in present or any(line in each for each in present) for line in lines)
    return 2 * found >= len(lines)
