"""Fuzzing on demand: `uv run --all-extras python -m tests.fuzz [TARGET] --seconds 600 --seed 1`; without TARGET, all."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import os

LOOP_MS = 50.0
"""The goal for the longest block of the event loop, in milliseconds of CPU time."""


def main() -> int:
    for name in ("DATA", "STATE", "RUNTIME", "CONFIG", "ANSWERS", "LISTS"):  # not those of whoever runs it
        folder = os.environ[f"PICODE_{name}_DIR"] = tempfile.mkdtemp(prefix="picode-fuzz-")
        os.chmod(folder, 0o700)
    logging.getLogger().addHandler(logging.NullHandler())  # what is refused is logged, and belongs into no report
    from fuzz import targets

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", choices=[*targets.TARGETS, []], default=[])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--cases", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()

    async def run_all() -> int:
        longest = 0.0
        for name in [given.target] if given.target else targets.TARGETS:
            seconds = 0.0 if given.cases else given.seconds
            done, clock = await targets.run(name, given.seed, cases=given.cases, seconds=seconds)
            block, off = clock.longest * 1000, clock.longest_off * 1000
            longest = max(longest, block)
            print(
                f"{name:10} {done:>9,} cases, 0 failures; longest on the loop {block:.1f} ms, off it {off:.1f} ms (CPU)",
                flush=True,
            )
        await targets.gateway.close()
        print(f"longest block of the event loop: {longest:.1f} ms of CPU time; the goal is {LOOP_MS:.0f} ms at most")
        return int(longest > LOOP_MS)

    return asyncio.run(run_all())


if __name__ == "__main__":
    sys.exit(main())
