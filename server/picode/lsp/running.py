"""Commands that take a while: each can be stopped by its progress, or by cancelling its request."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types

if TYPE_CHECKING:
    from picode.lsp.server import PiCodeServer

T = TypeVar("T")
Token = int | str


class Running:
    """The commands under way, by their progress tokens."""

    def __init__(self, server: PiCodeServer) -> None:
        self._server = server
        self._tasks: dict[Token, asyncio.Task[Any]] = {}
        self._stopped_early: deque[Token] = deque(maxlen=32)
        """Of commands that have not begun yet: the user was quicker than we."""
        self._numbers = itertools.count(1)

    def token(self, given: Token | None) -> Token:
        """The progress token of a command: the client's own, or a new one."""
        return f"picode/ask/{next(self._numbers)}" if given is None else given

    async def run(self, work: Coroutine[Any, Any, T], title: str, token: Token, *, ours: bool) -> T | None:
        """What `work` gives; None where the user stopped it. Its progress is shown, if the client can show any; of a token of
        `ours` it is told first.

        If we are cancelled ourselves, so is `work`, and its end is awaited.
        """
        progress = Progress(self._server, token, title)
        task = asyncio.ensure_future(work)
        self._tasks[token] = task
        try:
            progress.begin(ours=ours)
            if token in self._stopped_early:
                self._stopped_early.remove(token)
                await asyncio.sleep(0)  # a task that has not begun would never tell that it was stopped
                task.cancel()
            await asyncio.wait({task})
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
            self._tasks.pop(token, None)
            progress.end()
        return None if task.cancelled() else task.result()

    def stop(self, token: Token) -> None:
        """The user wants no more of it."""
        if (task := self._tasks.get(token)) is not None:
            task.cancel()
        else:
            self._stopped_early.append(token)


class Progress:
    """`$/progress` of one command."""

    def __init__(self, server: PiCodeServer, token: Token, title: str) -> None:
        self.token = token
        self._server = server
        self._title = title
        self._shown = False

    def begin(self, *, ours: bool) -> None:
        """Shows it. With a token of `ours`, the client is told of it first."""
        window = self._server.client_capabilities.window
        if ours:
            if window is None or not window.work_done_progress:
                return
            created = types.WorkDoneProgressCreateParams(self.token)
            self._server.protocol.send_request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, created)
        self._shown = True
        self._tell(types.WorkDoneProgressBegin(title=self._title, cancellable=True))

    def end(self) -> None:
        """Takes it away."""
        if self._shown:
            self._tell(types.WorkDoneProgressEnd())

    def _tell(self, value: Any) -> None:
        self._server.protocol.notify(types.PROGRESS, types.ProgressParams(self.token, value))


def cancelled(ls: PiCodeServer, params: types.WorkDoneProgressCancelParams) -> None:
    """`window/workDoneProgress/cancel`."""
    ls.running.stop(params.token)
