"""The language server. On SIGUSR1 it writes into the file that its argument names how many tasks it has, and how many requests
and connections its pools hold."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import weakref
from pathlib import Path
from typing import Any

from picode.cli.lsp import serve
from picode.io import http
from picode.io.http import HttpTransport

TRANSPORTS: weakref.WeakSet[HttpTransport] = weakref.WeakSet()


class Watched(HttpTransport):
    """A transport that is found again: to look through all objects of the process would disturb what is measured."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        TRANSPORTS.add(self)


def counts() -> dict[str, int]:
    pools: list[Any] = [
        each.client._transport._pool for transport in [*TRANSPORTS] for each in transport._pools.values()
    ]
    return {
        "tasks": len(asyncio.all_tasks()),
        "pool requests": sum(len(pool._requests) for pool in pools),
        "pool connections": sum(len(pool.connections) for pool in pools),
    }


def write(*_: object) -> None:
    """A handler runs between any two instructions of the server's: what it meets half-done is counted the next time."""
    with contextlib.suppress(Exception):
        draft = Path(f"{sys.argv[1]}.draft")
        draft.write_text(json.dumps(counts()))
        os.replace(draft, sys.argv[1])


if __name__ == "__main__":
    http.HttpTransport = Watched  # type: ignore[misc]
    signal.signal(signal.SIGUSR1, write)
    sys.exit(serve())
