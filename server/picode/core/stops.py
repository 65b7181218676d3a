"""Cuts an answer at its stop strings while it arrives: not every provider knows all of them, and some know none."""

from __future__ import annotations

from collections.abc import Sequence


class StopCutter:
    """Gives an answer out as far as no stop string can begin in it, and ends it at the first that stands in it.

    >>> cutter = StopCutter(["END"])
    >>> cutter.feed("one E"), cutter.feed("ND two"), cutter.found
    ('one ', '', 'END')
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.found = ""
        """The stop string that has ended the answer; empty while none has."""

    def feed(self, text: str) -> str:
        """What of the answer can be given out now that `text` has arrived. Nothing after a stop string."""
        if not self._stops:
            return text
        if self.found:
            return ""
        whole = self._held + text
        places = [(at, stop) for stop in self._stops if (at := whole.find(stop)) >= 0]
        if places:
            at, self.found = min(places, key=lambda place: place[0])
            self._held = ""
            return whole[:at]
        kept = self._possible(whole)
        self._held = whole[len(whole) - kept :]
        return whole[: len(whole) - kept]

    def close(self) -> str:
        """What was held back, at the answer's end."""
        held, self._held = self._held, ""
        return held

    def _possible(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of a stop string."""
        longest = min(len(text), max(map(len, self._stops)) - 1)
        return next(
            (size for size in range(longest, 0, -1) if any(stop.startswith(text[-size:]) for stop in self._stops)), 0
        )
