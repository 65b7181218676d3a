"""A provider at the transport seam: it answers in real dialect bytes, when and how the test says.

`will_say` and its like script the next answers in order; the last one stays for all that follow.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from picode.assistant.ports import Deadlines, HttpRequest
from picode.core.errors import NetworkFailure


@dataclass
class Answer:
    """An event among `pieces` holds the rest back until it is set."""

    pieces: list[bytes | asyncio.Event]
    status: int = 200
    kind: str = "text/event-stream"
    wait: Callable[[], Awaitable[Any]] | None = None
    error: Exception | None = None
    headers: dict[str, str] = field(default_factory=dict)


class _Response:
    def __init__(self, answer: Answer, exchange: Exchange) -> None:
        self._answer, self._exchange = answer, exchange
        self.status = answer.status
        self.headers: Mapping[str, str] = {"content-type": answer.kind, **answer.headers}

    async def pieces(self) -> AsyncIterator[bytes]:
        for piece in self._answer.pieces:
            await asyncio.sleep(0)
            if isinstance(piece, asyncio.Event):
                await piece.wait()
            else:
                yield piece
        self._exchange.finished = True


@dataclass
class Exchange:
    """One request and what became of it. `closed` is set when the connection is let go."""

    request: HttpRequest
    provider: str
    finished: bool = False
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.request.body)

    @property
    def prompt(self) -> str:
        return self.body["prompt"]


class ScriptedUpstream:
    """Implements `picode.assistant.ports.Transport`."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.most_live = 0
        self._script: list[Answer] = []
        self._live = 0
        self._models = ["scripted-model"]
        self._asked: asyncio.Condition = asyncio.Condition()

    # The script

    def forget(self) -> None:
        """What was scripted so far is void."""
        self._script.clear()

    def will_say(self, *texts: str, after: asyncio.Event | None = None) -> None:
        """One answer for each text, each held back until `after` is set."""
        for text in texts:
            self._script.append(Answer([*completion_stream(text)], wait=after.wait if after else None))

    def will_begin(self, beginning: str, rest: str, after: asyncio.Event) -> None:
        """An answer whose `rest` is held back until `after` is set."""
        self._script.append(Answer([*completion_stream(beginning)[:-2], after, *completion_stream(rest)]))

    def says_from_now_on(self, text: str) -> None:
        """Whatever else was to come."""
        self._script = [Answer(completion_stream(text))]

    def will_never_answer(self) -> None:
        self._script.append(Answer([], wait=asyncio.Event().wait))

    def will_fail(self, status: int, body: str = "", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._script.append(Answer([body.encode()], status=status, kind="application/json", headers=named))

    def will_send(self, *pieces: bytes, kind: str = "text/event-stream") -> None:
        self._script.append(Answer(list(pieces), kind=kind))

    def will_be_unreachable(self) -> None:
        self._script.append(Answer([], error=NetworkFailure("Scripted", "no connection.", "Start the server.")))

    def offers(self, *models: str) -> None:
        """What `GET /models` lists."""
        self._models = list(models)

    # What was asked

    @property
    def last(self) -> Exchange:
        return self.exchanges[-1]

    @property
    def live(self) -> int:
        """How many requests are under way."""
        return self._live

    async def asked(self, count: int = 1) -> Exchange:
        """Waits until `count` requests have come in all; gives the last of them."""
        async with asyncio.timeout(5), self._asked:
            await self._asked.wait_for(lambda: len(self.exchanges) >= count)
        return self.exchanges[count - 1]

    # The port

    @asynccontextmanager
    async def send(self, request: HttpRequest, provider: str, deadlines: Deadlines) -> AsyncIterator[_Response]:
        if request.url.endswith("/models"):
            listing = json.dumps({"object": "list", "data": [{"id": model} for model in self._models]})
            yield _Response(Answer([listing.encode()], kind="application/json"), Exchange(request, provider))
            return
        exchange = Exchange(request, provider)
        self.exchanges.append(exchange)
        async with self._asked:
            self._asked.notify_all()
        answer = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if request.url.endswith("/chat/completions") and answer.kind == "text/event-stream":
            answer = Answer(chat_stream(answer.pieces, exchange.body), wait=answer.wait, error=answer.error)
        self._live += 1
        self.most_live = max(self.most_live, self._live)
        try:
            if answer.wait is not None:
                await answer.wait()
            if answer.error is not None:
                raise answer.error
            yield _Response(answer, exchange)
        finally:
            self._live -= 1
            exchange.closed.set()


def completion_stream(text: str) -> list[bytes]:
    """`text` as the OpenAI completions API streams it: a few characters an event, a finish reason, `[DONE]`."""
    parts = [text[at : at + 4] for at in range(0, len(text), 4)]
    events = [{"choices": [{"index": 0, "text": part, "finish_reason": None}]} for part in parts]
    events.append({"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]})
    return [f"data: {json.dumps(event)}\n\n".encode() for event in events] + [b"data: [DONE]\n\n"]


def chat_stream(pieces: list[bytes | asyncio.Event], body: dict[str, Any]) -> list[bytes | asyncio.Event]:
    """Events of the completions API as the chat API has them for the request `body`: what each begins with, the role first, and
    usage at the end where it is wanted. Other events stay as they are."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
    stream: list[bytes | asyncio.Event] = []
    for piece in pieces:
        whole = isinstance(piece, bytes) and piece.endswith(b"\n\n") and piece.count(b"\n\n") == 1
        text = piece.decode().removeprefix("data: ").strip() if whole and isinstance(piece, bytes) else ""
        if text.startswith("{") and '"choices"' in text and '"delta"' not in text:
            choice = json.loads(text)["choices"][0]
            if not stream:
                stream.append(_chat_event(head, {**choice, "delta": {"role": "assistant", "content": ""}}))
            delta = {"content": choice["text"]} if choice["text"] else {}
            stream.append(_chat_event(head, {**choice, "delta": delta}))
        else:
            if text == "[DONE]" and body.get("stream_options", {}).get("include_usage"):
                usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
                stream.append(f"data: {json.dumps({**head, 'choices': [], 'usage': usage})}\n\n".encode())
            stream.append(piece)
    return stream


def _chat_event(head: dict[str, Any], choice: dict[str, Any]) -> bytes:
    finish = choice["finish_reason"] if not choice["delta"] else None
    shown = {"index": 0, "delta": choice["delta"], "finish_reason": finish}
    return f"data: {json.dumps({**head, 'choices': [shown]})}\n\n".encode()


def as_chat(piece: bytes) -> bytes:
    """An event of the completions API as the chat API has it."""
    text = piece.decode().removeprefix("data: ").strip()
    if not text.startswith("{") or '"delta"' in text:
        return piece
    choice = json.loads(text)["choices"][0]
    delta = {"content": choice["text"]} if choice["text"] else {}
    return f"data: {json.dumps({'choices': [{**choice, 'delta': delta}]})}\n\n".encode()
