"""Watches the editor's process: the server ends when its editor was killed.

Usually standard input ends then, but not if some other process has inherited the pipe. LSP 3.18: "If the parent
process is not alive then the server should exit" (`InitializeParams.processId`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

INTERVAL = 1.0
"""Seconds between two polls."""


async def watch_parent(client: Callable[[], int | None], on_death: Callable[[], None]) -> None:
    """Calls `on_death` when the parent process has ended, or the process `client()` that was alive once. Polls every second."""
    if os.name == "nt":
        return  # the pipe ends reliably there, and `os.kill` would end the process
    parent = os.getppid()
    seen: int | None = None
    while True:
        await asyncio.sleep(INTERVAL)
        if os.getppid() != parent:
            on_death()
            return
        process = client()
        if process is None:
            continue
        if is_alive(process):
            seen = process
        elif seen == process:  # an id that was never alive is of another namespace, such as outside of a container
            on_death()
            return


def is_alive(process: int) -> bool:
    """Whether a process of that id exists, of any user."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
