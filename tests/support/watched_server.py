"""The language server. On SIGUSR1 it writes into the file that its argument names how many tasks it has, and how many requests
and connections its pools hold."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from picode.cli.lsp import serve
from picode.io.http import HttpTransport


def counts() -> dict[str, int]:
    transports = [each for each in gc.get_objects() if isinstance(each, HttpTransport)]
    pools: list[Any] = [each.client._transport._pool for transport in transports for each in transport._pools.values()]
    return {
        "tasks": len(asyncio.all_tasks()),
        "pool requests": sum(len(pool._requests) for pool in pools),
        "pool connections": sum(len(pool.connections) for pool in pools),
    }


def write(*_: object) -> None:
    draft = Path(f"{sys.argv[1]}.draft")
    draft.write_text(json.dumps(counts()))
    os.replace(draft, sys.argv[1])


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, write)
    sys.exit(serve())
