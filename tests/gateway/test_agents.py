"""What agents do, with the official SDKs as clients and a provider of each dialect behind the gateway: calls of tools and
their results, signed reasoning, images, structured answers. Where client and provider speak one dialect, bytes go through as
they are."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import openai
import pytest
import pytest_asyncio

from picode.gateway.kept_responses import KeptResponses
from support.gateway import SCRIPTED, Gateway
from wire.rich_answers import ANSWERS, CALL, OTHER, Said

pytestmark = pytest.mark.asyncio(loop_scope="module")

BASE = SCRIPTED["providers"]["scripted"]["baseUrl"]
PROVIDERS = {
    f"by-{dialect.replace('_', '-')}": {"baseUrl": BASE, "dialect": dialect, "model": "m"} for dialect in ANSWERS
}
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
OPENAI_TOOL: Any = {
    "type": "function",
    "function": {"name": "read_file", "description": "Reads.", "parameters": SCHEMA},
}
ANTHROPIC_TOOL: Any = {"name": "read_file", "description": "Reads.", "input_schema": SCHEMA}
TWO_CALLS = Said(text="I look.", calls=(("c1", "read_file", CALL), ("c2", "read_file", OTHER)))
TASK: Any = [{"role": "user", "content": "Read a.py and b.py"}]


SETTINGS = {"providers": PROVIDERS, "gateway": {"requestsPerMinute": 1_000_000}}


@pytest.fixture
def gateway(shared: Gateway) -> Gateway:
    return shared.afresh()


@pytest_asyncio.fixture(loop_scope="module")
async def of_openai(gateway: Gateway) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.token, max_retries=0) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def of_anthropic(gateway: Gateway) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=gateway.url, api_key=gateway.token, max_retries=0) as client:
        yield client


def model(dialect: str) -> str:
    return f"by-{dialect.replace('_', '-')}/m"


def says(gateway: Gateway, dialect: str, said: Said, *, stream: bool) -> None:
    """The provider's next answer. Where another dialect is asked for by the client, it is always asked for a stream."""
    bodies = ANSWERS[dialect](said)
    framing = next(name for name in bodies if (name == "json") != stream)
    gateway.upstream.forget()
    gateway.upstream.will_send(bodies[framing], kind="text/event-stream" if stream else "application/json")


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("dialect", ANSWERS)
async def test_openai_s_sdk_calls_tools(
    gateway: Gateway, of_openai: openai.AsyncOpenAI, dialect: str, stream: bool
) -> None:
    says(gateway, dialect, TWO_CALLS, stream=stream or dialect != "openai_chat")
    asked: Any = {"model": model(dialect), "messages": TASK, "tools": [OPENAI_TOOL]}
    if stream:
        async with of_openai.chat.completions.stream(**asked) as events:
            answer: Any = await events.get_final_completion()
    else:
        answer = await of_openai.chat.completions.create(**asked)
    (choice,) = answer.choices
    calls = choice.message.tool_calls
    assert [(call.function.name, json.loads(call.function.arguments)) for call in calls] == [
        ("read_file", CALL),
        ("read_file", OTHER),
    ]
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", "I look.")
    assert len({call.id for call in calls}) == 2
    says(gateway, dialect, Said(text="Done."), stream=dialect != "openai_chat")
    results = [{"role": "tool", "tool_call_id": call.id, "content": "x = 1"} for call in calls]
    turn = choice.message.model_dump(exclude_none=True, include={"role", "content", "tool_calls"})
    ended = await of_openai.chat.completions.create(**{**asked, "messages": [*TASK, turn, *results]})
    assert (ended.choices[0].message.content, ended.choices[0].finish_reason) == ("Done.", "stop")
    assert json.dumps(gateway.upstream.last.body).count("x = 1") == 2


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("dialect", ANSWERS)
async def test_anthropic_s_sdk_calls_tools(
    gateway: Gateway, of_anthropic: anthropic.AsyncAnthropic, dialect: str, stream: bool
) -> None:
    says(gateway, dialect, TWO_CALLS, stream=stream or dialect != "anthropic_messages")
    asked: Any = {"model": model(dialect), "max_tokens": 500, "messages": TASK, "tools": [ANTHROPIC_TOOL]}
    if stream:
        async with of_anthropic.messages.stream(**asked) as events:
            answer = await events.get_final_message()
    else:
        answer = await of_anthropic.messages.create(**asked)
    uses = [block for block in answer.content if block.type == "tool_use"]
    assert [(use.name, use.input) for use in uses] == [("read_file", CALL), ("read_file", OTHER)]
    assert answer.stop_reason == "tool_use"
    assert answer.content[0].type == "text"
    assert len({use.id for use in uses}) == 2
    says(gateway, dialect, Said(text="Done."), stream=dialect != "anthropic_messages")
    results = [{"type": "tool_result", "tool_use_id": use.id, "content": "x = 1"} for use in uses]
    turn = {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]}
    messages: Any = [*TASK, turn, {"role": "user", "content": results}]
    ended = await of_anthropic.messages.create(**{**asked, "messages": messages})
    assert ended.content[-1].type == "text"
    assert (ended.content[-1].text, ended.stop_reason) == ("Done.", "end_turn")
    assert json.dumps(gateway.upstream.last.body).count("x = 1") == 2


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("dialect", ANSWERS)
async def test_openai_s_sdk_calls_tools_by_responses(
    gateway: Gateway, of_openai: openai.AsyncOpenAI, dialect: str, stream: bool
) -> None:
    says(gateway, dialect, TWO_CALLS, stream=stream or dialect != "openai_responses")
    tool: Any = {
        "type": "function",
        "name": "read_file",
        "description": "Reads.",
        "parameters": SCHEMA,
        "strict": False,
    }
    asked: Any = {"model": model(dialect), "instructions": "Be brief.", "tools": [tool]}
    if stream:
        async with of_openai.responses.stream(input="Read a.py and b.py", **asked) as events:
            kinds = [event.type async for event in events]
            answer: Any = await events.get_final_response()
        assert kinds.count("response.function_call_arguments.done") == 2 or dialect == "openai_responses"
    else:
        answer = await of_openai.responses.create(input="Read a.py and b.py", **asked)
    calls = [item for item in answer.output if item.type == "function_call"]
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [("read_file", CALL), ("read_file", OTHER)]
    assert (answer.output_text, answer.status) == ("I look.", "completed")
    assert len({call.call_id for call in calls}) == 2
    says(gateway, dialect, Said(text="Done."), stream=dialect != "openai_responses")
    results: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "x = 1"} for call in calls]
    if dialect == "openai_responses":  # the provider keeps the response
        await of_openai.responses.create(input=results, previous_response_id="resp_1", **asked)
        assert gateway.upstream.last.body["previous_response_id"] == "resp_1"
        return
    ended = await of_openai.responses.create(input=results, previous_response_id=answer.id, **asked)
    assert ended.output_text == "Done."
    sent = gateway.upstream.last.request.body.decode()
    assert sent.count("x = 1") == 2
    assert "Read a.py and b.py" in sent
    assert (await of_openai.responses.retrieve(answer.id)).output_text == "I look."
    await of_openai.responses.delete(answer.id)
    with pytest.raises(openai.NotFoundError):
        await of_openai.responses.retrieve(answer.id)


