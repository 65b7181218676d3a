"""Stores of conversations, each as another server would open it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from picode.io.conversations.store import SqliteConversations
from picode.settings.model import Conversations


class Opener:
    """Opens stores in `folder`; `alerts` is what they told the user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.alerts: list[str] = []
        self.opened: list[SqliteConversations] = []

    def __call__(
        self, settings: Conversations | None = None, clock: Callable[[], float] = time.time, busy: float = 5.0
    ) -> SqliteConversations:
        kept = settings or Conversations()
        store = SqliteConversations(lambda: self.folder, lambda: kept, self.alerts.append, clock, busy)
        self.opened.append(store)
        return store

    @property
    def file(self) -> Path:
        return self.folder / "conversations.db"


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(tmp_path / "data")
    yield opener
    for store in opener.opened:
        store.close()
