"""Finds the models that the settings name: for each feature, a chain of candidates."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from picode.assistant.ports import Endpoint, Endpoints, Transport
from picode.assistant.routing.budget import Ceiling
from picode.assistant.routing.call_options import CallOptions, Candidate, chat_options, inline_options
from picode.assistant.routing.discovery import Discovery, Known, by_name
from picode.assistant.routing.model_lists import ModelLists
from picode.assistant.routing.model_names import split_model
from picode.assistant.routing.upstream import Target, no_key
from picode.core.errors import (
    AllProvidersFailed,
    AuthenticationError,
    ConfigurationError,
    NoChatModel,
    PiCodeError,
    ProviderNotFound,
    ProviderTimeout,
)
from picode.core.origins import is_loopback_url
from picode.core.policy import CHAT, INLINE, RetryBudget, first_word_timeout
from picode.providers.base_url import BaseUrl, is_azure, read_base_url
from picode.providers.catalog import CATALOG, Provider, host_of
from picode.settings.model import ProviderSettings, Settings
from picode.settings.refused import Refused
from picode.wire import DIALECTS

ONLY_COMPLETES = "The built-in model completes code; choose a model for questions."
INSIST = "To ask it all the same, set `chat.provider` to `embedded`."

_last: tuple[Settings, Mapping[str, Provider]] | None = None


def providers(settings: Settings) -> Mapping[str, Provider]:
    """The catalog, with the user's own providers and changes."""
    global _last
    last = _last  # it is read several times for each request, and settings seldom change
    if last is None or last[0] is not settings:
        _last = last = (settings, {**CATALOG, **{name: _configured(name, settings) for name in settings.providers}})
    return last[1]


def provider_named(name: str, settings: Settings) -> Provider:
    """Raises `ProviderNotFound`, or `ConfigurationError` where the provider's settings are not enough to reach it."""
    provider = providers(settings).get(name)
    if provider is None:
        raise ProviderNotFound(name, list(providers(settings)))
    if provider.flaw and (refused := _refused(settings.providers[name])) is not None:
        raise refused.error()
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
    """A row of the catalog with the user's changes, or a row for a provider that the catalog lacks."""
    own = settings.providers[name]
    row = CATALOG.get(name) or _own(name, own)
    if (refused := _refused(own)) is not None:
        return replace(row, base_url="", key_names=(), local=False, flaw=str(refused.error()))
    given = read_base_url(name, own.base_url or "")
    if given.url:
        row = _at(row, given)
    if own.fill is not None:
        row = replace(row, fill=own.fill or None, better_fill=None, fill_models="")
    if own.model:
        row = replace(row, model=own.model, inline_model=own.model, presumes_models=False)
    return replace(
        row,
        chat=own.dialect or row.chat,
        key_names=(own.key_env,) if own.key_env else row.key_names,
        key_required=bool(own.key_env) or row.key_required,
        withheld=() if own.key_env else row.withheld,
        headers={**row.headers, **own.headers},
        query=row.query if own.query is None else own.query,
    )


def _refused(own: ProviderSettings) -> Refused | None:
    """The first of its values that can't be used."""
    return next((value for _, value in own if isinstance(value, Refused)), None)


def _at(row: Provider, given: BaseUrl) -> Provider:
    """`row` at the address that the user gives. Another server than the catalog's must not get the key of that one, and may
    have other models."""
    if row.base_url and host_of(given.url) != host_of(row.base_url):
        row = replace(
            row,
            key_names=(),
            key_required=False,
            withheld=row.key_names,
            home=row.base_url,
            presumes_models=bool(row.model),
        )
    return replace(
        row,
        base_url=given.url,
        local=row.local and is_loopback_url(given.url),
        model=given.model or row.model,
        inline_model=given.model or row.inline_model,
        query=given.query or row.query,
    )


def _own(name: str, own: ProviderSettings) -> Provider:
    """A row for a provider that the catalog lacks. The header of its key, the address of its list of models and the rest of
    its API are those of the catalog's first provider of the same dialect, or of Azure at an address of that."""
    usual, dialect = CATALOG["openai-compatible"], own.dialect
    if dialect in (None, usual.chat):
        kin = CATALOG["azure"] if is_azure(own.base_url or "") else usual
    else:
        kin = next((row for row in CATALOG.values() if row.chat == dialect), usual)
    return replace(kin, name=name, title=name, base_url="", key_names=(), key_required=False, model="", inline_model="")


@dataclass(frozen=True, slots=True)
class Chain:
    """The models to ask, in this order, and how. `lead` is the first that could be located: prompts are made for it."""

    lead: Target
    candidates: tuple[Candidate, ...]
    options: CallOptions


def retargeted(chain: Chain, change: Callable[[Target], Target]) -> Chain:
    """`chain`, whose models are asked as `change` has them."""

    def changed(candidate: Candidate) -> Candidate:
        async def locate() -> Target:
            return change(await candidate.locate())

        return replace(candidate, locate=locate, target=change(candidate.target) if candidate.target else None)

    return Chain(change(chain.lead), tuple(map(changed, chain.candidates)), chain.options)


