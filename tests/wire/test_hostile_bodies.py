"""Whatever arrives, a dialect gives chunks or a `ProviderError`, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picode.core.errors import ProviderError
from picode.core.messages import Chunk, Usage
from picode.wire import DIALECTS
from picode.wire.dialect import Event, Failed
from picode.wire.reading import AnswerReader

# The fields and words of all dialects, so that what hypothesis builds gets past the first look.
FIELDS = st.sampled_from(
    "choices delta message content text index finish_reason usage prompt_tokens error type code status output response "
    "candidates parts thought finishReason promptFeedback usageMetadata done done_reason stop stop_type timings cache_n "
    "content_block thinking reasoning reasoning_content refusal summary incomplete_details reason details violations "
    "retryDelay detail loc msg metadata raw innererror x_groq prompt_tokens_details billed_units tokens object".split()
)
WORDS = st.sampled_from(
    "stop length error text thinking message reasoning content_block_delta message_delta message_stop response.completed "
    "response.output_text.delta response.failed message-end content-delta SAFETY ERROR TIMEOUT incomplete 429 [DONE]".split()
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=5), max_leaves=20
)
NAMES = st.sampled_from(["", "error", "message", "message_delta", "response.completed", "message-end"])


def assert_sound(read: Callable[[], Iterable[Chunk]]) -> None:
    error = None
    try:
        for chunk in read():
            assert chunk != Chunk()
            f"{chunk.text}{chunk.reasoning}".encode()  # can be written
            usage = chunk.usage or Usage()
            assert min(usage.input_tokens, usage.output_tokens, usage.cached_tokens) >= 0
    except ProviderError as caught:
        error = caught
    assert error is None or (error.provider == "Example" and len(str(error)) < 1000)


@pytest.mark.parametrize("name", DIALECTS)
@settings(max_examples=60, deadline=None)
@given(value=JSON, event_name=NAMES)
def test_any_json_is_an_answer_or_a_failure(name: str, value: Any, event_name: str) -> None:
    dialect = DIALECTS[name]
    text = json.dumps(value)
    assert_sound(lambda: dialect.decode(Event(text, event_name), "Example"))
    assert_sound(lambda: dialect.decode_whole(json.loads(text), "Example"))


@settings(max_examples=100, deadline=None)
@given(
    value=JSON,
    status=st.integers(300, 599),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms", "x-should-retry", "date"]), st.text(max_size=30)
    ),
)
def test_any_error_body_is_explained(value: Any, status: int, headers: dict[str, str]) -> None:
    error = DIALECTS["openai_chat"].explain(Failed(status, headers, json.dumps(value)), "Example")
    assert error.status == status
    assert error.retry_after is None or error.retry_after >= 0
    str(error).encode()


@settings(max_examples=100, deadline=None)
@given(body=st.text(max_size=40), status=st.integers(300, 599))
def test_any_error_text_is_explained(body: str, status: int) -> None:
    str(DIALECTS["openai_chat"].explain(Failed(status, {}, body), "Example")).encode("utf-8", "surrogatepass")


# Bodies in the manner of https://github.com/nst/JSONTestSuite: what parsers are known to trip over.
EDGES = [
    "",
    " ",
    "null",
    "true",
    "0",
    "-0",
    '""',
    "[]",
    "{}",
    "[null]",
    "[[]]",
    "[1]",
    "NaN",
    "[NaN]",
    "[Infinity]",
    "[-Infinity]",
    "1e999",
    "-1e999",
    "1" * 5000,
    "[" * 100_000,
    "[" * 100_000 + "]" * 100_000,
    '{"a":' * 50_000 + "1" + "}" * 50_000,
    '{"error":' * 5_000 + "1" + "}" * 5_000,
    '{"error":{"message":' * 3_000 + "1" + "}}" * 3_000,
    '{"a":1,"a":2}',
    '{"a":1,}',
    "{'a':1}",
    "{a:1}",
    '{"a" 1}',
    '["a',
    '["\\ud800"]',
    '{"error":"\\ud800"}',
    '{"error":{"message":"\\udc00\\ud800"}}',
    '["\\u0000"]',
    '["\x00"]',
    '["\t"]',
    "\ufeff{}",
    "{}{}",
    "{}\x00",
    "// comment",
    "<html>",
    "\u00a0{}",
    "[DONE]",
    "DONE",
    '{"choices":null}',
    '{"choices":{}}',
    '{"choices":[]}',
    '{"choices":[null]}',
    '{"choices":[[]]}',
    '{"choices":[{"delta":null}]}',
    '{"choices":[{"delta":[]}]}',
    '{"choices":[{"delta":{"content":null}}]}',
    '{"choices":[{"delta":{"content":1}}]}',
    '{"choices":[{"delta":{"content":[null,1,{"text":1}]}}]}',
    '{"choices":[{"index":"0","delta":{"content":"x"}}]}',
    '{"choices":[{"finish_reason":1}]}',
    '{"usage":null}',
    '{"usage":[]}',
    '{"usage":{"prompt_tokens":"12","completion_tokens":null}}',
    '{"usage":{"prompt_tokens":-1,"completion_tokens":1e999}}',
    '{"usage":{"prompt_tokens":NaN,"completion_tokens":true}}',
    '{"content":[{"type":"text","text":null}]}',
    '{"content":"text"}',
    '{"output":[{"content":"text"}]}',
    '{"candidates":[{"content":{"parts":[null]}}]}',
    '{"message":null,"done":true}',
    '{"message":{"content":[1]}}',
    '{"response":1,"done":"true"}',
    '{"error":true}',
    '{"error":1}',
    '{"error":[]}',
    '{"error":[{}]}',
    '{"error":{"message":null,"code":null}}',
    '{"error":{"details":[null,{"violations":{}},{"violations":[null]}]}}',
    '{"error":{"code":1e400}}',
]


@pytest.mark.parametrize("name", DIALECTS)
def test_odd_bodies_are_answers_or_failures(name: str) -> None:
    dialect = DIALECTS[name]
    for body in EDGES:
        assert_sound(partial(dialect.decode, Event(body), "Example"))
        for framing in ("sse", "ndjson", "json"):
            assert_sound(partial(read_all, AnswerReader(dialect, framing, "Example"), body.encode()))
        error = dialect.explain(Failed(500, {}, body), "Example")
        assert len(str(error)) < 1000


def read_all(reader: AnswerReader, body: bytes) -> Iterable[Chunk]:
    yield from reader.feed(body)
    yield from reader.close()
