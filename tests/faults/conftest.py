"""Everything that fails here is asked with a planted key, which must show nowhere."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest

from scenarios.conftest import environ, start, upstream

from .asking import CANARY, Asker, SkippingClock


@pytest.fixture
async def asker(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Asker]:
    """Asks, and looks afterwards whether the key shows in a log at any level, the libraries' included, or in an error."""
    caplog.set_level(logging.DEBUG)
    for library in ("httpx2", "httpcore2", "asyncio"):
        caplog.set_level(logging.DEBUG, library)
    asker = Asker()
    yield asker
    await asker.transport.close()
    assert CANARY not in caplog.text
    for outcome in asker.outcomes:
        assert CANARY not in outcome.everything()
        assert CANARY not in repr(outcome)
    assert CANARY not in repr(asker.ledger.entries)


@pytest.fixture
def clock(asker: Asker) -> SkippingClock:
    """Makes `asker`'s pauses pass at once."""
    clock = SkippingClock()
    asker.use(clock)
    return clock


__all__ = ["environ", "start", "upstream"]  # the fixtures of a fake editor
