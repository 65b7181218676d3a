"""Messages out of a byte stream, however clients write their headers and wherever the stream is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.lsp.framing import HEADER_LIMIT, LONGEST, FrameDecoder, Malformed

BODY = b'{"jsonrpc":"2.0","method":"\xc3\xa9"}'
LENGTH = str(len(BODY)).encode()


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: " + LENGTH,
        b"content-length: " + LENGTH,
        b"CONTENT-LENGTH:" + LENGTH,
        b"Content-Length:   " + LENGTH + b" ",
        b"Content-Length: " + LENGTH + b"\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: " + LENGTH,
        b"X-Unknown: yes\r\nContent-Length: " + LENGTH,
        b"Content-Length: " + LENGTH + b"\r\nContent-Length: " + LENGTH,
    ],
)
def test_headers_are_read_as_http_reads_them(header: bytes) -> None:
    frame = header + b"\r\n\r\n" + BODY
    assert FrameDecoder().feed(frame * 2) == [BODY, BODY]
    for cut in range(len(frame)):
        decoder = FrameDecoder()
        assert decoder.feed(frame[:cut]) + decoder.feed(frame[cut:]) == [BODY]


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: -5",
        b"Content-Length: 10000000000000",
        b"Content-Length: " + b"9" * 4000,
        b"Content-Length: five",
        b"Content-Length: 0x10",
        b"Content-Length: 5\r\nContent-Length: 6",
        f"Content-Length: {LONGEST + 1}".encode(),
    ],
)
def test_a_length_that_is_none_ends_the_stream_at_once(header: bytes) -> None:
    decoder = FrameDecoder()
    (problem,) = decoder.feed(header + b"\r\n\r\n" + BODY)
    assert isinstance(problem, Malformed)
    assert problem.fatal
    assert decoder.feed(b"Content-Length: 2\r\n\r\n{}") == []


def test_a_header_without_a_length_is_skipped() -> None:
    frames = FrameDecoder().feed(b"Hello: there\r\n\r\nContent-Length: 2\r\n\r\n{}")
    assert isinstance(frames[0], Malformed)
    assert frames[1:] == [b"{}"]


def test_a_header_without_an_end_takes_no_memory() -> None:
    decoder = FrameDecoder()
    answers = [item for _ in range(HEADER_LIMIT // 1000 + 100) for item in decoder.feed(b"x" * 1000)]
    assert answers == [Malformed("a header without an end", fatal=True)]


@given(st.binary(max_size=200), st.lists(st.integers(1, 20), max_size=30))
def test_any_bytes_in_any_pieces_are_survived(stream: bytes, sizes: list[int]) -> None:
    whole = FrameDecoder().feed(stream)
    decoder, pieces, rest = FrameDecoder(), [], stream
    for size in [*sizes, len(stream) or 1]:
        pieces += decoder.feed(rest[:size])
        rest = rest[size:]
    assert pieces == whole