async def test_a_tool_that_takes_free_text_is_a_function_of_one_string(
    gateway: Gateway, of_openai: openai.AsyncOpenAI
) -> None:
    says(gateway, "openai_chat", Said(calls=(("c1", "apply_patch", {"input": "*** Begin"}),)), stream=True)
    tool: Any = {
        "type": "custom",
        "name": "apply_patch",
        "description": "Edits.",
        "format": {"type": "grammar", "syntax": "lark", "definition": "start: begin"},
    }
    async with of_openai.responses.stream(model=model("openai_chat"), input="Edit", tools=[tool]) as events:
        kinds = [event.type async for event in events]
        answer: Any = await events.get_final_response()
    (item,) = answer.output
    assert (item.type, item.name, item.input, item.call_id) == ("custom_tool_call", "apply_patch", "*** Begin", "c1")
    assert "response.custom_tool_call_input.done" in kinds
    function = gateway.upstream.last.body["tools"][0]["function"]
    assert list(function["parameters"]["properties"]) == ["input"]
    assert "start: begin" in function["description"]
    says(gateway, "openai_chat", Said(text="Done."), stream=True)
    history: Any = [
        item.model_dump(exclude_none=True),
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "ok"},
    ]
    await of_openai.responses.create(model=model("openai_chat"), input=history, tools=[tool])
    called, result = gateway.upstream.last.body["messages"]
    assert json.loads(called["tool_calls"][0]["function"]["arguments"]) == {"input": "*** Begin"}
    assert result == {"role": "tool", "tool_call_id": "c1", "content": "ok"}


