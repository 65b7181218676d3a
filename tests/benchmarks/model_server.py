"""A model server that has its answers ready: whole, or in pieces that come a thousandth of a second apart, or all at once.

It is as quick as Python can be, so that what is measured is what stands in front of it.
"""

from __future__ import annotations

import asyncio
import json
import sys

PIECES = 60
_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: {}\r\n"


def _event(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}
    fields = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(fields)}\n\n".encode()


_EVENTS = [*(_event(f"word{at} ") for at in range(PIECES)), _event("", "stop"), b"data: [DONE]\n\n"]
_STREAM = b"".join(_EVENTS)
_TEXT = "".join(f"word{at} " for at in range(PIECES))
_WHOLE = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": _TEXT}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": PIECES, "total_tokens": 9 + PIECES},
    }
).encode()


def _sized(kind: str, body: bytes) -> bytes:
    return f"{_HEAD.format(kind)}content-length: {len(body)}\r\n\r\n".encode() + body


_AT_ONCE, _ANSWER = _sized("text/event-stream", _STREAM), _sized("application/json", _WHOLE)
_CHUNKED = f"{_HEAD.format('text/event-stream')}transfer-encoding: chunked\r\n\r\n".encode()


class _Connection(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._data = b""

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if len(body) < int(lengths[0].partition(b":")[2]) if lengths else 0:
            return
        self._data = b""
        if b"slowly" in body:
            self._task = asyncio.create_task(self._slowly())
        else:
            streamed = b'"stream": true' in body or b'"stream":true' in body
            self._transport.write(_AT_ONCE if streamed else _ANSWER)

    async def _slowly(self) -> None:
        self._transport.write(_CHUNKED)
        for event in _EVENTS:
            self._transport.write(b"%x\r\n%b\r\n" % (len(event), event))
            await asyncio.sleep(0.001)
        self._transport.write(b"0\r\n\r\n")


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
