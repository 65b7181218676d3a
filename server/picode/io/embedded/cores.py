"""How many threads a model should compute with."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path


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
