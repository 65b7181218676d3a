"""A round trip to a provider, so that the user sees what works, how fast, and what is wrong where it doesn't."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from picode.assistant.ports import Deadlines
from picode.assistant.routing.budget import Ceiling
from picode.assistant.routing.call import Caller, CallOptions, Candidate
from picode.assistant.routing.route import Router, ceiling_of, provider_named
from picode.assistant.routing.upstream import Target
from picode.core import prompt
from picode.core.errors import PiCodeError
from picode.core.messages import Chat, Fill, Message, Request
from picode.core.policy import RetryBudget
from picode.settings.model import Settings

_DEADLINES = Deadlines(connect=10.0, idle=60.0, total=120.0)
"""A model that has to be loaded first takes its time."""

_QUESTION = Chat((Message("user", "Reply with the single word: ready"),))
_CODE = Fill("def add(a, b):\n    return ", "\n\n\nprint(add(1, 2))\n", path="sum.py", language="python")
_TOKENS = 1024
"""Room for a model that thinks first: cut off before the end, it has said nothing."""
_LOCAL_TOKENS = 24
"""A small model may never come to an end."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a round trip: what was tried, how many seconds it took, and after how many the first word came. `result`
    is what came of it; `error` what went wrong; `skipped` why it was not tried."""

    name: str
    model: str = ""
    seconds: float = 0.0
    first_word: float | None = None
    result: str = ""
    error: PiCodeError | None = None
    skipped: str = ""


async def try_provider(
    name: str, model: str, settings: Settings, router: Router, caller: Caller
) -> AsyncIterator[Step]:
    """Lists the models, asks one question and has one line of code filled in: as small as can be, but real. `model` is
    asked in both cases; empty, the usual one for each. What fails is not tried again. Raises `ConfigurationError`s where
    there is nothing to try."""
    provider = provider_named(name, settings)
    began = time.monotonic()
    if provider.listing.path:
        listed = await router.lists.of(provider, refresh=True)
        count = "1 model" if len(listed.offers) == 1 else f"{len(listed.offers)} models"
        yield Step("list", seconds=time.monotonic() - began, result=count, error=listed.error)
    else:
        yield Step("list", skipped="This provider lists no models.")

    trying = _Trying(caller, provider.title, ceiling_of(name, settings))
    yield await trying.step("chat", lambda: router.chat_target(name, model, settings), _question)
    yield await trying.step("fill", lambda: router.inline_target(name, model, settings), _gap)


def _question(target: Target) -> Chat | None:
    return _QUESTION if target.profile.chat else None


def _gap(target: Target) -> Chat | Fill:
    return prompt.ask_to_fill(_CODE) if target.asks_chat else _CODE


_PLAN = CallOptions(
    RetryBudget(retries=0, budget=_DEADLINES.total, patience=0.0), _DEADLINES, by_hand=True, feature="test"
)


@dataclass(frozen=True, slots=True)
class _Trying:
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
            link = Candidate(self.title, locate, target, self.ceiling, target.provider.name)
            async with aclosing(self.caller.ask(lambda _, __: request, [link], _PLAN)) as chunks:
                async for chunk in chunks:
                    if first_word is None and (chunk.text or chunk.reasoning):
                        first_word = time.monotonic() - began
                    text += chunk.text
        except PiCodeError as error:
            return Step(name, model, time.monotonic() - began, first_word, error=error)
        return Step(name, model, time.monotonic() - began, first_word, result=" ".join(text.split()) or "(no words)")
