"""Time, for the port `Clock`."""

from __future__ import annotations

import asyncio
import time


class MonotonicClock:
    """Unaffected by changes of the wall clock."""

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
