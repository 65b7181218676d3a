"""Resolves the names that requests have for models."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from picode.assistant.routing.models import Choice
from picode.gateway.api_errors import ApiError
from picode.settings.model import Settings

USUAL = "default"
"""The name of the model that the settings choose."""

_KEPT_SECONDS = 60.0
"""Seconds for which a resolved name is kept."""

ModelRef = tuple[str, str]
"""Provider and model; empty for those of the settings."""


class ModelNames:
    """Resolves names. `providers` returns the names of all known providers, `choices` the models that are available now."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        providers: Callable[[], Sequence[str]],
        choices: Callable[[], Awaitable[Sequence[Choice]]],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._choices = choices
        self._now = now
        self._resolved: dict[str, tuple[float, ModelRef]] = {}

    async def find(self, name: str) -> ModelRef:
        """The provider and model of `name`: `provider/model`, a provider, an available model, an alias, or `default`.

        Raises `ApiError` for an unknown name.
        """
        name = self._unaliased(name.strip(), self._settings().gateway.aliases)
        if name in ("", USUAL):
            return "", ""
        provider, _, model = name.partition("/")
        if provider in self._providers():
            return provider, model
        known = self._resolved.get(name)
        if known is None or self._now() - known[0] > _KEPT_SECONDS:
            known = self._resolved[name] = (self._now(), await self._offered(name))
            if len(self._resolved) > 1000:
                self._resolved.clear()
        return known[1]

    def _unaliased(self, name: str, aliases: Mapping[str, str]) -> str:
        if name in aliases:
            return aliases[name]
        return next((meant for pattern, meant in aliases.items() if fnmatchcase(name, pattern)), name)

    async def _offered(self, name: str) -> ModelRef:
        for choice in await self._choices():  # the current one first
            if choice.model == name and choice.available:
                return choice.provider, choice.model
        raise ApiError(
            404,
            "model",
            f"There is no model named {name[:200]!r} here. GET /v1/models lists those that there are; "
            "picode.gateway.aliases gives one of them another name.",
            field="model",
            retry=False,
        )
