"""The models that each provider offers: asked for, remembered with their age, and used although old where nobody answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from picode.assistant.ports import Deadlines, Endpoints, Transport
from picode.assistant.routing.provider_http import fetch_json
from picode.core.errors import ModelUnavailable, PiCodeError, ProviderTimeout
from picode.providers.catalog import Provider, address, based
from picode.providers.listing import Offer, read_offers
from picode.providers.profiles import profile_of

log = logging.getLogger(__name__)

FRESH = 24 * 3600.0
"""Seconds until a list is asked for again."""

_DEADLINES = Deadlines(connect=5.0, idle=10.0, total=20.0)
_LOCAL_DEADLINES = Deadlines(connect=0.3, idle=1.0, total=1.0)
"""A server on this machine is there at once, or not at all; what hangs on its port is something else."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A list, and when it was given, in seconds since 1970."""

    offers: tuple[Offer, ...]
    at: float


class ListStore(Protocol):
    """Keeps one list for each provider and address. A list that can't be read or written is none; nothing is raised."""

    def read(self, provider: str, base_url: str) -> Remembered | None: ...
    def write(self, provider: str, base_url: str, remembered: Remembered) -> None: ...


@dataclass(frozen=True, slots=True)
class Listed:
    """What a provider offers. `age` is in seconds, None where nothing is known; `error` says why it is not newer."""

    offers: tuple[Offer, ...] = ()
    age: float | None = None
    error: PiCodeError | None = None


class ModelLists:
    """Asks for lists, and remembers them in `store` (None: not beyond this process). `clock` gives seconds since 1970."""

    def __init__(
        self,
        endpoints: Endpoints,
        transport: Transport,
        store: ListStore | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._endpoints = endpoints
        self._transport = transport
        self._store = store or _Memory()
        self._clock = clock
        self._asked: dict[tuple[str, str], asyncio.Task[tuple[Offer, ...]]] = {}
        self._first: dict[tuple[str, str], str] = {}

    async def of(self, provider: Provider, *, patience: float | None = None, refresh: bool = False) -> Listed:
        """What `provider` offers. A list of less than a day is given at once, unless `refresh` asks for a new one; else it
        is asked, and after `patience` seconds (None: as long as it takes) the old list is given, while the new one is
        still waited for in the background. Never raises `PiCodeError`s."""
        kept = None if provider.local else await asyncio.to_thread(self._store.read, *_place(provider))
        age = None if kept is None else self._clock() - kept.at
        if kept is not None and age is not None and 0 <= age < FRESH and not refresh:
            return Listed(kept.offers, age)
        try:
            async with asyncio.timeout(patience):
                return Listed(await asyncio.shield(self._asking(provider)), 0.0)
        except TimeoutError:
            error: PiCodeError = ProviderTimeout(provider.title, "has not sent its list yet.", "Ask again in a moment.")
        except PiCodeError as failure:
            error = failure
        return Listed(kept.offers if kept else (), age and max(0.0, age), error)

    async def first(self, provider: Provider) -> str:
        """The model to ask where nobody has named one: the first that can fill in code, else the first. Remembered until
        `forget`. Raises `PiCodeError`s."""
        place = _place(provider)
        if place not in self._first:
            listed = await self.of(provider, refresh=True)
            names = [offer.model for offer in listed.offers]
            if not names:
                raise listed.error or ModelUnavailable(
                    provider.title, "offers no model.", "Load one there, or set picode.inline.model."
                )
            self._first[place] = next((name for name in names if profile_of(name).fim), names[0])
        return self._first[place]

    def forget(self) -> None:
        """Ask again which model is the first."""
        self._first.clear()

    async def close(self) -> None:
        """Stops asking."""
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _asking(self, provider: Provider) -> asyncio.Task[tuple[Offer, ...]]:
        place = _place(provider)
        task = self._asked.get(place)
        if task is None:
            task = self._asked[place] = asyncio.create_task(self._ask(provider))
            task.add_done_callback(lambda done: self._answered(place, done))
        return task

    def _answered(self, place: tuple[str, str], task: asyncio.Task[tuple[Offer, ...]]) -> None:
        del self._asked[place]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("no list of models: %s", error)  # perhaps nobody waits for it any more

    async def _ask(self, provider: Provider) -> tuple[Offer, ...]:
        listing = provider.listing
        if not listing.path:
            return tuple(map(Offer, listing.models or filter(None, (provider.inline_model, provider.model))))
        endpoint = await self._endpoints.locate(provider)
        url = address(provider, based(endpoint.base_url, listing.at), listing.path)
        deadlines = _LOCAL_DEADLINES if provider.local else _DEADLINES
        answer = await fetch_json(url, provider, endpoint, self._transport, deadlines)
        offers = tuple(read_offers(listing, answer, provider.title))
        if not provider.local:
            await asyncio.to_thread(self._store.write, *_place(provider), Remembered(offers, self._clock()))
        return offers


class _Memory:
    def __init__(self) -> None:
        self._lists: dict[tuple[str, str], Remembered] = {}

    def read(self, provider: str, base_url: str) -> Remembered | None:
        return self._lists.get((provider, base_url))

    def write(self, provider: str, base_url: str, remembered: Remembered) -> None:
        self._lists[provider, base_url] = remembered


def _place(provider: Provider) -> tuple[str, str]:
    return provider.name, provider.base_url
