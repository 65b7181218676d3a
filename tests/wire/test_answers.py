"""Recorded answers of every dialect, through decoder and dialect, whole and cut at every byte."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import pytest

from picode.core.errors import ProviderError, ServerFailure, Truncated
from picode.core.messages import Chunk, Finish, Usage
from picode.wire import DIALECTS
from picode.wire.reading import AnswerReader
from wire.recordings import ABSENT, CASES, RECORDINGS, Recording, chat, lines, usage_only, whole_chat

PROVIDER = "Example"


def read(recording: Recording, pieces: Iterable[bytes]) -> tuple[list[Chunk], ProviderError | None]:
    reader = AnswerReader(DIALECTS[recording.dialect], recording.framing, PROVIDER)
    chunks: list[Chunk] = []
    try:
        for piece in pieces:
            for chunk in reader.feed(piece):
                chunks.append(chunk)  # noqa: PERF402 -- what came before a failure stays
        chunks += reader.close()
    except ProviderError as error:
        return chunks, error
    return chunks, None


def summary(chunks: list[Chunk]) -> tuple[str, str, Finish | None, Usage | None]:
    usages = [chunk.usage for chunk in chunks if chunk.usage]
    finishes = [chunk.finish for chunk in chunks if chunk.finish]
    return (
        "".join(chunk.text for chunk in chunks),
        "".join(chunk.reasoning for chunk in chunks),
        finishes[0] if finishes else None,
        reduce(Usage.merged, usages) if usages else None,
    )


def check(recording: Recording, pieces: list[bytes]) -> None:
    chunks, error = read(recording, pieces)
    assert summary(chunks) == (
        recording.text,
        recording.reasoning,
        recording.finish if recording.error is None else None,
        recording.usage,
    )
    expected = recording.error or (Truncated if recording.case == "truncated" else None)
    assert type(error) is (expected or type(None))
    if error is not None:
        assert error.provider == PROVIDER
        assert str(error).startswith(f"{PROVIDER}: ")


@pytest.mark.parametrize("recording", RECORDINGS, ids=str)
def test_a_recorded_answer_means_what_its_documentation_says(recording: Recording) -> None:
    check(recording, [recording.body])


@pytest.mark.parametrize("recording", RECORDINGS, ids=str)
def test_a_cut_at_any_byte_changes_no_answer(recording: Recording) -> None:
    body = recording.body
    for at in range(1, len(body)):
        check(recording, [body[:at], body[at:]])
    for size in (1, 2, 3):
        check(recording, [body[start : start + size] for start in range(0, len(body), size)])


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("case", CASES)
def test_no_cell_of_the_table_is_empty(dialect: str, case: str) -> None:
    recorded = any(each.dialect == dialect and each.case == case for each in RECORDINGS)
    assert recorded != ((dialect, case) in ABSENT)


def chunks_of(body: bytes, dialect: str = "openai_chat") -> list[Chunk]:
    reader = AnswerReader(DIALECTS[dialect], "sse", PROVIDER)
    return [*reader.feed(body), *reader.close()]


def test_late_and_repeated_deltas_after_the_end_are_dropped_but_usage_is_kept() -> None:
    body = lines(
        chat({"content": "a"}),
        chat({"content": "b"}, "length"),
        chat({"content": "late"}),
        chat({"content": "b"}, "stop"),
        usage_only({"prompt_tokens": 3, "completion_tokens": 2}),
        "[DONE]",
    )
    assert chunks_of(body) == [Chunk("a"), Chunk("b", finish=Finish.LENGTH), Chunk(usage=Usage(3, 2))]


def test_nothing_that_goes_wrong_after_the_end_takes_the_answer_back() -> None:
    body = lines(chat({"content": "a"}, "stop"), "{broken", {"error": {"message": "late"}})
    assert chunks_of(body) == [Chunk("a", finish=Finish.STOP)]


def test_each_piece_of_a_refusal_says_that_it_is_one() -> None:
    body = lines(chat({"refusal": "I "}), chat({"refusal": "can't."}), chat({}, "stop"), "[DONE]")
    assert chunks_of(body) == [Chunk("I ", finish=Finish.REFUSED), Chunk("can't.", finish=Finish.REFUSED)]


def test_a_server_that_answers_in_one_piece_though_asked_to_stream_is_understood() -> None:
    body = b'\r\n {"choices": [{"index": 0, "message": {"content": "whole"}, "finish_reason": "stop"}]}\n'
    assert chunks_of(body) == [Chunk("whole", finish=Finish.STOP)]


def test_a_server_that_streams_though_asked_for_one_piece_is_understood() -> None:
    reader = AnswerReader(DIALECTS["openai_chat"], "json", PROVIDER)
    body = b": hello\n\n" + lines(chat({"content": "a"}, "stop"))
    assert [*reader.feed(b"\n"), *reader.feed(body[:3]), *reader.feed(body[3:]), *reader.close()] == [
        Chunk("a", finish=Finish.STOP)
    ]


def test_blank_lines_that_keep_the_connection_alive_are_no_part_of_the_answer() -> None:
    """https://api-docs.deepseek.com/quick_start/rate_limit: empty lines, or comments, as long as the model waits."""
    for framing, body in (("json", whole_chat({"content": "a"})), ("sse", lines(chat({"content": "a"}, "stop")))):
        reader = AnswerReader(DIALECTS["openai_chat"], framing, PROVIDER)
        for _ in range(50):
            assert list(reader.feed(b"\n")) == []
        assert [*reader.feed(body), *reader.close()] == [Chunk("a", finish=Finish.STOP)]


