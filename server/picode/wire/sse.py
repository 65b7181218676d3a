"""Bytes of a streamed response to events: server-sent events and NDJSON, incrementally.

Source of the event-stream rules: the WHATWG HTML standard, §9.2.5 "Parsing an event stream" and §9.2.6 "Interpreting an
event stream". A decoder takes the body in pieces of any size, a cut may fall anywhere (between CR and LF, within a
character, within the byte order mark), and the events are the same. Text is always UTF-8, whatever a header says.

What one event may hold is bounded, so that an endless line costs memory up to that bound and no more.
"""

from __future__ import annotations

import re
from typing import Protocol

from picode.wire.dialect import Event

EVENT_LIMIT = 4 * 1024 * 1024
"""Bytes of one event. The largest that providers send, a whole answer repeated at its end, is a tenth of it."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")


class EventTooLarge(ValueError):
    """One event of the stream is larger than the decoder takes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"an event of the stream is larger than {limit} bytes")


class StreamDecoder(Protocol):
    """Turns the pieces of a body into events.

    Both methods raise `EventTooLarge`, after the events that came before the oversized one were returned.
    """

    def feed(self, piece: bytes) -> list[Event]:
        """The events that `piece` completes."""
        ...

    def close(self) -> list[Event]:
        """The events that the end of the body completes."""
        ...


class SseDecoder:
    """Server-sent events.

    An event's `name` is empty where the stream names none. `id` and `retry` are for reconnecting, which no answer of
    a model survives: they are ignored, like unknown fields.
    """

    def __init__(self, limit: int = EVENT_LIMIT) -> None:
        self._limit = limit
        self._rest = bytearray()  # the line that has not ended yet
        self._data: list[bytes] = []
        self._size = 0  # of _data
        self._name = b""
        self._at_start = True
        self._skip_newline = False  # the last piece ended with CR: an LF now belongs to it
        self._overflowed = False

    def feed(self, piece: bytes) -> list[Event]:
        """The events that `piece` completes."""
        if self._overflowed:
            raise EventTooLarge(self._limit)
        if not piece:
            return []
        if self._skip_newline and piece[0] == 0x0A:
            piece = piece[1:]
        self._skip_newline = piece.endswith(b"\r")
        events: list[Event] = []
        *lines, rest = _LINE_END.split(piece)
        for line in lines:
            whole = bytes(self._rest) + line if self._rest else line
            self._rest.clear()
            if self._size + len(whole) > self._limit:
                return self._overflow(events)
            event = self._take(whole)
            if event is not None:
                events.append(event)
        self._rest += rest
        return self._overflow(events) if self._size + len(self._rest) > self._limit else events

    def close(self) -> list[Event]:
        """Nothing: the standard discards a block that no blank line has ended."""
        if self._overflowed:
            raise EventTooLarge(self._limit)
        return []

    def _take(self, line: bytes) -> Event | None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
            self._size += len(value) + 1
        elif field == b"event":
            self._name = value
        return None

    def _dispatch(self) -> Event | None:
        data, name = self._data, self._name
        self._data, self._size, self._name = [], 0, b""
        if not data:
            return None
        return Event(b"\n".join(data).decode(errors="replace"), name.decode(errors="replace"))

    def _overflow(self, events: list[Event]) -> list[Event]:
        self._overflowed = True
        self._rest.clear()
        self._data.clear()
        if not events:
            raise EventTooLarge(self._limit)
        return events


class NdjsonDecoder:
    """One JSON text a line. Blank lines are no events; a last line needs no newline."""

    def __init__(self, limit: int = EVENT_LIMIT) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._at_start = True
        self._overflowed = False

    def feed(self, piece: bytes) -> list[Event]:
        """The events that `piece` completes."""
        if self._overflowed:
            raise EventTooLarge(self._limit)
        events: list[Event] = []
        *lines, rest = piece.split(b"\n")
        for line in lines:
            whole = bytes(self._rest) + line if self._rest else line
            self._rest.clear()
            if len(whole) > self._limit:
                return self._overflow(events)
            events += self._take(whole)
        self._rest += rest
        return self._overflow(events) if len(self._rest) > self._limit else events

    def close(self) -> list[Event]:
        """The last line, if no newline ended it."""
        if self._overflowed:
            raise EventTooLarge(self._limit)
        line = bytes(self._rest)
        self._rest.clear()
        return self._take(line)

    def _take(self, line: bytes) -> list[Event]:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        line = line.strip(b" \t\r")
        return [Event(line.decode(errors="replace"))] if line else []

    def _overflow(self, events: list[Event]) -> list[Event]:
        self._overflowed = True
        self._rest.clear()
        if not events:
            raise EventTooLarge(self._limit)
        return events
