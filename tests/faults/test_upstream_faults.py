"""What can go wrong between PiCode and a provider, over real sockets. Each test has the number of its row in the matrix of
faults that PiCode survives; rows 23 to 25 are in `test_racing`."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from picode.assistant.ports import Deadlines, HttpRequest
from picode.core.errors import (
    AuthenticationError,
    BadRequest,
    ConfigurationError,
    ContextTooLong,
    NetworkFailure,
    NotReady,
    ProviderError,
    ProviderTimeout,
    RateLimited,
    ServerFailure,
    Truncated,
)
from picode.core.policy import CHAT, FAILURES_TO_OPEN, OPEN_SECONDS, explain_detour
from picode.io.clock import MonotonicClock
from picode.io.http import BODY_LIMIT
from picode.settings.model import Network
from picode.wire.sse import SseDecoder
from support.certificates import self_signed
from support.faulty import (
    Behaviour,
    FaultyServer,
    FullBacklog,
    Peer,
    answers,
    closed_port,
    closes,
    drips,
    fails,
    hangs,
    pours,
    resets,
    sends,
    stalls,
)
from support.upstream import completion_stream
from wire.test_sse import SSE

from .asking import CANARY, ONE_TRY, TWO_TRIES, Asker, ForwardClock, SkippingClock

HASTY = Deadlines(connect=0.3, idle=0.3, total=5.0)


async def test_row_01_a_refused_connection_is_named_and_the_next_provider_answers_at_once(asker: Asker) -> None:
    nobody = f"http://127.0.0.1:{closed_port()}/v1"
    alone = await asker.ask(nobody)
    assert isinstance(alone.failure, NetworkFailure)
    assert nobody.removeprefix("http://").removesuffix("/v1") in str(alone.failure)
    async with FaultyServer(answers("1")) as server:
        for terms in (TWO_TRIES, CHAT):
            seconds = []
            for _ in range(5):  # the fastest counts: a busy machine may make any one wait
                asker.use(MonotonicClock())
                helped = await asker.ask(nobody, server.base_url, terms=terms)
                assert helped.text == "1"
                seconds.append(helped.seconds)
            assert min(seconds) < 0.3


async def test_row_02_an_unknown_host_is_named_and_the_next_provider_answers(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup = socket.getaddrinfo

    def resolver_of_a_machine_without_network(host: Any, *rest: Any, **named: Any) -> Any:
        if str(host).endswith("invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return lookup(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolver_of_a_machine_without_network)
    alone = await asker.ask("https://api.example.invalid/v1")
    assert isinstance(alone.failure, NetworkFailure)
    assert "api.example.invalid" in str(alone.failure)
    async with FaultyServer(answers("1")) as server:
        assert (await asker.ask("https://api.example.invalid/v1", server.base_url)).text == "1"


async def test_row_03_a_connection_that_never_comes_about_ends_at_its_deadline(asker: Asker) -> None:
    with FullBacklog() as full:
        outcome = await asker.ask(f"http://127.0.0.1:{full.port}/v1", deadlines=HASTY)
    assert isinstance(outcome.failure, ProviderTimeout)
    assert f"127.0.0.1:{full.port} does not answer" in str(outcome.failure)
    assert outcome.seconds < 3


async def test_row_04_headers_that_never_come_end_at_a_deadline(asker: Asker) -> None:
    async with FaultyServer(hangs) as server:
        outcome = await asker.ask(server.base_url, deadlines=HASTY)
        assert isinstance(outcome.failure, ProviderTimeout)
        assert "nothing came for 0.3 s" in str(outcome.failure)
        await server.gone()


async def test_row_05_a_stream_that_stalls_ends_at_a_deadline_and_is_not_taken_for_whole(asker: Asker) -> None:
    async with FaultyServer(stalls) as server:
        outcome = await asker.ask(server.base_url, deadlines=HASTY, terms=TWO_TRIES)
        assert outcome.text == "ret"
        assert isinstance(outcome.failure, ProviderTimeout)
        assert all(chunk.finish is None for chunk in outcome.chunks)
        assert len(server.requests) == 1


@pytest.mark.parametrize("behaviour", [resets, sends(completion_stream("ret")[0])], ids=["reset", "end"])
async def test_row_06_after_the_first_word_nothing_is_tried_again(asker: Asker, behaviour: Behaviour) -> None:
    async with FaultyServer(behaviour) as server, FaultyServer(answers("2")) as other:
        outcome = await asker.ask(server.base_url, other.base_url, terms=CHAT)
        assert outcome.text == "ret"
        assert isinstance(outcome.failure, NetworkFailure | Truncated)
        assert len(server.requests) == 1
        assert other.requests == []


async def test_row_07_an_answer_without_its_end_is_cut_off(asker: Asker) -> None:
    async with FaultyServer(sends(completion_stream("ret")[0])) as server:
        outcome = await asker.ask(server.base_url)
        assert isinstance(outcome.failure, Truncated)
        assert outcome.text == "ret"
    *events, _, _ = completion_stream("ret")
    whole = b'data: {"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}\n\n'
    async with FaultyServer(sends(b"".join(events) + whole)) as server:
        assert (await asker.ask(server.base_url)).error is None, "[DONE] may be missing"


async def test_row_08_an_answer_that_drips_ends_at_the_deadline_for_the_whole(asker: Asker) -> None:
    async with FaultyServer(drips) as server:
        outcome = await asker.ask(server.base_url, deadlines=Deadlines(connect=1, idle=5, total=0.5))
        assert isinstance(outcome.failure, ProviderTimeout)
        assert "no whole answer within 0.5 s" in str(outcome.failure)
        await server.gone()


async def test_row_09_who_asks_for_a_second_gets_it(asker: Asker, clock: SkippingClock) -> None:
    async with FaultyServer(fails(429, retry_after="1"), answers("1")) as server:
        outcome = await asker.ask(server.base_url, terms=TWO_TRIES)
        assert outcome.text == "1"
        assert clock.slept == [1.0]
        assert outcome.answered is not None
        assert [type(cause) for cause in outcome.answered.causes] == [RateLimited]


_NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "slept"),
    [
        ({"retry_after_ms": "250"}, [0.25]),
        ({"retry_after_ms": "250", "retry_after": "9"}, [0.25]),
        ({"retry_after": "0.75"}, [0.75]),
        (
            {"date": format_datetime(_NOW, True), "retry_after": format_datetime(_NOW + timedelta(seconds=2), True)},
            [2.0],
        ),
        ({"date": format_datetime(_NOW, True), "retry_after": format_datetime(_NOW - timedelta(days=1), True)}, [0.5]),
        ({"retry_after": "-3"}, [0.5]),
        ({"retry_after": "nan"}, [0.5]),
        ({"retry_after": "soon"}, [0.5]),
        ({}, [0.5]),
        ({"retry_after": "1000000000"}, []),
        ({"retry_after": "9" * 400}, None),
    ],
)
async def test_row_10_every_way_to_ask_for_a_pause_is_understood_and_none_lasts_for_ever(
    asker: Asker, clock: SkippingClock, headers: dict[str, str], slept: list[float] | None
) -> None:
    async with FaultyServer(fails(429, **headers), answers("1")) as server:
        outcome = await asker.ask(server.base_url, terms=TWO_TRIES)
        if slept is not None:
            assert clock.slept == slept
        assert sum(clock.slept) <= TWO_TRIES.seconds
        assert (outcome.text == "1") == bool(clock.slept)


async def test_row_11_a_spent_account_is_not_asked_again(asker: Asker) -> None:
    spent = '{"error": {"type": "enforced_spend_limit_reached", "message": "Your spend limit is reached."}}'
    async with FaultyServer(fails(429, spent)) as server:
        outcome = await asker.ask(server.base_url, terms=CHAT)
        assert isinstance(outcome.failure, RateLimited)
        assert outcome.failure.retryable is False
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 529])
async def test_row_12_what_passes_is_tried_again_after_growing_pauses(
    asker: Asker, clock: SkippingClock, status: int
) -> None:
    async with FaultyServer(fails(status)) as server:
        outcome = await asker.ask(server.base_url, terms=CHAT)
        assert isinstance(outcome.failure, ProviderError)
        assert outcome.failure.status == status
        assert clock.slept == [0.5, 1.0]
        assert len(server.requests) == 3
        outcome = await asker.ask(server.base_url, terms=TWO_TRIES)
        assert len(server.requests) == 5


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("key_header", ["Authorization: Bearer {key}", "x-api-key: {key}", "x-goog-api-key: {key}"])
async def test_row_13_a_refused_key_is_not_tried_again_and_not_repeated(
    asker: Asker, status: int, key_header: str
) -> None:
    echo = f'{{"error": {{"message": "The key {CANARY} is not valid."}}}}'
    async with FaultyServer(fails(status, echo)) as server:
        outcome = await asker.ask(asker.link(server.base_url, key_header=key_header), terms=CHAT)
        assert isinstance(outcome.failure, AuthenticationError)
        assert str(outcome.failure).startswith("Scripted: ")
        assert "[key]" in str(outcome.failure)
        assert len(server.requests) == 1
        assert CANARY.encode() in server.requests[0], "else this proves nothing"


async def test_row_14_a_prompt_that_is_too_long_is_shortened_once(asker: Asker) -> None:
    long = fails(400, '{"error": {"code": "context_length_exceeded", "message": "maximum context length is 10"}}')
    async with FaultyServer(long, answers("1")) as server:
        outcome = await asker.ask(server.base_url)
        assert outcome.text == "1"
        first, second = server.requests
        assert first.count(b"x =") == 100
        assert second.count(b"x =") == 10
    async with FaultyServer(long) as server:
        outcome = await asker.ask(server.base_url, terms=CHAT)
        assert isinstance(outcome.failure, ContextTooLong)
        assert len(server.requests) == 2


async def test_who_cannot_stream_is_asked_for_the_whole(asker: Asker) -> None:
    cannot = fails(400, '{"error": {"message": "This model does not support streaming.", "param": "stream"}}')
    whole = sends(b'{"choices": [{"index": 0, "text": "1", "finish_reason": "stop"}]}', "application/json")
    async with FaultyServer(cannot, whole) as server:
        assert (await asker.ask(server.base_url)).text == "1"
        assert b'"stream": true' in server.requests[0]
        assert b'"stream": true' not in server.requests[1]


@pytest.mark.parametrize(
    ("status", "word", "requests"), [(500, "false", 1), (400, "true", 2), (503, "FALSE", 1), (500, "maybe", 2)]
)
async def test_row_15_the_server_s_word_on_trying_again_counts(
    asker: Asker, clock: SkippingClock, status: int, word: str, requests: int
) -> None:
    async with FaultyServer(fails(status, x_should_retry=word)) as server:
        await asker.ask(server.base_url, terms=TWO_TRIES)
        assert len(server.requests) == requests


@pytest.mark.parametrize("kind", ["text/html", "text/event-stream", "application/json"])
async def test_row_16_a_captive_portal_is_no_answer(asker: Asker, kind: str) -> None:
    async with FaultyServer(sends(b"<!doctype html><title>Log in</title>", kind)) as server:
        outcome = await asker.ask(server.base_url)
        assert isinstance(outcome.failure, ServerFailure)
        assert outcome.text == ""


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
async def test_row_17_an_error_with_status_200_is_an_error(asker: Asker, kind: str) -> None:
    body = b'{"error": {"message": "The server is overloaded.", "type": "overloaded_error"}}'
    async with FaultyServer(sends(body if kind == "application/json" else b"data: " + body + b"\n\n", kind)) as server:
        outcome = await asker.ask(server.base_url)
        assert isinstance(outcome.failure, ServerFailure)
        assert "overloaded" in str(outcome.failure)


async def test_row_18_an_error_in_mid_stream_follows_what_was_said(asker: Asker) -> None:
    error = b'event: error\ndata: {"error": {"message": "Overloaded", "type": "overloaded_error"}}\n\n'
    async with FaultyServer(sends(completion_stream("ret")[0] + error)) as server:
        outcome = await asker.ask(server.base_url, terms=CHAT)
        assert outcome.text == "ret"
        assert isinstance(outcome.failure, ServerFailure)
        assert len(server.requests) == 1


@pytest.mark.parametrize("size", [1, 2, 3, 65536])
async def test_row_19_every_vector_of_the_standard_in_pieces_of_every_size_gives_the_same_events(
    asker: Asker, size: int
) -> None:
    """That the decoder does so, cut at any byte, `tests/wire/test_sse.py` shows; here the pieces come over a socket."""

    async def behave(peer: Peer) -> None:
        await peer.head()
        body, _ = vectors[len(server.requests) - 1]
        for at in range(0, len(body), size):
            await peer.send(body[at : at + size])
        peer.end()

    vectors = list(SSE.values())
    async with FaultyServer(behave) as server:
        for body, events in vectors:
            request = HttpRequest("POST", f"{server.base_url}/completions", {}, b"{}")
            decoder, arrived, pieces = SseDecoder(), [], 0
            async with asker.transport.send(request, "Scripted", HASTY) as response:
                async for piece in response.pieces():
                    arrived += decoder.feed(piece)
                    pieces += len(piece)
            assert arrived + decoder.close() == events, body
            assert pieces == len(body)
        assert len(server.requests) == len(vectors)


class Memory:
    """The most memory this process had while the body of the `with` ran, in MB beyond what it had before."""

    def __enter__(self) -> Memory:
        self._process = psutil.Process()
        self._before = self._peak = self._process.memory_info().rss
        self._watching = asyncio.create_task(self._watch())
        return self

    async def _watch(self) -> None:
        while True:
            self._peak = max(self._peak, self._process.memory_info().rss)
            await asyncio.sleep(0.002)

    def __exit__(self, *_: object) -> None:
        self._watching.cancel()

    @property
    def growth(self) -> float:
        return (max(self._peak, self._process.memory_info().rss) - self._before) / 1e6


def _bomb(piece: bytes, megabytes: int) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    unit = piece * (1024 * 1024 // len(piece))
    return b"".join([*(squeeze.compress(unit) for _ in range(megabytes)), squeeze.flush()])


_COMMENT = b":" + b" " * 1022 + b"\n"


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(pours(b"x" * 65536), id="an endless line"),
        pytest.param(pours(b"data: " + b"x" * 65536 + b"\n"), id="an endless event"),
        pytest.param(sends(_bomb(b"\0" * 1024, 400), content_encoding="gzip"), id="a bomb of one line"),
        pytest.param(sends(_bomb(_COMMENT, 400), content_encoding="gzip"), id="a bomb of comments"),
        pytest.param(sends(gzip.compress(_bomb(_COMMENT, 100)), content_encoding="gzip, gzip"), id="a bomb in a bomb"),
        pytest.param(sends(_bomb(b"[" * 1024, 64), "application/json", content_encoding="gzip"), id="a bomb of JSON"),
    ],
)
async def test_row_20_what_never_ends_is_capped_and_memory_stays_flat(asker: Asker, behaviour: Behaviour) -> None:
    async with FaultyServer(behaviour) as server:
        with Memory() as memory:
            outcome = await asker.ask(server.base_url)
        assert isinstance(outcome.failure, ServerFailure)
        assert "larger than" in str(outcome.failure)
        assert memory.growth < 3 * BODY_LIMIT / 1e6


async def test_row_20_endless_headers_are_capped(asker: Asker) -> None:
    async def behave(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            await peer.send(b"x-filler: " + b"x" * 65536 + b"\r\n")

    async with FaultyServer(behave) as server:
        with Memory() as memory:
            outcome = await asker.ask(server.base_url)
        assert isinstance(outcome.failure, NetworkFailure)
        assert memory.growth < 20


async def test_row_21_broken_compression_is_an_error(asker: Asker) -> None:
    async with FaultyServer(sends(b"this is not gzip", content_encoding="gzip")) as server:
        outcome = await asker.ask(server.base_url)
        assert isinstance(outcome.failure, ServerFailure)
        assert "compressed in a broken way" in str(outcome.failure)


@pytest.mark.parametrize("expired", [False, True], ids=["self-signed", "expired"])
async def test_row_21_a_certificate_that_nobody_vouches_for_is_refused_once(
    asker: Asker, tmp_path: Path, expired: bool
) -> None:
    tls, certificate = self_signed(tmp_path, expired=expired)
    async with FaultyServer(answers("1"), tls=tls) as server:
        if expired:  # trusted, so that its age is what is wrong with it
            asker.network = Network(ca_file=str(certificate))
        outcome = await asker.ask(server.base_url, terms=CHAT)
        assert isinstance(outcome.failure, NetworkFailure)
        assert ("expired" if expired else "self-signed certificate") in str(outcome.failure)
        assert "caFile" in str(outcome.failure)
        assert server.requests == [], "no second try without encryption or without checking"


async def test_a_certificate_of_the_user_s_own_is_trusted_from_the_next_request_on(
    asker: Asker, tmp_path: Path
) -> None:
    tls, certificate = self_signed(tmp_path)
    async with FaultyServer(answers("1"), tls=tls) as server:
        assert isinstance((await asker.ask(server.base_url)).failure, NetworkFailure)
        asker.network = Network(ca_file=str(certificate))
        assert (await asker.ask(server.base_url)).text == "1"
        asker.network = Network(ca_file=str(tmp_path / "missing.pem"))
        outcome = await asker.ask(server.base_url)
        assert isinstance(outcome.failure, ConfigurationError)
        assert "missing.pem" in str(outcome.failure)


async def test_row_22_a_redirect_is_refused_and_the_key_stays_here(asker: Asker) -> None:
    async with FaultyServer(answers("stolen")) as elsewhere:
        async with FaultyServer(fails(307, location=f"{elsewhere.base_url}/completions")) as server:
            outcome = await asker.ask(server.base_url, terms=CHAT)
            assert isinstance(outcome.failure, ServerFailure)
            assert "redirects to another address" in str(outcome.failure)
            assert len(server.requests) == 1
        assert elsewhere.connections == 0


async def test_row_26_the_breaker_opens_lets_a_probe_through_and_closes(asker: Asker, clock: SkippingClock) -> None:
    async with FaultyServer(*[fails(503)] * (FAILURES_TO_OPEN + 1), answers("1")) as server:
        for _ in range(FAILURES_TO_OPEN):
            assert "HTTP 503" in str((await asker.ask(server.base_url)).failure)
        outcome = await asker.ask(server.base_url)
        assert "has failed 5 times in a row" in str(outcome.failure)
        assert "asked again in 30 s" in str(outcome.failure)
        assert len(server.requests) == FAILURES_TO_OPEN
        clock.pass_by(OPEN_SECONDS)
        assert "HTTP 503" in str((await asker.ask(server.base_url)).failure), "the probe"
        assert "in a row" in str((await asker.ask(server.base_url)).failure)
        clock.pass_by(OPEN_SECONDS)
        assert (await asker.ask(server.base_url)).text == "1"
        assert (await asker.ask(server.base_url)).text == "1"


async def test_row_26_what_the_user_asks_for_by_hand_goes_through_an_open_breaker(asker: Asker) -> None:
    async with FaultyServer(*[fails(503)] * FAILURES_TO_OPEN, answers("1")) as server:
        for _ in range(FAILURES_TO_OPEN):
            await asker.ask(server.base_url)
        assert (await asker.ask(server.base_url, by_hand=True)).text == "1"
        assert (await asker.ask(server.base_url)).text == "1"


_LOADING = '{"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}'
"""https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md#get-health-returns-heath-check-result"""