async def test_tools_in_a_namespace_are_functions_with_its_name_before_theirs(
    gateway: Gateway, of_openai: openai.AsyncOpenAI
) -> None:
    says(gateway, "openai_chat", Said(calls=(("c1", "files__read_file", CALL),)), stream=True)
    tool = {"type": "function", "name": "read_file", "parameters": SCHEMA, "strict": False}
    asked: Any = {
        "model": model("openai_chat"),
        "tools": [{"type": "namespace", "name": "files", "description": "Files.", "tools": [tool]}],
    }
    answer = await of_openai.responses.create(input="Read", **asked)
    item: Any = answer.output[0]
    assert (item.type, item.namespace, item.name) == ("function_call", "files", "read_file")
    assert [each["function"]["name"] for each in gateway.upstream.last.body["tools"]] == ["files__read_file"]
    result = {"type": "function_call_output", "call_id": "c1", "output": "x"}
    await of_openai.responses.create(input=[item.model_dump(exclude_none=True), result], **asked)
    (call,) = gateway.upstream.last.body["messages"][0]["tool_calls"]
    assert call["function"]["name"] == "files__read_file"


async def test_a_signature_comes_back_through_responses(gateway: Gateway, of_openai: openai.AsyncOpenAI) -> None:
    said = Said(reasoning="Hm", signature="c2ln", calls=(("c1", "read_file", CALL),))
    says(gateway, "anthropic_messages", said, stream=True)
    tool: Any = {"type": "function", "name": "read_file", "parameters": SCHEMA, "strict": False}
    asked: Any = {"model": model("anthropic_messages"), "tools": [tool]}
    answer = await of_openai.responses.create(input="Read", store=False, **asked)
    with pytest.raises(openai.NotFoundError):
        await of_openai.responses.retrieve(answer.id)
    items: Any = [item.model_dump(exclude_none=True) for item in answer.output]
    result = {"type": "function_call_output", "call_id": "c1", "output": "x"}
    await of_openai.responses.create(input=[{"role": "user", "content": "Read"}, *items, result], **asked)
    thought = gateway.upstream.last.body["messages"][1]["content"][0]
    assert thought == {"type": "thinking", "thinking": "Hm", "signature": "c2ln"}


async def test_a_response_belongs_to_the_token_that_asked_for_it() -> None:
    kept = KeptResponses(most=2000)
    kept.keep("ada", {"id": "r1", "output": []}, ())
    assert kept.find("ada", "r1") is not None
    assert kept.find("bob", "r1") is None
    assert not kept.forget("bob", "r1")
    kept.keep("ada", {"id": "r2", "output": ["x" * 1999]}, ())
    assert kept.find("ada", "r1") is None, "the oldest is forgotten first"


async def test_signatures_survive_three_turns_with_tools(
    gateway: Gateway, of_anthropic: anthropic.AsyncAnthropic
) -> None:
    messages: list[Any] = [*TASK]
    for turn in range(3):
        said = Said(reasoning=f"Thought {turn}", signature=f"c2ln{turn}==", calls=((f"c{turn}", "read_file", CALL),))
        says(gateway, "anthropic_messages", said, stream=True)
        async with of_anthropic.messages.stream(
            model=model("anthropic_messages"),
            max_tokens=4000,
            thinking={"type": "enabled", "budget_tokens": 2000},
            messages=messages,
            tools=[ANTHROPIC_TOOL],
        ) as events:
            answer = await events.get_final_message()
        sent = gateway.upstream.last.body["messages"]
        thoughts = [block["signature"] for each in sent[1::2] for block in each["content"] if "signature" in block]
        assert thoughts == [f"c2ln{at}==" for at in range(turn)]
        messages.append(
            {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]}
        )
        messages.append(
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"c{turn}", "content": "x"}]}
        )


