"""Work done progress (LSP 3.18): tasks that the user can cancel by their progress token."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Coroutine
from typing import Any, TypeVar

from lsprotocol import types

from picode.lsp.protocol import Protocol

T = TypeVar("T")
Token = int | str


class CancellableTasks:
    """The running tasks of one client, by progress token."""

    def __init__(self, client: Protocol) -> None:
        self._client = client
        self._tasks: dict[Token, asyncio.Task[Any]] = {}
        self._cancelled_early: deque[Token] = deque(maxlen=32)
        """Tokens that were cancelled before their task was started: the cancellation can overtake the command."""
        self._shown: set[Token] = set()
        """Those whose progress the client shows."""
        self._late: set[asyncio.Task[Any]] = set()
        """Those that go on after their request was answered."""
        self._numbers = itertools.count(1)

    def token(self, given: Token | None) -> Token:
        """The progress token of a command: the client's own, or a new one."""
        return f"picode/ask/{next(self._numbers)}" if given is None else given

    async def run(self, work: Coroutine[Any, Any, T], title: str, token: Token, *, ours: bool) -> T | None:
        """The result of `work`; None if the user cancelled it. Reports progress if the client can show it; a token of `ours`
        is created at the client first.

        If the caller is cancelled, so is `work`, and its end is awaited.
        """
        task = asyncio.ensure_future(work)
        self._tasks[token] = task
        try:
            if self._begin(token, title, ours=ours):
                self._shown.add(token)
            if token in self._cancelled_early:
                self._cancelled_early.remove(token)
                await asyncio.sleep(0)  # a task that is cancelled before its first step runs none of its handlers
                task.cancel()
            await asyncio.wait({task})
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
            self._tasks.pop(token, None)
            if token in self._shown:
                self._shown.remove(token)
                self._send(token, types.WorkDoneProgressEnd())
        return None if task.cancelled() else task.result()

    async def within(
        self, seconds: float, work: Coroutine[Any, Any, T], *, detached: asyncio.Event | None = None
    ) -> T | None:
        """The result of `work`; None if it takes longer, or once `detached` is set: then it goes on. If the caller is
        cancelled, so is `work`."""
        task = asyncio.ensure_future(work)
        signal = asyncio.ensure_future((detached or asyncio.Event()).wait())
        try:
            await asyncio.wait({task, signal}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise
        finally:
            signal.cancel()
        if task.done():
            return task.result()
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        return None

    def cancel(self, token: Token) -> None:
        """Cancels the task of that token, or the one that is going to be started with it."""
        if (task := self._tasks.get(token)) is not None:
            task.cancel()
        else:
            self._cancelled_early.append(token)

    def report(self, token: Token, message: str) -> None:
        """Shows how far the task of that token is, if the client shows its progress."""
        if token in self._shown:
            self._send(token, types.WorkDoneProgressReport(message=message))

    def _begin(self, token: Token, title: str, *, ours: bool) -> bool:
        """Whether the client shows the progress."""
        if ours and not creates_progress(self._client.client_capabilities):
            return False
        if ours:
            created = types.WorkDoneProgressCreateParams(token)
            self._client.send_request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, created)
        self._send(token, types.WorkDoneProgressBegin(title=title, cancellable=True))
        return True

    def _send(self, token: Token, value: Any) -> None:
        self._client.notify(types.PROGRESS, types.ProgressParams(token, value))


def creates_progress(capabilities: types.ClientCapabilities) -> bool:
    """Whether the client accepts progress tokens of the server (`window/workDoneProgress/create`)."""
    return bool(capabilities.window and capabilities.window.work_done_progress)
