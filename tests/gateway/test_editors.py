"""Editors' own plugins with PiCode as their server: their requests as they send them, to models of several kinds, and what
`docs/clients.md` has users write into their configurations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from picode.core.prompt import MARKER
from picode.gateway.llamacpp import bounded
from support.gateway import SCRIPTED, Gateway
from wire.rich_answers import ANSWERS, Said

pytestmark = pytest.mark.asyncio(loop_scope="module")

BASE = SCRIPTED["providers"]["scripted"]["baseUrl"]
BEFORE, AFTER = "def add(a, b):\n    return ", "\n\nprint(add(1, 2))\n"
EXTRA = {"text": "x = 1\ny = 2\n", "time": [1, 2], "filename": "lib/a.py"}

# https://github.com/ggml-org/llama.vim, autoload/llama.vim (llama#fim); what stands before the cursor on its line is `prompt`.
LLAMA_VIM: dict[str, Any] = {
    "input_prefix": "def add(a, b):\n",
    "input_suffix": AFTER,
    "input_extra": [EXTRA],
    "prompt": "    return ",
    "n_predict": 128,
    "n_indent": 4,
    "stop": [],
    "top_k": 40,
    "top_p": 0.99,
    "stream": False,
    "samplers": ["top_k", "top_p", "infill"],
    "cache_prompt": True,
    "t_max_prompt_ms": 500,
    "t_max_predict_ms": 1000,
    "response_fields": ["content", "timings/prompt_n", "timings/prompt_ms", "timings/predicted_n", "truncated"],
}
# https://github.com/ggml-org/llama.vscode, src/llama-server.ts (createRequestPayload)
LLAMA_VSCODE: dict[str, Any] = {
    "input_prefix": "def add(a, b):\n",
    "input_suffix": AFTER,
    "input_extra": [{"text": "x = 1\n", "time": 1735689600000, "filename": "lib/a.py"}],
    "prompt": "    return ",
    "n_predict": 128,
    "top_k": 40,
    "top_p": 0.99,
    "stream": False,
    "samplers": ["top_k", "top_p", "infill"],
    "cache_prompt": True,
    "n_indent": 4,
    "t_max_prompt_ms": 500,
    "t_max_predict_ms": 2500,
}
ZED_STOPS = """
    <|endoftext|> <|file_separator|> <|fim_pad|> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <fim_prefix> <fim_middle>
    <fim_suffix> <PRE> <SUF> <MID> [PREFIX] [SUFFIX]
""".split()
QWEN = f"<|fim_prefix|>{BEFORE}<|fim_suffix|>{AFTER}<|fim_middle|>"


def zed(prompt: str) -> dict[str, Any]:
    """https://github.com/zed-industries/zed, crates/edit_prediction/src/open_ai_compatible.rs"""
    return {"model": "default", "prompt": prompt, "max_tokens": 128, "temperature": None, "stop": ZED_STOPS}


def zed_ollama(prompt: str) -> dict[str, Any]:
    """https://github.com/zed-industries/zed, crates/edit_prediction/src/ollama.rs"""
    options = {"num_predict": 128, "temperature": 0.2, "stop": ZED_STOPS}
    return {"model": "default", "prompt": prompt, "raw": True, "stream": False, "options": options}


MINUET = {"model": "default", "stream": True, "prompt": BEFORE, "suffix": AFTER, "max_tokens": 128}
MINUET_TEMPLATE = {"model": "default", "stream": True, "prompt": QWEN, "max_tokens": 56, "top_p": 0.9}
CURSORTAB = {
    "model": "default",
    "prompt": QWEN,
    "temperature": 0.0,
    "max_tokens": 512,
    "top_k": 50,
    "stream": True,
    "n": 1,
}

RECORDED: dict[str, tuple[str, dict[str, Any]]] = {
    "llama.vim": ("/infill", LLAMA_VIM),
    "llama.vscode": ("/infill", LLAMA_VSCODE),
    "llama.cpp, streamed": ("/infill", {**LLAMA_VSCODE, "stream": True}),
    "minuet": ("/v1/completions", MINUET),
    "minuet, with a template": ("/v1/completions", MINUET_TEMPLATE),
    "zed, qwen": ("/v1/completions", zed(QWEN)),
    "zed, codestral": ("/v1/completions", zed(f"[SUFFIX]{AFTER}[PREFIX]{BEFORE}")),
    "zed, code_llama": ("/v1/completions", zed(f"<PRE> {BEFORE} <SUF>{AFTER} <MID>")),
    "zed, ollama": ("/api/generate", zed_ollama(QWEN)),
    "cursortab": ("/v1/completions", CURSORTAB),
    "ollama, suffix": ("/api/generate", {"model": "default", "prompt": BEFORE, "suffix": AFTER}),
}

