"""The exact request that each dialect makes, against its API reference."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from picode.core.errors import ConfigurationError
from picode.core.fim import FimTemplate
from picode.core.messages import Chat, Fill, Message, Request, Snippet
from picode.wire import DIALECTS
from picode.wire.dialect import Call, Profile

CHAT = Chat(
    (Message("system", "Be brief."), Message("user", "Hi"), Message("assistant", "Hello"), Message("user", "Bye"))
)
FILL = Fill("def add(a, b):\n    return ", "\n\nprint(add(1, 2))\n", "src/add.py", "python")
SNIPPETS = (Snippet("src/sub.py", "def sub(a, b):\n    return a - b\n"),)
TEMPLATE = FimTemplate("<P>", "<S>", "<M>")
PLAIN = Profile("generic")
FIM = Profile("coder", fim=TEMPLATE, stops=("<P>", "<S>"))
REASONER = Profile("thinker", reasoning=True, sampling=False, effort="low", limit_name="max_completion_tokens")

ASK = Request("m", CHAT, 100, stop=("\n\n", "END"), temperature=0.2, seed=7)
COMPLETE = Request("m", FILL, 64, stop=("\n\n",), temperature=0.0, seed=7)

MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello"},
    {"role": "user", "content": "Bye"},
]
MARK = {"cache_control": {"type": "ephemeral"}}

REQUESTS: dict[str, tuple[str, Request, Profile, Call]] = {
    "openai_chat": (
        "openai_chat",
        ASK,
        PLAIN,
        Call(
            "/chat/completions",
            {
                "model": "m",
                "messages": MESSAGES,
                "max_tokens": 100,
                "stop": ["\n\n", "END"],
                "temperature": 0.2,
                "seed": 7,
                "stream": True,
                "stream_options": {"include_usage": True},
            },
            "sse",
        ),
    ),
    "openai_chat, in one piece, for a server that is strict about fields": (
        "openai_chat",
        replace(ASK, stream=False, stop=(), temperature=None, seed=None),
        replace(PLAIN, stream_usage=False),
        Call("/chat/completions", {"model": "m", "messages": MESSAGES, "max_tokens": 100, "stream": False}, "json"),
    ),
    "openai_chat, a reasoning model": (
        "openai_chat",
        ASK,
        REASONER,
        Call(
            "/chat/completions",
            {
                "model": "m",
                "messages": MESSAGES,
                "max_completion_tokens": 100,
                "seed": 7,
                "reasoning_effort": "low",
                "stream": True,
                "stream_options": {"include_usage": True},
            },
            "sse",
        ),
    ),
    "openai_completions, with the family's template": (
        "openai_completions",
        COMPLETE,
        FIM,
        Call(
            "/completions",
            {
                "model": "m",
                "prompt": "<P>def add(a, b):\n    return <S>\n\nprint(add(1, 2))\n<M>",
                "max_tokens": 64,
                "stop": ["\n\n", "<P>", "<S>"],
                "temperature": 0.0,
                "seed": 7,
                "stream": True,
                "stream_options": {"include_usage": True},
            },
            "sse",
        ),
    ),
    "openai_completions, with suffix": (
        "openai_completions",
        replace(COMPLETE, stream=False),
        Profile("deepseek", suffix=True),
        Call(
            "/completions",
            {
                "model": "m",
                "prompt": "def add(a, b):\n    return ",
                "suffix": "\n\nprint(add(1, 2))\n",
                "max_tokens": 64,
                "stop": ["\n\n"],
                "temperature": 0.0,
                "seed": 7,
                "stream": False,
            },
            "json",
        ),
    ),
    "openai_completions, a model that can't fill in": (
        "openai_completions",
        Request("m", FILL, 8, stream=False),
        PLAIN,
        Call(
            "/completions",
            {"model": "m", "prompt": "def add(a, b):\n    return ", "max_tokens": 8, "stream": False},
            "json",
        ),
    ),
    "openai_responses": (
        "openai_responses",
        ASK,
        PLAIN,
        Call(
            "/responses",
            {
                "model": "m",
                "instructions": "Be brief.",
                "input": MESSAGES[1:],
                "max_output_tokens": 100,
                "temperature": 0.2,
                "stream": True,
                "store": False,
            },
            "sse",
        ),
    ),
    "openai_responses, a reasoning model and a short answer": (
        "openai_responses",
        replace(ASK, max_tokens=4, stream=False),
        REASONER,
        Call(
            "/responses",
            {
                "model": "m",
                "instructions": "Be brief.",
                "input": MESSAGES[1:],
                "max_output_tokens": 16,
                "reasoning": {"effort": "low"},
                "stream": False,
                "store": False,
            },
            "json",
        ),
    ),
    "anthropic_messages, a conversation": (
        "anthropic_messages",
        ASK,
        PLAIN,
        Call(
            "/messages",
            {
                "model": "m",
                "system": [{"type": "text", "text": "Be brief.", **MARK}],
                "messages": [
                    {"role": "user", "content": "Hi"},
                    {"role": "assistant", "content": "Hello"},
                    {"role": "user", "content": [{"type": "text", "text": "Bye", **MARK}]},
                ],
                "max_tokens": 100,
                "stop_sequences": ["END"],
                "temperature": 0.2,
                "stream": True,
            },
            "sse",
            headers={"anthropic-version": "2023-06-01"},
        ),
    ),
    "anthropic_messages, with a prefill": (
        "anthropic_messages",
        Request(
            "m", Chat((Message("user", "Count."), Message("assistant", "1, \n"))), 9, temperature=1.5, stream=False
        ),
        Profile("claude", prefill=True),
        Call(
            "/messages",
            {
                "model": "m",
                "messages": [{"role": "user", "content": "Count."}, {"role": "assistant", "content": "1,"}],
                "max_tokens": 9,
                "temperature": 1.0,
                "stream": False,
            },
            "json",
            headers={"anthropic-version": "2023-06-01"},
        ),
    ),
    "anthropic_messages, a model with neither prefill nor temperature": (
        "anthropic_messages",
        Request("m", Chat((Message("user", "Count."), Message("assistant", "1,"))), 9, temperature=0.1),
        replace(REASONER, effort="low"),
        Call(
            "/messages",
            {
                "model": "m",
                "messages": [{"role": "user", "content": "Count."}],
                "max_tokens": 9,
                "output_config": {"effort": "low"},
                "stream": True,
            },
            "sse",
            headers={"anthropic-version": "2023-06-01"},
        ),
    ),
    "gemini": (
        "gemini",
        replace(ASK, model="gemini-2.0-flash"),
        PLAIN,
        Call(
            "/models/gemini-2.0-flash:streamGenerateContent?alt=sse",
            {
                "systemInstruction": {"parts": [{"text": "Be brief."}]},
                "contents": [
                    {"role": "user", "parts": [{"text": "Hi"}]},
                    {"role": "model", "parts": [{"text": "Hello"}]},
                    {"role": "user", "parts": [{"text": "Bye"}]},
                ],
                "generationConfig": {
                    "maxOutputTokens": 100,
                    "stopSequences": ["\n\n", "END"],
                    "temperature": 0.2,
                    "seed": 7,
                },
            },
            "sse",
        ),
    ),
    "gemini, without thinking": (
        "gemini",
        Request("tunedModels/my model?", Chat((Message("user", "Hi"),)), 5, stream=False),
        Profile("gemini", reasoning=True, effort="0"),
        Call(
            "/tunedModels/my%20model%3F:generateContent",
            {
                "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
                "generationConfig": {"maxOutputTokens": 5, "thinkingConfig": {"thinkingBudget": 0}},
            },
            "json",
        ),
    ),
    "mistral_chat, with a prefill": (
        "mistral_chat",
        Request("m", Chat((*CHAT.messages, Message("assistant", "Good"))), 9, stop=("x",), temperature=0.5, seed=7),
        Profile("mistral", prefill=True),
        Call(
            "/chat/completions",
            {
                "model": "m",
                "messages": [*MESSAGES, {"role": "assistant", "content": "Good", "prefix": True}],
                "max_tokens": 9,
                "stop": ["x"],
                "temperature": 0.5,
                "random_seed": 7,
                "stream": True,
            },
            "sse",
        ),
    ),
    "mistral_fim": (
        "mistral_fim",
        COMPLETE,
        PLAIN,
        Call(
            "/fim/completions",
            {
                "model": "m",
                "prompt": "def add(a, b):\n    return ",
                "suffix": "\n\nprint(add(1, 2))\n",
                "max_tokens": 64,
                "stop": ["\n\n"],
                "temperature": 0.0,
                "random_seed": 7,
                "stream": True,
            },
            "sse",
        ),
    ),
    "mistral_fim, with another file": (
        "mistral_fim",
        Request("m", replace(FILL, snippets=SNIPPETS), 64, stream=False),
        PLAIN,
        Call(
            "/fim/completions",
            {
                "model": "m",
                "prompt": "+++++ src/sub.py\ndef sub(a, b):\n    return a - b\n\n+++++ src/add.py\ndef add(a, b):\n    return ",
                "suffix": "\n\nprint(add(1, 2))\n",
                "max_tokens": 64,
                "stop": ["\n+++++ "],
                "stream": False,
            },
            "json",
        ),
    ),
    "cohere": (
        "cohere",
        ASK,
        replace(PLAIN, effort="none"),
        Call(
            "/chat",
            {
                "model": "m",
                "messages": MESSAGES,
                "max_tokens": 100,
                "stop_sequences": ["\n\n", "END"],
                "temperature": 0.2,
                "seed": 7,
                "thinking": {"type": "disabled"},
                "stream": True,
            },
            "sse",
        ),
    ),
    "ollama, a conversation": (
        "ollama",
        ASK,
        replace(PLAIN, effort="none"),
        Call(
            "/api/chat",
            {
                "model": "m",
                "messages": MESSAGES,
                "think": False,
                "options": {"num_predict": 100, "stop": ["\n\n", "END"], "temperature": 0.2, "seed": 7},
                "stream": True,
            },
            "ndjson",
        ),
    ),
    "ollama, our template": (
        "ollama",
        Request("m", FILL, 64),
        FIM,
        Call(
            "/api/generate",
            {
                "model": "m",
                "prompt": "<P>def add(a, b):\n    return <S>\n\nprint(add(1, 2))\n<M>",
                "raw": True,
                "options": {"num_predict": 64, "stop": ["<P>", "<S>"]},
                "stream": True,
            },
            "ndjson",
        ),
    ),
    "ollama, its template": (
        "ollama",
        Request("m", FILL, 64, stream=False),
        Profile("coder", suffix=True),
        Call(
            "/api/generate",
            {
                "model": "m",
                "prompt": "def add(a, b):\n    return ",
                "suffix": "\n\nprint(add(1, 2))\n",
                "options": {"num_predict": 64},
                "stream": False,
            },
            "json",
        ),
    ),
    "llamacpp_infill": (
        "llamacpp_infill",
        replace(COMPLETE, prompt=replace(FILL, snippets=SNIPPETS)),
        FIM,
        Call(
            "/infill",
            {
                "model": "m",
                "input_prefix": "def add(a, b):\n    return ",
                "input_suffix": "\n\nprint(add(1, 2))\n",
                "input_extra": [{"filename": "src/sub.py", "text": "def sub(a, b):\n    return a - b\n"}],
                "prompt": "",
                "n_predict": 64,
                "stop": ["\n\n", "<P>", "<S>"],
                "temperature": 0.0,
                "seed": 7,
                "cache_prompt": True,
                "stream": True,
            },
            "sse",
        ),
    ),
}


@pytest.mark.parametrize(("dialect", "request_", "profile", "call"), REQUESTS.values(), ids=REQUESTS.keys())
def test_the_request_is_exactly_that_of_the_documentation(
    dialect: str, request_: Request, profile: Profile, call: Call
) -> None:
    assert DIALECTS[dialect].encode(request_, profile) == call


def test_every_dialect_has_its_request_in_the_table() -> None:
    assert {dialect for dialect, *_ in REQUESTS.values()} == set(DIALECTS)


@pytest.mark.parametrize("name", DIALECTS)
def test_every_body_is_json_and_every_dialect_knows_its_name(name: str) -> None:
    dialect = DIALECTS[name]
    fills = name in {"openai_completions", "mistral_fim", "llamacpp_infill"}
    call = dialect.encode(COMPLETE if fills else ASK, PLAIN)
    assert dialect.name == name
    assert json.loads(json.dumps(call.body, allow_nan=False)) == call.body
    assert call.method == "POST"
    assert call.path.startswith("/")


@pytest.mark.parametrize("name", sorted(set(DIALECTS) - {"ollama"}))
def test_a_prompt_of_the_wrong_kind_is_a_mistake_of_the_configuration(name: str) -> None:
    fills = name in {"openai_completions", "mistral_fim", "llamacpp_infill"}
    with pytest.raises(ConfigurationError, match=name):
        DIALECTS[name].encode(ASK if fills else COMPLETE, PLAIN)


def test_there_is_no_dialect_of_another_name() -> None:
    with pytest.raises(KeyError):
        DIALECTS["openai"]
    assert "openai" not in DIALECTS
    assert len(DIALECTS) == len(list(DIALECTS)) == 10


def sent(*messages: Message, profile: Profile = PLAIN) -> list[Any]:
    body = DIALECTS["openai_chat"].encode(Request("m", Chat(messages), 9), profile).body
    return [(each["role"], each["content"]) for each in body["messages"]]


SYSTEM, USER, ANSWER = Message("system", "S"), Message("user", "U"), Message("assistant", "A")


def test_turns_of_one_role_in_a_row_become_one() -> None:
    assert sent(USER, USER, ANSWER, USER) == [("user", "U\n\nU"), ("assistant", "A"), ("user", "U")]


def test_system_text_comes_first_wherever_it_stood() -> None:
    assert sent(USER, SYSTEM, SYSTEM) == [("system", "S\n\nS"), ("user", "U")]


def test_blank_messages_are_left_out() -> None:
    assert sent(Message("system", " "), USER, Message("assistant", ""), Message("user", "\n")) == [("user", "U")]


def test_a_model_without_system_prompt_finds_it_in_the_first_question() -> None:
    profile = Profile("gemma", system_prompt=False)
    assert sent(SYSTEM, USER, profile=profile) == [("user", "S\n\nU")]
    assert sent(SYSTEM, ANSWER, USER, profile=profile) == [("user", "S"), ("assistant", "A"), ("user", "U")]


def test_a_prefill_goes_only_to_models_that_go_on_from_it() -> None:
    assert sent(USER, ANSWER) == [("user", "U")]
    assert sent(USER, ANSWER, profile=Profile("x", prefill=True)) == [("user", "U"), ("assistant", "A")]


@pytest.mark.parametrize(
    ("name", "field", "most"),
    [("openai_chat", "stop", 4), ("openai_completions", "stop", 16), ("cohere", "stop_sequences", 5)],
)
def test_no_more_stops_are_sent_than_the_api_takes(name: str, field: str, most: int) -> None:
    base = COMPLETE if name == "openai_completions" else ASK
    many = tuple(f"s{number}" for number in range(20))
    assert DIALECTS[name].encode(replace(base, stop=many), PLAIN).body[field] == list(many[:most])
