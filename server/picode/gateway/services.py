"""The services that the routes use: the assistant, and the names of models."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from fastapi import Request

from picode.assistant.routing.exchange import GatewayReply, GatewayRequest
from picode.assistant.routing.models import Choice
from picode.assistant.status import Alert, Status
from picode.bootstrap import Assistant, Outlets
from picode.core.errors import PiCodeError
from picode.gateway.kept_responses import KeptResponses
from picode.gateway.names import USUAL, ModelNames
from picode.gateway.streaming import while_connected
from picode.io.gateway_tokens import GatewayTokens
from picode.settings.model import Settings

log = logging.getLogger(__name__)

Build = Callable[[Outlets], Awaitable[Assistant]]

_TOKEN_REFRESH_INTERVAL = 1.0
"""Seconds between two checks whether the file of tokens has changed."""


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one process."""

    assistant: Assistant
    names: ModelNames
    kept: KeptResponses = field(default_factory=KeptResponses)

    @property
    def settings(self) -> Settings:
        return self.assistant.settings()

    async def answer(self, asked: GatewayRequest, request: Request) -> GatewayReply:
        """The reply, as soon as the model has begun to answer. Raises `PiCodeError`, and `ClientLeft`."""
        asked = replace(asked, owner=token_of(request))
        return await while_connected(request, self.assistant.relay.answer(asked))

    async def embed(self, asked: GatewayRequest, dimensions: int | None, request: Request) -> GatewayReply:
        """The vectors of the texts in `asked`. Raises `PiCodeError`, and `ClientLeft`."""
        asked = replace(asked, owner=token_of(request))
        return await while_connected(request, self.assistant.relay.embed(asked, dimensions))

    async def choices(self, provider: str = "", *, refresh: bool = False) -> Sequence[Choice]:
        """The models to choose from."""
        return await self.assistant.models(only=provider, refresh=refresh)

    async def title_of(self, name: str) -> str:
        """The title of the model of that name; the name where the list has none."""
        return next((title for listed, title, _ in await self.named_models() if listed == name), name)

    async def named_models(self) -> list[tuple[str, str, str]]:
        """Name, title and provider of each model that can be asked here and now; `default` comes first, then the aliases."""
        choices = [choice for choice in await self.choices() if choice.available and choice.model]
        rows = [(f"{each.provider}/{each.model}", f"{each.title}: {each.model}", each.provider) for each in choices]
        aliases = [(name, f"{name}: {meant}", "picode") for name, meant in self.settings.gateway.aliases.items()]
        return [(USUAL, "As the settings say", "picode"), *(row for row in aliases if "*" not in row[0]), *rows]


def services_of(request: Request) -> Services:
    """The services of the process."""
    services: Services = request.app.state.services
    return services


async def text_of(request: Request) -> str:
    """The body as it came. It has been read as JSON before, and so is sound."""
    body = await request.body()
    return body.decode(json.detect_encoding(body), "replace").removeprefix("\ufeff")


def token_of(request: Request) -> str:
    """The name of the token that the request came with."""
    name: str = request.scope["state"]["token"]
    return name


@asynccontextmanager
async def running(build: Build, tokens: GatewayTokens) -> AsyncIterator[Services]:
    """Starts the services, and closes them at the end."""
    await tokens.ensure()
    await tokens.refresh()
    assistant = await build(_LogOutlets())
    watching = asyncio.create_task(_watch(tokens))
    names = ModelNames(assistant.settings, lambda: [row.name for row in assistant.rows()], assistant.models)
    try:
        yield Services(assistant, names)
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        await assistant.close()


async def _watch(tokens: GatewayTokens) -> None:
    reported = ""
    while True:
        await asyncio.sleep(_TOKEN_REFRESH_INTERVAL)
        try:
            await tokens.refresh()
        except PiCodeError as error:
            if str(error) != reported:
                log.error("%s", error)
            reported = str(error)


class _LogOutlets:
    """The assistant's notifications go to the log."""

    def __init__(self) -> None:
        self._last = ""

    def status(self, status: Status) -> None:
        """Not logged: each response has its own status."""

    def alert(self, alert: Alert) -> None:
        log.warning("%s", alert.message)

    def models_changed(self) -> None:
        """Nothing is kept of what there was."""

    def progress(self, message: str, fraction: float | None) -> None:
        if message and message != self._last:
            log.info("%s", message)
        self._last = message
