"""The editor's process: a server whose editor was killed must not live on.

The end of standard input usually says so, but not when some other process has inherited the pipe. LSP 3.18: "If the parent
process is not alive then the server should exit" (`InitializeParams.processId`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

INTERVAL = 1.0


async def watch_parent(client: Callable[[], int | None], on_death: Callable[[], None]) -> None:
    """Calls `on_death` when our parent, or the `client` process that was alive once, is gone. Looks every second."""
    if os.name == "nt":
        return  # there the pipe ends reliably, and asking for a process by id would mean to open it
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
        elif seen == process:  # never seen alive: an id from another namespace, such as outside of a container
            on_death()
            return


def is_alive(process: int) -> bool:
    """Whether a process of that id exists, ours or not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
