"""A gateway with a scripted upstream behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from support.gateway import Gateway, running
from support.home import own_home


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """One gateway for all tests of a module, with the module's `SETTINGS`: starting one takes longer than most of them."""
    with pytest.MonkeyPatch.context() as patch:
        own_home(tmp_path_factory.mktemp("home"), patch)
        async with running(tmp_path_factory.mktemp("gateway"), request.module.SETTINGS) as found:
            yield found


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running(tmp_path) as found:
        yield found
