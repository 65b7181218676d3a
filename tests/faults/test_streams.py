"""Streams that are not as the standard has them, and failures with status 200: nothing that a provider said is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from picode.core.errors import PiCodeError, RateLimited, ServerFailure, Truncated
from picode.core.messages import Finish
from picode.wire import DIALECTS
from picode.wire.dialect import Event
from picode.wire.reading import AnswerReader
from picode.wire.sse import SseDecoder

SIZES = (1, 2, 3, 7, 10_000)


def lenient(body: bytes, size: int) -> list[Event]:
    decoder = SseDecoder(lenient=True)
    events = [event for at in range(0, len(body), size) for event in decoder.feed(body[at : at + size])]
    return events + decoder.close()


A, B = '{"a": 1}', '{"b": {}}'
LENIENT: dict[str, tuple[bytes, list[Event]]] = {
    "as the standard has it": (f"data: {A}\n\ndata: {B}\n\n".encode(), [Event(A), Event(B)]),
    "one line end between": (f"data: {A}\ndata: {B}\ndata: [DONE]\n".encode(), [Event(A), Event(B), Event("[DONE]")]),
    "one CRLF between": (f"data: {A}\r\ndata: {B}\r\n".encode(), [Event(A), Event(B)]),
    "one CR between": (f"data: {A}\rdata: {B}\r".encode(), [Event(A), Event(B)]),
    "no blank line at the end": (f"data: {A}\n\ndata: {B}\n".encode(), [Event(A), Event(B)]),
    "no line end at the end": (f"data: {A}\n\ndata: {B}".encode(), [Event(A), Event(B)]),
    "no line end behind [DONE]": (f"data: {A}\n\ndata: [DONE]".encode(), [Event(A), Event("[DONE]")]),
    "named events": (f"event: x\ndata: {A}\nevent: y\ndata: {B}\n".encode(), [Event(A, "x"), Event(B, "y")]),
    "a name behind its data": (f"data: {A}\nevent: x\n\ndata: {B}\n\n".encode(), [Event(A, "x"), Event(B)]),
    "a comment between": (f"data: {A}\n: ping\ndata: {B}\n".encode(), [Event(A), Event(B)]),
    "JSON over several lines is joined": (b'data: {"a":\ndata: 1}\n\n', [Event('{"a":\n1}')]),
    "pretty-printed JSON too": (b'data: {\ndata: "a": {}\ndata: }\n\n', [Event('{\n"a": {}\n}')]),
    "words are joined": (b"data: a\ndata: b\n\n", [Event("a\nb")]),
    "a broken end is none": (f'data: {A}\n\ndata: {{"b": '.encode(), [Event(A)]),
    "a broken end behind one line end": (f'data: {A}\ndata: {{"b": '.encode(), [Event(A)]),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("body", "events"), LENIENT.values(), ids=LENIENT)
def test_events_however_they_are_parted(body: bytes, events: list[Event], size: int) -> None:
    assert lenient(body, size) == events


CHAT = (
    '{"choices": [{"index": 0, "delta": {"content": "4"}}]}',
    '{"choices": [{"index": 0, "delta": {"content": "2"}}]}',
)


def read(
    body: bytes, dialect: str = "openai_chat", size: int = 10_000
) -> tuple[str, Finish | None, PiCodeError | None]:
    reader = AnswerReader(DIALECTS[dialect], "ndjson" if dialect == "ollama" else "sse", "Acme")
    text, finish = "", None
    try:
        for at in range(0, len(body), size):
            for chunk in reader.feed(body[at : at + size]):
                text, finish = text + chunk.text, chunk.finish or finish
        for chunk in reader.close():
            text, finish = text + chunk.text, chunk.finish or finish
    except PiCodeError as error:
        return text, finish, error
    return text, finish, None


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "body",
    [
        f"data: {CHAT[0]}\ndata: {CHAT[1]}\ndata: [DONE]\n",
        f"data: {CHAT[0]}\n\ndata: {CHAT[1]}\n\ndata: [DONE]",
        f"data:{CHAT[0]}\r\ndata:{CHAT[1]}\r\ndata:[DONE]",
        f": hello\ndata: {CHAT[0]}\ndata: {CHAT[1]}\n\ndata: [DONE]\n",
    ],
)
def test_an_answer_is_whole_however_its_events_are_parted(body: str, size: int) -> None:
    assert read(body.encode(), size=size) == ("42", Finish.STOP, None)


def test_what_breaks_off_is_still_told_as_broken_off() -> None:
    for body in (f"data: {CHAT[0]}\n", f"data: {CHAT[0]}\n\ndata: {CHAT[1][:20]}"):
        text, finish, error = read(body.encode())
        assert (text, finish, type(error)) == ("4", None, Truncated)
    for body in ("", ": ping\n\n", f"data: {CHAT[0][:20]}"):
        assert type(read(body.encode())[2]) is Truncated


WORDS = "The engine is on holiday until Monday"
SHAPES: dict[str, Any] = {
    "OpenAI": {"error": {"message": WORDS, "type": "x"}},
    "a string": {"error": WORDS},
    "a list of errors": {"errors": [{"code": 7, "message": WORDS}]},
    "Cloudflare": {"success": False, "errors": [{"code": 1, "message": WORDS}], "result": None},
    "a list of strings": {"success": False, "messages": [], "error": {"details": WORDS}},
    "FastAPI": {"detail": WORDS},
    "FastAPI's list": {"detail": [{"loc": ["body"], "msg": WORDS}]},
    "a message": {"code": 500, "message": WORDS},
    "MiniMax": {"base_resp": {"status_code": 1004, "status_msg": WORDS}},
    "Baidu": {"error_code": 18, "error_msg": WORDS},
    "AWS": {"__type": "x", "Message": WORDS},
    "Apigee": {"fault": {"faultstring": WORDS, "detail": {"errorcode": "x"}}},
    "a problem (RFC 9457)": {"type": "about:blank", "title": "Odd", "status": 500, "detail": WORDS},
    "an array": [{"error": {"message": WORDS}}],
    "a JSON string": WORDS,
    "a nested one": {"data": {"status": "failed", "result": {"reason": WORDS}}},
    "Anthropic": {"type": "error", "error": {"type": "x", "message": WORDS}},
    "Google": [{"error": {"code": 500, "message": WORDS, "status": "INTERNAL"}}],
}
FRAMES = {
    "the whole body": "{}",
    "an event": "data: {}\n\n",
    "an event without its end": "data: {}",
    "an event named error": "event: error\ndata: {}\n\n",
    "an event and [DONE]": "data: {}\n\ndata: [DONE]\n\n",
    "an event, one line end, [DONE]": "data: {}\ndata: [DONE]\n",
    "behind a comment": ": hello\n\ndata: {}\n\n",
}


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_failure_with_status_200_keeps_the_providers_words(shape: str, frame: str, dialect: str) -> None:
    frame_text = "{}\n" if dialect == "ollama" and frame != "the whole body" else FRAMES[frame]
    body = frame_text.replace("{}", json.dumps(SHAPES[shape])).encode()
    for size in (3, 10_000):
        text, _, error = read(body, dialect, size)
        assert text == ""
        assert error is not None, body
        assert WORDS in str(error), body


@pytest.mark.parametrize(
    "body",
    [
        WORDS,
        f"{WORDS}\n",
        f"\n\n{WORDS}",
        f"data: {WORDS}\n\n",
        f"event: error\ndata: {WORDS}\n\n",
        f"id: x\n\ndata: {WORDS}\n\ndata: [DONE]\n\n",
    ],
)
def test_so_do_words_that_are_no_json(body: str) -> None:
    for size in SIZES:
        text, _, error = read(body.encode(), size=size)
        assert text == ""
        assert isinstance(error, ServerFailure)
        assert WORDS in str(error)


def test_their_meaning_is_read_too() -> None:
    assert isinstance(read(b'{"msg": "Rate limit reached, try again in 20s"}')[2], RateLimited)
    assert "web page" in str(read(b"<html><body>Sign in</body></html>")[2])


NO_ERRORS = {
    "an empty answer": b'{"choices": [{"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}]}',
    "an empty stream": b'data: {"choices": [{"index": 0, "delta": {"role": "assistant"}}]}\n\ndata: [DONE]\n\n',
    "an odd event before words": b'data: {"message": "queued"}\n\ndata: ' + CHAT[0].encode() + b"\n\ndata: [DONE]\n\n",
}


@pytest.mark.parametrize("body", NO_ERRORS.values(), ids=NO_ERRORS)
def test_what_is_no_failure_is_none(body: bytes) -> None:
    _, finish, error = read(body)
    assert (finish, error) == (Finish.STOP, None)
