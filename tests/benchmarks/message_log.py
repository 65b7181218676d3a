"""A language server with a log of its suggestions: relays the standard streams of the command behind `--`, and appends a line
to a file for each request of ghost text and each answer: the time (seconds of the epoch), `request` or the count of items.

    python -m tests.benchmarks.message_log FILE -- picode lsp
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any

METHOD = "textDocument/inlineCompletion"


def relay(source: IO[bytes], target: IO[bytes], seen: Callable[[dict[str, Any]], None]) -> None:
    """Passes on messages with their headers until the source ends."""
    while header := source.readline():
        length, head = 0, header
        while header.strip():
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
            header = source.readline()
            head += header
        body = source.read(length)
        target.write(head + body)
        target.flush()
        seen(json.loads(body))
    target.close()


def main() -> int:
    separator = sys.argv.index("--")
    server = subprocess.Popen(sys.argv[separator + 1 :], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    requests: set[Any] = set()
    with open(sys.argv[1], "a", buffering=1) as log:

        def asked(message: dict[str, Any]) -> None:
            if message.get("method") == METHOD:
                requests.add(message["id"])
                log.write(f"{time.time()} request\n")

        def answered(message: dict[str, Any]) -> None:
            if "method" in message or message.get("id") not in requests:
                return
            result = message.get("result") or {}
            log.write(f"{time.time()} {len(result.get('items', []) if isinstance(result, dict) else result)}\n")

        threading.Thread(target=relay, args=(sys.stdin.buffer, server.stdin, asked), daemon=True).start()
        relay(server.stdout, sys.stdout.buffer, answered)
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
