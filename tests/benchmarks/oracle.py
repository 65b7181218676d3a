"""A model server on loopback that knows what is missing: it answers each request with what the hole that it is about `says`.

It speaks llama.cpp's `/infill`, OpenAI's `/completions` (with Qwen's fill-in-the-middle tokens), `/chat/completions`, and the
Tabby server's `/v1/completions`. Like a real one it goes on from where the prompt ends (which may be before the cursor), and
stops at stop strings and at the limit of tokens.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .holes import Hole

_PIECE = 16
"""Characters in one event of a stream."""
_TOKEN = 4
"""Characters in a token, as the settings' descriptions have it."""
_TAIL = 160
"""Characters before the cursor that tell one hole from another."""
_HELD = 60
"""The most characters before the cursor that a client may leave out of its prompt."""
_MARKER = "<|cursor|>"
_TEMPLATE = re.compile(r"<\|fim_prefix\|>(.*?)<\|fim_suffix\|>(.*)<\|fim_middle\|>\Z", re.DOTALL)
MODEL = "qwen2.5-coder"


@dataclass(frozen=True, slots=True)
class Expected:
    """A hole that is asked about now. In a chat the answer begins with the cursor's line, as the prompt demands it."""

    hole: Hole
    says: str
    in_chat: str


class Oracle:
    """`async with Oracle() as oracle: oracle.asked_about[1] = Expected(…)`."""

    def __init__(self) -> None:
        self.asked_about: dict[int, Expected] = {}
        self.requests = 0
        self.unknown: list[str] = []
        """Prompts that are about no hole."""
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Oracle:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 22)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def origin(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while header := await reader.readuntil(b"\r\n\r\n"):
                lines = header.decode("latin-1").split("\r\n")
                fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                await self._answer(lines[0].split()[1].partition("?")[0], json.loads(body or b"{}"), writer)
        writer.close()

    async def _answer(self, path: str, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if not body:
            await _send(writer, {"model": MODEL, "version": {"git_describe": "v0"}, "data": [{"id": MODEL}]})
        elif "segments" in body:
            text = self._text(body["segments"]["prefix"], body["segments"].get("suffix") or "")
            await _send(writer, {"id": "cmpl", "choices": [{"index": 0, "text": text}]})
        else:
            await self._stream(list(_events(path, *self._said(path, body))), writer)

    async def _stream(self, events: list[dict[str, Any]], writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for event in [*map(json.dumps, events), "[DONE]"]:
            piece = f"data: {event}\n\n".encode()
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    def _said(self, path: str, body: dict[str, Any]) -> tuple[str, str]:
        """The answer, and why it ends."""
        if path.endswith("/chat/completions"):
            question = next(each["content"] for each in reversed(body["messages"]) if each["role"] == "user")
            before, _, after = _as_text(question).rpartition(_MARKER)
            text = self._text(before, after, chat=True)
        elif path.endswith("/infill"):
            text = self._text(body["input_prefix"], body["input_suffix"])
        else:
            found = _TEMPLATE.search(body["prompt"])
            text = self._text(found[1], found[2]) if found else self._text(body["prompt"])
        most = _TOKEN * int(
            body.get("n_predict") or body.get("max_tokens") or body.get("max_completion_tokens") or 4096
        )
        cut = min((at for stop in body.get("stop") or () if (at := text.find(stop)) >= 0), default=len(text))
        return text[: min(cut, most)], "length" if most < cut else "stop"

    def _text(self, prefix: str, suffix: str = "", *, chat: bool = False) -> str:
        """What stands between `prefix` and `suffix`: of what is asked about, the hole before which `prefix` ends. Files of one
        project often begin alike: where several do, the one that goes on as `suffix`."""
        self.requests += 1
        tail, head = prefix[-_TAIL:], suffix[:_TAIL]
        found: list[tuple[bool, str]] = []
        for expected in self.asked_about.values():
            before, after = expected.hole.before, expected.hole.after
            for held in range(min(_HELD, len(before)) + 1):
                if before[: len(before) - held].endswith(tail):
                    says = expected.in_chat if chat else before[len(before) - held :] + expected.says
                    found.append((after.startswith(head), says))
                    break
        if not found:
            self.unknown.append(prefix[-200:])
        return max(found, key=lambda each: each[0], default=(False, ""))[1]


def _as_text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def pieces_of(text: str) -> list[str]:
    """The texts of the events of a stream."""
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]


def _events(path: str, text: str, why: str) -> Iterator[dict[str, Any]]:
    pieces = pieces_of(text)
    if path.endswith("/infill"):
        yield from ({"content": piece, "stop": False} for piece in pieces)
        yield {"content": "", "stop": True, "stop_type": "limit" if why == "length" else "eos"}
    elif path.endswith("/chat/completions"):
        yield from ({"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces)
        yield {"choices": [{"index": 0, "delta": {}, "finish_reason": why}]}
    else:
        yield from ({"choices": [{"index": 0, "text": piece}]} for piece in pieces)
        yield {"choices": [{"index": 0, "text": "", "finish_reason": why}]}


async def _send(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    data = json.dumps(answer).encode()
    writer.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(data), data)
    )
    await writer.drain()
