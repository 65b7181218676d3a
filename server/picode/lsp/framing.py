"""Decodes the base protocol of LSP ("Base Protocol", header and content part): messages from a byte stream.

Header names are case-insensitive and the space after the colon is optional, as in HTTP, from which LSP took them. Invalid bytes
are reported, and decoding continues at the next header if that can be found.
"""

from __future__ import annotations

from dataclasses import dataclass

HEADER_LIMIT = 16 * 1024
BODY_LIMIT = 256 * 1024 * 1024
"""Bytes. A larger message is a broken client's: no editor opens documents of that size."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Bytes that are no message. After a `fatal` one the start of the next message can't be found."""

    problem: str
    fatal: bool = False


class FrameDecoder:
    """Takes the stream in pieces of any size, and returns the bodies of its messages in order."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length: int | None = None
        self._broken = False

    def feed(self, piece: bytes) -> list[bytes | Malformed]:
        """The bodies and the errors that `piece` completes. Nothing is returned after a fatal error."""
        if self._broken:
            return []
        self._buffer += piece
        found: list[bytes | Malformed] = []
        while (item := self._next()) is not None:
            found.append(item)
            if isinstance(item, Malformed) and item.fatal:
                self._broken = True
                self._buffer.clear()
                break
        return found

    def _next(self) -> bytes | Malformed | None:
        if self._length is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                too_long = len(self._buffer) > HEADER_LIMIT
                return Malformed("a header without an end", fatal=True) if too_long else None
            header = bytes(self._buffer[:end])
            del self._buffer[: end + 4]
            length = _content_length(header)
            if isinstance(length, Malformed):
                return length
            self._length = length
        if len(self._buffer) < self._length:
            return None
        content = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        self._length = None
        return content


def _content_length(header: bytes) -> int | Malformed:
    lengths = set()
    for line in header.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            lengths.add(value.strip())
    if len(lengths) != 1:
        return Malformed("a header with no Content-Length, or two", fatal=len(lengths) > 1)
    value = lengths.pop()
    if not value.isdigit() or len(value) > 15:
        return Malformed(f"a Content-Length of {value[:32].decode('ascii', 'replace')!r}", fatal=True)
    if int(value) > BODY_LIMIT:
        return Malformed(f"a message of {int(value)} bytes", fatal=True)
    return int(value)
