"""How all providers stand: who lacks what, and which servers run on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from picode.assistant.ports import Endpoints
from picode.assistant.routing.model_lists import ModelLists
from picode.providers.catalog import Provider

_PATIENCE = 1.2


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """A provider, what the user would have to supply before it can be reached (empty: nothing), and of a server on this
    machine whether it runs and what it offers. `running` is None where nobody can tell without starting or paying."""

    provider: Provider
    missing: str = ""
    running: bool | None = None
    models: tuple[str, ...] = ()


async def list_provider_status(
    rows: Iterable[Provider], lists: ModelLists, endpoints: Endpoints
) -> list[ProviderStatus]:
    """How each of `rows` stands, in their order. Only servers on this machine are asked, at their usual ports or where the
    user says, and only for their list of models."""
    return list(await asyncio.gather(*(_standing(row, lists, endpoints) for row in rows)))


async def _standing(provider: Provider, lists: ModelLists, endpoints: Endpoints) -> ProviderStatus:
    missing = endpoints.missing(provider) or ""
    if missing or not provider.local or provider.name == "embedded":  # asking that one would start it
        return ProviderStatus(provider, missing)
    listed = await lists.of(provider, patience=_PATIENCE)
    return ProviderStatus(provider, running=listed.error is None, models=tuple(offer.model for offer in listed.offers))
