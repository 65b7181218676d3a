"""The event-stream decoder against the standard (WHATWG HTML §9.2), whole and in pieces of every size."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.wire.dialect import Event
from picode.wire.sse import EventTooLarge, NdjsonDecoder, SseDecoder, StreamDecoder

BOM = b"\xef\xbb\xbf"

SSE: dict[str, tuple[bytes, list[Event]]] = {
    "LF": (b"data: a\n\n", [Event("a")]),
    "CR": (b"data: a\r\rdata: b\r\r", [Event("a"), Event("b")]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [Event("a"), Event("b")]),
    "mixed line ends": (b"data: a\r\n\ndata: b\n\rdata: c\r\r\n", [Event("a"), Event("b"), Event("c")]),
    "CR then LF is one line end, not two": (b"data: a\r\ndata: b\r\n\r\n", [Event("a\nb")]),
    "two-, three- and four-byte characters": ("data: é€😀\n\n".encode(), [Event("é€😀")]),
    "byte order mark": (BOM + b"data: a\n\n", [Event("a")]),
    "only the first byte order mark is dropped": (BOM + BOM + b"data: a\n\ndata: b\n\n", [Event("b")]),
    "a byte order mark later on is data": (b"data: " + BOM + b"a\n\n", [Event("\ufeffa")]),
    "a byte order mark alone": (BOM + b"\n\n", []),
    "several data lines are joined": (b"data: a\ndata: b\ndata:\ndata: c\n\n", [Event("a\nb\n\nc")]),
    "data without colon": (b"data\n\n", [Event("")]),
    "data without colon, twice": (b"data\ndata\n\n", [Event("\n")]),
    "empty data": (b"data:\n\n", [Event("")]),
    "no space after the colon": (b"data:a\n\n", [Event("a")]),
    "only one space is dropped": (b"data:  a\n\n", [Event(" a")]),
    "a tab is not dropped": (b"data:\ta\n\n", [Event("\ta")]),
    "trailing blanks are kept": (b"data: a \t\n\n", [Event("a \t")]),
    "colons in data": (b"data: a: b:c\n\n", [Event("a: b:c")]),
    "a leading space makes another field": (b" data: a\n\n", []),
    "a space before the colon makes another field": (b"data : a\n\n", []),
    "field names are lower case": (b"Data: a\nDATA: b\n\n", []),
    "unknown fields are ignored": (b"foo: x\ndata: a\nbar\n\n", [Event("a")]),
    "comments": (b": hi\n:\ndata: a\n:x\ndata: b\n\n", [Event("a\nb")]),
    "a stream of pings": (b": ping\n\n: ping\n\n", []),
    "a named event": (b"event: x\ndata: a\n\ndata: b\n\n", [Event("a", "x"), Event("b")]),
    "the last name wins": (b"event: x\nevent: y\ndata: a\n\n", [Event("a", "y")]),
    "an empty name": (b"event: x\nevent:\ndata: a\n\n", [Event("a")]),
    "a name after the data": (b"data: a\nevent: x\n\n", [Event("a", "x")]),
    "an event-only block is none, and its name is forgotten": (b"event: x\n\ndata: a\n\n", [Event("a")]),
    "an id-only block is none": (b"id: 1\n\ndata: a\n\n", [Event("a")]),
    "a retry-only block is none": (b"retry: 10\n\ndata: a\n\n", [Event("a")]),
    "an id with NUL": (b"id: 1\x002\ndata: a\n\n", [Event("a")]),
    "a bad retry": (b"retry: soon\ndata: a\n\n", [Event("a")]),
    "no blank line at the end: discarded": (b"data: a\n\ndata: b\n", [Event("a")]),
    "no line end at the end: discarded": (b"data: a\n\ndata: b", [Event("a")]),
    "separators that are not line ends": (
        "data: a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\n\n".encode(),
        [Event("a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg")],
    ),
    "NUL": (b"data: a\x00b\n\n", [Event("a\x00b")]),
    "invalid UTF-8": (b"data: a\xffb\xe2\x82\n\n", [Event("a\ufffdb\ufffd")]),
    "a surrogate in UTF-8 is invalid": (b"data: \xed\xa0\x80\n\n", [Event("\ufffd\ufffd\ufffd")]),
    "Latin-1 is not read as such": ("data: é\n\n".encode("latin-1"), [Event("\ufffd")]),
    "many blank lines": (b"\n\n\ndata: a\n\n\n\n", [Event("a")]),
    "nothing": (b"", []),
    "JSON over several data lines": (b'data: {"a":\ndata: 1}\n\n', [Event('{"a":\n1}')]),
    "[DONE] and its neighbours": (b"data: [DONE] \n\ndata:[DONE]\n\n", [Event("[DONE] "), Event("[DONE]")]),
    "an error event": (b'event: error\ndata: {"error":{}}\n\n', [Event('{"error":{}}', "error")]),
    "a web page": (b"<!doctype html>\n<html>\n\n</html>\n", []),
}

NDJSON: dict[str, tuple[bytes, list[Event]]] = {
    "lines": (b'{"a":1}\n{"b":2}\n', [Event('{"a":1}'), Event('{"b":2}')]),
    "a last line without newline": (b'{"a":1}\n{"b":2}', [Event('{"a":1}'), Event('{"b":2}')]),
    "CRLF": (b'{"a":1}\r\n{"b":2}\r\n', [Event('{"a":1}'), Event('{"b":2}')]),
    "blank lines": (b'\n \n{"a":1}\n\r\n\t\n', [Event('{"a":1}')]),
    "byte order mark": (BOM + b'{"a":1}\n', [Event('{"a":1}')]),
    "separators that are not line ends": ('{"a":"\u2028\u0085"}\n'.encode(), [Event('{"a":"\u2028\u0085"}')]),
    "characters": ('{"a":"é€😀"}\n'.encode(), [Event('{"a":"é€😀"}')]),
    "invalid UTF-8": (b'"\xff"\n', [Event('"\ufffd"')]),
    "nothing": (b"", []),
}

CASES = [
    *(pytest.param(SseDecoder, body, events, id=f"sse: {name}") for name, (body, events) in SSE.items()),
    *(pytest.param(NdjsonDecoder, body, events, id=f"ndjson: {name}") for name, (body, events) in NDJSON.items()),
]


def decode(decoder: StreamDecoder, *pieces: bytes) -> list[Event]:
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.close()


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


@pytest.mark.parametrize(("decoder", "body", "events"), CASES)
def test_events_are_those_of_the_standard(
    decoder: Callable[[], StreamDecoder], body: bytes, events: list[Event]
) -> None:
    assert decode(decoder(), body) == events


@pytest.mark.parametrize(("decoder", "body", "events"), CASES)
def test_a_cut_at_any_byte_changes_nothing(
    decoder: Callable[[], StreamDecoder], body: bytes, events: list[Event]
) -> None:
    for at in range(len(body) + 1):
        assert decode(decoder(), body[:at], body[at:]) == events, f"cut at {at}"
        assert decode(decoder(), body[:at], b"", body[at:]) == events, f"cut at {at}, with an empty piece"
    for size in (1, 2, 3):
        assert decode(decoder(), *cut(body, size)) == events, f"in pieces of {size}"


def test_an_event_is_given_out_as_soon_as_its_last_line_end_arrives() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\r\r") == [Event("a")]
    assert decoder.feed(b"\n") == []  # the rest of CRLF, not another line
    assert decoder.feed(b"data: b\n\n") == [Event("b")]


LINES = st.sampled_from([b"data: a", b"data:b", b"data", b"event: x", b": c", b"id: 1", b"", b"", b"\xe2\x82\xac", BOM])
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])


@given(st.lists(st.tuples(LINES, ENDS), max_size=12), st.lists(st.integers(0, 80), max_size=6))
def test_any_stream_cut_anywhere_gives_the_same_events(lines: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    body = b"".join(line + end for line, end in lines)
    places = [0, *sorted(place for place in cuts if place < len(body)), len(body)]
    pieces = [body[start:end] for start, end in pairwise(places)]
    assert decode(SseDecoder(), *pieces) == decode(SseDecoder(), body)


@pytest.mark.parametrize("decoder", [SseDecoder, NdjsonDecoder])
def test_an_endless_line_is_refused_and_costs_no_more_than_the_limit(
    decoder: Callable[..., StreamDecoder],
) -> None:
    subject, limit, piece = decoder(limit=64 * 1024), 64 * 1024, b"data: " + b"x" * 8186
    tracemalloc.start()
    try:
        with pytest.raises(EventTooLarge, match="65536 bytes"):
            decode(subject, *([piece] * 1000))
        assert tracemalloc.get_traced_memory()[1] < 4 * limit
    finally:
        tracemalloc.stop()


def test_endless_data_lines_are_refused() -> None:
    subject = SseDecoder(limit=1000)
    with pytest.raises(EventTooLarge):
        decode(subject, *([b"data: xxxxxxxxx\n"] * 1000))


def test_endless_other_lines_cost_nothing() -> None:
    subject = SseDecoder(limit=1000)
    for _ in range(1000):
        assert subject.feed(b": ping\nid: 1\nretry: 5\nunknown: x\n\n") == []
    assert subject.feed(b"data: a\n\n") == [Event("a")]


@pytest.mark.parametrize(
    ("decoder", "good", "bad"),
    [(SseDecoder, b"data: a\n\n", b"data: " + b"x" * 200), (NdjsonDecoder, b"a\n", b"x" * 200)],
)
def test_events_before_an_oversized_one_are_given_out_first(
    decoder: Callable[..., StreamDecoder], good: bytes, bad: bytes
) -> None:
    for ending in (b"", b"\n"):
        subject = decoder(limit=100)
        assert subject.feed(good + bad + ending) == [Event("a")]
        with pytest.raises(EventTooLarge):
            subject.feed(b"more")
        with pytest.raises(EventTooLarge):
            subject.close()


def test_an_event_of_exactly_the_limit_is_taken() -> None:
    line = b"data: " + b"x" * 94
    assert len(line) == 100
    assert decode(SseDecoder(limit=100), line + b"\n\n") == [Event("x" * 94)]
    with pytest.raises(EventTooLarge):
        SseDecoder(limit=99).feed(line)
