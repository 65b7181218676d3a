"""What the routes work with: the assistant, as far as the gateway needs it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import Request

from picode.assistant.routing.gateway import GatewayReply, GatewayRequest
from picode.assistant.routing.models import Choice
from picode.assistant.status import Alert, Status
from picode.bootstrap import Assistant, Outlets
from picode.core.errors import PiCodeError
from picode.gateway.names import Names
from picode.gateway.streaming import while_connected
from picode.io.gateway_tokens import GatewayTokens
from picode.settings.model import Settings

log = logging.getLogger(__name__)

Build = Callable[[Outlets], Awaitable[Assistant]]

_LOOK_SECONDS = 1.0
"""Between two looks at the file of tokens."""


@dataclass(frozen=True, slots=True)
class Services:
    """One for each process."""

    assistant: Assistant
    names: Names

    @property
    def settings(self) -> Settings:
        return self.assistant.settings()

    async def answer(self, order: GatewayRequest, request: Request) -> GatewayReply:
        """An answer that has begun. Raises `PiCodeError`s, and `ClientLeft`."""
        return await while_connected(request, self.assistant.relay.answer(order))

    async def choices(self, provider: str = "", *, refresh: bool = False) -> Sequence[Choice]:
        """The models to choose from."""
        return await self.assistant.models(only=provider, refresh=refresh)


def services_of(request: Request) -> Services:
    """Those of the process."""
    services: Services = request.app.state.services
    return services


@asynccontextmanager
async def running(build: Build, tokens: GatewayTokens) -> AsyncIterator[Services]:
    """The services, from start to end."""
    await tokens.ensure()
    await tokens.refresh()
    assistant = await build(_LogOutlets())
    watching = asyncio.create_task(_watch(tokens))
    names = Names(assistant.settings, lambda: [row.name for row in assistant.rows()], assistant.models)
    try:
        yield Services(assistant, names)
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        await assistant.close()


async def _watch(tokens: GatewayTokens) -> None:
    told = ""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            await tokens.refresh()
        except PiCodeError as error:
            if str(error) != told:
                log.error("%s", error)
            told = str(error)


class _LogOutlets:
    """What the assistant says unasked goes to the log."""

    def __init__(self) -> None:
        self._last = ""

    def status(self, status: Status) -> None:
        """Each request is told how it went."""

    def alert(self, alert: Alert) -> None:
        log.warning("%s", alert.message)

    def progress(self, message: str, fraction: float | None) -> None:
        if message and message != self._last:
            log.info("%s", message)
        self._last = message
