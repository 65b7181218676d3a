"""What becomes of suggestions: how many are shown, taken, still there after a while, and how long they took.

Counted on this machine and nowhere else; no text, path or name of a document is kept. The counts also make suggestions
quieter in a language where nobody wants them.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

What = Literal["shown", "accepted", "partly", "typed", "kept", "changed"]

VISIBLE = 0.75
"""Seconds that a suggestion must have been on screen to count as shown, where the editor does not say."""

LATER = 30.0
"""Seconds after which it is looked whether an accepted suggestion is still there."""

ENOUGH = 50
"""So many suggestions shown and none wanted make a language quiet."""

FOLLOWED = 10
"""Characters of a suggestion that nobody types by chance: whoever does so wanted it, with or without Tab."""

BUCKETS = (50, 100, 200, 400, 800, 1600, 3200, 6400)
"""Upper bounds of the times that are told apart, in milliseconds."""

_REMEMBERED = 256
_RECENT = 14
"""Days whose counts decide what is quiet."""


@dataclass(frozen=True, slots=True)
class Made:
    """A suggestion that went to the editor. `source` is the answer that it comes from: while somebody types along it, one
    answer gives many. `seconds` is how long a model took; None where it was known already. `typed` is how many characters of
    the answer the user has typed."""

    id: str
    source: str
    uri: str
    language: str
    provider: str
    model: str
    text: str
    seconds: float | None
    typed: int = 0


@dataclass(frozen=True, slots=True)
class DailyCount:
    """One count. `what` is a `What`, or `ms<=400` for a time; `day` (ISO 8601) is empty where it is one of several days."""

    language: str
    provider: str
    model: str
    what: str
    count: int
    day: str = ""


class Counters(Protocol):
    """Keeps counts. Neither fails, or makes anybody wait."""

    def add(self, language: str, provider: str, model: str, what: str) -> None: ...
    async def read(self, days: int) -> list[DailyCount]: ...


class Statistics:
    """Hears of suggestions, and counts them."""

    def __init__(self, tallies: Counters, enabled: Callable[[], bool]) -> None:
        self._tallies = tallies
        self._enabled = enabled
        self._made: OrderedDict[str, Made] = OrderedDict()
        self._counted: dict[tuple[str, What], None] = {}
        self._showing: dict[str, asyncio.TimerHandle] = {}
        self._checks: set[asyncio.TimerHandle] = set()
        self._unwanted: Counter[str] = Counter()
        self._loading: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Takes up where the last session ended, as soon as the disk allows."""
        if self._enabled():
            self._loading = asyncio.create_task(self._load())

    async def _load(self) -> None:
        self._unwanted.update(unwanted(await self._tallies.read(_RECENT)))

    def made(self, made: Made) -> None:
        """A suggestion goes to the editor. It counts as shown if nothing else replaces it soon."""
        if not self._enabled():
            return
        self._made[made.id] = made
        if len(self._made) > _REMEMBERED:
            self._made.popitem(last=False)
        if made.seconds is not None:
            self._add(made, bucket(made.seconds))
        if made.typed >= FOLLOWED:
            self._wanted(made.language)
            self._once(made, "typed")
        shown = self._showing.get(made.uri)
        if shown is not None:
            shown.cancel()
        loop = asyncio.get_running_loop()
        self._showing[made.uri] = loop.call_later(VISIBLE, lambda: self.shown(made.id))

    def nothing(self, uri: str) -> None:
        """Nothing is suggested for a document any more."""
        if (timer := self._showing.pop(uri, None)) is not None:
            timer.cancel()

    def shown(self, identifier: str) -> bool:
        """It was seen. False where it is not known (any more)."""
        made = self._made.get(identifier)
        if made is not None and self._once(made, "shown"):
            self._unwanted[made.language] += 1
        return made is not None

    def accepted(self, identifier: str, read: Callable[[str], str | None]) -> bool:
        """It was taken. `read` gives the text of a document that is open."""
        made = self._made.get(identifier)
        if made is None:
            return False
        self.shown(identifier)
        self._wanted(made.language)
        if self._once(made, "accepted"):
            self._look_later(made, read)
        return True

    def partly_accepted(self, identifier: str, length: int) -> bool:
        """Its first `length` characters were taken."""
        made = self._made.get(identifier)
        if made is None:
            return False
        self.shown(identifier)
        self._wanted(made.language)
        if length > 0:
            self._once(made, "partly")
        return True

    def asked_by_hand(self, language: str) -> None:
        """Whoever asks wants suggestions."""
        self._wanted(language)

    def backoff(self, language: str) -> float:
        """How long suggestions in this language have not been wanted: from 0, not at all, to 1, for `ENOUGH` of them."""
        return min(1.0, self._unwanted[language] / ENOUGH)

    async def close(self) -> None:
        """Counts nothing more."""
        for timer in (*self._showing.values(), *self._checks):
            timer.cancel()
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.wait({self._loading})

    def _wanted(self, language: str) -> None:
        self._unwanted[language] = 0

    def _once(self, made: Made, what: What) -> bool:
        """Counts `what`, once for each answer."""
        key = (made.source, what)
        if key in self._counted:
            return False
        self._counted[key] = None
        if len(self._counted) > 4 * _REMEMBERED:
            del self._counted[next(iter(self._counted))]
        self._add(made, what)
        return True

    def _add(self, made: Made, what: str) -> None:
        self._tallies.add(made.language, made.provider, made.model, what)

    def _look_later(self, made: Made, read: Callable[[str], str | None]) -> None:
        def look() -> None:
            self._checks.discard(timer)
            text = read(made.uri)
            if text is not None:
                self._add(made, "kept" if still_there(made.text, text) else "changed")

        timer = asyncio.get_running_loop().call_later(LATER, look)
        self._checks.add(timer)


