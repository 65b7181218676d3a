"""How many requests each token has sent, in this process."""

from __future__ import annotations

from collections.abc import Callable

from picode.core.rate import Rate, admit


class LocalLimiter:
    """Counts for one process. `now` is a monotonic clock's."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._due: dict[str, float] = {}

    async def wait(self, name: str, per_minute: int) -> float:
        """See `picode.gateway.gate.Limiter`."""
        self._due[name], wait = admit(self._due.get(name, 0.0), self._now(), Rate(per_minute))
        return wait
