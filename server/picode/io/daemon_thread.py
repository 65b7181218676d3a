"""Work that may never end, because another program or a file system does not answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

_T = TypeVar("_T")


def in_daemon_thread(question: Callable[[], _T], name: str) -> asyncio.Future[_T]:
    """The answer to `question`, which must not raise. If it never comes, the thread does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()

    def settle(answer: _T) -> None:
        if not future.done():
            future.set_result(answer)

    def work() -> None:
        answer = question()
        with suppress(RuntimeError):  # the loop is closed: nothing waits any more
            loop.call_soon_threadsafe(settle, answer)

    threading.Thread(target=work, name=name, daemon=True).start()
    return future
