"""PiCode's server on standard streams, in a time that only goes on when its client says so; for `keystrokes.py`.

`python stepped_server.py SOURCE LATENCY RIGHT`: the whole server, with its clock, its event loop's time and its upstream
replaced. `benchmark/advance {"to": seconds}` is answered when all that was due until then has been done.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.policies import rest_of_line
from picode.assistant.ports import Deadlines, HttpRequest
from picode.lsp.server import PiCodeServer, build_assistant
from picode.lsp.streams import serve_stdio
from support.upstream import completion_stream

_POLL = 0.002
"""Real seconds between two looks whether a thread is done: meanwhile time stands still."""


class Stepped(selectors.DefaultSelector):
    """Jumps over waiting, up to where time may go."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.target = 0.0
        self.threads = 0
        self.reached: asyncio.Future[None] | None = None

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.threads:
            return super().select(_POLL)
        if timeout is not None and self.now + timeout <= self.target:
            self.now += timeout
            return []
        self.now = self.target
        if self.reached is not None:
            self.reached.set_result(None)
            self.reached = None
            return []
        return super().select(None)


class SteppedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.steps = Stepped()
        super().__init__(self.steps)

    def time(self) -> float:
        return self.steps.now

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        future = super().run_in_executor(executor, func, *args)
        self.steps.threads += 1
        future.add_done_callback(self._thread_ended)
        return future

    def _thread_ended(self, _: object) -> None:
        self.steps.threads -= 1


class SteppedPolicy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return SteppedLoop()


class SteppedClock:
    """Implements `picode.assistant.ports.Clock`."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Response:
    status = 200
    headers: Mapping[str, str] = {"content-type": "text/event-stream"}

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    async def pieces(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


class KnowingModel:
    """Implements `picode.assistant.ports.Transport`: a model that knows how `source` goes on, most of the time."""

    def __init__(self, source: str, latency: float, right: float) -> None:
        self._source, self._latency, self._right = source, latency, right
        self.requests = self.dropped = 0

    def says(self, prompt: str) -> str:
        tail = prompt[-300:]
        at = self._source.find(tail)
        return "¤wrong" if at < 0 else rest_of_line(self._source, at + len(tail), self._right)

    @asynccontextmanager
    async def send(self, request: HttpRequest, provider: str, deadlines: Deadlines) -> AsyncIterator[_Response]:
        self.requests += 1
        answered = False
        try:
            await asyncio.sleep(self._latency)
            answered = True
            yield _Response(completion_stream(self.says(json.loads(request.body)["prompt"])))
        finally:
            self.dropped += not answered


def main() -> int:
    path, latency, right = sys.argv[1:]
    model = KnowingModel(Path(path).read_text("utf-8"), float(latency), float(right))
    server = PiCodeServer(lambda ls: build_assistant(ls, transport=model, clock=SteppedClock()))

    @server.feature("benchmark/advance")
    async def advance(params: Any) -> dict[str, int]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SteppedLoop)
        loop.steps.target = params.to
        loop.steps.reached = reached = loop.create_future()
        await reached
        return {"requests": model.requests, "dropped": model.dropped}

    asyncio.set_event_loop_policy(SteppedPolicy())
    return serve_stdio(server)


if __name__ == "__main__":
    sys.exit(main())
