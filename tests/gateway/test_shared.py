"""What several workers and machines share in a real Redis server, and what happens when it goes away."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from redis.asyncio import Redis

from picode.assistant.ports import AnswerStore, Endpoint, Used
from picode.assistant.routing.health import Health
from picode.assistant.routing.upstream import Target
from picode.assistant.usage.events import Attempt, CallEnded
from picode.core.errors import ServerFailure
from picode.core.messages import Usage
from picode.core.policy import FAILURES_TO_OPEN, OPEN_SECONDS
from picode.io.clock import MonotonicClock
from picode.io.shared.answers import SharedAnswers
from picode.io.shared.breakers import SharedBreakers
from picode.io.shared.link import SharedLink
from picode.io.shared.rates import LocalLimiter, SharedLimiter
from picode.io.shared.used import SharedLedger
from picode.providers.catalog import Provider
from picode.settings.model import Cache
from picode.wire import DIALECTS
from picode.wire.dialect import Profile
from support.faulty import FaultyServer, answers, fails
from support.redis import RedisServer
from support.server import ServerRun, asking

PASSWORD = "Qz7canary0123456789abcdefX"
KEPT = {"model": "default", "prompt": "x = ", "temperature": 0}


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    async with RedisServer(tmp_path) as server:
        yield server


@pytest.fixture
async def links(redis: RedisServer) -> AsyncIterator[tuple[SharedLink, SharedLink]]:
    """Of two machines."""
    both = SharedLink(lambda: redis.url, environ={}), SharedLink(lambda: redis.url, environ={})
    yield both
    for link in both:
        await link.close()


class Memory:
    """Implements `AnswerStore`."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def find(self, key: str, timeout_s: float = 0) -> str | None:
        return self.kept.get(key)

    def keep(self, key: str, answer: str, path: str) -> None:
        self.kept[key] = answer


class MemoryLedger:
    """Implements `Ledger`."""

    def __init__(self) -> None:
        self.counted: dict[str, Used] = {}

    async def used(self, provider: str) -> Used:
        return self.counted.get(provider, Used())


def call(provider: str, tokens: int, cost: float) -> CallEnded:
    each = Attempt(provider, "m", 0.0, 1.0, usage=Usage(tokens - 1, 1), cost=cost)
    return CallEnded("chat", "", 0.0, 1.0, [each], each)


def target() -> Target:
    provider = Provider(name="p", title="P", base_url="https://p.example/v1")
    return Target(provider, Endpoint(provider.base_url), "m", Profile("none"), DIALECTS["openai_chat"], True)


async def test_an_answer_that_one_machine_got_the_other_has(links: tuple[SharedLink, SharedLink]) -> None:
    own: list[AnswerStore] = [Memory(), Memory()]
    one, other = (SharedAnswers(mine, link, Cache) for mine, link in zip(own, links, strict=True))
    one.keep("k", "answer", "/secret/path.py")
    one.keep("long", "x" * 100_000, "")
    one.keep("key", "sk-abcdefgh12345678", "")
    await links[0].ask(lambda client: client.ping(), after_writes=True)
    assert await other.find("k") == "answer"
    assert await other.find("long") is None
    assert await other.find("key") is None, "what looks like a key is kept nowhere"
    assert await own[1].find("k") == "answer", "and from now on it has it itself"
    assert await other.find("unknown") is None


async def test_nothing_that_others_may_have_written_there_is_believed(
    redis: RedisServer, links: tuple[SharedLink, SharedLink]
) -> None:
    store, breakers = SharedAnswers(Memory(), links[0], Cache), SharedBreakers(links[0])
    await breakers.read("o", "m")
    async with Redis.from_url(redis.url) as client:
        for at, value in enumerate([b"\x80\x04.", b"[" * 100_000, b'{"answer": 5}', b'{"answer": null}', b"\xff"]):
            await client.set(f"picode:1:answer:{at}", value)
            assert await store.find(str(at)) is None
        breakers.write("o", "m", 3, 20.0)
        assert await breakers.read("o", "m") == (3, pytest.approx(20, abs=2))
        for name in [name async for name in client.scan_iter("picode:1:failures:*")]:
            await client.set(name, b"-1e9")
        assert await breakers.read("o", "m") == (0, pytest.approx(20, abs=2))
        names = [name.decode() async for name in client.scan_iter("*")]
        assert all(name.startswith("picode:1:") for name in names)


async def test_what_all_have_used_counts_for_each(links: tuple[SharedLink, SharedLink]) -> None:
    one, other = (SharedLedger(MemoryLedger(), link, lambda: date(2026, 11, 25)) for link in links)
    one.record(call("openai", 100, 0.5))
    assert (await one.used("openai")).tokens == 100
    other.record(call("openai", 10, 0.25))
    used = await other.used("openai")
    assert (used.tokens, used.cost) == (110, pytest.approx(0.75))
    tomorrow = SharedLedger(MemoryLedger(), links[0], lambda: date(2026, 11, 26))
    assert (await tomorrow.used("openai")).tokens == 0


async def test_a_model_that_fails_for_one_is_left_alone_by_all_until_it_answers_one(
    links: tuple[SharedLink, SharedLink],
) -> None:
    clock = MonotonicClock()
    one, other = (Health(clock, board=SharedBreakers(link)) for link in links)
    for health in [one, other, one, other, one][:FAILURES_TO_OPEN]:
        await health.recall(target())
        health.admit(target(), by_hand=False)
        health.failed(target(), ServerFailure("P", "broke.", status=500))
        await links[0].ask(lambda client: client.ping(), after_writes=True)
        await links[1].ask(lambda client: client.ping(), after_writes=True)
    await other.recall(target())
    with pytest.raises(ServerFailure, match="5 times in a row") as refused:
        other.admit(target(), by_hand=False)
    assert refused.value.retry_after == pytest.approx(OPEN_SECONDS, abs=3)
    one.answered(target())
    await links[0].ask(lambda client: client.ping(), after_writes=True)
    await other.recall(target())
    other.admit(target(), by_hand=False)


