"""How many requests may come: the generic cell rate algorithm (ITU-T I.371, annex A), which needs one number for each caller.

All times are seconds of one clock.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in a minute, evenly, and a sixth of them at once."""

    per_minute: int

    @property
    def interval(self) -> float:
        """Between two requests that come evenly."""
        return 60.0 / self.per_minute

    @property
    def tolerance(self) -> float:
        """How far requests may be ahead of that."""
        return self.interval * max(1, self.per_minute // 6)


def admit(due: float, now: float, rate: Rate) -> tuple[float, float]:
    """Whether a request may come now. `due` is what the last one left (0 at first); gives what this one leaves, and how long
    it would have to wait: 0 where it may come.

    >>> admit(0.0, 100.0, Rate(60))
    (101.0, 0.0)
    """
    ahead = max(due, now) + rate.interval
    wait = ahead - rate.tolerance - now
    return (due, wait) if wait > 1e-9 else (ahead, 0.0)
