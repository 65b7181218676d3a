"""Every dialect against what agents need: tools, images, structured answers, signed reasoning, refusals, probabilities.

One table, dialect by case, without an empty cell: what is sent, and what the answer means, streamed and whole, from the
request on a real socket to the chunks; or the name of the field with which the dialect refuses what it lacks.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from picode.assistant.routing.upstream import stream
from picode.core.content import (
    Calls,
    Image,
    Reasoning,
    ReasoningProof,
    Refusal,
    Text,
    TokenLogprob,
    ToolCall,
    ToolResult,
    text_of,
)
from picode.core.errors import ConfigurationError, Unsupported
from picode.core.generation import GenerationOptions, ResponseFormat, Tool, ToolChoice
from picode.core.messages import Chat, Chunk, Finish, Message, Request
from picode.io.http import HttpTransport
from picode.settings.model import Network
from picode.wire import DIALECTS
from picode.wire.dialect import Profile
from wire.rich_answers import ANSWERS, CALL, OTHER, Said
from wire.test_conformance import DEADLINES, FILLS, KINDS, Api, Conversation, api, sends  # noqa: F401

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
TOOLS = (Tool("read_file", "Reads a file.", json.dumps(SCHEMA)),)
TASK = Message("user", "Read a.py")
CALLED = ToolCall("c1", "read_file", '{"path": "a.py"}')
PNG = "iVBORw0KGgo="
PROFILE = Profile("test", reasoning=True)


def rich(role: Any, *parts: Any) -> Message:
    return Message(role, text_of(parts), parts=parts)


@dataclass(frozen=True)
class Case:
    """A question and what the model says to it."""

    messages: tuple[Message, ...]
    said: Said
    generation: GenerationOptions = field(default_factory=GenerationOptions)


CASES = {
    "tool call": Case(
        (TASK,),
        Said(text="I look.", calls=(("c1", "read_file", CALL),)),
        GenerationOptions(TOOLS, ToolChoice("auto"), parallel_calls=None),
    ),
    "required call": Case(
        (TASK,), Said(calls=(("c1", "read_file", CALL),)), GenerationOptions(TOOLS, ToolChoice("required"))
    ),
    "parallel calls": Case(
        (TASK,), Said(calls=(("c1", "read_file", CALL), ("c2", "read_file", OTHER))), GenerationOptions(TOOLS)
    ),
    "no parallel calls": Case(
        (TASK,), Said(calls=(("c1", "read_file", CALL),)), GenerationOptions(TOOLS, parallel_calls=False)
    ),
    "tool result": Case(
        (TASK, rich("assistant", Text("I look."), CALLED), rich("user", ToolResult("c1", (Text("x = 1"),)))),
        Said(text="It is 1."),
        GenerationOptions(TOOLS),
    ),
    "image": Case((rich("user", Text("What is it?"), Image("image/png", PNG)),), Said(text="A cat.")),
    "structured": Case(
        (TASK,),
        Said(text='{"path": "a.py"}'),
        GenerationOptions(format=ResponseFormat("schema", json.dumps(SCHEMA), "file")),
    ),
    "signed reasoning": Case(
        (
            TASK,
            rich("assistant", Reasoning("Hm", "c2ln", id="rs_0"), CALLED),
            rich("user", ToolResult("c1", (Text("x = 1"),))),
        ),
        Said(reasoning="So", signature="bmV4dA==", calls=(("c2", "read_file", OTHER),)),
        GenerationOptions(TOOLS, thinking_tokens=2048),
    ),
    "hidden reasoning": Case(
        (
            TASK,
            rich("assistant", Reasoning(encrypted="ZW5j", id="rs_0"), CALLED),
            rich("user", ToolResult("c1", (Text("x"),))),
        ),
        Said(text="So", encrypted="bmV4dA=="),
        GenerationOptions(TOOLS),
    ),
    "refusal": Case(
        (TASK, rich("assistant", Refusal("I won't.")), Message("user", "Please.")),
        Said(refusal="Never."),
        GenerationOptions(),
    ),
    "logprobs": Case((TASK,), Said(text="4", logprobs=True), GenerationOptions(logprobs=True, top_logprobs=1)),
    "sampling": Case(
        (TASK,), Said(text="x"), GenerationOptions(top_p=0.5, frequency_penalty=0.25, presence_penalty=0.75)
    ),
    "several answers": Case((TASK,), Said(text="x"), GenerationOptions(n=2)),
}

FUNCTION = {"name": "read_file", "description": "Reads a file.", "parameters": SCHEMA}
SENT_CALL = {"id": "c1", "type": "function", "function": {"name": "read_file", "arguments": '{"path": "a.py"}'}}
SENT_IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "file", "schema": SCHEMA}}
BY_TOOLS = {"tools": [{"type": "function", "function": FUNCTION}]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "x = 1"}
GEMINI_CALL = {"functionCall": {"id": "c1", "name": "read_file", "args": CALL}}
GEMINI_RESULT = {"functionResponse": {"id": "c1", "name": "read_file", "response": {"result": "x = 1"}}}
USE = {"type": "tool_use", "id": "c1", "name": "read_file", "input": CALL}
MARK = {"cache_control": {"type": "ephemeral"}}

Cell = dict[str, Any] | str
"""Fields of the body, of which tables may hold more; `messages` are the last ones. Or the field that is refused."""

SENT: dict[str, dict[str, Cell]] = {
    "openai_chat": {
        "tool call": {**BY_TOOLS, "tool_choice": "auto"},
        "required call": {**BY_TOOLS, "tool_choice": "required"},
        "parallel calls": BY_TOOLS,
        "no parallel calls": {"parallel_tool_calls": False},
        "tool result": {
            "messages": [{"role": "assistant", "content": "I look.", "tool_calls": [SENT_CALL]}, RESULT],
        },
        "image": {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, SENT_IMAGE]}]},
        "structured": {"response_format": JSON_SCHEMA},
        "signed reasoning": {
            "reasoning_effort": "low",
            "messages": [
                {"role": "assistant", "content": None, "reasoning_content": "Hm", "tool_calls": [SENT_CALL]},
                RESULT,
            ],
        },
        "hidden reasoning": {
            "messages": [{"role": "assistant", "content": None, "tool_calls": [SENT_CALL]}, {**RESULT, "content": "x"}]
        },
        "refusal": {
            "messages": [
                {"role": "assistant", "content": None, "refusal": "I won't."},
                {"role": "user", "content": "Please."},
            ]
        },
        "logprobs": {"logprobs": True, "top_logprobs": 1},
        "sampling": {"top_p": 0.5, "frequency_penalty": 0.25, "presence_penalty": 0.75},
        "several answers": "n",
    },
    "openai_responses": {
        "tool call": {"tools": [{"type": "function", **FUNCTION, "strict": False}], "tool_choice": "auto"},
        "required call": {"tool_choice": "required"},
        "parallel calls": {"include": ["reasoning.encrypted_content"]},
        "no parallel calls": {"parallel_tool_calls": False},
        "tool result": {
            "input": [
                {"role": "assistant", "content": [{"type": "output_text", "text": "I look."}]},
                {"type": "function_call", "call_id": "c1", "name": "read_file", "arguments": '{"path": "a.py"}'},
                {"type": "function_call_output", "call_id": "c1", "output": "x = 1"},
            ]
        },
        "image": {
            "input": [
                {
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "What is it?"},
                        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"},
                    ],
                }
            ]
        },
        "structured": {"text": {"format": {"type": "json_schema", "name": "file", "schema": SCHEMA}}},
        "signed reasoning": {"reasoning": {"effort": "low"}},
        "hidden reasoning": {
            "input": [
                {"type": "reasoning", "id": "rs_0", "summary": [], "encrypted_content": "ZW5j"},
                {"type": "function_call", "call_id": "c1", "name": "read_file", "arguments": '{"path": "a.py"}'},
                {"type": "function_call_output", "call_id": "c1", "output": "x"},
            ]
        },
        "refusal": {
            "input": [
                {"role": "assistant", "content": [{"type": "refusal", "refusal": "I won't."}]},
                {"role": "user", "content": "Please."},
            ]
        },
        "logprobs": {"top_logprobs": 1, "include": ["message.output_text.logprobs"]},
        "sampling": "frequency_penalty",
        "several answers": "n",
    },
    "anthropic_messages": {
        "tool call": {
            "tools": [{"name": "read_file", "description": "Reads a file.", "input_schema": SCHEMA}],
            "tool_choice": {"type": "auto"},
        },
        "required call": {"tool_choice": {"type": "any"}},
        "parallel calls": {"tools": [{"name": "read_file", "description": "Reads a file.", "input_schema": SCHEMA}]},
        "no parallel calls": {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
        "tool result": {
            "messages": [
                {"role": "assistant", "content": [{"type": "text", "text": "I look."}, USE]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "x = 1", **MARK}]},
            ]
        },
        "image": {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What is it?"},
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                    ],
                }
            ]
        },
        "structured": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        "signed reasoning": {
            "thinking": {"type": "enabled", "budget_tokens": 2048},
            "messages": [
                {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm", "signature": "c2ln"}, USE]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "x = 1", **MARK}]},
            ],
        },
        "hidden reasoning": {
            "messages": [
                {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "ZW5j"}, USE]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "x", **MARK}]},
            ]
        },
        "refusal": {
            "messages": [
                {"role": "assistant", "content": [{"type": "text", "text": "I won't."}]},
                {"role": "user", "content": [{"type": "text", "text": "Please.", **MARK}]},
            ]
        },
        "logprobs": "logprobs",
        "sampling": "frequency_penalty",
        "several answers": "n",
    },
    "gemini": {
        "tool call": {
            "tools": [
                {
                    "functionDeclarations": [
                        {"name": "read_file", "description": "Reads a file.", "parametersJsonSchema": SCHEMA}
                    ]
                }
            ],
            "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
        },
        "required call": {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
        "parallel calls": {},
        "no parallel calls": "parallel_tool_calls",
        "tool result": {
            "contents": [
                {"role": "model", "parts": [{"text": "I look."}, GEMINI_CALL]},
                {"role": "user", "parts": [GEMINI_RESULT]},
            ]
        },
        "image": {
            "contents": [
                {
                    "role": "user",
                    "parts": [{"text": "What is it?"}, {"inlineData": {"mimeType": "image/png", "data": PNG}}],
                }
            ]
        },
        "structured": {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}},
        "signed reasoning": {
            "generationConfig": {"thinkingConfig": {"thinkingBudget": 2048, "includeThoughts": True}},
            "contents": [
                {"role": "model", "parts": [{"text": "Hm", "thought": True, "thoughtSignature": "c2ln"}, GEMINI_CALL]},
                {"role": "user", "parts": [GEMINI_RESULT]},
            ],
        },
        "hidden reasoning": {},
        "refusal": {
            "contents": [
                {"role": "model", "parts": [{"text": "I won't."}]},
                {"role": "user", "parts": [{"text": "Please."}]},
            ]
        },
        "logprobs": {"generationConfig": {"responseLogprobs": True, "logprobs": 1}},
        "sampling": {"generationConfig": {"topP": 0.5, "frequencyPenalty": 0.25, "presencePenalty": 0.75}},
        "several answers": "n",
    },
    "ollama": {
        "tool call": BY_TOOLS,
        "required call": "tool_choice",
        "parallel calls": BY_TOOLS,
        "no parallel calls": "parallel_tool_calls",
        "tool result": {
            "messages": [
                {
                    "role": "assistant",
                    "content": "I look.",
                    "tool_calls": [{"function": {"name": "read_file", "arguments": CALL}}],
                },
                {"role": "tool", "tool_name": "read_file", "content": "x = 1"},
            ]
        },
        "image": {"messages": [{"role": "user", "content": "What is it?", "images": [PNG]}]},
        "structured": {"format": SCHEMA},
        "signed reasoning": {
            "think": "low",
            "messages": [
                {
                    "role": "assistant",
                    "content": "",
                    "thinking": "Hm",
                    "tool_calls": [{"function": {"name": "read_file", "arguments": CALL}}],
                },
                {"role": "tool", "tool_name": "read_file", "content": "x = 1"},
            ],
        },
        "hidden reasoning": BY_TOOLS,
        "refusal": {"messages": [{"role": "assistant", "content": "I won't."}, {"role": "user", "content": "Please."}]},
        "logprobs": {"logprobs": True, "top_logprobs": 1},
        "sampling": {"options": {"top_p": 0.5, "frequency_penalty": 0.25, "presence_penalty": 0.75}},
        "several answers": "n",
    },
    "cohere": {
        "tool call": BY_TOOLS,
        "required call": {**BY_TOOLS, "tool_choice": "REQUIRED"},
        "parallel calls": BY_TOOLS,
        "no parallel calls": "parallel_tool_calls",
        "tool result": {"messages": [{"role": "assistant", "tool_plan": "I look.", "tool_calls": [SENT_CALL]}, RESULT]},
        "image": {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, SENT_IMAGE]}]},
        "structured": {"response_format": {"type": "json_object", "json_schema": SCHEMA}},
        "signed reasoning": {
            "thinking": {"type": "enabled", "token_budget": 2048},
            "messages": [{"role": "assistant", "tool_calls": [SENT_CALL]}, RESULT],
        },
        "hidden reasoning": BY_TOOLS,
        "refusal": {"messages": [{"role": "assistant", "content": "I won't."}, {"role": "user", "content": "Please."}]},
        "logprobs": "logprobs",
        "sampling": {"p": 0.5, "frequency_penalty": 0.25, "presence_penalty": 0.75},
        "several answers": "n",
    },
}
SENT["mistral_chat"] = {
    **SENT["openai_chat"],
    "required call": {**BY_TOOLS, "tool_choice": "any"},
    "signed reasoning": {
        "messages": [{"role": "assistant", "content": None, "tool_calls": [SENT_CALL]}, RESULT],
    },
    "refusal": {"messages": [{"role": "assistant", "content": "I won't."}, {"role": "user", "content": "Please."}]},
    "logprobs": "logprobs",
}

UNSIGNED = ("openai_responses", "ollama", "cohere")
"""APIs whose answers carry no signature with readable reasoning."""
ENCRYPTED = ("openai_responses", "anthropic_messages")
WORDLESS = ("gemini", "cohere")
"""APIs that refuse without words."""


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    transport = HttpTransport(Network)
    yield transport
    await transport.close()


def within(expected: Any, actual: Any) -> bool:
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(within(value, actual.get(key)) for key, value in expected.items())
    return bool(expected == actual)


def check_sent(cell: dict[str, Any], body: dict[str, Any]) -> None:
    for name, value in cell.items():
        actual = body.get(name)
        if name in ("messages", "input", "contents"):
            assert actual is not None
            assert actual[-len(value) :] == value
        else:
            assert within(value, actual), f"{name}: {actual}"


def check_heard(dialect: str, said: Said, chunks: list[Chunk]) -> None:
    deltas = [delta for chunk in chunks for delta in chunk.deltas]
    calls = Calls()
    calls.add(deltas)
    heard = [(call.id, call.name, json.loads(call.arguments)) for call in calls.whole()]
    assert heard == [("" if dialect == "ollama" else identifier, *rest) for identifier, *rest in said.calls]
    words = "" if dialect in WORDLESS else said.refusal
    assert "".join(chunk.text for chunk in chunks) == said.text + words
    reasoning = said.reasoning
    assert "".join(chunk.reasoning for chunk in chunks) == reasoning
    finishes = [chunk.finish for chunk in chunks if chunk.finish]
    refused = said.refusal and dialect not in ("ollama",)
    assert finishes[0] is (Finish.REFUSED if refused else Finish.CALLS if said.calls else Finish.STOP)
    signatures = [delta.signature for delta in deltas if isinstance(delta, ReasoningProof) and delta.signature]
    signatures += [call.signature for call in calls.whole() if call.signature]
    assert signatures == ([said.signature] if said.signature and dialect not in UNSIGNED else [])
    proofs = [delta.encrypted for delta in deltas if isinstance(delta, ReasoningProof) and delta.encrypted]
    assert proofs == ([said.encrypted] if said.encrypted and dialect in ENCRYPTED else [])
    tokens = [delta for delta in deltas if isinstance(delta, TokenLogprob)]
    assert [(each.token, each.logprob, len(each.top)) for each in tokens] == ([("4", -0.5, 1)] if said.logprobs else [])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_rich_conformance(dialect: str, case: str, api: Api, transport: HttpTransport) -> None:  # noqa: F811
    asked = CASES[case]
    if dialect in FILLS:
        with pytest.raises(ConfigurationError, match="not conversations"):
            DIALECTS[dialect].encode(Request("m", Chat(asked.messages), 4096, generation=asked.generation), PROFILE)
        return
    cell = SENT[dialect][case]
    if isinstance(cell, str):
        with pytest.raises(Unsupported, match="m can't be asked for") as refused:
            DIALECTS[dialect].encode(Request("m", Chat(asked.messages), 4096, generation=asked.generation), PROFILE)
        assert refused.value.field == cell
        return
    for framing, body in ANSWERS[dialect](asked.said).items():
        request = Request("m", Chat(asked.messages), 4096, stream=framing != "json", generation=asked.generation)
        api.serve = sends(body, KINDS[framing])
        target = replace(Conversation(dialect, api, transport).target, profile=PROFILE)
        chunks: list[Chunk] = []
        arriving = stream(request, target, transport, DEADLINES)
        async with aclosing(arriving):
            chunks = [chunk async for chunk in arriving]
        check_sent(cell, api.bodies[-1])
        check_heard(dialect, asked.said, chunks)


def test_no_cell_is_empty() -> None:
    assert {dialect: set(cells) for dialect, cells in SENT.items()} == {dialect: set(CASES) for dialect in ANSWERS}
    assert set(ANSWERS) | set(FILLS) == set(DIALECTS)
