"""What programs say that other APIs have no field for: it is carried in another way, or refused by its name, and never
dropped."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.test_agents import ANTHROPIC_TOOL, BASE, OPENAI_TOOL, PROVIDERS, SCHEMA, TASK, model, says
from picode.core.content import Calls
from picode.core.errors import ServerFailure
from picode.wire import gemini, openai_responses
from picode.wire.dialect import Event
from picode.wire.reading import AnswerReader
from support.gateway import Gateway
from wire.recordings import dumped, named
from wire.rich_answers import Said

pytestmark = pytest.mark.asyncio(loop_scope="module")

WITH_PREFILL = {"by-prefill": {"baseUrl": BASE, "dialect": "mistral_chat", "model": "mistral-large-latest"}}


SETTINGS = {"providers": {**PROVIDERS, **WITH_PREFILL}, "gateway": {"requestsPerMinute": 1_000_000}}


@pytest.fixture
def gateway(shared: Gateway) -> Gateway:
    return shared.afresh()


async def asked(gateway: Gateway, path: str, dialect: str, body: dict[str, Any]) -> tuple[int, Any]:
    """The status of the answer, and what the provider was sent; the error where it was sent nothing."""
    passes = {"/v1/chat/completions": "openai_chat", "/v1/messages": "anthropic_messages"}.get(path) == dialect
    says(gateway, dialect, Said(text="ok"), stream=not passes)
    gateway.upstream.exchanges.clear()
    response = await gateway.post(path, {"model": model(dialect), **body})
    return response.status_code, gateway.upstream.last.body if gateway.upstream.exchanges else response.json()["error"]


FAILED = {"type": "tool_result", "tool_use_id": "c1", "is_error": True, "content": "no such file"}
USE = {"type": "tool_use", "id": "c1", "name": "read_file", "input": {"path": "a.py"}}


@pytest.mark.parametrize(
    ("dialect", "said"),
    [
        ("openai_chat", '"Error: no such file"'),
        ("openai_responses", '"Error: no such file"'),
        ("mistral_chat", '"Error: no such file"'),
        ("ollama", '"Error: no such file"'),
        ("cohere", '"Error: no such file"'),
        ("gemini", '{"error": "no such file"}'),
        ("anthropic_messages", '"is_error": true'),
    ],
)
async def test_a_tool_that_failed_has_failed_in_any_api(gateway: Gateway, dialect: str, said: str) -> None:
    turns = [*TASK, {"role": "assistant", "content": [USE]}, {"role": "user", "content": [FAILED]}]
    body = {"max_tokens": 9, "messages": turns, "tools": [ANTHROPIC_TOOL]}
    status, sent = await asked(gateway, "/v1/messages", dialect, body)
    assert status == 200
    assert said in dumped(sent)


async def test_what_says_error_by_itself_says_it_once(gateway: Gateway) -> None:
    turns = [*TASK, {"role": "assistant", "content": [USE]}]
    turns.append({"role": "user", "content": [{**FAILED, "content": "ERROR: no such file"}]})
    _, sent = await asked(gateway, "/v1/messages", "openai_chat", {"max_tokens": 9, "messages": turns})
    assert sent["messages"][-1]["content"] == "ERROR: no such file"


INNER = [*TASK, {"role": "assistant", "content": "Yes?"}, {"role": "system", "content": "Be brief."}, *TASK]


@pytest.mark.parametrize(
    ("dialect", "field", "roles"),
    [
        ("openai_chat", "messages", ["system", "user", "assistant", "system", "user"]),
        ("ollama", "messages", ["system", "user", "assistant", "system", "user"]),
        ("openai_responses", "input", ["user", "assistant", "system", "user"]),
        ("mistral_chat", "messages", ["system", "user", "assistant", "user"]),
        ("gemini", "contents", ["user", "model", "user"]),
    ],
)
async def test_a_system_turn_stays_where_it_is_if_the_api_has_such_turns(
    gateway: Gateway, dialect: str, field: str, roles: list[str]
) -> None:
    body = {"max_tokens": 9, "system": "Be kind.", "messages": INNER}
    status, sent = await asked(gateway, "/v1/messages", dialect, body)
    assert status == 200
    assert [turn["role"] for turn in sent[field]] == roles
    text = dumped(sent)
    assert text.count("Be brief.") == text.count("Be kind.") == 1
    inner = [turn for turn in sent[field][1:] if turn["role"] == "system"]
    assert ["Be brief." in dumped(turn) for turn in inner] == [True] * len(inner)


BEGUN = [*TASK, {"role": "assistant", "content": "{"}]


async def test_an_answer_that_was_begun_is_gone_on_with_or_refused(gateway: Gateway) -> None:
    body = {"max_tokens": 9, "messages": BEGUN}
    status, sent = await asked(gateway, "/v1/messages", "openai_chat", body)
    assert (status, "an answer that was begun" in sent["message"]) == (400, True)
    status, sent = await asked(gateway, "/v1/messages", "anthropic_messages", body)
    assert (status, sent["messages"]) == (200, BEGUN)
    says(gateway, "mistral_chat", Said(text="ok"), stream=True)
    assert (await gateway.post("/v1/messages", {**body, "model": "by-prefill"})).status_code == 200
    assert gateway.upstream.last.body["messages"][-1] == {"role": "assistant", "content": "{", "prefix": True}


async def test_who_speaks_is_passed_on_or_refused(gateway: Gateway) -> None:
    body = {"messages": [{**TASK[0], "name": "ada"}]}
    status, sent = await asked(gateway, "/v1/chat/completions", "openai_chat", body)
    assert (status, sent["messages"]) == (200, body["messages"])
    status, sent = await asked(gateway, "/v1/chat/completions", "anthropic_messages", body)
    assert (status, "`messages.0.name`" in sent["message"]) == (400, True)
    call = {"id": "c1", "type": "function", "function": {"name": "read_file", "arguments": "{}"}}
    turns = [*TASK, {"role": "assistant", "tool_calls": [call]}]
    turns.append({"role": "tool", "tool_call_id": "c1", "name": "read_file", "content": "x"})
    status, _ = await asked(gateway, "/v1/chat/completions", "anthropic_messages", {"messages": turns})
    assert status == 200, "the name of a tool is known to all"


async def test_strict_tools_are_strict_where_that_can_be_said(gateway: Gateway) -> None:
    tool = {"type": "function", "function": {**OPENAI_TOOL["function"], "strict": True}}
    sent = {}
    for dialect in ("gemini", "cohere", "anthropic_messages", "openai_responses"):
        status, sent[dialect] = await asked(
            gateway, "/v1/chat/completions", dialect, {"messages": TASK, "tools": [tool]}
        )
        assert status == 200
    assert sent["gemini"]["toolConfig"] == {"functionCallingConfig": {"mode": "VALIDATED"}}
    assert sent["cohere"]["strict_tools"] is True
    assert "strict" not in sent["cohere"]["tools"][0]["function"]
    assert sent["anthropic_messages"]["tools"][0]["strict"] is True
    assert sent["openai_responses"]["tools"][0]["strict"] is True
    required = {"messages": TASK, "tools": [tool], "tool_choice": "required"}
    _, required_of_gemini = await asked(gateway, "/v1/chat/completions", "gemini", required)
    assert required_of_gemini["toolConfig"] == {"functionCallingConfig": {"mode": "ANY"}}


async def test_how_long_an_answer_is_to_be_is_said_or_refused(gateway: Gateway) -> None:
    form = {"type": "json_schema", "name": "n", "schema": SCHEMA}
    by_responses = {"input": "Read", "text": {"verbosity": "low", "format": form}}
    status, sent = await asked(gateway, "/v1/responses", "openai_chat", by_responses)
    assert (status, sent["verbosity"]) == (200, "low")
    status, sent = await asked(gateway, "/v1/responses", "anthropic_messages", by_responses)
    assert (status, "`text.verbosity`" in sent["message"]) == (400, True)
    by_chat = {"messages": TASK, "verbosity": "high"}
    status, sent = await asked(gateway, "/v1/chat/completions", "openai_responses", by_chat)
    assert (status, sent["text"]) == (200, {"verbosity": "high"})


# ---------------------------------------------------------------------------------------------------------- answers

ITEM = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "t", "arguments": ""}
WHOLE = {**ITEM, "arguments": '{"a": 0}'}
ADDED = {"type": "response.output_item.added", "output_index": 0, "item": ITEM}
DELTAS = [
    {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": piece} for piece in ('{"a":', " 0}")
]
ARGUED = {"type": "response.function_call_arguments.done", "output_index": 0, "arguments": '{"a": 0}'}
DONE = {"type": "response.output_item.done", "output_index": 0, "item": WHOLE}
COMPLETED = {"type": "response.completed", "response": {"status": "completed", "output": [WHOLE]}}


@pytest.mark.parametrize(
    "events",
    [
        [ADDED, *DELTAS],
        [ADDED, *DELTAS, ARGUED, DONE],
        [ADDED, ARGUED, DONE],
        [ADDED, ARGUED],
        [ADDED, DONE],
        [DONE],
        [{**ADDED, "item": WHOLE}, ARGUED, DONE],
    ],
    ids=["pieces", "both", "at the end twice", "arguments at the end", "item at the end", "alone", "at the beginning"],
)
async def test_arguments_are_read_wherever_they_stand_and_once(events: list[dict[str, Any]]) -> None:
    reader = AnswerReader(openai_responses.DIALECT, "sse", "P")
    calls = Calls()
    chunks = [*reader.feed(named(*events, COMPLETED)), *reader.close()]
    for chunk in chunks:
        calls.add(chunk.deltas)
    assert [(call.id, call.name, call.arguments) for call in calls.whole()] == [("c1", "t", '{"a": 0}')]


@pytest.mark.parametrize("reason", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"])
async def test_a_call_that_is_none_is_no_empty_answer(reason: str) -> None:
    candidate = {"content": {"parts": []}, "finishReason": reason, "finishMessage": "Malformed function call: read("}
    for decode in (
        lambda body: gemini.decode(Event(dumped(body)), "Gemini"),
        lambda body: gemini.decode_whole(body, "Gemini"),
    ):
        with pytest.raises(ServerFailure, match=f"not valid \\({reason}\\). Malformed function call: read") as found:
            list(decode({"candidates": [candidate]}))
        assert found.value.remedy == "Try again."