TargetFor = Callable[[str, str, Settings], Awaitable[Target]]
"""Finds the target for the names of a provider and of a model, which may be empty."""


class Router:
    """Finds the target for each feature."""

    def __init__(self, endpoints: Endpoints, transport: Transport, lists: ModelLists | None = None) -> None:
        self._endpoints = endpoints
        self.lists = lists or ModelLists(endpoints, transport)
        self._discovery = Discovery(transport)

    async def inline_chain(self, settings: Settings, provider: str = "", model: str = "") -> Chain:
        """The models for inline suggestions, in the order in which they are asked.

        `provider` and `model` are the user's choice for this request (empty: those of the settings). A chosen model is asked
        alone: another one may cost more, or must not see the code. Models that can't be located stay in the chain, so that
        the error names them if all fail. Raises `PiCodeError`s that say what to set if no model can be located.
        """
        inline = settings.inline
        named = _named(inline.provider, inline.model, inline.fallback, provider, model)
        return await _located(
            [self._candidate(*each, settings, self.inline_target) for each in named], INLINE, inline_options(settings)
        )

    async def chat_chain(self, settings: Settings, provider: str = "", model: str = "", *, small: bool = True) -> Chain:
        """The models for a conversation or an edit; see `inline_chain`. `small` is as for `chat_models`."""
        named = chat_models(settings, provider, model, small=small)
        return await _located(
            [self._candidate(*each, settings, self.chat_target) for each in named], CHAT, chat_options(settings)
        )

    def _candidate(self, name: str, model: str, settings: Settings, target: TargetFor) -> Candidate:
        row = providers(settings).get(name)
        ceiling = ceiling_of(name, settings)
        return Candidate(
            row.title if row else name, partial(target, name, model, settings), ceiling=ceiling, provider=name
        )

    async def inline_target(self, name: str, model: str, settings: Settings) -> Target:
        """A provider's model (empty: its usual one) for inline suggestions. Raises `PiCodeError`s that say what to set."""
        provider = provider_named(name, settings)
        endpoint = await self._locate(provider, model)
        model = model or await self.lists.usual(provider, provider.inline_model or provider.model)
        known = await self._discovery.learn(provider, endpoint, model)
        # A line is completed without thinking first: that takes longer than the user waits.
        profile = replace(known.profile, effort=known.profile.least_effort)
        dialect = DIALECTS[known.fill or provider.chat]
        return Target(provider, endpoint, model, profile, dialect, asks_chat=known.fill is None)

    async def chat_target(self, name: str, model: str, settings: Settings) -> Target:
        """A provider's model (empty: its usual one) for a conversation. Raises `PiCodeError`s that say what to set."""
        provider = provider_named(name, settings)
        endpoint = await self._locate(provider, model)
        model = model or await self.lists.usual(provider, provider.model)
        known = await self._discovery.learn(provider, endpoint, model)
        return Target(provider, endpoint, model, known.profile, DIALECTS[provider.chat], asks_chat=True)

    async def known(self, name: str, model: str, settings: Settings) -> Known:
        """What a provider's model is. A server that can report it is asked, but for the embedded model, which would have to be
        started. Raises `PiCodeError`s that say what to set."""
        provider = provider_named(name, settings)
        if provider.probe is None or name == "embedded":
            return by_name(provider, model)
        return await self._discovery.learn(provider, await self._endpoints.locate(provider), model)

    async def _locate(self, provider: Provider, model: str) -> Endpoint:
        """Raises `PiCodeError`s, also where there is no such model (empty: none is named) and no request is needed to know."""
        if model and (refusal := await self._endpoints.refusal(provider, model)) is not None:
            raise refusal
        return await self._endpoints.locate(provider)

    def missing(self, name: str, settings: Settings) -> PiCodeError | None:
        """Why the provider of that name can't be asked, by what is known at once; None if it can be. Sends no request."""
        try:
            row = provider_named(name, settings)
        except PiCodeError as error:
            return error
        if (missing := self._endpoints.missing(row)) is None:
            return None
        return no_key(row) if row.key_required else ConfigurationError(f"{row.title} can't be asked yet.", missing)

    async def obstacle(self, name: str, settings: Settings) -> PiCodeError | None:
        """As `missing`, but a key is looked for in the keyring, too."""
        error = self.missing(name, settings)
        if not isinstance(error, AuthenticationError):
            return error
        try:
            return None if (await self._endpoints.locate(providers(settings)[name])).key else error
        except PiCodeError as trouble:
            return trouble

    def forget(self) -> None:
        """Forgets what servers offer and what their models can do, so that they are asked again."""
        self.lists.forget()
        self._discovery.forget()

    async def close(self) -> None:
        """Cancels the requests to servers."""
        await self.lists.close()
        await self._discovery.close()