async def test_a_model_that_is_still_loading_is_asked_until_it_is_there(asker: Asker, clock: SkippingClock) -> None:
    async with FaultyServer(*[fails(503, _LOADING)] * 4, answers("1")) as server:
        outcome = await asker.ask(server.base_url, terms=TWO_TRIES)
        assert outcome.text == "1"
        assert clock.slept == [0.5] * 4
        assert explain_detour(outcome.answered.causes, "Scripted") == (
            "Scripted is loading its model; answered when asked again."
        )


async def test_however_long_a_model_takes_to_load_its_breaker_stays_closed(asker: Asker, clock: SkippingClock) -> None:
    async with FaultyServer(*[fails(503, _LOADING)] * 40, answers("1")) as server:
        failures = 0
        while not (outcome := await asker.ask(server.base_url, terms=TWO_TRIES)).text:
            assert isinstance(outcome.failure, NotReady)
            assert "still loading" in str(outcome.failure)
            failures += 1
        assert failures > FAILURES_TO_OPEN
        assert max(clock.slept) == 0.5


async def test_while_a_model_loads_another_answers_at_once(asker: Asker) -> None:
    async with FaultyServer(fails(503, _LOADING)) as loading, FaultyServer(answers("2")) as other:
        for _ in range(FAILURES_TO_OPEN + 2):
            outcome = await asker.ask(loading.base_url, other.base_url, terms=TWO_TRIES)
            assert outcome.text == "2"
            assert outcome.seconds < 0.5
        assert len(loading.requests) == FAILURES_TO_OPEN + 2, "it may be there at any moment"


