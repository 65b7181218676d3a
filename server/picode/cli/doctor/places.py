"""The folders that PiCode writes to."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from picode.cli.doctor.finding import Circumstances, Finding, problem, well
from picode.core.errors import ConfigurationError
from picode.io.folders import cache_folder, data_folder, runtime_folder, state_folder

_LEAST = 50_000_000
"""Bytes that should be free: a database that can't grow is lost work."""

_PLACES: tuple[tuple[str, Callable[[], Path], str], ...] = (
    ("answers", partial(cache_folder, "answers"), "PICODE_CACHE_DIR"),
    ("lists of models", partial(cache_folder, "model-lists"), "PICODE_CACHE_DIR"),
    ("models", partial(cache_folder, "models"), "PICODE_CACHE_DIR"),
    ("state", state_folder, "PICODE_STATE_DIR"),
    ("keys and conversations", data_folder, "PICODE_DATA_DIR"),
    ("running servers", runtime_folder, "PICODE_RUNTIME_DIR"),
)


async def check(circumstances: Circumstances) -> list[Finding]:
    """Whether each can be written to, by writing to it."""
    return await asyncio.to_thread(lambda: [_check(*place) for place in _PLACES])


def _check(name: str, locate: Callable[[], Path], variable: str) -> Finding:
    try:
        folder = locate()
    except ConfigurationError as error:
        return problem(name, error.problem, error.remedy)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        free = shutil.disk_usage(folder).free
    except OSError as error:
        own = "" if os.name == "nt" else f" with `chmod u+rwx '{folder}'`"
        fix = f"Make it writable for you{own}, or set {variable} to a folder of yours."
        return problem(name, f"{folder} can't be written to ({error.strerror or error}).", fix)
    if free < _LEAST:
        return problem(name, f"{folder}: only {free / 1e6:.0f} MB are free.", "Free some space on that disk.")
    return well(name, str(folder))