async def test_a_gemini_call_s_signature_comes_back_with_its_result(
    gateway: Gateway, of_openai: openai.AsyncOpenAI
) -> None:
    says(gateway, "gemini", Said(signature="c2ln", calls=(("c1", "read_file", CALL),)), stream=True)
    asked: Any = {"model": model("gemini"), "messages": TASK, "tools": [OPENAI_TOOL]}
    answer = await of_openai.chat.completions.create(**asked)
    turn = answer.choices[0].message.model_dump(exclude_none=True)
    result = {"role": "tool", "tool_call_id": "c1", "content": "x"}
    await of_openai.chat.completions.create(**{**asked, "messages": [*TASK, turn, result]})
    (called,) = gateway.upstream.last.body["contents"][1]["parts"]
    assert called["thoughtSignature"] == "c2ln"


@pytest.mark.parametrize("dialect", ["openai_chat", "anthropic_messages", "gemini"])
async def test_images_and_structured_answers_reach_any_provider(
    gateway: Gateway, of_openai: openai.AsyncOpenAI, dialect: str
) -> None:
    says(gateway, dialect, Said(text='{"path": "a.py"}'), stream=dialect != "openai_chat")
    content: Any = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
    ]
    form: Any = {"type": "json_schema", "json_schema": {"name": "file", "schema": SCHEMA, "strict": True}}
    answer = await of_openai.chat.completions.create(
        model=model(dialect), messages=[{"role": "user", "content": content}], response_format=form
    )
    assert json.loads(answer.choices[0].message.content or "") == CALL
    sent = gateway.upstream.last.request.body.decode()
    assert "iVBORw0KGgo=" in sent
    assert '"required"' in sent


@pytest.mark.parametrize(
    ("path", "dialect", "body", "field"),
    [
        ("/v1/chat/completions", "anthropic_messages", {"logit_bias": {"1": 2}}, "logit_bias"),
        ("/v1/chat/completions", "anthropic_messages", {"n": 2}, "n"),
        ("/v1/chat/completions", "anthropic_messages", {"logprobs": True}, "logprobs"),
        ("/v1/chat/completions", "ollama", {"tools": [OPENAI_TOOL], "tool_choice": "required"}, "tool_choice"),
        ("/v1/chat/completions", "gemini", {"tools": [{"type": "web_search"}]}, "tools.0 (web_search)"),
        (
            "/v1/chat/completions",
            "gemini",
            {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]},
            "messages.0.content.0",
        ),
        ("/v1/messages", "openai_chat", {"mcp_servers": [{}]}, "mcp_servers"),
        (
            "/v1/messages",
            "openai_chat",
            {"tools": [{"type": "bash_20250124", "name": "bash"}]},
            "tools.0 (bash_20250124)",
        ),
        (
            "/v1/messages",
            "openai_chat",
            {"messages": [{"role": "user", "content": [{"type": "document", "source": {}}]}]},
            "messages.0.content.0",
        ),
    ],
)
async def test_what_a_provider_s_api_lacks_is_refused_by_the_name_of_the_field(
    gateway: Gateway, path: str, dialect: str, body: dict[str, Any], field: str
) -> None:
    gateway.upstream.will_say("x")
    response = await gateway.post(path, {"model": model(dialect), "max_tokens": 50, "messages": TASK, **body})
    answer = response.json()["error"]
    assert response.status_code == 400
    assert f"`{field}`" in answer["message"]
    assert "m can't be asked" in answer["message"]
    assert response.headers["x-should-retry"] == "false"
    assert not any(exchange.body.get("messages") for exchange in gateway.upstream.exchanges)


# -------------------------------------------------------------------------------------------------- pass-through

PASSED = {
    "/v1/chat/completions": "openai_chat",
    "/v1/messages": "anthropic_messages",
    "/v1/responses": "openai_responses",
}
WORDS = ("x", "", " \t", "é€😀", "\\u00e9", "\u2028", '"quoted"', "a\nb", "</s>", "{}", "\x7f")


