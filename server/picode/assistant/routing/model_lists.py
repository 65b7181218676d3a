"""The models that each provider offers. Lists are remembered with their age; an old one is used while no new one arrives."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Sequence
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
"""Seconds until a list is requested again."""

_DEADLINES = Deadlines(connect=5.0, idle=10.0, total=20.0)
_USUAL_WAIT_S = 3.0
"""Seconds that a request waits for a list that only decides between models."""
_LOCAL_DEADLINES = Deadlines(connect=0.3, idle=1.0, total=1.0)
"""A server on this machine answers at once. What hangs on its port is another program."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A list, and when it was received, in seconds since 1970."""

    offers: tuple[Offer, ...]
    at: float


class ListStore(Protocol):
    """Keeps one list for each provider and address. Its methods never raise: a list that can't be read does not exist."""

    def read(self, provider: str, base_url: str) -> Remembered | None: ...
    def write(self, provider: str, base_url: str, remembered: Remembered) -> None: ...


@dataclass(frozen=True, slots=True)
class Listed:
    """What a provider offers. `age` is in seconds, None without a list; `error` says why there is no newer one."""

    offers: tuple[Offer, ...] = ()
    age: float | None = None
    error: PiCodeError | None = None


class ModelLists:
    """Requests lists, and keeps them in `store` (None: in memory). `clock` gives seconds since 1970."""

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
        self._usual: dict[tuple[str, str, str], str] = {}

    async def of(self, provider: Provider, *, wait_s: float | None = None, refresh: bool = False) -> Listed:
        """What `provider` offers. A list younger than a day is returned at once, unless `refresh` is set. Else a new one is
        requested; after `wait_s` seconds (None: never) the old one is returned, and the request goes on in the background.
        Never raises `PiCodeError`s."""
        kept = None if provider.local else await asyncio.to_thread(self._store.read, *_key(provider))
        age = None if kept is None else self._clock() - kept.at
        if kept is not None and age is not None and 0 <= age < FRESH and not refresh:
            return Listed(kept.offers, age)
        try:
            async with asyncio.timeout(wait_s):
                return Listed(await asyncio.shield(self._asking(provider)), 0.0)
        except TimeoutError:
            error: PiCodeError = ProviderTimeout(provider.title, "has not sent its list yet.", "Ask again in a moment.")
        except PiCodeError as failure:
            error = failure
        return Listed(kept.offers if kept else (), age and max(0.0, age), error)

    async def first(self, provider: Provider) -> str:
        """The model to ask if none is named: the first that can fill in code, else the first. Remembered until `forget`.
        Raises `PiCodeError`s."""
        key = _key(provider)
        if key not in self._first:
            listed = await self.of(provider, refresh=True)
            names = [offer.model for offer in listed.offers]
            if not names:
                raise listed.error or _no_model(provider)
            self._first[key] = best_of(names)
        return self._first[key]

    async def usual(self, provider: Provider, model: str) -> str:
        """The model to ask if none is named: `model`, the provider's default, if there is one; else the first. At another
        server than the provider's own, the default counts unless the server's list lacks it. Raises `PiCodeError`s."""
        if not model:
            return await self.first(provider)
        if not provider.presumes_models:
            return model
        key = (*_key(provider), model)
        if key not in self._usual:
            names = [offer.model for offer in (await self.of(provider, wait_s=_USUAL_WAIT_S)).offers]
            self._usual[key] = model if model in names or not names else best_of(names)
        return self._usual[key]

    def forget(self) -> None:
        """Forgets which models are asked where none is named."""
        self._first.clear()
        self._usual.clear()

    async def close(self) -> None:
        """Cancels the requests."""
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _asking(self, provider: Provider) -> asyncio.Task[tuple[Offer, ...]]:
        key = _key(provider)
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(self._ask(provider))
            task.add_done_callback(lambda done: self._done(key, done))
        return task

    def _done(self, key: tuple[str, str], task: asyncio.Task[tuple[Offer, ...]]) -> None:
        del self._asked[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("no list of models: %s", error)  # the caller may have stopped waiting for it

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
            await asyncio.to_thread(self._store.write, *_key(provider), Remembered(offers, self._clock()))
        return offers


_NO_TEXT = re.compile(
    r"embed|rerank|whisper|moderation|transcri|dall-e|(?:^|[-_/])(?:tts|image|audio|speech)", re.IGNORECASE
)
"""What models are called that answer with no text."""


def best_of(names: Sequence[str]) -> str:
    """Of the models that a server lists, the one to ask where none is named: the first that can fill in code, else the first
    that answers with text."""
    talking = [name for name in names if not _NO_TEXT.search(name[:400])] or names
    return next((name for name in talking if profile_of(name).fim), talking[0])


def _no_model(provider: Provider) -> ModelUnavailable:
    if provider.listing.path:
        return ModelUnavailable(provider.title, "offers no model.", "Load one there, or set picode.inline.model.")
    return ModelUnavailable(
        provider.title,
        "does not list its models, and none is named.",
        f"Name one (for Azure, your deployment): picode config set providers.{provider.name}.model NAME",
    )


class _Memory:
    def __init__(self) -> None:
        self._lists: dict[tuple[str, str], Remembered] = {}

    def read(self, provider: str, base_url: str) -> Remembered | None:
        return self._lists.get((provider, base_url))

    def write(self, provider: str, base_url: str, remembered: Remembered) -> None:
        self._lists[provider, base_url] = remembered


def _key(provider: Provider) -> tuple[str, str]:
    return provider.name, provider.base_url
