"""Limits, pauses and broken answers in the routing between models, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace

import pytest

from picode.assistant.routing.upstream import Target
from picode.core.errors import BadRequest, ContextTooLong, NetworkFailure, RateLimited
from picode.core.messages import Finish, Request
from picode.core.policy import CHAT
from support.faulty import Behaviour, FaultyServer, Peer, answers, fails, hangs, resets, sends
from support.upstream import completion_stream

from .asking import Asker, SkippingClock, question


def limited(seconds: str = "20") -> Behaviour:
    return fails(429, **{"retry-after": seconds})


async def test_two_accounts_at_one_address_are_limited_apart(asker: Asker) -> None:
    async with FaultyServer(limited(), answers("second")) as server:
        first, second = asker.link(server.base_url, "First"), asker.link(server.base_url, "Second")
        outcome = await asker.ask(first, second)
        assert outcome.text == "second"
        assert isinstance((await asker.ask(first)).failure, RateLimited)
        assert (await asker.ask(second)).text == "second", "the other account's limit is not its own"
        assert len(server.requests) == 3


async def test_two_paths_at_one_origin_fail_apart(asker: Asker) -> None:
    async with FaultyServer(*[fails(503)] * 5, answers("1")) as server:
        for _ in range(5):
            await asker.ask(server.base_url)
        assert "in a row" in str((await asker.ask(server.base_url)).failure)
        assert (await asker.ask(f"{server.base_url}/team")).text == "1"


@pytest.mark.parametrize("status", [429, 503, 529])
async def test_a_pause_that_is_asked_for_holds_for_the_next_call_and_is_waited_out(
    asker: Asker, clock: SkippingClock, status: int
) -> None:
    async with FaultyServer(fails(status, **{"retry-after": "20"}), answers("1")) as server:
        await asker.ask(server.base_url)
        asked = clock.now()
        outcome = await asker.ask(server.base_url, terms=CHAT)
        assert outcome.text == "1"
        assert clock.now() - asked >= 19.9, "not before the time"


async def test_a_pause_that_is_longer_than_the_budget_is_an_error_that_says_how_long(asker: Asker) -> None:
    async with FaultyServer(limited("50"), answers("1")) as server:
        await asker.ask(server.base_url)
        failure = (await asker.ask(server.base_url)).failure
        assert isinstance(failure, RateLimited)
        assert "asked for a pause. It is asked again in 50 s." in str(failure)
        by_hand = (await asker.ask(server.base_url, by_hand=True)).failure
        assert isinstance(by_hand, RateLimited), "the provider's limit holds by hand, too"
        assert len(server.requests) == 1


async def test_no_call_waits_for_a_limited_model_while_another_can_answer(asker: Asker) -> None:
    async with FaultyServer(limited()) as busy, FaultyServer(answers("other")) as other:
        await asker.ask(busy.base_url)
        outcome = await asker.ask(asker.link(busy.base_url), asker.link(other.base_url, "Other"), terms=CHAT)
        assert outcome.text == "other"
        assert len(busy.requests) == 1


async def test_in_a_storm_of_limits_no_call_fails_that_a_wait_would_save(asker: Asker, clock: SkippingClock) -> None:
    number = Counter[str]()

    async def every_eighth(peer: Peer) -> None:
        number["all"] += 1
        await (limited("2") if number["all"] % 8 == 0 else answers("1"))(peer)

    async with FaultyServer(every_eighth) as server:
        outcomes = await asyncio.gather(*(asker.ask(server.base_url, terms=CHAT) for _ in range(60)))
        assert Counter(outcome.text for outcome in outcomes) == {"1": 60}


async def test_a_prompt_that_can_not_be_shortened_is_sent_once(asker: Asker) -> None:
    too_long = fails(400, json.dumps({"error": {"message": "too long", "code": "context_length_exceeded"}}))
    async with FaultyServer(too_long) as server:
        outcome = await asker.ask(server.base_url, terms=CHAT, request_for=lambda target, _: question(target, True))
        assert isinstance(outcome.failure, ContextTooLong)
        assert len(server.requests) == 1


@pytest.mark.parametrize("breaking", ["reset", "closed"])
async def test_a_whole_answer_that_breaks_off_is_asked_for_again(asker: Asker, breaking: str) -> None:
    half = completion_stream("half an answer")[0]
    broken = resets if breaking == "reset" else sends(half)
    async with FaultyServer(broken, answers("whole")) as server:
        outcome = await asker.ask(server.base_url, terms=CHAT, whole=True)
        assert outcome.text == "whole"
        streamed = [broken, answers("whole")]
    async with FaultyServer(*streamed) as server:
        assert (await asker.ask(server.base_url, terms=CHAT)).error is not None, (
            "what was given out can't be taken back"
        )


async def test_a_whole_answer_that_breaks_off_is_taken_from_the_next_model(asker: Asker) -> None:
    async with FaultyServer(resets) as broken, FaultyServer(answers("whole")) as other:
        chain = asker.link(broken.base_url), asker.link(other.base_url, "Other")
        outcome = await asker.ask(*chain, whole=True)
        assert outcome.text == "whole"
        assert outcome.answered is not None
        assert [type(cause) for cause in outcome.answered.causes] == [NetworkFailure]


@pytest.mark.parametrize("silence", ["silent", "comments"])
async def test_an_answer_ends_with_its_finish_though_the_server_keeps_the_connection(
    asker: Asker, silence: str
) -> None:
    body = b"".join(completion_stream("1")).replace(b"data: [DONE]\n\n", b"")

    async def keeps_open(peer: Peer) -> None:
        await peer.head()
        await peer.send(body)
        while silence == "comments":
            await peer.send(b": keep-alive\n\n")
            await asyncio.sleep(0.1)
        await hangs(peer)

    async with FaultyServer(keeps_open) as server:
        outcome = await asker.ask(server.base_url)
        assert outcome.error is None
        assert outcome.text == "1"
        assert outcome.chunks[-1].finish is Finish.STOP


async def test_what_goes_wrong_after_the_end_takes_nothing_from_an_answer(asker: Asker) -> None:
    body = b"".join(completion_stream("1")).replace(b"data: [DONE]\n\n", b"")

    async def resets_after(peer: Peer) -> None:
        await peer.head()
        await peer.send(body)
        await asyncio.sleep(0.05)
        peer.reset()

    async with FaultyServer(resets_after) as server:
        assert (await asker.ask(server.base_url)).text == "1"


async def test_a_parameter_that_is_refused_is_left_out_from_then_on(asker: Asker) -> None:
    def refuses(name: str) -> Behaviour:
        return fails(400, json.dumps({"error": {"message": f"Unsupported parameter: '{name}' is not supported."}}))

    def request(target: Target, shorter: bool) -> Request:
        return replace(question(target, shorter), temperature=0.0, seed=3)

    async with FaultyServer(refuses("temperature"), refuses("seed"), answers("1")) as server:
        assert (await asker.ask(server.base_url, terms=CHAT, request_for=request)).text == "1"
        assert (await asker.ask(server.base_url, request_for=request)).text == "1"
        bodies = [json.loads(sent.partition(b"\r\n\r\n")[2]) for sent in server.requests]
        assert [("temperature" in body, "seed" in body) for body in bodies] == [
            (True, True),
            (False, True),
            (False, False),
            (False, False),
        ]


async def test_a_parameter_that_is_refused_again_and_again_is_an_error(asker: Asker) -> None:
    refuses = fails(400, json.dumps({"error": {"message": "Unsupported parameter: 'max_tokens' is not supported."}}))
    async with FaultyServer(refuses) as server:
        assert isinstance((await asker.ask(server.base_url, terms=CHAT)).failure, BadRequest)
        assert len(server.requests) == 2
