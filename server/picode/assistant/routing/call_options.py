"""What a call is: the models to ask, and how much time and trying they get, out of the settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from picode.assistant.ports import Deadlines
from picode.assistant.routing.budget import Ceiling
from picode.assistant.routing.upstream import Target
from picode.core.messages import Request
from picode.core.policy import CHAT, INLINE, RetryBudget
from picode.settings.model import Settings

Strategy = Literal["fallback", "race"]

RequestFor = Callable[[Target, bool], Request | None]
"""The request for a target; a shorter one where the second argument is true. None if there is nothing to ask this target."""

_SILENCE_S = 120.0
"""Longest silence in the middle of a conversation: a model may have to be loaded first, or think."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model of a chain. It is located when its turn comes, so that the embedded one is not started in vain.

    `target` is given if it has been located already. `locate` raises `PiCodeError`s. `provider` is the provider's name and
    `title` what the user calls it.
    """

    title: str
    locate: Callable[[], Awaitable[Target]]
    target: Target | None = None
    ceiling: Ceiling = field(default_factory=Ceiling)
    provider: str = ""


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How a chain is asked. `by_hand`: the user asked explicitly, so an open breaker is ignored. `feature`, one of a few
    names, is what the call is counted under."""

    retry: RetryBudget
    deadlines: Deadlines
    strategy: Strategy = "fallback"
    by_hand: bool = False
    feature: str = "other"
    whole: bool = False
    """Chunks are given out when the answer is whole: one that breaks off can be asked for again."""
    silent: bool = False
    """Providers say nothing before the whole answer, so that no first word is late."""
    stops: tuple[str, ...] = ()
    """Strings at which the reader cuts the answer: it is whole when one of them has arrived."""


def inline_options(settings: Settings, *, by_hand: bool = False, feature: str = "inline") -> CallOptions:
    """The options for an inline suggestion."""
    inline = settings.inline
    retries = settings.advanced.inline.retries
    retry = replace(INLINE, retries=retries, seconds=min(INLINE.seconds, inline.timeout_seconds))
    deadlines = Deadlines(idle=inline.timeout_seconds, total=inline.timeout_seconds)
    return CallOptions(retry, deadlines, inline.strategy, by_hand=by_hand, feature=feature)


def chat_options(settings: Settings, *, by_hand: bool = False, feature: str = "chat") -> CallOptions:
    """The options for an answer in a conversation, and for an edit."""
    chat = settings.chat
    retries = settings.advanced.chat.retries
    retry = replace(CHAT, retries=retries, seconds=min(CHAT.seconds, chat.timeout_seconds))
    idle = min(_SILENCE_S, chat.timeout_seconds)
    deadlines = Deadlines(idle=idle, total=chat.timeout_seconds, setting="chat.timeoutSeconds")
    return CallOptions(retry, deadlines, chat.strategy, by_hand=by_hand, feature=feature)
