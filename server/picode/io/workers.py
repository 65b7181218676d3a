"""Threads for what must not wait on the event loop: one that does work in order, and one that may never answer."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Worker:
    """One thread that does what it is given in the order of calls. It starts with the first work.

    `queue` limits what `post` may leave waiting; `submit` and `run` always queue.
    """

    def __init__(self, name: str, queue: int = 64) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"picode-{name}")
        self._places = threading.BoundedSemaphore(queue)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queues `work`. Raises `RuntimeError` once the worker is closed."""
        return self._pool.submit(work)

    def post(self, work: Callable[[], object]) -> bool:
        """Queues work whose result is not needed; False, and dropped, where the queue is full or the worker closed."""
        if not self._places.acquire(blocking=False):
            return False
        try:
            self._pool.submit(work).add_done_callback(lambda _: self._places.release())
        except RuntimeError:
            self._places.release()
            return False
        return True

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, which is done to its end even if the caller is cancelled. Raises what `work` raises, and
        `RuntimeError` once the worker is closed."""
        return await asyncio.shield(asyncio.wrap_future(self._pool.submit(work)))

    def close(self, last: Callable[[], object] | None = None) -> None:
        """Finishes what is queued, then `last`, and ends the thread. Blocks until then. A second call does nothing."""
        if last is not None:
            with contextlib.suppress(RuntimeError):
                self._pool.submit(last)
        self._pool.shutdown(wait=True)


def in_daemon_thread(work: Callable[[], T], name: str) -> asyncio.Future[T]:
    """The result of `work`, which must not raise, in a thread of its own. If it never returns, the thread does not keep the
    process from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def deliver(result: T) -> None:
        if not future.done():
            future.set_result(result)

    def run() -> None:
        result = work()
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(deliver, result)

    threading.Thread(target=run, name=f"picode-{name}", daemon=True).start()
    return future