@dataclass(frozen=True, slots=True)
class NamedModels:
    """The models of one provider that the settings name: for suggestions and for conversations, empty where they name none.
    `all` has those of fallbacks too."""

    inline: str = ""
    chat: str = ""
    all: tuple[str, ...] = ()


def named_models(name: str, settings: Settings) -> NamedModels:
    """The models that requests ask the provider of that name for."""
    usual = settings.chat.provider or settings.inline.provider
    inline = [(settings.inline.provider, settings.inline.model), *map(split_model, settings.inline.fallback)]
    chat = [(usual, settings.chat.model or _talking(usual, settings)), *map(split_model, settings.chat.fallback)]
    of_inline = [model for provider, model in inline if provider == name and model]
    of_chat = [model for provider, model in chat if provider == name and model]
    return NamedModels(next(iter(of_inline), ""), next(iter(of_chat), ""), tuple(dict.fromkeys((*of_inline, *of_chat))))


def unknown_providers(settings: Settings) -> dict[str, str]:
    """The names of providers that there are not, by the setting that names them."""
    known = providers(settings)
    named = [("inline.provider", settings.inline.provider), ("chat.provider", settings.chat.provider)]
    named += [("inline.fallback", split_model(each)[0]) for each in settings.inline.fallback]
    named += [("chat.fallback", split_model(each)[0]) for each in settings.chat.fallback]
    return {setting: name for setting, name in named if name and name not in known}


def origin(target: Target, settings: Settings) -> str:
    """Identifies the server of a target for caches: its base URL, but the embedded model's file, whose port changes."""
    return target.provider.base_url or f"{target.provider.name} {settings.embedded.model_path}"


def _named(usual: str, usual_model: str, fallback: Sequence[str], provider: str, model: str) -> list[tuple[str, str]]:
    """The names of providers and models in order: those of the settings, or only the chosen one."""
    provider = provider or usual
    model = model or (usual_model if provider == usual else "")
    alone = (provider, model) != (usual, usual_model)
    return [(provider, model), *([] if alone else map(split_model, fallback))]


def _talking(provider: str, settings: Settings) -> str:
    """The model for conversations where none is set: the provider's default (empty), or, if the catalog has none, the model
    that the user chose for suggestions."""
    row = providers(settings).get(provider)
    chosen = settings.inline.model if provider == settings.inline.provider else ""
    return "" if row is not None and row.model else chosen


def chat_models(settings: Settings, provider: str = "", model: str = "", *, small: bool) -> list[tuple[str, str]]:
    """The providers and models (empty: the usual one) that questions go to, in order; `provider` and `model` are the user's
    choice for this question. Without `small`, a model that only completes code is not among them unless it was chosen for
    conversations; raises `NoChatModel` where no other one is."""
    chat = settings.chat
    usual = chat.provider or settings.inline.provider
    named = _named(usual, chat.model or _talking(usual, settings), chat.fallback, provider, model)
    if not (small or provider or chat.provider):  # the user has chosen a model for suggestions only
        named = [each for each in named if not only_completes(*each, settings)]
    if not named:
        raise NoChatModel(ONLY_COMPLETES, INSIST)
    return named


def only_completes(name: str, model: str, settings: Settings) -> bool:
    """Whether that is a provider's default model, and it is too small to answer questions."""
    row = providers(settings).get(name)
    own_file = name == "embedded" and bool(settings.embedded.model_path)
    return row is not None and not row.answers_questions and model in ("", row.model) and not own_file


def ceiling_of(name: str, settings: Settings) -> Ceiling:
    """How much the provider of that name may be used in a day, by the settings."""
    own = settings.providers.get(name)
    if own is None or isinstance(own.daily_tokens, Refused) or isinstance(own.daily_cost, Refused):
        return Ceiling()  # of one that is refused, nothing is asked
    return Ceiling(own.daily_tokens, own.daily_cost)


async def _located(candidates: Sequence[Candidate], retry: RetryBudget, options: CallOptions) -> Chain:
    """The chain of `candidates`, led by the first that can be located in its share of the time."""
    errors: list[PiCodeError] = []
    for at, candidate in enumerate(candidates):
        try:
            async with asyncio.timeout(first_word_timeout(retry, 0, len(candidates) - at - 1)):
                lead = await candidate.locate()
        except TimeoutError:
            errors.append(ProviderTimeout(candidate.title, "is not ready yet."))
        except PiCodeError as error:
            errors.append(error)
        else:
            failed = [replace(each, locate=_failing(why)) for each, why in zip(candidates, errors, strict=False)]
            return Chain(lead, (*failed, replace(candidate, target=lead), *candidates[at + 1 :]), options)
    raise errors[0] if len(errors) == 1 else AllProvidersFailed(errors)


def _failing(error: PiCodeError) -> Callable[[], Awaitable[Target]]:
    async def locate() -> Target:
        raise error

    return locate
