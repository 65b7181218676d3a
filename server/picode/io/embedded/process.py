"""The model's process: `python -m picode.io.embedded.process`, its parameters as one line of JSON on standard input.

It says `listening` on standard output when servers can find it in the registry, waits for the first of them, loads the
model and serves it. It ends by itself: when the servers are gone, however they went, or when nobody has asked for long.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from picode.io.embedded import control, serving
from picode.io.embedded.holders import Holders
from picode.io.embedded.registry import Registration, remove_registration, write_registration

LOG_LIMIT = 1 << 20
"""Bytes; a longer log starts anew."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the server that starts the process tells it. The key is not an argument, since any user can list those."""

    model: str
    context: int
    threads: int
    registry: str
    key: str = field(repr=False)


def main() -> None:
    faulthandler.enable()
    line = sys.stdin.readline()
    if not line:
        return  # whoever started this is gone already
    asyncio.run(_run(Parameters(**json.loads(line))))


async def _run(parameters: Parameters) -> None:
    holders = Holders(parameters.key)
    listener = await asyncio.start_server(holders.accept, "127.0.0.1", 0, limit=control.LINE_LIMIT)
    port = listener.sockets[0].getsockname()[1]
    registry = Path(parameters.registry)
    write_registration(registry, Registration(os.getpid(), port, parameters.key))
    _announce()
    log_watch = asyncio.create_task(_keep_log_short())
    last_word: dict[str, object] = {"state": "stopping"}
    loading: asyncio.Task[object] | None = None
    if await holders.until_first(_starter_gone()):
        unwanted = asyncio.create_task(holders.until_unwanted())
        loading = asyncio.create_task(_load(parameters, holders))
        await asyncio.wait({unwanted, loading}, return_when=asyncio.FIRST_COMPLETED)
        if loading.done() and (error := loading.exception()) is not None:
            last_word = {"state": "failed", "problem": f"{type(error).__name__}: {error}"}
        else:
            await unwanted
    # First off the registry, then the last word: who comes back at once must not find this process again.
    remove_registration(registry, os.getpid())
    holders.tell(**last_word)
    await holders.flush()
    log_watch.cancel()
    # llama.cpp takes its time to shut down and has nothing to save.
    os._exit(0 if last_word["state"] == "stopping" else 1)


def _announce() -> None:
    """Tells the starter, then sends whatever else is printed to the log."""
    with suppress(OSError):  # the starter may be gone; another server may still come
        print("listening", flush=True)  # noqa: T201
    os.dup2(2, 1)


def _starter_gone() -> asyncio.Future[None]:
    """Done when the starter is: it keeps our standard input open and writes nothing more."""
    loop = asyncio.get_running_loop()
    gone: asyncio.Future[None] = loop.create_future()

    def wait() -> None:
        with suppress(OSError, RuntimeError):
            sys.stdin.buffer.read(1)
            loop.call_soon_threadsafe(gone.set_result, None)

    threading.Thread(target=wait, daemon=True).start()
    return gone


async def _load(parameters: Parameters, holders: Holders) -> object:
    loop = asyncio.get_running_loop()

    def report(done: int, total: int) -> None:
        loop.call_soon_threadsafe(partial(holders.tell, state="loading", done=done, total=total))

    model = Path(parameters.model)
    await asyncio.to_thread(serving.read_ahead, model, report)
    start = partial(
        serving.start_server, model, context=parameters.context, threads=parameters.threads, key=parameters.key
    )
    server, url = await asyncio.to_thread(start)
    holders.tell(state="ready", url=url)
    holders.mark_serving()
    return server


async def _keep_log_short() -> None:
    while True:
        await asyncio.sleep(60)
        with suppress(OSError):
            if os.fstat(2).st_size > LOG_LIMIT:
                os.ftruncate(2, 0)


if __name__ == "__main__":
    main()