async def test_row_26_bad_requests_and_cancelled_ones_do_not_open_it(asker: Asker) -> None:
    async with FaultyServer(*[fails(400)] * 10, *[hangs] * 10, answers("1")) as server:
        for _ in range(10):
            assert isinstance((await asker.ask(server.base_url)).failure, BadRequest)
        for number in range(10):
            asking = asyncio.create_task(asker.ask(server.base_url))
            await server.asked(11 + number)
            asking.cancel()
            await asyncio.wait({asking})
        assert (await asker.ask(server.base_url)).text == "1"


async def test_who_asks_for_a_pause_is_left_alone_while_another_answers(asker: Asker) -> None:
    clock = ForwardClock()
    asker.use(clock)
    async with FaultyServer(fails(429, retry_after="20"), answers("1")) as limited, FaultyServer(answers("2")) as other:
        assert [(await asker.ask(limited.base_url, other.base_url)).text for _ in range(3)] == ["2", "2", "2"]
        assert len(limited.requests) == 1
        clock.pass_by(20)
        assert (await asker.ask(limited.base_url, other.base_url)).text == "1"


_ODD = [
    b'{"choices": [{"index": 0, "text": NaN}]}',
    b'{"choices": null}',
    b'{"choices": [null]}',
    b'{"choices": [{"index": "x", "text": 5, "finish_reason": 7}]}',
    b'{"choices": {"0": {"text": "a"}}}',
    b'{"choices": [], "usage": {"prompt_tokens": "many", "completion_tokens": -1e999}}',
    b"[]",
    b'"text"',
    b"null",
    b"5",
]


