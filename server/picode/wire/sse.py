"""Bytes of a streamed response to events: server-sent events and NDJSON, incrementally.

Source of the event-stream rules: the WHATWG HTML standard, §9.2.5 "Parsing an event stream" and §9.2.6 "Interpreting an
event stream". A decoder takes the body in pieces of any size, a cut may fall anywhere (between CR and LF, within a
character, within the byte order mark), and the events are the same. Text is always UTF-8, whatever a header says.

What one event may hold is bounded, so that an endless line costs memory up to that bound and no more.
"""

from __future__ import annotations

import json
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

    `lenient` reads two things that servers do and the standard forbids: events that are parted by one line end instead of two,
    and a last event that no blank line ends. It takes a `data` line for a whole event if it holds a whole JSON object (an
    array, a string, or `[DONE]`), which no further line could go on.
    """

    def __init__(self, limit: int = EVENT_LIMIT, *, lenient: bool = False) -> None:
        self._limit = limit
        self._lenient = lenient
        self._next_name: bytes | None = None  # it came behind a whole event that a blank line has not ended yet
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
        """Nothing by the standard, which discards a block that no blank line has ended. If `lenient`, its event if that is
        whole."""
        if self._overflowed:
            raise EventTooLarge(self._limit)
        if not self._lenient:
            return []
        before = self._take(bytes(self._rest)) if self._rest else None
        self._rest.clear()
        last = self._dispatch() if self._is_whole() else None
        return [event for event in (before, last) if event is not None]

    def _take(self, line: bytes) -> Event | None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        event = None
        if field == b"data":
            event = self._dispatch(at_blank=False) if self._is_whole() else None
            self._data.append(value)
            self._size += len(value) + 1
        elif field == b"event":
            if self._is_whole():
                self._next_name = value
            else:
                self._name = value
        return event

    def _is_whole(self) -> bool:
        return self._lenient and len(self._data) == 1 and _is_whole(self._data[0])

    def _dispatch(self, *, at_blank: bool = True) -> Event | None:
        """The event that has come. A name behind its data is its own if a blank line follows, by the standard, else the next
        one's."""
        data, name, late = self._data, self._name, self._next_name
        self._data, self._size, self._name, self._next_name = [], 0, b"", None
        if late is not None:
            name, self._name = (late, b"") if at_blank else (name, late)
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


def _is_whole(data: bytes) -> bool:
    """Whether `data` is a whole JSON object, array or string, or `[DONE]`."""
    data = data.strip()
    if data == b"[DONE]":
        return True
    if (data[:1], data[-1:]) not in ((b"{", b"}"), (b"[", b"]"), (b'"', b'"')):
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


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
