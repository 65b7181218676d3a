"""What the embedded model is told, and what it tells while it starts."""

from __future__ import annotations

from dataclasses import dataclass

PROVIDER = "embedded"
"""The provider's name in the catalog, as errors show it."""


@dataclass(frozen=True, slots=True)
class EmbeddedOptions:
    """The user's wishes.

    `model_path` is a GGUF file of theirs; empty for the model that PiCode fetches. The process ends when nobody asked
    for `idle_seconds`. `threads` 0 takes the physical cores, at most four. `context` is the window in tokens.
    """

    model_path: str = ""
    idle_seconds: float = 600.0
    threads: int = 0
    context: int = 2048


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of the start. `done` and `total` are bytes, `total` 0 where it is unknown.

    The last one of a start has `finished`, whether it went well or not: whoever shows progress can close it.
    """

    message: str
    done: int = 0
    total: int = 0
    finished: bool = False

    @property
    def fraction(self) -> float | None:
        """How much is done, 0 to 1; None where that is unknown."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None
