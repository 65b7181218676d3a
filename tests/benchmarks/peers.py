"""Another engine through the same holes: tabby-agent, as npm has it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from .holes import Hole
from .verdicts import Item


class TabbyAgent:
    def __init__(self, folder: Path, origin: str) -> None:
        self.folder, self.origin = folder, origin

    async def __aenter__(self) -> TabbyAgent:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None: ...

    async def suggest(self, hole: Hole, number: int) -> Item | None:
        raise NotImplementedError
