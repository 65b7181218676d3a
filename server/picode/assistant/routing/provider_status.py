"""The state of all providers: what each lacks, and which servers run on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from picode.assistant.ports import Endpoints
from picode.assistant.routing.model_lists import ModelLists
from picode.providers.catalog import Provider

_LIST_TIMEOUT_S = 1.2


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """A provider, what the user has to supply before it can be reached (empty: nothing), and for a server on this machine
    whether it runs and which models it offers. `running` is None if finding out would start a model or cost money."""

    provider: Provider
    missing: str = ""
    running: bool | None = None
    models: tuple[str, ...] = ()


async def list_provider_status(
    rows: Iterable[Provider], lists: ModelLists, endpoints: Endpoints
) -> list[ProviderStatus]:
    """The state of each of `rows`, in their order. Only servers on this machine are asked, at their default ports or the
    user's addresses, and only for their list of models."""
    return list(await asyncio.gather(*(_status(row, lists, endpoints) for row in rows)))


async def _status(provider: Provider, lists: ModelLists, endpoints: Endpoints) -> ProviderStatus:
    missing = endpoints.missing(provider) or ""
    if missing or not provider.local or provider.name == "embedded":  # asking that one would start it
        return ProviderStatus(provider, missing)
    listed = await lists.of(provider, wait_s=_LIST_TIMEOUT_S)
    return ProviderStatus(provider, running=listed.error is None, models=tuple(offer.model for offer in listed.offers))
