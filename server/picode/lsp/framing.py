"""Decodes the base protocol of LSP ("Base Protocol", header and content part): messages from a byte stream.

Header names are case-insensitive and the space after the colon is optional, as in HTTP, from which LSP took them. Invalid bytes
are reported, and decoding continues at the next header if that can be found.
"""

from __future__ import annotations

from dataclasses import dataclass

HEADER_LIMIT = 16 * 1024
BODY_LIMIT = 64 * 1024 * 1024
"""Bytes of one message. What is larger is skipped and reported: VS Code, for one, sends documents of up to 50 MB."""

LONGEST = 4 * 1024 * 1024 * 1024
"""Bytes that are skipped. A larger length is a broken client's."""

_EXCERPT = 32 * 1024
"""Bytes of the beginning and of the end of a message that is skipped."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Bytes that are no message. After a `fatal` one the start of the next message can't be found."""

    problem: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Oversized:
    """A message that was skipped: its length in bytes, its beginning and its end."""

    length: int
    beginning: bytes
    end: bytes


class FrameDecoder:
    """Takes the stream in pieces of any size, and returns the bodies of its messages in order."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length: int | None = None
        self._beginning: bytes | None = None
        """Of a message that is being skipped."""
        self._left = 0
        """Bytes of it that have not come yet, beyond those in the buffer."""
        self._broken = False

    def feed(self, piece: bytes) -> list[bytes | Malformed | Oversized]:
        """The bodies and the errors that `piece` completes. Nothing is returned after a fatal error."""
        if self._broken:
            return []
        self._buffer += piece
        found: list[bytes | Malformed | Oversized] = []
        while (item := self._next()) is not None:
            found.append(item)
            if isinstance(item, Malformed) and item.fatal:
                self._broken = True
                self._buffer.clear()
                break
        return found

    def _next(self) -> bytes | Malformed | Oversized | None:
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
        if self._length > BODY_LIMIT:
            return self._skip(self._length)
        if len(self._buffer) < self._length:
            return None
        content = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        self._length = None
        return content

    def _skip(self, length: int) -> Oversized | None:
        if self._beginning is None:
            if len(self._buffer) < _EXCERPT:
                return None
            self._beginning = bytes(self._buffer[:_EXCERPT])
            del self._buffer[:_EXCERPT]
            self._left = length - _EXCERPT
        spare = min(len(self._buffer), self._left - _EXCERPT)
        if spare > 0:
            del self._buffer[:spare]
            self._left -= spare
        if len(self._buffer) < self._left:
            return None
        end = bytes(self._buffer[: self._left])
        del self._buffer[: self._left]
        skipped = Oversized(length, self._beginning, end)
        self._length = self._beginning = None
        return skipped


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
    if int(value) > LONGEST:
        return Malformed(f"a message of {int(value)} bytes", fatal=True)
    return int(value)