async def test_a_limit_holds_for_all_together_and_for_each_alone_while_the_server_is_away(
    redis: RedisServer, links: tuple[SharedLink, SharedLink]
) -> None:
    clock = MonotonicClock()
    one, other = (SharedLimiter(LocalLimiter(clock.now), link) for link in links)
    waits = [await limiter.wait("ada", 12) for limiter in (one, other, one, other)]
    assert [wait > 0 for wait in waits] == [False, False, True, True]
    assert 0 < waits[-1] <= 5
    assert await other.wait("grace", 12) == 0
    await redis.stop()
    waits = [await limiter.wait("ada", 12) for limiter in (one, one, one, other)]
    assert [wait > 0 for wait in waits] == [False, False, True, False]


async def test_when_the_server_goes_it_is_said_once_and_when_it_comes_back_it_is_used(
    redis: RedisServer,
    links: tuple[SharedLink, SharedLink],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("picode.io.shared.link._REST_SECONDS", 0.05)
    caplog.set_level(logging.INFO, "picode.io.shared")
    link = links[0]
    assert await link.ask(lambda client: client.ping())
    await redis.stop()
    for _ in range(4):
        assert await link.ask(lambda client: client.ping()) is None
        await asyncio.sleep(0.06)
    assert len(caplog.records) == 1
    await redis.start()
    async with asyncio.timeout(5):
        while not await link.ask(lambda client: client.ping()):
            await asyncio.sleep(0.06)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_password_comes_from_the_environment_and_is_in_no_message(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with RedisServer(tmp_path, PASSWORD) as redis:
        link = SharedLink(lambda: redis.url, environ={"PICODE_REDIS_PASSWORD": PASSWORD})
        assert await link.ask(lambda client: client.ping())
        await redis.stop()
        assert await link.ask(lambda client: client.ping()) is None
        await link.close()
        await redis.start()
        wrong = SharedLink(lambda: redis.url, environ={"PICODE_REDIS_PASSWORD": f"{PASSWORD}2"})
        assert await wrong.ask(lambda client: client.ping()) is None
        await wrong.close()
    assert len(caplog.records) == 2
    assert PASSWORD not in caplog.text


async def test_without_the_extra_it_says_what_to_install(
    redis: RedisServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    link = SharedLink(lambda: redis.url, environ={})
    for _ in range(2):
        assert await link.ask(lambda client: client.ping()) is None
    (record,) = caplog.records
    assert "picode[redis] is not installed" in record.getMessage()
    await link.close()


async def test_two_workers_share_answers_and_limits_and_serve_on_when_redis_is_killed(
    tmp_path: Path, redis: RedisServer
) -> None:
    async with FaultyServer(answers("2")) as upstream:
        settings = asking(upstream.base_url, cache={"url": redis.url}, gateway={"requestsPerMinute": 120})
        async with ServerRun(tmp_path, settings, "--port", "0", "--workers", "2") as server:
            for _ in range(8):
                answer = await server.post("/v1/completions", KEPT)
                assert answer.json()["choices"][0]["text"] == "2"
            assert len(upstream.requests) == 1
            answer = await asyncio.gather(*[server.post("/v1/messages/count_tokens", count()) for _ in range(50)])
            served = sum(each.status_code == 200 for each in answer)
            assert {each.status_code for each in answer} == {200, 429}
            assert served <= 120 // 6 + 20, "as many as one token may send, not twice as many"
            await redis.stop()
            await asyncio.sleep(2.5)  # 5 requests: on a busy machine, a worker may have counted by itself before
            for _ in range(4):
                answer = await server.post("/v1/completions", {**KEPT, "temperature": 0.5})
                assert answer.status_code == 200
            assert "can't be reached" in "".join(server.log)


def count() -> dict[str, object]:
    return {"messages": [{"role": "user", "content": "x"}]}


async def test_a_machine_gives_the_answer_that_another_was_given(tmp_path: Path, redis: RedisServer) -> None:
    async with FaultyServer(answers("2")) as upstream:
        settings = asking(upstream.base_url, cache={"url": redis.url})
        homes = [tmp_path / "one", tmp_path / "other"]
        async with (
            ServerRun(homes[0], settings, "--port", "0") as one,
            ServerRun(homes[1], settings, "--port", "0") as other,
        ):
            answer = await one.post("/v1/completions", KEPT)
            assert answer.headers["x-picode-cache"] == "miss"
            again = await other.post("/v1/completions", KEPT)
            assert again.headers["x-picode-cache"] == "hit"
            assert again.json()["choices"] == answer.json()["choices"]
            assert len(upstream.requests) == 1


async def test_one_worker_learns_from_the_other_that_a_provider_fails(tmp_path: Path, redis: RedisServer) -> None:
    async with FaultyServer(fails(500, "{}", x_should_retry="false")) as upstream:
        settings = asking(upstream.base_url, cache={"url": redis.url})
        homes = [tmp_path / "one", tmp_path / "other"]
        async with (
            ServerRun(homes[0], settings, "--port", "0") as one,
            ServerRun(homes[1], settings, "--port", "0") as other,
        ):
            for _ in range(FAILURES_TO_OPEN):
                assert (await one.post("/v1/completions", KEPT)).status_code == 502
            refused = await other.post("/v1/completions", KEPT)
            assert (refused.status_code, len(upstream.requests)) == (503, FAILURES_TO_OPEN)
            assert int(refused.headers["retry-after"]) > 0