@pytest.mark.parametrize("odd", _ODD, ids=lambda odd: odd.decode())
async def test_row_27_a_chunk_of_the_wrong_shape_is_skipped_or_an_error(asker: Asker, odd: bytes) -> None:
    async with FaultyServer(sends(b"data: " + odd + b"\n\n" + b"".join(completion_stream("1")))) as server:
        outcome = await asker.ask(server.base_url)
        assert outcome.text == "1" if outcome.error is None else isinstance(outcome.error, ProviderError)


async def test_row_28_what_comes_after_the_end_is_ignored(asker: Asker) -> None:
    async with FaultyServer(sends(b"".join(completion_stream("1")) + b"".join(completion_stream("2")))) as server:
        assert (await asker.ask(server.base_url)).text == "1"


@pytest.fixture
def jumping_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of day jumps an hour forward and back at every look."""
    real = time.time
    jumps = iter([3600, -3600] * 1_000_000)
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))


async def test_row_60_a_jumping_wall_clock_moves_no_deadline(asker: Asker, jumping_wall_clock: None) -> None:
    assert abs(time.time() - time.time()) > 3600, "else this proves nothing"
    async with FaultyServer(stalls, fails(503), answers("1"), answers("1"), stalls) as server:
        stalled = await asker.ask(server.base_url, deadlines=HASTY)
        assert isinstance(stalled.failure, ProviderTimeout)
        assert 0.25 < stalled.seconds < 3
        retried = await asker.ask(server.base_url, terms=TWO_TRIES)
        assert retried.text == "1"
        assert 0.45 < retried.seconds < 3
        assert (await asker.ask(server.base_url)).text == "1"


class TestConnections:
    """The rest of what the transport promises."""

    async def test_a_connection_is_used_again(self, asker: Asker) -> None:
        async with FaultyServer(answers("1")) as server:
            for _ in range(5):
                assert (await asker.ask(server.base_url)).text == "1"
            assert server.connections == 1

    @pytest.mark.parametrize("rudely", [False, True], ids=["end", "reset"])
    async def test_one_that_the_server_closed_while_it_was_idle_costs_no_try(self, asker: Asker, rudely: bool) -> None:
        async def closes_late(peer: Peer) -> None:
            """As a server does whose idle time ends just when a request arrives."""
            peer.reset() if rudely else peer.end()

        async with FaultyServer(answers("1"), closes_late, answers("2")) as server:
            assert (await asker.ask(server.base_url)).text == "1"
            assert (await asker.ask(server.base_url, terms=ONE_TRY)).text == "2"
            assert server.connections == 2

    async def test_a_new_connection_that_is_closed_without_a_word_is_a_failure(self, asker: Asker) -> None:
        async with FaultyServer(closes) as server:
            assert isinstance((await asker.ask(server.base_url)).failure, NetworkFailure)
            assert server.connections == 1

    async def test_pipes_between_here_and_elsewhere_are_encrypted_or_allowed(self, asker: Asker) -> None:
        outcome = await asker.ask("http://10.0.0.1:9/v1")
        assert isinstance(outcome.failure, ConfigurationError)
        assert "not encrypted" in str(outcome.failure)

    @pytest.mark.parametrize("allowed", ["http://model.test:{port}", "http://MODEL.test:{port}/v1"])
    async def test_an_origin_that_the_user_allows_needs_no_encryption(
        self, asker: Asker, monkeypatch: pytest.MonkeyPatch, allowed: str
    ) -> None:
        lookup = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **named: lookup(_home(host), *rest, **named))
        async with FaultyServer(answers("1")) as server:
            url = f"http://model.test:{server.port}/v1"
            assert isinstance((await asker.ask(url)).failure, ConfigurationError)
            asker.network = Network(allowed_origins=[allowed.format(port=server.port)])
            assert (await asker.ask(url)).text == "1"
            assert isinstance((await asker.ask("http://model.test:1/v1")).failure, ConfigurationError)

    @pytest.mark.parametrize("by", ["the settings", "the environment"])
    async def test_a_proxy_is_used_for_others_and_never_for_this_machine(
        self, asker: Asker, monkeypatch: pytest.MonkeyPatch, by: str
    ) -> None:
        async with FaultyServer(fails(502)) as proxy, FaultyServer(answers("1")) as server:
            address = f"http://127.0.0.1:{proxy.port}"
            for name in ("NO_PROXY", "no_proxy"):
                monkeypatch.delenv(name, raising=False)
            if by == "the settings":
                asker.network = Network(proxy=address)
            else:
                for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
                    monkeypatch.setenv(name, address)
            assert (await asker.ask(server.base_url)).text == "1"
            assert proxy.requests == []
            outcome = await asker.ask("https://model.test/v1")
            assert isinstance(outcome.failure, NetworkFailure)
            assert "proxy" in str(outcome.failure)
            assert proxy.requests[0].startswith(b"CONNECT model.test:443 ")
            assert CANARY.encode() not in proxy.requests[0]

    async def test_it_says_who_it_is_and_keeps_no_cookies(self, asker: Asker) -> None:
        async with FaultyServer(fails(503, set_cookie="id=1; Path=/"), answers("1")) as server:
            await asker.ask(server.base_url)
            await asker.ask(server.base_url)
            for request in server.requests:
                assert b"user-agent: picode/" in request.lower()
                assert b"cookie:" not in request.lower()


def _home(host: Any) -> Any:
    return "127.0.0.1" if host in ("model.test", b"model.test") else host


@pytest.fixture(autouse=True)
def _no_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
