"""The models that the user can choose from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from picode.assistant.ports import Endpoints
from picode.assistant.routing.model_lists import FRESH, Listed, ModelLists, best_of
from picode.assistant.routing.route import named_models, provider_named, providers
from picode.core.errors import PiCodeError
from picode.providers.catalog import Provider
from picode.settings.model import Settings

LIST_TIMEOUT_S = 1.2
"""How long a list of choices waits for all providers together."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One model of one provider. `detail` says what is missing where it is not `available`."""

    provider: str
    title: str
    model: str
    available: bool
    current: bool
    detail: str = ""
    needs_key: bool = False
    """What is missing is the provider's key."""

    def as_json(self) -> dict[str, Any]:
        fields = asdict(self)
        needs_key = fields.pop("needs_key")
        return {**fields, "needsKey": needs_key}


async def list_choices(  # parameters: four of them are options of the question
    settings: Settings,
    lists: ModelLists,
    endpoints: Endpoints,
    *,
    only: str = "",
    refresh: bool = False,
    wait_s: float | None = LIST_TIMEOUT_S,
    pulled: Sequence[str] = (),
) -> list[Choice]:
    """All choices, or those of the provider named `only`: the current one first, then the available ones, by provider. `pulled`
    are the names of downloaded models of the embedded provider.

    All providers that can be reached are asked for their lists at the same time, for `wait_s` seconds (None: until all have
    answered). Servers on this machine that do not run are left out.
    """
    rows = [row for row in providers(settings).values() if only in ("", row.name)]
    listing = _Listing(settings, lists, endpoints, refresh, wait_s, bool(only), pulled)
    found = await asyncio.gather(*(listing.choices(row) for row in rows))
    choices = [choice for group in found for choice in group]
    return sorted(choices, key=lambda choice: (not choice.current, not choice.available))


@dataclass(frozen=True, slots=True)
class _Listing:
    settings: Settings
    lists: ModelLists
    endpoints: Endpoints
    refresh: bool
    wait_s: float | None
    named: bool
    pulled: Sequence[str]

    async def choices(self, provider: Provider) -> list[Choice]:
        inline = self.settings.inline
        chosen = inline.provider == provider.name
        usual = provider.inline_model or provider.model
        wanted = inline.model or usual if chosen else usual

        def choice(model: str, available: bool = True, detail: str = "") -> Choice:
            current = chosen and (model == wanted or not wanted)
            return Choice(provider.name, provider.title, model, available, current, detail)

        if (missing := self.endpoints.missing(provider)) is not None:
            needs_key = provider.key_required and bool(provider.base_url)
            keyless = replace(choice(usual, available=False, detail=missing), needs_key=needs_key)
            return [keyless] if usual or chosen else []
        if provider.name == "embedded":  # its list would start it
            names = dict.fromkeys((wanted or provider.model, provider.model, *self.pulled))
            return [choice(model, detail="runs on this machine, no key needed") for model in names]
        listed = await self._listed(provider)
        if not listed.offers and listed.error is not None:
            if provider.local and not chosen and not self.named:
                return []
            return [choice(wanted, available=False, detail=listed.error.problem)]
        offered = [offer.model for offer in listed.offers]
        if provider.presumes_models and wanted == usual and offered and usual not in offered:
            wanted = best_of(offered)  # as `ModelLists.usual` does
        detail = "on this machine" if provider.local else _dated(listed)
        named = [choice(model, detail=detail) for model in _usual_first(provider, listed)]
        if chosen and wanted and not any(each.model == wanted for each in named):
            named.insert(0, _unlisted(provider, choice(wanted)))
        if not provider.listing.path:
            others = named_models(provider.name, self.settings).all
            named += [choice(model) for model in others if all(each.model != model for each in named)]
        return named

    async def _listed(self, provider: Provider) -> Listed:
        try:
            provider = provider_named(provider.name, self.settings)
        except PiCodeError as error:
            return Listed(error=error)
        return await self.lists.of(provider, wait_s=self.wait_s, refresh=self.refresh)


def _usual_first(provider: Provider, listed: Listed) -> Iterable[str]:
    """The catalog's default models, then the others in the provider's order."""
    offered = [offer.model for offer in listed.offers]
    usual = [model for model in (provider.inline_model, provider.model) if model in offered]
    return dict.fromkeys((*usual, *offered))


def _unlisted(provider: Provider, choice: Choice) -> Choice:
    """The choice for a model that the user chose and the provider does not list."""
    if not provider.listing.path:  # there is no list that it could be in
        return choice
    return Choice(choice.provider, choice.title, choice.model, False, choice.current, "not offered by the provider now")


def _dated(listed: Listed) -> str:
    """How old a list is, in words; empty for less than a day."""
    if listed.age is None or listed.age < FRESH:
        return ""
    days = int(listed.age / FRESH)
    return f"as of {days} {'day' if days == 1 else 'days'} ago"
