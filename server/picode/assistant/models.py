"""Which models there are to choose from, here and now."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from picode.assistant.ports import Endpoints
from picode.assistant.route import Router, providers
from picode.core.errors import PiCodeError
from picode.providers.catalog import Provider
from picode.settings.model import Settings


@dataclass(frozen=True, slots=True)
class Choice:
    """One model of one provider. `detail` says what is missing where it is not `available`."""

    provider: str
    title: str
    model: str
    available: bool
    current: bool
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def list_choices(settings: Settings, router: Router, endpoints: Endpoints) -> list[Choice]:
    """All choices: the current one first, then what is available, by provider.

    Every provider that could answer is asked for its list at the same time; servers on this machine that do not run are
    left out.
    """
    found = await asyncio.gather(
        *(_choices_of(row, settings, router, endpoints) for row in providers(settings).values())
    )
    choices = [choice for group in found for choice in group]
    return sorted(choices, key=lambda choice: (not choice.current, not choice.available))


async def _choices_of(provider: Provider, settings: Settings, router: Router, endpoints: Endpoints) -> list[Choice]:
    chosen = settings.inline.provider == provider.name
    wanted = settings.inline.model or provider.model if chosen else provider.model

    def choice(model: str, available: bool = True, detail: str = "") -> Choice:
        current = chosen and (model == wanted or not wanted)
        return Choice(provider.name, provider.title, model, available, current, detail)

    if (missing := endpoints.missing(provider)) is not None:
        return [choice(provider.model, available=False, detail=missing)] if provider.model or chosen else []
    if provider.name == "embedded":  # listing would start it
        return [choice(wanted or provider.model, detail="runs on this machine, no key needed")]
    try:
        models = await router.models(provider, settings)
    except PiCodeError as error:
        if provider.local and not chosen:
            return []
        return [choice(wanted or provider.model, available=False, detail=error.problem)]
    named = [choice(model, detail="on this machine" if provider.local else "") for model in models]
    if chosen and wanted and wanted not in models:
        named.insert(0, choice(wanted, available=False, detail="not offered by the provider now"))
    return named
