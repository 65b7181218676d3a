"""How much time and trying each feature gets, out of the settings."""

from __future__ import annotations

from dataclasses import replace

from picode.assistant.ports import Deadlines
from picode.assistant.routing.call import CallOptions
from picode.core.policy import CHAT, INLINE
from picode.settings.model import Settings

_SILENCE = 120.0
"""Seconds without a word in the middle of a conversation. A model that has to be loaded first, or thinks, takes its time."""


def inline_options(settings: Settings, *, by_hand: bool = False, feature: str = "inline") -> CallOptions:
    """For a suggestion as somebody types."""
    inline = settings.inline
    terms = replace(INLINE, retries=settings.advanced.inline.retries, budget=min(INLINE.budget, inline.timeout_seconds))
    deadlines = Deadlines(idle=inline.timeout_seconds, total=inline.timeout_seconds)
    return CallOptions(terms, deadlines, inline.strategy, by_hand=by_hand, feature=feature)


def chat_options(settings: Settings, *, by_hand: bool = False, feature: str = "chat") -> CallOptions:
    """For an answer in a conversation, and for an edit."""
    chat = settings.chat
    terms = replace(CHAT, retries=settings.advanced.chat.retries, budget=min(CHAT.budget, chat.timeout_seconds))
    idle = min(_SILENCE, chat.timeout_seconds)
    deadlines = Deadlines(idle=idle, total=chat.timeout_seconds, setting="chat.timeoutSeconds")
    return CallOptions(terms, deadlines, chat.strategy, by_hand=by_hand, feature=feature)
