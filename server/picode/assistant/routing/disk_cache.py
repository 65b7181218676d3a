"""Answers on the disk, found by the exact request that they answer: as it goes out, without secrets and keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from picode.assistant.ports import AnswerStore
from picode.assistant.privacy import Privacy
from picode.assistant.routing.route import origin
from picode.assistant.routing.upstream import Target
from picode.core.cachekey import key_of
from picode.core.messages import Request
from picode.settings.model import Settings
from picode.wire.dialect import Call


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """Where the answer to a request is kept. An empty `key`: nowhere, since a secret was replaced in the request."""

    key: str
    call: Call


class DiskCache:
    """Finds and keeps answers. Neither fails, or waits for a slow disk."""

    def __init__(self, store: AnswerStore, privacy: Privacy) -> None:
        self.find = store.find
        self.keep = store.keep
        self._privacy = privacy

    def entry(
        self, request: Request, target: Target, settings: Settings, shaping: Mapping[str, Any] | None = None
    ) -> CacheEntry:
        """The entry for the answer of `target` to `request`. `shaping` is what else tells answers apart."""
        outgoing = self._privacy.prepare(request, target)
        call = target.dialect.encode(outgoing.request, target.profile)
        if not outgoing.keepable:
            return CacheEntry("", call)
        body = {**call.body, **(shaping or {})}
        return CacheEntry(key_of(origin(target, settings), target.dialect.name, call.path, body), call)