def invented(draw: random.Random, depth: int = 0) -> Any:
    """A value that no API has heard of."""
    kinds = ["text", "number", "flag", "none", *(("table", "list") if depth < 3 else ())]
    kind = draw.choice(kinds)
    if kind == "text":
        return "".join(draw.choices(WORDS, k=draw.randrange(3)))
    if kind == "number":
        return draw.choice([0, -1, 1.5, 1e30, 10**30, -0.0])
    if kind == "list":
        return [invented(draw, depth + 1) for _ in range(draw.randrange(4))]
    if kind == "table":
        return {f"{draw.choice(WORDS)}{at}": invented(draw, depth + 1) for at in range(draw.randrange(4))}
    return draw.choice([True, False]) if kind == "flag" else None


def written(draw: random.Random, value: Any) -> str:
    """JSON as clients write it: spaces, escapes and line ends as they come."""
    indent, separators = draw.choice([(None, (",", ":")), (None, (", ", ": ")), (2, (",", " : ")), (1, (" ,", ":"))])
    return json.dumps(value, ensure_ascii=draw.choice([True, False]), indent=indent, separators=separators)


@pytest.mark.parametrize("path", PASSED)
async def test_requests_and_answers_go_through_byte_by_byte(gateway: Gateway, path: str) -> None:
    draw = random.Random(path)
    dialect = PASSED[path]
    for at in range(50):  # a thousand of each go through in tests/wire/test_passthrough.py, without a socket
        stream = draw.random() < 0.5
        name = model(dialect)
        fields = {"model": name, "messages": TASK, "max_tokens": 9, "stream": stream}
        if path == "/v1/responses":
            fields = {"model": name, "input": TASK, "stream": stream}
        fields |= {f"future_{n}": invented(draw) for n in range(draw.randrange(4))}
        order = draw.sample(sorted(fields), len(fields))
        body = written(draw, {key: fields[key] for key in order})
        said = Said(text=draw.choice(WORDS[4:]), calls=((f"c{at}", "read_file", CALL),) if draw.random() < 0.5 else ())
        answer = ANSWERS[dialect](said)["sse" if stream else "json"]
        if stream:
            answer = answer.replace(b"\n\n", draw.choice([b"\n\n", b"\r\n\r\n", b"\n\n: ping\n\n"]))
        else:
            answer = written(draw, {**json.loads(answer), "future": invented(draw)}).encode()
        gateway.upstream.forget()
        cut = draw.randrange(len(answer))
        gateway.upstream.will_send(
            answer[:cut], answer[cut:], kind="text/event-stream" if stream else "application/json"
        )
        response = await gateway.post(path, body.encode(), anthropic_beta="future-2027-01-01")
        assert response.content == answer, response.text
        sent = gateway.upstream.last.request
        assert sent.body.decode() == body.replace(f'"{name}"', '"m"')
        assert sent.headers["anthropic-beta"] == "future-2027-01-01"