@pytest.mark.parametrize("framing", ["sse", "ndjson", "json"])
@pytest.mark.parametrize(
    "page", [b"<!DOCTYPE html><html>", b"\n\n<html lang='en'>", b"\xef\xbb\xbf<?xml version='1.0'?>"]
)
def test_a_web_page_with_status_200_is_a_failure_that_names_the_likely_cause(framing: str, page: bytes) -> None:
    reader = AnswerReader(DIALECTS["openai_chat"], framing, PROVIDER)
    assert [chunk for byte in page for chunk in reader.feed(bytes([byte]))] == []
    with pytest.raises(ServerFailure, match="web page: a proxy or a captive portal"):
        list(reader.close())


@pytest.mark.parametrize("framing", ["sse", "ndjson", "json"])
@pytest.mark.parametrize("body", [b"", b"  \n\n"])
def test_an_answer_of_nothing_is_truncated(framing: str, body: bytes) -> None:
    reader = AnswerReader(DIALECTS["openai_chat"], framing, PROVIDER)
    assert list(reader.feed(body)) == []
    with pytest.raises(Truncated):
        list(reader.close())


def feed_often(reader: AnswerReader, piece: bytes, times: int) -> None:
    for _ in range(times):
        assert list(reader.feed(piece)) == []


def test_an_endless_event_is_a_failure_of_the_server() -> None:
    reader = AnswerReader(DIALECTS["openai_chat"], "sse", PROVIDER)
    assert list(reader.feed(lines(chat({"content": "a"})) + b"data: ")) == [Chunk("a")]
    with pytest.raises(ServerFailure, match="larger than"):
        feed_often(reader, b"x" * 65536, 100)


def test_an_endless_answer_in_one_piece_is_a_failure_of_the_server() -> None:
    reader = AnswerReader(DIALECTS["openai_chat"], "json", PROVIDER)
    with pytest.raises(ServerFailure, match="larger than"):
        feed_often(reader, b"[" * 65536, 300)


def test_only_the_first_choice_is_read() -> None:
    body = lines(
        {"choices": [{"index": 1, "delta": {"content": "other"}}, {"index": 0, "delta": {"content": "this"}}]},
        {"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]},
    )
    assert chunks_of(body) == [Chunk("this"), Chunk(finish=Finish.LENGTH)]


@pytest.mark.parametrize("reason", ["insufficient_system_resource", "error", "abort"])
def test_a_finish_reason_that_means_no_answer_is_a_failure(reason: str) -> None:
    reader = AnswerReader(DIALECTS["openai_chat"], "sse", PROVIDER)
    with pytest.raises(ServerFailure, match=reason):
        list(reader.feed(lines(chat({}, reason))))


def test_half_a_surrogate_pair_is_replaced_since_nothing_can_write_it() -> None:
    body = b"".join(
        b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % text for text in (b"a\\ud83d", b"\\ud83d\\ude00")
    )
    reader = AnswerReader(DIALECTS["openai_chat"], "sse", PROVIDER)
    assert "".join(chunk.text for chunk in reader.feed(body)) == "a\ufffd😀"
