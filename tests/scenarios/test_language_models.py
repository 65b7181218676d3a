"""PiCode's models for other programs of the editor: listed with what they can do, asked, counted, refused in sentences."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest

from support.editor import LIVE, FakeEditor, RpcError
from support.upstream import ScriptedUpstream
from wire.rich_answers import ANSWERS, CALL, OTHER, Said

from .conftest import SCRIPTED, Start

CLIENT: dict[str, Any] = {
    **LIVE,
    "experimental": {"picode": {**LIVE["experimental"]["picode"], "languageModels": True, "keys": True}},
}
TOOL = {"name": "read_file", "description": "Reads a file.", "parameters": {"type": "object", "properties": {}}}
QUESTION = {"role": "user", "parts": [{"type": "text", "text": "What is in a.py?"}]}
RESPOND = "picode.languageModels.respond"


def speaking(dialect: str) -> dict[str, Any]:
    """Settings whose provider speaks `dialect`."""
    return {**SCRIPTED, "providers": {"scripted": {"baseUrl": "http://127.0.0.1:9/v1", "dialect": dialect}}}


def asked(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    found = {"response": "r1", "provider": "scripted", "model": "scripted-model", "messages": [*messages]}
    return {**found, **more}


def pieces(editor: FakeEditor) -> list[dict[str, Any]]:
    """What came of the response."""
    news = editor.told("picode/response")
    assert {each["response"] for each in news} <= {"r1"}
    return [part for each in news for part in each["parts"]]


def said(editor: FakeEditor, kind: str = "text") -> str:
    return "".join(each["text"] for each in pieces(editor) if each["type"] == kind)


@pytest.fixture
async def editor(start: Start) -> FakeEditor:
    return await start(client=CLIENT)


# ------------------------------------------------------------------------------------------------------- lists


async def test_the_models_of_a_provider_are_listed_with_what_they_can_do(
    start: Start, upstream: ScriptedUpstream
) -> None:
    upstream.will_be_unreachable()
    upstream.offers("scripted-model", "gpt-4o", "codestral-2508", "starcoder2:3b", "text-embedding-3-small")
    editor = await start(client=CLIENT)
    rows = {row["model"]: row for row in await editor.run("picode.languageModels") if row["provider"] == "scripted"}
    assert list(rows) == ["scripted-model", "gpt-4o", "codestral-2508"], "what holds no conversation is not listed"
    assert rows["gpt-4o"] == {
        "provider": "scripted",
        "title": "scripted",
        "model": "gpt-4o",
        "family": "gpt-4o",
        "maxInputTokens": 96_000,
        "maxOutputTokens": 32_000,
        "tools": True,
        "images": True,
        "current": False,
        "needsKey": False,
        "detail": "",
    }
    assert rows["scripted-model"]["current"]
    assert [row["images"] for row in rows.values()] == [False, True, False]


async def test_a_provider_that_the_settings_name_is_listed_without_its_key_and_the_others_are_not(
    start: Start, upstream: ScriptedUpstream
) -> None:
    upstream.will_be_unreachable()
    chat = {"provider": "openai", "model": "gpt-5"}
    editor = await start({**SCRIPTED, "chat": chat}, CLIENT)
    rows = await editor.run("picode.languageModels")
    assert [(row["provider"], row["model"]) for row in rows if row["needsKey"]] == [("openai", "gpt-5")]


@pytest.mark.parametrize(("chosen", "listed"), [({}, False), ({"chat": {"provider": "embedded"}}, True)])
async def test_the_built_in_model_is_listed_where_the_user_insists(
    start: Start, upstream: ScriptedUpstream, chosen: dict[str, Any], listed: bool
) -> None:
    upstream.will_be_unreachable()
    editor = await start(chosen, CLIENT)
    rows = await editor.run("picode.languageModels")
    assert ("embedded" in {row["provider"] for row in rows}) is listed


async def test_there_are_none_where_picode_is_turned_off(start: Start, upstream: ScriptedUpstream) -> None:
    upstream.will_be_unreachable()
    editor = await start({**SCRIPTED, "enabled": False}, CLIENT)
    assert await editor.run("picode.languageModels") == []
    refused = await editor.run(RESPOND, asked(QUESTION))
    assert refused["failure"]["message"].startswith("PiCode is turned off.")


async def test_a_client_is_told_when_there_may_be_others(start: Start) -> None:
    editor, other = await start(client=CLIENT), await start(client=LIVE)
    for each in (editor, other):
        await each.run("picode.status")
        each.notifications.clear()
        each.settings = {**SCRIPTED, "chat": {"provider": "scripted", "model": "other"}}
        each.notify("workspace/didChangeConfiguration", {"settings": None})
        await each.until(lambda each=each: "workspace/configuration" in str(each.timeline), "the question")
    await editor.until(lambda: editor.told("picode/didChangeModels") == [None], "the news")
    await other.run("picode.status")
    assert other.told("picode/didChangeModels") == []


# --------------------------------------------------------------------------------------------------- responses


async def test_words_arrive_while_they_are_written(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    rest = asyncio.Event()
    upstream.will_begin("It has", " a function.", rest)
    running = asyncio.create_task(editor.run(RESPOND, asked(QUESTION)))
    await editor.until(lambda: said(editor) == "It has", "the beginning")
    rest.set()
    result = await running
    assert said(editor) == "It has a function."
    assert result == {"provider": "scripted", "model": "scripted-model", "input": 9, "output": 2}
    assert upstream.last.body["messages"] == [{"role": "user", "content": "What is in a.py?"}]
    assert upstream.last.body["stream"] is True


CALLED = Said(
    "I look.", calls=(("c1", "read_file", CALL), ("c2", "read_file", OTHER)), reasoning="Hm.", signature="sig-1"
)


@pytest.mark.parametrize(
    "dialect", ["openai_chat", "anthropic_messages", "gemini", "openai_responses", "ollama", "cohere"]
)
async def test_a_round_of_tool_calls(start: Start, upstream: ScriptedUpstream, dialect: str) -> None:
    """Calls come whole, and what the editor gives back of them reaches the provider, proofs of reasoning included."""
    editor = await start(speaking(dialect), CLIENT)
    encrypted = {"encrypted": "enc-1", "signature": ""} if dialect == "openai_responses" else {}
    answer = Said(**{**{name: getattr(CALLED, name) for name in Said.__dataclass_fields__}, **encrypted})
    bodies = ANSWERS[dialect](answer)
    kind, body = next((kind, bodies[kind]) for kind in ("sse", "ndjson") if kind in bodies)
    upstream.will_send(body, kind="text/event-stream" if kind == "sse" else "application/x-ndjson")
    system = {"role": "system", "parts": [{"type": "text", "text": "Use tools."}]}
    result = await editor.run(RESPOND, asked(system, QUESTION, tools=[TOOL]))
    assert "failure" not in result
    assert (said(editor), said(editor, "reasoning")) == ("I look.", "Hm.")
    calls = [each for each in pieces(editor) if each["type"] == "call"]
    assert [json.loads(each["arguments"]) for each in calls] == [CALL, OTHER]
    assert len({each["id"] for each in calls}) == 2
    assert all(each["id"] for each in calls)
    assert "read_file" in json.dumps(upstream.last.body["tools"])

    shown = [{"type": "text", "text": "x = 1"}]
    results = [{"type": "result", "call": each["id"], "parts": shown} for each in calls]
    upstream.forget()
    upstream.will_send(ANSWERS[dialect](Said("x = 1")).get(kind, b""), kind="text/event-stream")
    messages = (QUESTION, {"role": "assistant", "parts": pieces(editor)}, {"role": "user", "parts": results})
    await editor.run(RESPOND, asked(*messages, tools=[TOOL]))
    sent = json.dumps(upstream.last.body)
    assert sent.count("x = 1") == 2
    assert "b.py" in sent
    proof = {"anthropic_messages": "sig-1", "gemini": "sig-1", "openai_chat": "sig-1", "openai_responses": "enc-1"}
    assert proof.get(dialect, "") in sent


async def test_reasoning_that_stands_in_the_text_is_told_apart(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("<think>Hm, a file.</think>\n\nA function.")
    await editor.run(RESPOND, asked(QUESTION))
    assert (said(editor, "reasoning"), said(editor).strip()) == ("Hm, a file.", "A function.")


def data(kind: str, content: bytes) -> dict[str, Any]:
    return {"type": "data", "mediaType": kind, "data": base64.b64encode(content).decode()}


@pytest.mark.parametrize(
    ("part", "sent"),
    [
        (data("image/png", b"\x89PNG"), {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}),
        (data("image/JPG", b"\xff"), {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/w=="}}),
        (data("text/x-python; charset=utf-8", b"x = 1"), {"type": "text", "text": "x = 1"}),
        (data("application/problem+json", b"{}"), {"type": "text", "text": "{}"}),
        (data("cache_control", b"ephemeral"), None),
    ],
    ids=["image", "image of another spelling", "text", "JSON", "a mark of the editor"],
)
async def test_what_comes_with_a_message(
    editor: FakeEditor, upstream: ScriptedUpstream, part: dict[str, Any], sent: dict[str, Any] | None
) -> None:
    upstream.will_say("Fine.")
    picture = data("image/gif", b"GIF")
    await editor.run(RESPOND, asked({"role": "user", "parts": [*QUESTION["parts"], picture, part]}))
    content = upstream.last.body["messages"][0]["content"]
    assert content[0] == {"type": "text", "text": "What is in a.py?"}
    assert content[2:] == ([] if sent is None else [sent])


async def test_a_secret_stays_here_and_is_put_back_into_a_call(start: Start, upstream: ScriptedUpstream) -> None:
    secret = "ghp_" + "a1B2c3D4" * 4 + "e5F6"
    editor = await start(client=CLIENT)
    upstream.will_say("Fine.")
    words = {"role": "user", "parts": [{"type": "text", "text": f"TOKEN = '{secret}'"}]}
    await editor.run(RESPOND, asked(words, tools=[TOOL]))
    sent = upstream.last.body["messages"][0]["content"]
    assert secret not in sent
    placeholder = sent.split("'")[1]
    upstream.forget()
    upstream.will_send(ANSWERS["openai_chat"](Said(calls=(("c1", "read_file", {"path": placeholder}),)))["sse"])
    await editor.run(RESPOND, asked(words, tools=[TOOL]))
    (call,) = [each for each in pieces(editor) if each["type"] == "call"]
    assert json.loads(call["arguments"]) == {"path": secret}


async def test_the_options_of_a_request_reach_the_model(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("Fine.")
    options = {"temperature": 0, "maxTokens": 7, "topP": 0.5, "seed": 3, "stop": ["END"], "reasoningEffort": "low"}
    await editor.run(RESPOND, asked(QUESTION, options=options))
    body = upstream.last.body
    assert {name: body[name] for name in ("temperature", "max_tokens", "top_p", "seed", "stop")} == {
        "temperature": 0,
        "max_tokens": 7,
        "top_p": 0.5,
        "seed": 3,
        "stop": ["END"],
    }
    thinks = {
        **asked(QUESTION, options={"reasoningEffort": "low"}, tools=[TOOL], mustCall=True),
        "model": "gpt-oss:20b",
    }
    await editor.run(RESPOND, thinks)
    body = upstream.last.body
    assert (body["model"], body["reasoning_effort"], body["tool_choice"]) == ("gpt-oss:20b", "low", "required")


# ------------------------------------------------------------------------------------- what can't be, and why


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"messages": [{"role": "user", "parts": []}]}, "nothing is asked, all messages are empty"),
        ({"messages": [{"role": "tool", "parts": []}]}, "messages.0.role"),
        (
            {"messages": [{"role": "user", "parts": [data("application/pdf", b"%PDF")]}]},
            "messages.0.parts.0: a file of the type application/pdf is neither text nor an image",
        ),
        ({"messages": [{"role": "user", "parts": [{**data("text/plain", b""), "data": "a"}]}]}, "it is no base64"),
        ({"mustCall": True}, "there is no tool to call"),
        ({"options": {"logitBias": {}}}, "options.logitBias: is not a field of it"),
        ({"options": {"temperature": 3}}, "options.temperature"),
        ({"tools": [{"name": ""}]}, "tools.0.name"),
    ],
)
async def test_bad_input_is_refused_by_its_name(editor: FakeEditor, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(RpcError, match=says) as refused:
        await editor.run(RESPOND, {**asked(QUESTION), **wrong})
    assert refused.value.code == -32602


CUT = ANSWERS["openai_chat"](Said(calls=(("c1", "read_file", CALL),)))["sse"].replace(b'"tool_calls"}', b'"length"}')


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ((401, '{"error": {"message": "bad key"}}'), "key", "wants a key, and none was sent"),
        ((404, '{"error": {"message": "no such model"}}'), "unknownModel", "no such model"),
        ((400, '{"error": {"message": "tools are not supported"}}'), "failed", "tools are not supported"),
        (ANSWERS["openai_chat"](Said(refusal="I will not."))["sse"], "refused", "declined"),
        (ANSWERS["openai_chat"](Said(""))["sse"], "failed", "answer was empty"),
        (CUT, "failed", "cut at its longest length"),
        (CUT.replace(b'py\\"}', b"py"), "failed", "the arguments of its call of 'read_file' are no JSON object"),
    ],
    ids=["key", "model", "request", "refusal", "empty", "cut", "cut in a call"],
)
async def test_a_failure_says_of_what_kind_it_is(
    editor: FakeEditor, upstream: ScriptedUpstream, answer: Any, kind: str, says: str
) -> None:
    if isinstance(answer, tuple):
        upstream.will_fail(*answer)
    else:
        upstream.will_send(answer)
    result = await editor.run(RESPOND, asked(QUESTION, tools=[TOOL]))
    assert (result["failure"]["kind"], says in result["failure"]["message"]) == (kind, True), result["failure"][
        "message"
    ]
    if kind == "key":
        assert result["failure"]["remedy"]["command"] == "picode.enterKey"
    assert editor.messages() == []


async def test_an_unknown_provider_is_an_unknown_model(editor: FakeEditor) -> None:
    result = await editor.run(RESPOND, {**asked(QUESTION), "provider": "scrypted"})
    assert result["failure"]["kind"] == "unknownModel"
    assert "Did you mean scripted?" in result["failure"]["message"]


async def test_an_answer_of_the_length_that_was_asked_for_is_no_failure(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    upstream.will_send(
        b'data: {"choices": [{"index": 0, "delta": {"content": "Fi"}, "finish_reason": "length"}]}\n\n',
        b"data: [DONE]\n\n",
    )
    assert "failure" not in await editor.run(RESPOND, asked(QUESTION, options={"maxTokens": 1}))
    assert "cut" in (await editor.run(RESPOND, asked(QUESTION)))["failure"]["message"]


async def test_a_cancelled_request_hangs_up(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_begin("It has", " a function.", asyncio.Event())
    request = {"command": RESPOND, "arguments": [asked(QUESTION)]}
    running = editor.request("workspace/executeCommand", request)
    await editor.until(lambda: said(editor) == "It has", "the beginning")
    editor.cancel(editor.last_id)
    with pytest.raises(RpcError) as cancelled:
        await running
    assert cancelled.value.code == -32800
    await asyncio.wait_for(upstream.last.closed.wait(), 5)


# ------------------------------------------------------------------------------------------- tokens, and counting


async def test_tokens_are_estimated_without_asking_anybody_and_the_estimate_learns(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    long = {"role": "user", "parts": [{"type": "text", "text": "word " * 400}]}

    async def count() -> int:
        conversation = {"provider": "scripted", "model": "scripted-model", "messages": [long]}
        return int(await editor.run("picode.languageModels.countTokens", conversation))

    before = await count()
    assert before == 625
    assert upstream.exchanges == []
    usage = {"prompt_tokens": 400, "completion_tokens": 1, "total_tokens": 401}
    answer = ANSWERS["openai_chat"](Said("Fine."))["sse"]
    upstream.will_send(
        answer.replace(b"data: [DONE]", f'data: {{"choices": [], "usage": {json.dumps(usage)}}}'.encode())
    )
    assert (await editor.run(RESPOND, asked(long)))["input"] == 400
    assert await count() == 400


async def test_requests_are_counted_under_a_name_of_their_own(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("Fine.")
    await editor.run(RESPOND, asked(QUESTION))
    counted = [row for row in (await editor.run("picode.metrics")).splitlines() if 'feature="language_model"' in row]
    assert any(row.startswith("picode_requests_total") and row.endswith(" 1.0") for row in counted), counted