PROVIDERS: dict[str, Any] = {
    "by-completions": {"baseUrl": BASE, "dialect": "openai_chat", "fill": "openai_completions", "model": "plain"},
    "by-qwen": {"baseUrl": BASE, "dialect": "openai_chat", "fill": "openai_completions", "model": "qwen2.5-coder"},
    "by-codestral": {"baseUrl": BASE, "dialect": "mistral_chat", "fill": "mistral_fim", "model": "codestral"},
    "by-chat": {"baseUrl": BASE, "dialect": "anthropic_messages", "model": "m"},
    "by-ollama": {"baseUrl": BASE, "dialect": "ollama", "fill": "ollama", "model": "qwen2.5-coder"},
}


def completion(text: str) -> bytes:
    choice = {"index": 0, "text": text, "finish_reason": None}
    end = {"index": 0, "text": "", "finish_reason": "stop"}
    return b"".join(f"data: {json.dumps({'choices': [each]})}\n\n".encode() for each in (choice, end))


SAYS: dict[str, bytes] = {
    "by-completions": completion("a + b"),
    "by-qwen": completion("a + b"),
    "by-codestral": ANSWERS["mistral_chat"](Said(text="a + b"))["sse"],
    "by-chat": ANSWERS["anthropic_messages"](Said(text="return a + b"))["sse"],
    "by-ollama": b'{"model": "m", "response": "a + b", "done": false}\n{"model": "m", "response": "", "done": true}\n',
}
SHOWN: dict[str, Callable[[dict[str, Any]], str]] = {
    "by-completions": lambda body: body["prompt"],
    "by-qwen": lambda body: body["prompt"],
    "by-codestral": lambda body: f"{body['prompt']}[cursor]{body['suffix']}",
    "by-chat": lambda body: str(body["messages"][-1]["content"][0]["text"]),
    "by-ollama": lambda body: body["prompt"],
}
EXPECTED = {
    "by-completions": BEFORE,
    "by-qwen": QWEN,
    "by-codestral": f"{BEFORE}[cursor]{AFTER}",
    "by-chat": f"\n{BEFORE}{MARKER}{AFTER}",
    "by-ollama": QWEN,
}


SETTINGS = {"providers": PROVIDERS, "gateway": {"requestsPerMinute": 1_000_000, "reuse": "never"}}


@pytest.fixture
def gateway(shared: Gateway) -> Gateway:
    return shared.afresh()


def text_in(path: str, body: dict[str, Any], content: str) -> str:
    """What the client puts at its cursor."""
    if path == "/infill":
        if not body["stream"]:
            return json.loads(content)["content"]
        return "".join(json.loads(line[6:])["content"] for line in content.splitlines() if line.startswith("data: {"))
    if path == "/api/generate":
        return "".join(json.loads(line)["response"] for line in content.splitlines())
    if not body.get("stream"):
        return json.loads(content)["choices"][0]["text"]
    events = [json.loads(line[6:]) for line in content.splitlines() if line.startswith("data: {")]
    return "".join(event["choices"][0]["text"] for event in events)


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("client", RECORDED)
async def test_a_plugin_s_request_is_served_by_any_model(gateway: Gateway, client: str, model: str) -> None:
    path, body = RECORDED[client]
    gateway.upstream.will_send(SAYS[model])
    response = await gateway.post(path, {**body, "model": model})
    assert response.status_code == 200, response.text
    assert text_in(path, body, response.text) == "a + b"
    sent = gateway.upstream.last.body
    shown = SHOWN[model](sent)
    if path != "/infill" and not (client == "ollama, suffix" and model == "by-ollama"):
        assert shown.removesuffix("\n") == EXPECTED[model].removesuffix("\n")
    if path == "/infill":
        assert BEFORE in shown
        assert "lib/a.py" in shown
        assert "x = 1" in shown


@pytest.mark.parametrize(
    ("before", "said", "expected"),
    [
        ("def add(a, b):\n", "    return a + b", "    return a + b"),
        ("def add(a, b):\n", "    total = a + b\n    return total", "    total = a + b\n    return total"),
        ("def add(a, b):\n    ", "    return a + b", "return a + b"),
        ("def add(a, b):\n    ret", "    return a + b", "urn a + b"),
        ("x = [1, ", "x = [1, 2]", "2]"),
    ],
)
async def test_a_conversation_s_answer_is_put_where_the_plugin_expects_it(
    gateway: Gateway, before: str, said: str, expected: str
) -> None:
    """llama.vim sends a blank line without its indentation, and takes that from the answer."""
    gateway.upstream.will_send(ANSWERS["anthropic_messages"](Said(text=said))["sse"])
    head, _, prompt = before.rpartition("\n")
    body = {"input_prefix": f"{head}\n" if head else "", "prompt": prompt, "input_suffix": "\n", "model": "by-chat"}
    answer = await gateway.post("/infill", {**LLAMA_VSCODE, **body, "input_extra": []})
    assert answer.json()["content"] == expected


