"""The servers that hold on to the model's process, as the process sees them: when the last one is gone, so is it."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from typing import Any

from picode.io.embedded import control

GRACE_SECONDS = 10.0
"""How long a new process waits for the server that started it."""
LINGER_SECONDS = 2.0
"""How long it outlives the last holder: a server that restarts finds a warm model."""
HANDSHAKE_SECONDS = 5.0
_TICK_SECONDS = 5.0


class Holders:
    """Who holds a lease, and when somebody last asked for something."""

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
        """Waits, not for long, until the holders have been told."""
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
        """Returns when nobody has held a lease for a while, or nobody asked for the longest idle time wished."""
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
