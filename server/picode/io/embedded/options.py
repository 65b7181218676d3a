"""What the embedded model is started with, the progress of a start, and how many threads it computes with."""

from __future__ import annotations

import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path

PROVIDER = "embedded"
"""The provider's name in the catalog, as errors show it."""


@dataclass(frozen=True, slots=True)
class EmbeddedOptions:
    """The user's settings of the model.

    `model_path` is a GGUF file of theirs; empty for the model that PiCode fetches. The process ends when no request came
    for `idle_seconds`. `threads` 0 takes the physical cores, at most four. `context` is the window in tokens.
    """

    model_path: str = ""
    idle_seconds: float = 600.0
    threads: int = 0
    context: int = 2048


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of the start. `done` and `total` are bytes, `total` 0 where it is unknown.

    The last one of a start has `finished`, whether it went well or not: a display of progress can be closed then.
    """

    message: str
    done: int = 0
    total: int = 0
    finished: bool = False

    @property
    def fraction(self) -> float | None:
        """How much is done, 0 to 1; None where that is unknown."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None


def inference_threads(limit: int = 4) -> int:
    """The physical cores that this process may use, at most `limit`.

    More threads than cores make a small model slower, not faster: on two cores, four threads take 1.7 times as long for
    a line as two do. A container's CPU quota and the process's affinity count, since neither shows in `os.cpu_count`.
    """
    cores = min(_physical_cores(), _quota())
    return max(1, min(limit, cores))


def _physical_cores() -> int:
    if sys.platform == "linux":
        usable = os.sched_getaffinity(0)
        try:
            return len({_core_of(cpu) for cpu in usable})
        except OSError:  # no /sys: some sandboxes
            return len(usable)
    logical = os.cpu_count() or 1
    # Apple's own chips have one thread per core; on other machines two are the rule.
    single = sys.platform == "darwin" and os.uname().machine == "arm64"
    return logical if single or logical <= 2 else logical // 2


def _core_of(cpu: int) -> tuple[str, str]:
    topology = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology")
    return (topology / "physical_package_id").read_text(), (topology / "core_id").read_text()


def _quota() -> int:
    """Cores that the control group allows (cgroup v2, `cpu.max`: quota and period in microseconds, or `max`)."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError):
        return sys.maxsize