async def test_only_the_fields_that_llama_vim_wants_are_sent(gateway: Gateway) -> None:
    gateway.upstream.will_say("a + b")
    answer = (await gateway.post("/infill", LLAMA_VIM)).json()
    assert set(answer) == set(LLAMA_VIM["response_fields"])
    assert answer["timings/predicted_n"] > 0
    assert answer["timings/prompt_ms"] >= 0
    whole = (await gateway.post("/infill", LLAMA_VSCODE)).json()
    assert (whole["stop"], whole["stop_type"], whole["model"]) == (True, "eos", "scripted/scripted-model")
    assert whole["timings"]["prompt_n"] == whole["tokens_evaluated"] > 0
    stopped = (await gateway.post("/infill", {**LLAMA_VSCODE, "stop": ["+"]})).json()
    assert (stopped["content"], stopped["stop_type"], stopped["stopping_word"]) == ("a ", "word", "+")


@pytest.mark.parametrize(
    "body",
    [
        {"input_prefix": "", "input_suffix": "", "input_extra": [EXTRA], "prompt": "", "n_predict": 0, "samplers": []},
        {"input_prefix": "", "input_suffix": "", "input_extra": [EXTRA], "prompt": "", "n_predict": 1},
        {**LLAMA_VIM, "n_predict": 0, "response_fields": [""]},
        {"input_prefix": "\n", "input_suffix": "\n\n", "prompt": "  ", "n_predict": 9},
    ],
    ids=["llama.vim warms", "llama.vscode warms", "speculation", "an empty file"],
)
async def test_where_nothing_is_wanted_no_model_is_asked(gateway: Gateway, body: dict[str, Any]) -> None:
    answer = await gateway.post("/infill", body)
    assert answer.status_code == 200
    assert answer.json().get("content", "") == ""
    assert not gateway.upstream.exchanges


@pytest.mark.parametrize("field", ["grammar", "json_schema", "logit_bias", "n_probs", "lora"])
async def test_what_would_shape_the_answer_is_refused_by_its_name(gateway: Gateway, field: str) -> None:
    answer = await gateway.post("/infill", {**LLAMA_VSCODE, field: {"x": 1}})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert f"`{field}`" in answer.json()["error"]["message"]


async def test_files_that_hold_secrets_are_no_context(gateway: Gateway) -> None:
    gateway.upstream.will_say("a + b")
    extra = [EXTRA, {"text": "PASSWORD=pear-juice\n", "filename": "/home/ada/project/.env"}]
    assert (await gateway.post("/infill", {**LLAMA_VSCODE, "input_extra": extra})).status_code == 200
    assert "pear-juice" not in gateway.upstream.last.request.body.decode()
    assert "x = 1" in gateway.upstream.last.prompt
    assert gateway.assistant.usage.store.sent()[-1].files == ("lib/a.py",)


async def test_what_the_window_does_not_hold_is_left_out_and_other_files_first(gateway: Gateway) -> None:
    gateway.upstream.will_say("a + b")
    extra = [{"text": f"old = {at}\n" * 2000, "filename": f"{at}.py"} for at in range(4)]
    body = {**LLAMA_VSCODE, "input_prefix": "x = 1\n" * 9000, "input_extra": extra}
    assert (await gateway.post("/infill", body)).status_code == 200
    prompt = gateway.upstream.last.prompt
    assert prompt.endswith("x = 1\n    return ")
    assert "old" not in prompt
    assert 10_000 < len(prompt) <= 8192 * 3


async def test_an_answer_ends_at_a_line_s_end_when_its_time_is_over() -> None:
    from picode.assistant.routing.exchange import GatewayReply
    from picode.core.messages import Chunk, Finish

    closed = []

    async def chunks() -> Any:
        try:
            for text in ("one", " two\n", "three", "four"):
                yield Chunk(text)
        finally:
            closed.append(True)

    reply = GatewayReply("p", "m", chunks())
    bounded(reply, 1e-6)
    assert [chunk.text async for chunk in reply.chunks] == ["one", " two\n"]
    assert (closed, reply.finish) == ([True], Finish.LENGTH)
    unbounded = GatewayReply("p", "m", chunks())
    bounded(unbounded, 0)
    assert len([chunk async for chunk in unbounded.chunks]) == 4