def bucket(seconds: float) -> str:
    """The name under which a time is counted."""
    milliseconds = seconds * 1000
    return next((f"ms<={bound}" for bound in BUCKETS if milliseconds <= bound), "ms<=more")


def still_there(suggestion: str, document: str) -> bool:
    """Whether most of what was accepted is still in the document, wherever it has moved."""
    lines = [line.strip() for line in suggestion.split("\n") if line.strip()]
    present = {line.strip() for line in document.replace("\r", "\n").split("\n")}
    found = sum(line in present or any(line in each for each in present) for line in lines)
    return 2 * found >= len(lines)


def unwanted(tallies: Iterable[DailyCount]) -> dict[str, int]:
    """How many suggestions were shown in each language where none was taken."""
    shown: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for each in tallies:
        (shown if each.what == "shown" else taken if each.what in ("accepted", "partly", "typed") else Counter())[
            each.language
        ] += each.count
    return {language: count for language, count in shown.items() if not taken[language]}


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of one language and model. What was `typed` along was wanted too, if not taken with a key. Times are
    milliseconds: the bound that half, and 95 %, stayed below."""

    language: str
    provider: str
    model: str
    shown: int
    accepted: int
    partly: int
    typed: int
    kept: int
    changed: int
    median: int | None
    late: int | None


def summarise(tallies: Iterable[DailyCount]) -> list[Summary]:
    """One line for each language and model, those most shown first."""
    sums: dict[tuple[str, str, str], Counter[str]] = {}
    for each in tallies:
        sums.setdefault((each.language, each.provider, each.model), Counter())[each.what] += each.count
    found = [
        Summary(
            *key,
            counts["shown"],
            counts["accepted"],
            counts["partly"],
            counts["typed"],
            counts["kept"],
            counts["changed"],
            _quantile(counts, 0.5),
            _quantile(counts, 0.95),
        )
        for key, counts in sums.items()
    ]
    return sorted(found, key=lambda each: (-each.shown, each.language, each.provider, each.model))


def _quantile(counts: Counter[str], share: float) -> int | None:
    times = [(bound, counts[f"ms<={bound}"]) for bound in BUCKETS]
    total = sum(count for _, count in times) + counts["ms<=more"]
    reached = 0
    for bound, count in times:
        reached += count
        if total and reached >= share * total:
            return bound
    return 2 * BUCKETS[-1] if total else None
