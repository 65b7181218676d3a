"""Providers and clients that no standard foresees: calls in pieces by turns, secrets in odd places, answers that break."""

from __future__ import annotations

import json
from typing import Any

import pytest

from picode.core.content import CallDelta
from picode.core.messages import Chunk
from picode.gateway.call_order import CallOrder
from picode.wire import anthropic_messages, openai_chat
from picode.wire.passthrough import RawReader, map_strings
from picode.wire.reading import AnswerReader
from support.gateway import SCRIPTED, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "glpat-Qz7canary4fS8aQ2wE6rT"
TASK: Any = [{"role": "user", "content": "Read a.py and b.py"}]


BASE = SCRIPTED["providers"]["scripted"]["baseUrl"]
SETTINGS = {"providers": {"by-anthropic": {"baseUrl": BASE, "dialect": "anthropic_messages", "model": "m"}}}


@pytest.fixture
def gateway(shared: Gateway) -> Gateway:
    return shared.afresh()


def event(**delta: Any) -> bytes:
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta}]})}\n\n".encode()


def call(index: int | None = None, identifier: str = "", name: str = "", arguments: str = "") -> dict[str, Any]:
    function = {**({"name": name} if name else {}), "arguments": arguments}
    return {
        **({} if index is None else {"index": index}),
        **({"id": identifier} if identifier else {}),
        "function": function,
    }


END = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}\n\ndata: [DONE]\n\n'

PIECES: dict[str, list[bytes]] = {
    "one after the other": [
        event(tool_calls=[call(0, "a", "t", '{"a":')]),
        event(tool_calls=[call(0, arguments="0}")]),
        event(tool_calls=[call(1, "b", "u", '{"b":1}')]),
    ],
    "by turns": [
        event(tool_calls=[call(0, "a", "t", '{"a":')]),
        event(tool_calls=[call(1, "b", "u", '{"b":')]),
        event(tool_calls=[call(0, arguments="0}")]),
        event(tool_calls=[call(1, arguments="1}")]),
    ],
    "with text between the pieces of one": [
        event(tool_calls=[call(0, "a", "t", '{"a":')]),
        event(content="and "),
        event(tool_calls=[call(0, arguments="0}"), call(1, "b", "u", '{"b":1}')]),
    ],
    "without an index": [
        event(tool_calls=[call(None, "a", "t", '{"a":0}')]),
        event(tool_calls=[call(None, "b", "u", '{"b":1}')]),
    ],
    "with the same index": [
        event(tool_calls=[call(0, "a", "t", '{"a":0}')]),
        event(tool_calls=[call(0, "b", "u", '{"b":1}')]),
    ],
    "with the name after the id": [
        event(tool_calls=[call(0, "a")]),
        event(tool_calls=[call(0, name="t", arguments='{"a":0}')]),
        event(tool_calls=[call(1, "b", "u", '{"b":1}')]),
    ],
    "with the name in each piece": [
        event(tool_calls=[call(0, "a", "t", '{"a":')]),
        event(tool_calls=[call(0, "a", "t", "0}")]),
        event(tool_calls=[call(1, "b", "u", '{"b":1}')]),
    ],
    "with a negative index": [
        event(tool_calls=[call(-5, "a", "t", '{"a":'), call(-5, "b", "u", '{"b":1}')]),
        event(tool_calls=[call(-5, "a", arguments="0}")]),
    ],
}


@pytest.mark.parametrize("case", PIECES)
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/responses"])
async def test_two_calls_are_two_calls(gateway: Gateway, path: str, case: str) -> None:
    gateway.upstream.will_send(*PIECES[case], END)
    body = {"model": "scripted", "stream": True, **({"input": TASK} if "resp" in path else {"messages": TASK})}
    events = [data for _, data in await gateway.events(path, {**body, "max_tokens": 50} if "mess" in path else body)]
    assert found_in(events) == [("a", "t", {"a": 0}), ("b", "u", {"b": 1})]


def found_in(events: list[dict[str, Any]]) -> list[tuple[str, str, Any]]:
    """The calls in a stream of either API, as a client reads them: each item ends before the next begins."""
    if events[-1]["type"] == "response.completed":
        items = [item for item in events[-1]["response"]["output"] if item["type"] == "function_call"]
        return [(item["call_id"], item["name"], json.loads(item["arguments"])) for item in items]
    found, text, block = [], "", None
    for each in events:
        if each["type"] == "content_block_start":
            assert block is None
            block, text = each["content_block"], ""
        elif each["type"] == "content_block_delta":
            text += each["delta"].get("partial_json", "")
        elif each["type"] == "content_block_stop":
            assert block is not None
            found += [(block["id"], block["name"], json.loads(text))] if block["type"] == "tool_use" else []
            block = None
    return found


async def test_the_former_call_of_a_function_is_a_call(gateway: Gateway) -> None:
    said = {"role": "assistant", "content": None, "function_call": {"name": "t", "arguments": '{"a": 0}'}}
    whole = {"choices": [{"index": 0, "message": said, "finish_reason": "function_call"}]}
    gateway.upstream.will_send(json.dumps(whole).encode(), kind="application/json")
    answer = (await gateway.post("/v1/messages", {"model": "scripted", "max_tokens": 9, "messages": TASK})).json()
    assert [(block["name"], block["input"]) for block in answer["content"]] == [("t", {"a": 0})]


@pytest.mark.parametrize("arguments", ['{"a": "rm -rf', "[1]", '"x"', "null"])
async def test_arguments_that_are_no_object_are_not_taken_for_none(gateway: Gateway, arguments: str) -> None:
    gateway.upstream.will_send(event(tool_calls=[call(0, "a", "t", arguments)]), END)
    answer = (await gateway.post("/v1/messages", {"model": "scripted", "max_tokens": 9, "messages": TASK})).json()
    given = answer["content"][0]["input"]["arguments"]
    assert given == (arguments if arguments.startswith("{") else json.loads(arguments))


