"""From the one name that an API has for a model to a provider and its model."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from picode.assistant.routing.models import Choice
from picode.gateway.failures import Refused
from picode.settings.model import Settings

USUAL = "default"
"""The name of whatever the user's settings choose."""

_KEPT_SECONDS = 60.0

Named = tuple[str, str]
"""Provider and model. Empty: the usual ones."""


class Names:
    """`providers` gives the names of all that are known, `choices` the models that can be asked here and now."""

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
        self._found: dict[str, tuple[float, Named]] = {}

    async def find(self, name: str) -> Named:
        """Whom `name` means: `provider/model`, a provider, a model that is offered, an alias of the user's, or `default`.

        Raises `Refused` where it means nobody.
        """
        name = self._unaliased(name.strip(), self._settings().gateway.aliases)
        if name in ("", USUAL):
            return "", ""
        provider, _, model = name.partition("/")
        if provider in self._providers():
            return provider, model
        known = self._found.get(name)
        if known is None or self._now() - known[0] > _KEPT_SECONDS:
            known = self._found[name] = (self._now(), await self._offered(name))
            if len(self._found) > 1000:
                self._found.clear()
        return known[1]

    def _unaliased(self, name: str, aliases: Mapping[str, str]) -> str:
        if name in aliases:
            return aliases[name]
        return next((meant for pattern, meant in aliases.items() if fnmatchcase(name, pattern)), name)

    async def _offered(self, name: str) -> Named:
        for choice in await self._choices():  # the current one first
            if choice.model == name and choice.available:
                return choice.provider, choice.model
        raise Refused(
            404,
            "model",
            f"There is no model named {name[:200]!r} here. GET /v1/models lists those that there are; "
            "picode.gateway.aliases gives one of them another name.",
            field="model",
            retry=False,
        )
