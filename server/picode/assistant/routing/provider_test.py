"""Tests a provider with real requests: what works, how fast, and what is wrong with what does not."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass

from picode.assistant.ports import Deadlines
from picode.assistant.routing.budget import Ceiling
from picode.assistant.routing.call import Caller
from picode.assistant.routing.call_options import CallOptions, Candidate
from picode.assistant.routing.route import Router, ceiling_of, named_models, provider_named
from picode.assistant.routing.upstream import Target
from picode.core import prompt
from picode.core.errors import PiCodeError
from picode.core.messages import Chat, Fill, Message, Request
from picode.core.policy import RetryBudget
from picode.providers.catalog import Provider
from picode.settings.model import Settings

_DEADLINES = Deadlines(connect=10.0, idle=60.0, total=120.0)
"""Long enough for a model that has to be loaded first."""

_QUESTION = Chat((Message("user", "Reply with the single word: ready"),))
_CODE = Fill("def add(a, b):\n    return ", "\n\n\nprint(add(1, 2))\n", path="sum.py", language="python")
_TOKENS = 1024
"""Room for a model that thinks first: its answer comes after that."""
_LOCAL_TOKENS = 24
"""For small models, which may never end an answer."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a test: its name, how many seconds it took, and after how many the first word arrived. `result` describes
    success, `error` is what went wrong, `skipped` says why the step was left out."""

    name: str
    model: str = ""
    seconds: float = 0.0
    first_word: float | None = None
    result: str = ""
    error: PiCodeError | None = None
    skipped: str = ""


STEPS = ("list", "chat", "fill")


async def try_provider(
    name: str, model: str, settings: Settings, router: Router, caller: Caller, steps: Collection[str] = STEPS
) -> AsyncIterator[Step]:
    """Lists the models, asks one question and has one line of code filled in, or those of the three that `steps` names.

    `model` is asked in both cases; if it is empty, what the settings name for each, else the provider's usual one. Nothing is
    retried. Raises `ConfigurationError` if the settings are not enough to try.
    """
    provider = provider_named(name, settings)
    if "list" in steps:
        yield await _list_step(provider, router)
    test, named = _Test(caller, provider.title, ceiling_of(name, settings)), named_models(name, settings)
    usual_inline = provider.inline_model or provider.model
    chat = model or named.chat or ("" if provider.model else named.inline)
    inline = model or named.inline or ("" if usual_inline else named.chat)
    if "chat" in steps:
        yield await test.step("chat", lambda: router.chat_target(name, chat, settings), _question)
    if "fill" in steps:
        yield await test.step("fill", lambda: router.inline_target(name, inline, settings), _gap)


async def _list_step(provider: Provider, router: Router) -> Step:
    if not provider.listing.path:
        return Step("list", skipped="This provider lists no models.")
    began = time.monotonic()
    listed = await router.lists.of(provider, refresh=True)
    count = "1 model" if len(listed.offers) == 1 else f"{len(listed.offers)} models"
    return Step("list", seconds=time.monotonic() - began, result=count, error=listed.error)


def _question(target: Target) -> Chat | None:
    return _QUESTION if target.profile.chat else None


def _gap(target: Target) -> Chat | Fill:
    return prompt.ask_to_fill(_CODE) if target.asks_chat else _CODE


_OPTIONS = CallOptions(
    RetryBudget(retries=0, seconds=_DEADLINES.total, longest_pause=0.0), _DEADLINES, by_hand=True, feature="test"
)


@dataclass(frozen=True, slots=True)
class _Test:
    caller: Caller
    title: str
    ceiling: Ceiling

    async def step(
        self,
        name: str,
        locate: Callable[[], Awaitable[Target]],
        prompt_for: Callable[[Target], Chat | Fill | None],
    ) -> Step:
        began = time.monotonic()
        model, first_word, text = "", None, ""
        try:
            target = await locate()
            model = target.model
            asked = prompt_for(target)
            if asked is None:
                return Step(name, model, skipped="This model holds no conversations.")
            small = target.provider.local and not target.profile.reasoning
            tokens = _LOCAL_TOKENS if small else _TOKENS
            request = Request(model, asked, max_tokens=tokens, temperature=0.0)
            candidate = Candidate(self.title, locate, target, self.ceiling, target.provider.name)
            async with aclosing(self.caller.ask(lambda _, __: request, [candidate], _OPTIONS)) as chunks:
                async for chunk in chunks:
                    if first_word is None and (chunk.text or chunk.reasoning):
                        first_word = time.monotonic() - began
                    text += chunk.text
        except PiCodeError as error:
            return Step(name, model, time.monotonic() - began, first_word, error=error)
        return Step(name, model, time.monotonic() - began, first_word, result=" ".join(text.split()) or "(no words)")
