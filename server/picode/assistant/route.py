"""From what the settings say to the model that is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from picode.assistant.ports import Deadlines, Endpoints, Transport
from picode.assistant.upstream import Target, http_request, read_body
from picode.core.errors import ConfigurationError, ModelUnavailable, ProviderError, ProviderNotFound
from picode.providers.catalog import CATALOG, Provider
from picode.providers.profiles import profile_of
from picode.settings.model import Settings
from picode.wire import DIALECTS
from picode.wire.dialect import Call

_LIST_DEADLINES = Deadlines(connect=2.0, idle=5.0, total=5.0)
_LIST_LIMIT = 4 * 1024 * 1024


def providers(settings: Settings) -> Mapping[str, Provider]:
    """The catalog, with the user's own providers and changes."""
    return {**CATALOG, **{name: _configured(name, settings) for name in settings.providers}}


def provider_named(name: str, settings: Settings) -> Provider:
    """Raises `ProviderNotFound`, or `ConfigurationError` where the provider's settings are not enough to reach it."""
    provider = providers(settings).get(name)
    if provider is None:
        raise ProviderNotFound(name, list(providers(settings)))
    if not provider.base_url and provider.name != "embedded":
        raise ConfigurationError(
            f"The provider {name!r} has no address.",
            f"Set picode.providers.{name}.baseUrl, for example to an URL ending in /v1.",
        )
    for dialect in filter(None, (provider.chat, provider.fill)):
        if dialect not in DIALECTS:
            raise ConfigurationError(
                f"The provider {name!r} names an unknown dialect, {dialect!r}.",
                f"Choose one of: {', '.join(DIALECTS)}.",
            )
    return provider


def _configured(name: str, settings: Settings) -> Provider:
    """A row of the catalog as the user has changed it, or a row of the user's own.

    Another address is another server: it gets no key that was meant for the catalog's.
    """
    own = settings.providers[name]
    row = CATALOG.get(name) or replace(CATALOG["openai-compatible"], name=name, title=name, key_names=())
    if own.base_url and row.base_url and _host(own.base_url) != _host(row.base_url):
        row = replace(row, key_names=(), key_required=False)
    return replace(
        row,
        base_url=own.base_url or row.base_url,
        chat=own.dialect or row.chat,
        fill=own.fill if own.fill is not None else row.fill,
        key_names=(own.key_env,) if own.key_env else row.key_names,
        key_required=bool(own.key_env) or row.key_required,
        model=own.model or row.model,
        headers={**row.headers, **own.headers},
    )


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


class Router:
    """Finds the target for each feature. Remembers which model a server that was asked for its list has offered."""

    def __init__(self, endpoints: Endpoints, transport: Transport) -> None:
        self._endpoints = endpoints
        self._transport = transport
        self._first_models: dict[str, str] = {}

    async def inline_target(self, settings: Settings) -> Target:
        """The model for inline suggestions. Raises `PiCodeError`s that say what to set."""
        provider = provider_named(settings.inline.provider, settings)
        endpoint = await self._endpoints.locate(provider)
        dialect = DIALECTS[provider.fill or provider.chat]
        target = Target(provider, endpoint, "", profile_of(""), dialect, asks_chat=not provider.fill)
        model = settings.inline.model or provider.model or await self._first_model(target)
        return replace(target, model=model, profile=profile_of(model))

    async def models(self, provider: Provider, settings: Settings) -> list[str]:
        """The models that a provider offers. Raises `ProviderError`s and `ConfigurationError`s."""
        provider = provider_named(provider.name, settings)
        endpoint = await self._endpoints.locate(provider)
        dialect = DIALECTS[provider.chat]
        return await self._list(Target(provider, endpoint, "", profile_of(""), dialect, asks_chat=True))

    def forget(self) -> None:
        """Ask the servers again what they offer."""
        self._first_models.clear()

    async def _first_model(self, target: Target) -> str:
        known = self._first_models.get(target.endpoint.base_url)
        if known is None:
            offered = await self._list(target)
            if not offered:
                raise ModelUnavailable(
                    target.provider.title, "offers no model.", "Load one there, or set picode.inline.model."
                )
            known = self._first_models[target.endpoint.base_url] = offered[0]
        return known

    async def _list(self, target: Target) -> list[str]:
        """`GET /models` in the form of the OpenAI API, which every server of the catalog has."""
        name = target.provider.title
        call = Call("/models", {}, "json", method="GET")
        async with self._transport.send(http_request(call, target), name, _LIST_DEADLINES) as response:
            body = await read_body(response, _LIST_LIMIT)
            if response.status != 200:
                raise ModelUnavailable(
                    name, f"does not list its models ({response.status}).", "Set picode.inline.model."
                )
        return _names(body, name)


def _names(body: bytes, provider: str) -> list[str]:
    try:
        rows = json.loads(body)["data"]
        return [row["id"] for row in rows if isinstance(row["id"], str)]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ProviderError(provider, "lists its models in a form that PiCode does not know.") from error