async def test_waiting_pieces_cost_no_more_than_their_length() -> None:
    order, pieces = CallOrder(), 20_000
    told = [*order.feed(Chunk(deltas=(CallDelta(0, "a", "t", '{"a": "'),)))]
    told += order.feed(Chunk("text"))
    for _ in range(pieces):
        told += order.feed(Chunk(deltas=(CallDelta(0, arguments="}" * 10),)))
        assert order._looked == 0 or order._size < 1.5 * order._looked or order._looked == order._size
    told += order.feed(Chunk(deltas=(CallDelta(0, arguments='"}'),)))
    told += order.close()
    assert [chunk.text for chunk in told if chunk.text] == ["text"]
    assert sum(len(chunk.deltas) for chunk in told) == pieces + 2


@pytest.mark.parametrize(
    "part",
    [
        {"type": "text", "text": f"data: key {KEY}"},
        {"type": "tool_use", "id": "c", "name": "t", "input": {"data": KEY}},
        {"type": "tool_use", "id": "c", "name": "t", "input": {KEY: 1}},
        {"type": "image", "source": {"type": "url", "url": f"https://pictures.example/a.png?token={KEY}"}},
    ],
    ids=["data:", "a field named data", "the name of a field", "an image's address"],
)
@pytest.mark.parametrize("model", ["by-anthropic", "scripted"], ids=["passed", "translated"])
async def test_a_secret_leaves_in_no_place(gateway: Gateway, part: dict[str, Any], model: str) -> None:
    gateway.upstream.will_say("ok")
    role = "assistant" if part["type"] == "tool_use" else "user"
    turns = [*TASK, {"role": role, "content": [part]}, {"role": "user", "content": "go on"}]
    await gateway.post("/v1/messages", {"model": model, "max_tokens": 9, "messages": turns})
    sent = gateway.upstream.last.request.body.decode()
    assert KEY not in sent
    assert "SECRET_" in sent


@pytest.mark.parametrize(
    "more",
    [
        {"stop": [f"TOKEN={KEY}"]},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"const": f"key={KEY}"}}}},
    ],
    ids=["stop", "schema"],
)
async def test_nor_in_a_field(gateway: Gateway, more: dict[str, Any]) -> None:
    gateway.upstream.will_say("ok")
    await gateway.post("/v1/chat/completions", {"model": "scripted/other", "messages": TASK, "temperature": 1, **more})
    assert KEY not in gateway.upstream.last.request.body.decode()


async def test_bytes_and_proofs_are_left_alone() -> None:
    image, proof = "iVBORw0KGgo" * 40, "EqQBCgIYAhIM" * 30
    for text in (
        json.dumps({"source": {"type": "base64", "data": image}}),
        json.dumps({"url": f"data:image/png;base64,{image}"}),
        json.dumps({"signature": proof}),
    ):
        assert map_strings(text, lambda words: words if len(words) < 100 else "changed") == text


@pytest.mark.parametrize(
    "change",
    [
        {"messages": [{**TASK[0], "name": "ada"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": TASK[0]["content"], "future": 1}]}]},
        {"verbosity": "low"},
    ],
    ids=["name", "a field of a part", "a field"],
)
async def test_an_answer_is_kept_only_for_the_same_question(
    gateway: Gateway, change: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    asked = {"model": "scripted", "messages": TASK, "temperature": 0, "seed": len(request.node.name)}
    gateway.upstream.says_from_now_on("x")
    for body in (asked, asked, asked | change):
        assert (await gateway.post("/v1/chat/completions", body)).status_code == 200
    assert len([each for each in gateway.upstream.exchanges if each.body.get("messages")]) == 2


async def test_a_result_with_a_block_of_another_kind_is_refused_by_its_place(gateway: Gateway) -> None:
    result = {"type": "tool_result", "tool_use_id": "c", "content": [{"type": "thinking", "thinking": "x"}]}
    body = {"model": "scripted", "max_tokens": 9, "messages": [*TASK, {"role": "user", "content": [result]}]}
    answer = await gateway.post("/v1/messages", body)
    assert answer.status_code == 400
    assert "messages.1.content.0.content.0" in answer.json()["error"]["message"]


async def test_the_words_of_a_refusal_are_no_end() -> None:
    reader = AnswerReader(openai_chat.DIALECT, "sse", "P")
    assert [chunk.text for chunk in reader.feed(event(refusal="I can"))] == ["I can"]
    assert not reader.whole
    assert [chunk.text for chunk in reader.feed(event(refusal=" not."))] == [" not."]
    list(reader.feed(b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'))
    assert reader.whole


async def test_of_several_passed_answers_none_is_left_out() -> None:
    one = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'
    readers = [RawReader(AnswerReader(openai_chat.DIALECT, "sse", "P"), "sse", many=many) for many in (True, False)]
    for reader in readers:
        assert b"".join(chunk.raw for chunk in reader.feed(one)) == one
    assert [reader.whole for reader in readers] == [False, True]


async def test_half_an_event_is_not_given_out() -> None:
    reader = RawReader(AnswerReader(anthropic_messages.DIALECT, "sse", "P"), "sse")
    whole = b'data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}}\n\n'
    given = [chunk.raw for chunk in reader.feed(whole + b'data: {"cut":')]
    with pytest.raises(Exception, match=r"broke off|can't be read"):
        given += [chunk.raw for chunk in reader.close()]
    assert b"".join(given) == whole
