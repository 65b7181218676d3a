"""What each endpoint answers: whole, as events, and when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.gateway import Gateway, running

ASK = {"messages": [{"role": "user", "content": "Say two words."}]}
MODEL = "scripted/scripted-model"


async def test_a_chat_completion_has_openai_s_shape(gateway: Gateway) -> None:
    gateway.upstream.will_say("Two words")
    answer = (await gateway.post("/v1/chat/completions", {"model": "default", **ASK})).json()
    assert answer["id"].startswith("chatcmpl-")
    assert (answer["object"], answer["model"]) == ("chat.completion", MODEL)
    assert answer["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Two words"},
            "finish_reason": "stop",
            "logprobs": None,
        }
    ]
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0
    assert gateway.upstream.last.body["messages"] == ASK["messages"]


async def test_a_model_that_the_embedded_provider_has_not_is_refused_with_those_there_are(gateway: Gateway) -> None:
    answer = await gateway.post("/v1/chat/completions", {"model": "embedded/foo", **ASK})
    assert answer.status_code == 404
    assert "there is no model 'foo'. There are: SmolLM2-135M-Instruct" in answer.json()["error"]["message"]


async def test_a_streamed_chat_completion_has_openai_s_events(gateway: Gateway) -> None:
    gateway.upstream.will_say("Two words")
    body = {"model": MODEL, **ASK, "stream_options": {"include_usage": True}}
    events = [data for _, data in await gateway.events("/v1/chat/completions", body)]
    assert events[-1] == "[DONE]"
    assert events[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert "".join(event["choices"][0]["delta"].get("content", "") for event in events[:-2]) == "Two words"
    assert [event["choices"][0]["finish_reason"] for event in events[:-2]][-2:] == [None, "stop"]
    assert events[-2]["choices"] == []
    assert events[-2]["usage"]["completion_tokens"] > 0
    assert len({(event["id"], event["object"], event["model"]) for event in events[:-1]}) == 1


async def test_usage_is_streamed_only_to_whoever_wants_it(gateway: Gateway) -> None:
    gateway.upstream.will_say("Two words")
    events = await gateway.events("/v1/chat/completions", {"model": MODEL, **ASK})
    assert all("usage" not in data for _, data in events[:-1])


async def test_a_completion_is_filled_in_before_its_suffix(gateway: Gateway) -> None:
    gateway.upstream.will_say("a + b")
    body = {"model": MODEL, "prompt": "def add(a, b):\n    return ", "suffix": "\n", "max_tokens": 9}
    answer = (await gateway.post("/v1/completions", body)).json()
    assert (answer["object"], answer["choices"][0]["text"]) == ("text_completion", "a + b")
    assert gateway.upstream.last.request.url.endswith("/completions")
    assert gateway.upstream.last.body["max_tokens"] == 9
    gateway.upstream.will_say("a + b")
    events = [data for _, data in await gateway.events("/v1/completions", body)]
    assert "".join(event["choices"][0]["text"] for event in events[:-1]) == "a + b"
    assert events[-2]["choices"][0]["finish_reason"] == "stop"


async def test_a_message_has_anthropic_s_shape(gateway: Gateway) -> None:
    gateway.upstream.will_say("Two words")
    body = {"model": MODEL, "max_tokens": 50, "system": "Be brief.", **ASK}
    answer = (await gateway.post("/v1/messages", body)).json()
    assert answer["id"].startswith("msg_")
    assert (answer["type"], answer["role"], answer["model"]) == ("message", "assistant", MODEL)
    assert answer["content"] == [{"type": "text", "text": "Two words"}]
    assert (answer["stop_reason"], answer["stop_sequence"]) == ("end_turn", None)
    assert gateway.upstream.last.body["messages"][0] == {"role": "system", "content": "Be brief."}


async def test_a_streamed_message_has_anthropic_s_events(gateway: Gateway) -> None:
    gateway.upstream.will_say("Two words")
    events = await gateway.events("/v1/messages", {"model": MODEL, "max_tokens": 50, **ASK})
    assert all(name == data["type"] for name, data in events)
    names = [name for name, _ in events]
    assert names[:3] == ["message_start", "content_block_start", "ping"]
    assert names[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    texts = [data["delta"]["text"] for name, data in events if name == "content_block_delta"]
    assert "".join(texts) == "Two words"
    assert events[-2][1]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert events[-2][1]["usage"]["output_tokens"] > 0


async def test_tokens_are_counted_without_asking_anybody(gateway: Gateway) -> None:
    answer = await gateway.post("/v1/messages/count_tokens", {"model": MODEL, **ASK})
    assert answer.json() == {"input_tokens": len("Say two words.") // 4}
    assert not gateway.upstream.exchanges


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
async def test_an_answer_ends_before_a_stop_whether_or_not_the_provider_knows_it(gateway: Gateway, path: str) -> None:
    gateway.upstream.will_say("one END" + " two" * 5000)
    body = {"model": MODEL, "max_tokens": 50, **ASK}
    body |= {"stop": "END"} if path == "/v1/chat/completions" else {"stop_sequences": ["END"]}
    answer = (await gateway.post(path, body)).json()
    if path == "/v1/messages":
        assert answer["content"][0]["text"] == "one "
        assert (answer["stop_reason"], answer["stop_sequence"]) == ("stop_sequence", "END")
    else:
        assert answer["choices"][0]["message"]["content"] == "one "
        assert answer["choices"][0]["finish_reason"] == "stop"
    assert not gateway.upstream.last.finished, "nothing is read behind the stop"


@pytest.mark.parametrize(
    ("body", "url"),
    [({"prompt": "x = ", "suffix": "\n", "language": "python"}, "/completions"), (ASK, "/chat/completions")],
    ids=["fill", "chat"],
)
async def test_picode_s_own_endpoint_fills_in_and_converses(gateway: Gateway, body: dict[str, Any], url: str) -> None:
    gateway.upstream.will_say("1 + 1")
    answer = (await gateway.post("/api/completions", body)).json()
    assert (answer["provider"], answer["model"], answer["text"]) == ("scripted", "scripted-model", "1 + 1")
    assert (answer["finish"], answer["cached"]) == ("stop", False)
    assert gateway.upstream.last.request.url.endswith(url)
    gateway.upstream.will_say("1 + 1")
    events = await gateway.events("/api/completions", body)
    assert [events[0][0], events[-1][0]] == ["began", "ended"]
    assert "".join(data.get("text", "") for name, data in events if name == "piece") == "1 + 1"


async def test_what_there_is_to_choose_from_is_listed_in_three_shapes(gateway: Gateway) -> None:
    gateway.upstream.offers("scripted-model", "other")
    own = (await gateway.get("/api/models?provider=scripted")).json()
    assert [row["id"] for row in own] == [MODEL, "scripted/other"]
    openai = (await gateway.get("/v1/models")).json()
    assert openai["object"] == "list"
    assert {"default", MODEL, "scripted/other"} <= {row["id"] for row in openai["data"]}
    anthropic = (await gateway.get("/v1/models", anthropic_version="2023-06-01")).json()
    assert anthropic["has_more"] is False
    assert [row["id"] for row in anthropic["data"]] == [row["id"] for row in openai["data"]]
    providers = {row["name"]: row for row in (await gateway.get("/api/providers")).json()}
    assert providers["openai"]["missing"] != ""
    assert providers["scripted"]["missing"] == ""


@pytest.mark.parametrize("name", ["default", "", "scripted", MODEL, "scripted-model"])
async def test_a_model_has_several_names(gateway: Gateway, name: str) -> None:
    gateway.upstream.will_say("yes")
    assert (await gateway.post("/v1/chat/completions", {"model": name, **ASK})).json()["model"] == MODEL
    assert gateway.upstream.last.body["model"] == "scripted-model"


ERRORS = [
    ("/v1/chat/completions", lambda error: (error["error"]["type"], error["error"]["message"])),
    ("/v1/completions", lambda error: (error["error"]["type"], error["error"]["message"])),
    ("/v1/messages", lambda error: (error["error"]["type"], error["error"]["message"])),
    ("/api/completions", lambda error: (error["error"]["kind"], error["error"]["message"])),
]


@pytest.mark.parametrize(("path", "read"), ERRORS, ids=[path for path, _ in ERRORS])
async def test_an_unknown_model_is_404_in_the_api_s_own_shape(gateway: Gateway, path: str, read: Any) -> None:
    body = {
        "model": "no-such-model",
        "max_tokens": 5,
        **(ASK if "ompl" not in path or "chat" in path else {"prompt": "x"}),
    }
    answer = await gateway.post(path, body)
    kind, message = read(answer.json())
    assert answer.status_code == 404
    assert kind in ("invalid_request_error", "not_found_error", "model")
    assert "no-such-model" in message
    assert answer.headers["x-should-retry"] == "false"


def because(status: int) -> str:
    """What the provider says; it quotes a key."""
    code = "model_not_found" if status == 404 else None
    return json.dumps({"error": {"message": "because of sk-abcdefgh12345678", "code": code}})


@pytest.mark.parametrize(
    ("status", "headers", "expected", "openai", "anthropic"),
    [
        (401, {}, 403, "invalid_request_error", "permission_error"),
        (429, {"retry_after": "90"}, 429, "requests", "rate_limit_error"),
        (404, {}, 404, "invalid_request_error", "not_found_error"),
        (422, {}, 400, "invalid_request_error", "invalid_request_error"),
        (500, {"x_should_retry": "false"}, 502, "server_error", "api_error"),
        (529, {"x_should_retry": "false"}, 503, "server_error", "overloaded_error"),
    ],
)
async def test_a_provider_s_failure_has_the_status_that_says_whose_fault_it_is(
    gateway: Gateway, status: int, headers: dict[str, str], expected: int, openai: str, anthropic: str
) -> None:
    gateway.upstream.will_fail(status, because(status), **headers)
    answer = await gateway.post("/v1/chat/completions", {"model": MODEL, **ASK})
    assert (answer.status_code, answer.json()["error"]["type"]) == (expected, openai)
    assert "sk-abcdefgh" not in answer.text
    if status == 429:
        assert answer.headers["retry-after"] in ("60", "90")
        gateway.assistant.retry()
    answer = await gateway.post("/v1/messages", {"model": MODEL, "max_tokens": 5, **ASK})
    assert (answer.status_code, answer.json()["type"]) == (expected, "error")
    assert answer.json()["error"]["type"] == anthropic
    assert answer.json()["request_id"] == answer.headers["request-id"]


async def test_what_breaks_off_in_the_middle_is_told_in_the_stream(gateway: Gateway) -> None:
    piece = b'data: {"choices": [{"index": 0, "delta": {"content": "half"}, "text": "half"}]}\n\n'
    for path, name in (("/v1/chat/completions", ""), ("/v1/messages", "error"), ("/api/completions", "failed")):
        gateway.upstream.will_send(piece, kind="text/event-stream; charset=utf-8")
        events = await gateway.events(path, {"model": MODEL, "max_tokens": 50, **ASK})
        assert events[-1][0] == name
        assert "error" in events[-1][1]
        assert "half" in str(events[:-1])
        gateway.assistant.retry()
        whole = await gateway.post(path, {"model": MODEL, "max_tokens": 50, **ASK})
        assert whole.status_code == 502


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/chat/completions", {"messages": []}, "messages"),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": " "}]}, "messages"),
        ("/v1/chat/completions", {"messages": [{"role": "wizard", "content": "x"}]}, "messages.0.role"),
        ("/v1/chat/completions", {"messages": [{"role": "tool", "content": "x"}]}, "messages.0.tool_call_id"),
        ("/v1/chat/completions", {**ASK, "n": 0}, "n"),
        ("/v1/chat/completions", {**ASK, "tools": [{"type": "function"}]}, "tools.0.function.name"),
        ("/v1/chat/completions", {**ASK, "temperature": 3}, "temperature"),
        ("/v1/chat/completions", {**ASK, "max_tokens": 0}, "max_tokens"),
        ("/v1/chat/completions", {**ASK, "response_format": "json"}, "response_format"),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": [1]}]}, "messages.0.content"),
        ("/v1/completions", {"prompt": ["a", "b"]}, "prompt"),
        ("/v1/completions", {"prompt": "a", "echo": True}, "echo"),
        ("/v1/completions", {}, "prompt"),
    ],
)
async def test_what_picode_cannot_do_is_refused_by_the_name_of_the_field(
    gateway: Gateway, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await gateway.post(path, body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, field)
    assert not gateway.upstream.exchanges


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"messages": "x"}', b'{"messages": NaN}'],
    ids=range(9),
)
async def test_a_body_that_is_none_is_refused(gateway: Gateway, content: bytes) -> None:
    for path in ("/v1/chat/completions", "/v1/messages", "/api/completions"):
        answer = await gateway.post(path, content)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["message"]


async def test_texts_in_parts_are_one_text(gateway: Gateway) -> None:
    gateway.upstream.will_say("yes")
    parts = [{"type": "text", "text": "Say "}, {"type": "text", "text": "yes."}]
    system = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    body = {"model": MODEL, "max_tokens": 9, "system": system, "messages": [{"role": "user", "content": parts}]}
    assert (await gateway.post("/v1/messages", body)).status_code == 200
    texts = [message["content"] for message in gateway.upstream.last.body["messages"]]
    assert texts == ["Be brief.", "Say yes."]


async def test_an_answer_asked_for_with_temperature_0_is_kept_and_replayed_with_its_end_and_usage(
    gateway: Gateway,
) -> None:
    gateway.upstream.will_say("kept")
    body = {"model": MODEL, "temperature": 0, **ASK}
    first = await gateway.post("/v1/chat/completions", body)
    again = await gateway.post("/v1/chat/completions", body)
    assert (first.headers["x-picode-cache"], again.headers["x-picode-cache"]) == ("miss", "hit")
    parts = [({**each.json(), "id": "", "created": 0}) for each in (first, again)]
    assert parts[0] == parts[1]
    assert len(gateway.upstream.exchanges) == 1
    for change in ({"temperature": 0.1}, {"max_tokens": 7}, {"stop": "x"}, {"seed": 3}):
        assert (await gateway.post("/v1/chat/completions", {**body, **change})).headers["x-picode-cache"] == "miss"
    events = await gateway.events("/v1/chat/completions", body)
    assert events[1][1]["choices"][0]["delta"] == {"content": "kept"}


async def test_a_file_that_holds_secrets_is_not_asked_about(gateway: Gateway) -> None:
    answer = await gateway.post("/api/completions", {"prompt": "KEY=", "path": "/home/ada/project/.env"})
    assert (answer.status_code, answer.json()["error"]["kind"]) == (403, "forbidden")
    assert not gateway.upstream.exchanges


class TestSlashCommands:
    async def test_one_is_carried_out_about_the_code_that_comes_with_it(self, gateway: Gateway) -> None:
        gateway.upstream.will_say("It adds.")
        body = {"command": "/explain briefly", "code": "def add(a, b):\n    return a + b\n", "path": "sum.py"}
        answer = (await gateway.post("/api/completions", body)).json()
        assert (answer["text"], answer["finish"]) == ("It adds.", "stop")
        asked = gateway.upstream.last.body["messages"][-1]["content"]
        assert "return a + b" in asked
        assert "briefly" in asked
        kept = await gateway.assistant.conversations.read(answer["conversation"])
        assert kept is not None
        assert [turn.text for turn in kept.turns][-1] == "It adds."
        more = {"command": "/chat and then?", "conversation": answer["conversation"]}
        events = await gateway.events("/api/completions", more)
        assert (events[0][0], events[0][1]["conversation"]) == ("began", answer["conversation"])
        assert "It adds." in str(gateway.upstream.last.body["messages"])

    async def test_help_needs_no_model(self, gateway: Gateway) -> None:
        answer = (await gateway.post("/api/completions", {"command": "/help"})).json()
        assert "/explain" in answer["text"]
        assert not gateway.upstream.exchanges

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ({"command": "/nonsense"}, "nonsense"),
            ({"command": "/commit"}, "repository"),
            ({"command": "/model openai"}, "chooses for everybody"),
            ({"command": "/fix"}, "no code"),
            ({"command": "/explain", "code": "x", "path": "/home/ada/.env"}, ".env"),
            ({"command": "/explain", "code": "x", "prompt": "y"}, "exclude each other"),
            ({}, "Nothing is asked for"),
        ],
    )
    async def test_what_cannot_be_done_is_said(self, gateway: Gateway, body: dict[str, Any], said: str) -> None:
        answer = await gateway.post("/api/completions", body)
        assert answer.status_code == 400
        assert said in answer.json()["error"]["message"]
        assert not gateway.upstream.exchanges


EVERY_QUESTION: list[tuple[str, dict[str, Any]]] = [
    ("/v1/chat/completions", {"model": "scripted/m", **ASK}),
    ("/v1/completions", {"model": "scripted/m", "prompt": "x"}),
    ("/v1/responses", {"model": "scripted/m", "input": "x"}),
    ("/v1/embeddings", {"model": "scripted/m", "input": "x"}),
    ("/v1/messages", {"model": "scripted/m", "max_tokens": 5, **ASK}),
    ("/v1/messages/count_tokens", {"model": "scripted/m", **ASK}),
    ("/v1beta/models/scripted/m:generateContent", {"contents": [{"parts": [{"text": "x"}]}]}),
    ("/v1beta/models/scripted/m:countTokens", {"contents": [{"parts": [{"text": "x"}]}]}),
    ("/api/chat", {"model": "scripted/m", **ASK}),
    ("/api/generate", {"model": "scripted/m", "prompt": "x"}),
    ("/api/embed", {"model": "scripted/m", "input": "x"}),
    ("/infill", {"model": "scripted/m", "input_prefix": "x"}),
    ("/api/completions", {"model": "scripted/m", "prompt": "x"}),
]


async def test_where_picode_is_turned_off_nothing_is_sent_through_any_api(tmp_path: Path) -> None:
    async with running(tmp_path, {"enabled": False}) as gateway:
        for path, body in EVERY_QUESTION:
            answer = await gateway.post(path, body)
            assert answer.status_code >= 400, path
            assert "PiCode is turned off" in answer.text, path
        assert not gateway.upstream.exchanges


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/models/nowhere/qwen2.5-coder:7b", "type"),
        ("/v1/models/nowhere/a:b:c", "type"),
        ("/v1/models/nowhere/qwen2.5-coder:7b:generateContent", "status"),
        ("/v1/models/nowhere/m:streamGenerateContent", "status"),
        ("/v1/models/nowhere/m:countTokens", "status"),
    ],
)
async def test_a_colon_in_a_model_s_name_makes_no_google_of_an_openai(gateway: Gateway, path: str, field: str) -> None:
    if field == "status":
        answer = await gateway.post(path, {"contents": [{"parts": [{"text": "x"}]}]})
    else:
        answer = await gateway.get(path)
    assert answer.status_code == 404
    assert field in answer.json()["error"]