async def test_a_secret_leaves_neither_a_passed_body_nor_a_call_and_comes_back_in_both(gateway: Gateway) -> None:
    key = "glpat-Qz7canary4fS8aQ2wE6rT"
    says(gateway, "anthropic_messages", Said(text="ok"), stream=False)
    read = {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": f"TOKEN={key}"}]}
    use = {"type": "tool_use", "id": "c1", "name": "write", "input": {"text": f"TOKEN={key}"}}
    body = {
        "model": model("anthropic_messages"),
        "max_tokens": 50,
        "messages": [*TASK, {"role": "assistant", "content": [use]}, {"role": "user", "content": [read]}],
        "tools": [{"name": "write", "description": f"Knows {key}", "input_schema": SCHEMA}],
        "future": {"note": f"also {key}"},
    }
    await gateway.post("/v1/messages", body)
    sent = gateway.upstream.last.request.body.decode()
    assert key not in sent
    word = gateway.upstream.last.body["messages"][2]["content"][0]["content"][0]["text"].removeprefix("TOKEN=")
    assert sent.count(word) == 4
    says(
        gateway,
        "anthropic_messages",
        Said(text=f"It is {word}.", calls=(("c2", "write", {"text": word}),)),
        stream=True,
    )
    events = [data for _, data in await gateway.events("/v1/messages", body)]
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert "".join(delta.get("text", "") for delta in deltas) == f"It is {key}."
    assert json.loads("".join(delta.get("partial_json", "") for delta in deltas)) == {"text": key}
    assert word not in json.dumps(events)


async def test_usage_of_a_passed_answer_is_counted(gateway: Gateway) -> None:
    says(gateway, "anthropic_messages", Said(text="ok"), stream=True)
    body = {"model": model("anthropic_messages"), "max_tokens": 50, "messages": TASK}
    await gateway.events("/v1/messages", body)
    entry = gateway.assistant.usage.store.sent()[-1]
    assert (entry.feature, entry.model) == ("gateway", "m")


@pytest.mark.parametrize("path", PASSED)
async def test_a_passed_stream_that_breaks_ends_in_an_error_of_the_client_s_api(gateway: Gateway, path: str) -> None:
    said = ANSWERS[PASSED[path]](Said(text="half"))["sse"]
    gateway.upstream.forget()
    gateway.upstream.will_send(said[: said.index(b"\n\n", said.index(b"half")) + 2])
    body = {"model": model(PASSED[path]), "max_tokens": 50, "messages": TASK, "input": TASK}
    events = await gateway.events(path, body)
    assert "error" in str(events[-1][1])


async def test_tokens_are_counted_by_the_provider_or_with_all_that_is_shown(gateway: Gateway) -> None:
    gateway.upstream.forget()
    gateway.upstream.will_send(b'{"input_tokens": 4321}', kind="application/json")
    body = {"messages": TASK, "system": "Be brief.", "tools": [ANTHROPIC_TOOL], "future": 1}
    counted = await gateway.post("/v1/messages/count_tokens", {"model": model("anthropic_messages"), **body})
    assert counted.json() == {"input_tokens": 4321}
    sent = gateway.upstream.last
    assert sent.request.url.endswith("/v1/messages/count_tokens")
    assert sent.body == {"model": "m", "messages": TASK, "system": "Be brief.", "tools": [ANTHROPIC_TOOL]}
    gateway.upstream.forget()
    gateway.upstream.will_fail(404, "not found")
    failed = await gateway.post("/v1/messages/count_tokens", {"model": model("anthropic_messages"), **body})
    del body["future"]
    other = await gateway.post("/v1/messages/count_tokens", {"model": model("openai_chat"), **body})
    assert failed.json() == other.json()
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 100_000}}
    seen = {**body, "messages": [{"role": "user", "content": [image]}]}
    with_image = (await gateway.post("/v1/messages/count_tokens", {"model": model("openai_chat"), **seen})).json()
    assert 1_600 < with_image["input_tokens"] < 2_000
    characters = len("Read a.py and b.py") + len("Be brief.") + len(json.dumps(SCHEMA)) + len("read_fileReads.")
    assert other.json() == {"input_tokens": characters // 4}


async def test_a_head_request_is_answered(gateway: Gateway) -> None:
    assert (await gateway.client.head("/")).status_code == 200


async def test_a_passed_body_is_corrected_where_the_provider_refuses_a_parameter(gateway: Gateway) -> None:
    refusal = (
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    )
    gateway.upstream.forget()
    gateway.upstream.will_fail(400, json.dumps({"error": {"message": refusal, "param": "max_tokens"}}))
    answer = ANSWERS["openai_chat"](Said(text="ok"))["json"]
    gateway.upstream.will_send(answer, kind="application/json")
    body = {"model": "by-openai-chat/corrected", "max_tokens": 50, "messages": TASK, "future": 1}
    response = await gateway.post("/v1/chat/completions", body)
    assert response.content == answer
    expected = {"model": "corrected", "max_completion_tokens": 50, "messages": TASK, "future": 1}
    assert gateway.upstream.last.body == expected


async def test_a_passed_answer_that_breaks_off_before_it_was_given_out_is_asked_for_again(gateway: Gateway) -> None:
    answer = ANSWERS["openai_chat"](Said(text="ok"))["json"]
    gateway.upstream.forget()
    gateway.upstream.will_send(answer[: len(answer) // 2], kind="application/json")
    gateway.upstream.will_send(answer, kind="application/json")
    response = await gateway.post("/v1/chat/completions", {"model": "by-openai-chat/broken", "messages": TASK})
    assert response.content == answer
    assert len(gateway.upstream.exchanges) == 2
