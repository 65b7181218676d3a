"""The model's process: `python -m picode.io.embedded.process`, its parameters as one line of JSON on standard input.

It says `listening` on standard output when servers can find it in the registry, waits for the first of them, loads the
model and serves it. It ends by itself: when the servers are gone, however they went, or after the idle time without a request.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from picode.io.embedded import control, serving
from picode.io.embedded.control import Registration, remove_registration, write_registration

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
        return  # the server that started this process has ended
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


GRACE_SECONDS = 10.0
"""How long a new process waits for the server that started it."""
LINGER_SECONDS = 2.0
"""How long it outlives the last holder: a server that restarts finds a warm model."""
HANDSHAKE_SECONDS = 5.0
_TICK_SECONDS = 5.0


class Holders:
    """The servers that hold a lease, and the time of the last request."""

    def __init__(self, key: str) -> None:
        self._serving = False
        self._key = key
        self._idle_wishes: dict[asyncio.StreamWriter, float] = {}
        self._state: bytes = b""
        self._changed = asyncio.Event()
        self._active_at = time.monotonic()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One control connection, from its first byte to its last."""
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                line = await self._shake_hands(reader, writer)
            writer.write(self._state)
            while True:
                self._idle_wishes[writer] = float(line["idle"])
                self._active_at = time.monotonic()
                self._changed.set()
                line = await control.receive(reader)
                writer.write(control.encode(awake=line["ask"]))
        except (ConnectionError, TimeoutError, KeyError, TypeError, ValueError):
            pass
        finally:
            self._idle_wishes.pop(writer, None)
            self._changed.set()
            writer.close()

    async def _shake_hands(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, Any]:
        hello = await control.receive(reader)
        nonce = control.make_nonce()
        proof = control.prove(self._key, "process", str(hello["nonce"]))
        writer.write(control.encode(proof=proof, nonce=nonce, pid=os.getpid()))
        line = await control.receive(reader)
        control.check(self._key, "server", nonce, line)
        return line

    def tell(self, **state: object) -> None:
        """Tells every holder, now, and those who come later."""
        self._state = control.encode(**state)
        for writer in self._idle_wishes:
            writer.write(self._state)

    def mark_serving(self) -> None:
        """The model is loaded: from now on idle time counts."""
        self._serving = True
        self._active_at = time.monotonic()

    async def flush(self) -> None:
        """Waits, for a bounded time, until the holders have received what was sent."""
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                for writer in list(self._idle_wishes):
                    with suppress(ConnectionError):
                        await writer.drain()

    async def until_first(self, starter_gone: asyncio.Future[None]) -> bool:
        """Waits for the first holder; False if none comes. It has less time once the starter is gone."""
        first = asyncio.create_task(self._wait_for_holder(GRACE_SECONDS))
        either: set[asyncio.Future[Any]] = {first, starter_gone}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if first.done():
            return first.result()
        first.cancel()
        return await self._wait_for_holder(LINGER_SECONDS)

    async def until_unwanted(self) -> None:
        """Returns when no server has held a lease for `LINGER_SECONDS`, or no request has come for the longest
        idle time that a holder wants."""
        measured_at, spent = time.monotonic(), time.process_time()
        while self._idle_wishes or await self._wait_for_holder(LINGER_SECONDS):
            if not self._idle_wishes:
                continue
            # A long answer is activity as well: llama.cpp's threads count in the process's time.
            now, used = time.monotonic(), time.process_time()
            if now - measured_at > 0.25:
                if used - spent > 0.25 * (now - measured_at):
                    self._active_at = now
                measured_at, spent = now, used
            left = self._active_at + max(self._idle_wishes.values()) - now if self._serving else _TICK_SECONDS
            if left <= 0:
                return
            await self._wait_for_change(min(left, _TICK_SECONDS))

    async def _wait_for_holder(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self._idle_wishes and (left := deadline - time.monotonic()) > 0:
            await self._wait_for_change(left)
        return bool(self._idle_wishes)

    async def _wait_for_change(self, seconds: float) -> None:
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()


if __name__ == "__main__":
    main()
