"""A language server with a log of its suggestions: relays the standard streams of the command behind `--`, and appends a line
to a file for each answer to a request of ghost text: `{at, took, row, texts}` as JSON, in seconds (`at` of the epoch), with the
row of the request and the texts of the items.

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
    command = sys.argv[sys.argv.index("--") + 1 :]
    if command[-1] != "lsp":  # an editor may ask for the version first
        return subprocess.run(command, check=False).returncode
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    requests: dict[Any, tuple[float, int]] = {}
    # Not sys.stdin: a thread that reads that is in the way of the interpreter's end.
    with open(sys.argv[1], "a", buffering=1) as log, open(0, "rb", closefd=False) as editor:

        def asked(message: dict[str, Any]) -> None:
            if message.get("method") == METHOD:
                requests[message["id"]] = (time.time(), message["params"]["position"]["line"])

        def answered(message: dict[str, Any]) -> None:
            if "method" in message or message.get("id") not in requests:
                return
            asked_at, row = requests.pop(message["id"])
            result = message.get("result") or {}
            items = result["items"] if "items" in result else list(result)
            texts = [text if isinstance(text := item["insertText"], str) else text["value"] for item in items]
            log.write(
                json.dumps({"at": (now := time.time()), "took": now - asked_at, "row": row, "texts": texts}) + "\n"
            )

        threading.Thread(target=relay, args=(editor, server.stdin, asked), daemon=True).start()
        relay(server.stdout, sys.stdout.buffer, answered)
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