async def test_the_server_tells_what_it_is(gateway: Gateway) -> None:
    props = (await gateway.get("/props")).json()
    assert props["model_alias"] == "scripted/scripted-model"
    assert props["default_generation_settings"]["n_ctx"] == 8192
    other = (await gateway.get("/props?model=by-qwen")).json()
    assert other["default_generation_settings"]["n_ctx"] == 32_768
    assert (await gateway.get("/health")).json() == {"status": "ok"}


ZETA = "<[fim-suffix]>\nz\n<[fim-prefix]><filename>a.py\n<<<<<<< CURRENT\ny<|user_cursor|>\n=======\n<[fim-middle]>"


async def test_a_next_edit_is_asked_of_its_own_family_as_it_is_and_of_no_other(gateway: Gateway) -> None:
    body = {"prompt": ZETA, "max_tokens": 64}
    for model in ("by-qwen", "by-chat", "by-codestral/zeta-2", "by-completions"):
        answer = await gateway.post("/v1/completions", {**body, "model": model})
        assert answer.status_code == 400, model
        assert "next edits of the zeta models" in answer.json()["error"]["message"]
    assert not gateway.upstream.exchanges
    gateway.upstream.will_send(completion("y = 1\n>>>>>>> UPDATED\n"))
    served = await gateway.post("/v1/completions", {**body, "model": "by-qwen/zeta-2"})
    assert served.json()["choices"][0]["text"] == "y = 1\n>>>>>>> UPDATED\n"
    assert gateway.upstream.last.prompt == ZETA
    gateway.upstream.forget()
    gateway.upstream.will_send(SAYS["by-ollama"])
    assert (await gateway.post("/v1/completions", {**body, "model": "by-ollama/zeta"})).status_code == 200
    assert (gateway.upstream.last.prompt, gateway.upstream.last.body["raw"]) == (ZETA, True)


# ------------------------------------------------------------------------------------------------- configurations

PAGE = (Path(__file__).parent.parent.parent / "docs" / "clients.md").read_text("utf-8")
CONFIGURATIONS = dict(re.findall(r"<!-- client (\S+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL))


async def test_each_recorded_client_has_a_configuration() -> None:
    assert set(CONFIGURATIONS) == {
        "llama.vim", "llama.vscode", "minuet", "zed", "cursortab", "ollama", "gemini",
    }  # fmt: skip
    assert {name.partition(",")[0] for name in RECORDED} - {"llama.cpp"} <= set(CONFIGURATIONS)


def urls(client: str) -> list[str]:
    return re.findall(r"http://127\.0\.0\.1:7426([^'\"\s]*)", CONFIGURATIONS[client])


@pytest.mark.parametrize(
    ("client", "appended"),
    [
        ("llama.vim", ""),
        ("llama.vscode", "/infill"),  # src/llama-server.ts: `${endpoint}/infill`
        ("minuet", ""),
        ("zed", ""),
        ("cursortab", "/v1/completions"),
    ],
)
async def test_a_configuration_leads_to_where_its_client_s_requests_are_served(
    gateway: Gateway, client: str, appended: str
) -> None:
    path, body = RECORDED.get(client) or RECORDED[f"{client}, qwen"]
    assert urls(client)[0] + appended == path
    if appended and path != "/infill":
        assert f'"{appended}"' in CONFIGURATIONS[client]
    gateway.upstream.will_say("a + b")
    assert (await gateway.post(urls(client)[0] + appended, body)).status_code == 200


async def test_chat_addresses_of_the_configurations_are_served(gateway: Gateway) -> None:
    asked = {"model": "default", "messages": [{"role": "user", "content": "Say yes."}]}
    vscode = json.loads(CONFIGURATIONS["llama.vscode"])
    zed_settings = json.loads(CONFIGURATIONS["zed"])
    (provider,) = zed_settings["language_models"]["openai_compatible"].values()
    addresses = [
        urls("llama.vim")[1],
        f"{vscode['llama-vscode.endpoint_chat']}/{vscode['llama-vscode.ai_api_version']}/chat/completions",
        f"{provider['api_url']}/chat/completions",
    ]
    for address in addresses:
        gateway.upstream.forget()
        gateway.upstream.will_say("yes")
        path = address.removeprefix("http://127.0.0.1:7426")
        assert (await gateway.post(path, asked)).json()["choices"][0]["message"]["content"] == "yes"
    assert [model["name"] for model in provider["available_models"]] == ["default"]
