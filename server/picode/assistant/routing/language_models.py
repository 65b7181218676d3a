"""The models that an editor may offer to its user and to other programs for conversations, and what each can do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from picode.assistant.routing.model_names import split_model
from picode.assistant.routing.models import Choice
from picode.assistant.routing.route import Router, named_models, only_completes, providers
from picode.core.errors import PiCodeError
from picode.settings.model import Settings

LIST_TIMEOUT_S = 10.0
"""How long a list waits for all providers together: an editor asks for it seldom, and shows other models meanwhile."""

_LONGEST_ANSWER = 32_000
"""Tokens of an answer that are kept free, where the window has room for them: a call of a tool may hold a whole file."""


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A model for conversations. `window` is its context and `longest_answer` the part of it for the answer, in tokens."""

    choice: Choice
    family: str
    window: int
    longest_answer: int
    tools: bool
    images: bool


async def language_models(choices: Sequence[Choice], router: Router, settings: Settings) -> list[LanguageModel]:
    """Those of `choices` that hold conversations and can be asked; of a provider that the settings name and that lacks its key,
    the usual model. A model that only completes code is not among them unless it is chosen for conversations."""
    if not settings.enabled:
        return []
    named = _named_providers(settings)
    wanted = [each for each in choices if each.available]
    wanted += [_for_conversations(each, settings) for each in choices if each.needs_key and each.provider in named]
    asked = [each for each in wanted if each.model and not _too_small(each, settings)]
    found = await asyncio.gather(*(_language_model(each, router, settings) for each in asked))
    return [each for each in found if each is not None]


def _too_small(choice: Choice, settings: Settings) -> bool:
    return choice.provider != settings.chat.provider and only_completes(choice.provider, choice.model, settings)


def _for_conversations(choice: Choice, settings: Settings) -> Choice:
    """The choice of a provider without its key, which names its model for suggestions, with that for conversations."""
    usual = providers(settings)[choice.provider].model
    return replace(choice, model=named_models(choice.provider, settings).chat or usual or choice.model)


async def _language_model(choice: Choice, router: Router, settings: Settings) -> LanguageModel | None:
    try:
        known = await router.known(choice.provider, choice.model, settings)
    except PiCodeError:
        return None
    profile, offer = known.profile, choice.offer
    if not profile.chat:
        return None
    window = offer.window if offer is not None and offer.window else profile.window
    return LanguageModel(
        choice,
        profile.family,
        window,
        min(_LONGEST_ANSWER, window // 4),
        known.abilities.tools if offer is None or offer.tools is None else offer.tools,
        known.abilities.images if offer is None or offer.images is None else offer.images,
    )


def _named_providers(settings: Settings) -> set[str]:
    """The providers that the settings name."""
    fallbacks = [split_model(each)[0] for each in (*settings.inline.fallback, *settings.chat.fallback)]
    return {settings.inline.provider, settings.chat.provider, *settings.providers, *fallbacks}
