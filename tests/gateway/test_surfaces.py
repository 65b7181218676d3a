"""Ollama's and Google's APIs, with their official SDKs as clients and a provider of each dialect behind the gateway: tools,
images, reasoning, structured answers, streams, errors; embeddings. Where client and provider speak one dialect, bytes go
through as they are."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openai
import pytest

from gateway.test_agents import OPENAI_TOOL, PROVIDERS, SCHEMA, TASK, TWO_CALLS, invented, model, says, written
from picode.core.errors import ServerFailure
from picode.gateway.call_pairs import CallPairs
from picode.gateway.gemini_content import in_camel_case, json_schema
from picode.wire.embeddings import dialect_of
from support.gateway import Gateway
from wire.rich_answers import ANSWERS, CALL, OTHER, Said

if TYPE_CHECKING:
    import ollama  # takes a second, as Google's SDK takes three: only who runs these tests pays it

pytestmark = pytest.mark.asyncio(loop_scope="module")

PNG = "iVBORw0KGgo="
DECLARED: Any = {
    "functionDeclarations": [{"name": "read_file", "description": "Reads.", "parametersJsonSchema": SCHEMA}]
}
THREE = ("openai_chat", "anthropic_messages", "gemini")


SETTINGS = {"providers": PROVIDERS, "gateway": {"requestsPerMinute": 1_000_000}}


@pytest.fixture
def gateway(shared: Gateway) -> Gateway:
    return shared.afresh()


@pytest.fixture(scope="module")
def of_ollama(shared: Gateway) -> ollama.AsyncClient:
    import ollama

    return ollama.AsyncClient(host=shared.url, headers={"authorization": f"Bearer {shared.token}"})


@pytest.fixture(scope="module")
def of_google(shared: Gateway) -> Iterator[Any]:
    from google import genai

    client = genai.Client(api_key=shared.token, vertexai=False, http_options={"base_url": shared.url})
    yield client.aio  # the client closes its connections when it is collected
    client.close()


async def with_ollama(client: ollama.AsyncClient, stream: bool, **asked: Any) -> tuple[str, str, list[Any], Any]:
    """The words, the thoughts, the calls, and the last part of an answer."""
    whole = [] if stream else [await client.chat(**asked)]
    parts = [part async for part in await client.chat(stream=True, **asked)] if stream else whole
    calls = [call for part in parts for call in part.message.tool_calls or ()]
    texts = ("".join(getattr(part.message, name) or "" for part in parts) for name in ("content", "thinking"))
    return *texts, calls, parts[-1]  # type: ignore[return-value]


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("dialect", ANSWERS)
async def test_ollama_s_sdk_calls_tools(
    gateway: Gateway, of_ollama: ollama.AsyncClient, dialect: str, stream: bool
) -> None:
    says(gateway, dialect, TWO_CALLS, stream=stream or dialect != "ollama")
    asked: Any = {"model": model(dialect), "messages": TASK, "tools": [OPENAI_TOOL]}
    text, _, calls, end = await with_ollama(of_ollama, stream, **asked)
    assert text == "I look."
    assert [(call.function.name, dict(call.function.arguments)) for call in calls] == [
        ("read_file", CALL),
        ("read_file", OTHER),
    ]
    assert (end.done, end.done_reason) == (True, "stop")
    says(gateway, dialect, Said(text="Done."), stream=dialect != "ollama")
    turn = {"role": "assistant", "content": text, "tool_calls": [call.model_dump() for call in calls]}
    results = [{"role": "tool", "tool_name": "read_file", "content": f"x = {at}"} for at in range(2)]
    ended = await of_ollama.chat(**{**asked, "messages": [*TASK, turn, *results]})
    assert ended.message.content == "Done."
    sent = gateway.upstream.last.request.body.decode()
    assert 0 < sent.index("x = 0") < sent.index("x = 1")


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("dialect", ANSWERS)
async def test_google_s_sdk_calls_tools(gateway: Gateway, of_google: Any, dialect: str, stream: bool) -> None:
    says(gateway, dialect, TWO_CALLS, stream=stream or dialect != "gemini")
    config = {"tools": [DECLARED], "automatic_function_calling": {"disable": True}}
    asked = {"model": model(dialect), "config": config}
    question = {"role": "user", "parts": [{"text": "Read a.py and b.py"}]}
    if stream:
        pieces = [piece async for piece in await of_google.models.generate_content_stream(contents=[question], **asked)]
    else:
        pieces = [await of_google.models.generate_content(contents=[question], **asked)]
    parts = [part for piece in pieces for part in piece.candidates[0].content.parts or ()]
    assert "".join(part.text or "" for part in parts) == "I look."
    calls = [part.function_call for part in parts if part.function_call]
    assert [(call.name, call.args) for call in calls] == [("read_file", CALL), ("read_file", OTHER)]
    assert pieces[-1].candidates[0].finish_reason == "STOP"
    says(gateway, dialect, Said(text="Done."), stream=dialect != "gemini")
    results = [
        {"function_response": {"id": call.id, "name": call.name, "response": {"output": f"x = {at}"}}}
        for at, call in enumerate(calls)
    ]
    history = [question, {"role": "model", "parts": parts}, {"role": "user", "parts": results}]
    ended = await of_google.models.generate_content(contents=history, **asked)
    assert ended.text == "Done."
    sent = gateway.upstream.last.request.body.decode()
    assert 0 < sent.index("x = 0") < sent.index("x = 1")


@pytest.mark.parametrize("dialect", THREE)
async def test_images_reasoning_and_structured_answers_of_ollama_s_clients(
    gateway: Gateway, of_ollama: ollama.AsyncClient, dialect: str
) -> None:
    said = Said(reasoning="Hm", signature="c2ln" if dialect != "openai_chat" else "", text='{"path": "a.py"}')
    says(gateway, dialect, said, stream=True)
    question = {"role": "user", "content": "What is it?", "images": [PNG]}
    options = {"num_predict": 77, "stop": ["END"], "num_ctx": 4096}
    asked: Any = {"model": model(dialect), "messages": [{"role": "system", "content": "Be brief."}, question]}
    text, thought, _, end = await with_ollama(of_ollama, True, **asked, format=SCHEMA, think=True, options=options)
    assert (text, thought) == ('{"path": "a.py"}', "Hm")
    assert end.eval_count > 0
    sent = gateway.upstream.last.request.body.decode()
    for part in (PNG, "image/png", "Be brief.", '"required"', "77"):
        assert part in sent
    says(gateway, dialect, said, stream=True)
    _, thought, _, _ = await with_ollama(of_ollama, True, **asked, think=False)
    assert thought == ""


@pytest.mark.parametrize("dialect", THREE)
async def test_images_reasoning_and_structured_answers_of_google_s_clients(
    gateway: Gateway, of_google: Any, dialect: str
) -> None:
    said = Said(reasoning="Hm", signature="c2ln" if dialect != "openai_chat" else "", text='{"path": "a.py"}')
    says(gateway, dialect, said, stream=dialect != "gemini")
    config = {
        "system_instruction": "Be brief.",
        "max_output_tokens": 77,
        "response_mime_type": "application/json",
        "response_schema": {"type": "OBJECT", "properties": {"path": {"type": "STRING", "nullable": True}}},
        "thinking_config": {"thinking_budget": 2048, "include_thoughts": True},
    }
    image = {"inline_data": {"mime_type": "image/png", "data": base64.b64decode(PNG)}}
    parts = [{"text": "What is it?"}, image]
    answer = await of_google.models.generate_content(
        model=model(dialect), contents=[{"role": "user", "parts": parts}], config=config
    )
    assert answer.text == '{"path": "a.py"}'
    given = answer.candidates[0].content.parts
    assert [part.text for part in given if part.thought and part.text] == ["Hm"]
    sent = gateway.upstream.last.request.body.decode()
    for part in (PNG, "image/png", "Be brief.", "77"):
        assert part in sent
    if dialect != "gemini":
        assert '"string", "null"' in sent
        assert "STRING" not in sent


async def test_a_signature_comes_back_through_google_s_api(gateway: Gateway) -> None:
    said = Said(reasoning="Hm", signature="c2ln", encrypted="ZW5j", calls=(("c1", "read_file", CALL),))
    says(gateway, "anthropic_messages", said, stream=True)
    path = f"/v1beta/models/{model('anthropic_messages')}"
    config = {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 2000}}
    body = {"contents": [{"parts": [{"text": "Read"}]}], "tools": [DECLARED], "generationConfig": config}
    answer = (await gateway.post(f"{path}:generateContent", body)).json()
    (candidate,) = answer["candidates"]
    result = {"functionResponse": {"name": "read_file", "response": {"error": "no such file"}}}
    turns = [*body["contents"], candidate["content"], {"role": "user", "parts": [result]}]
    await gateway.post(f"{path}:generateContent", {**body, "contents": turns})
    _, called, answered = gateway.upstream.last.body["messages"]
    assert called["content"][:2] == [
        {"type": "thinking", "thinking": "Hm", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "ZW5j"},
    ]
    assert answered["content"][0]["tool_use_id"] == called["content"][2]["id"] == "c1"
    assert answered["content"][0]["is_error"] is True


async def test_a_stream_without_events_is_one_json_array(gateway: Gateway) -> None:
    for dialect in ("anthropic_messages", "gemini"):
        says(gateway, dialect, TWO_CALLS, stream=True)
        path = f"/v1beta/models/{model(dialect)}:streamGenerateContent"
        response = await gateway.post(path, {"contents": [{"parts": [{"text": "Read"}]}], "tools": [DECLARED]})
        assert response.headers["content-type"] == "application/json"
        rows = response.json()
        parts = [part for row in rows for part in row["candidates"][0]["content"]["parts"]]
        assert "".join(part.get("text", "") for part in parts) == "I look."
        assert [part["functionCall"]["args"] for part in parts if "functionCall" in part] == [CALL, OTHER]
        if dialect == "gemini":
            assert gateway.upstream.last.request.url.endswith("/models/m:streamGenerateContent?alt=sse")


@pytest.mark.parametrize("surface", ["/api/chat", "/v1beta"])
async def test_requests_and_answers_go_through_byte_by_byte(gateway: Gateway, surface: str) -> None:
    draw = random.Random(surface)
    dialect = "ollama" if surface == "/api/chat" else "gemini"
    name = model(dialect)
    for at in range(50):
        stream = draw.random() < 0.5
        fields: dict[str, Any] = {f"future_{n}": invented(draw) for n in range(draw.randrange(4))}
        if dialect == "ollama":
            path, url = surface, "/api/chat"
            fields |= {"model": name, "messages": TASK, "stream": stream}
        else:
            verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
            path, url = f"/v1beta/models/{name}:{verb}", f"/models/m:{verb}"
            fields |= {"contents": [{"role": "user", "parts": [{"text": "Read"}]}]}
        order = draw.sample(sorted(fields), len(fields))
        body = written(draw, {key: fields[key] for key in order})
        bodies = ANSWERS[dialect](Said(text=f"x{at}", calls=((f"c{at}", "read_file", CALL),)))
        answer = bodies[next(framing for framing in bodies if (framing == "json") != stream)]
        if not stream:
            answer = written(draw, {**json.loads(answer), "future": invented(draw)}).encode()
        gateway.upstream.forget()
        cut = draw.randrange(len(answer))
        kind = "text/event-stream" if stream else "application/json"
        gateway.upstream.will_send(answer[:cut], answer[cut:], kind=kind)
        response = await gateway.post(path, body.encode())
        assert response.content == answer, response.text
        sent = gateway.upstream.last.request
        assert sent.body.decode() == body.replace(f'"{name}"', '"m"')
        assert sent.url.endswith(url)


REFUSED = [
    ("/api/chat", "openai_chat", {"options": {"mirostat": 2}}, "options.mirostat"),
    ("/api/chat", "anthropic_messages", {"future": 1}, "future"),
    ("/api/generate", "openai_chat", {"template": "{{ .Prompt }}"}, "template"),
    ("/api/generate", "gemini", {"context": [1, 2]}, "context"),
    ("/v1beta", "openai_chat", {"cachedContent": "c/1"}, "cachedContent"),
    ("/v1beta", "anthropic_messages", {"tools": [{"googleSearch": {}}]}, "tools.0 (googleSearch)"),
    ("/v1beta", "openai_chat", {"generationConfig": {"speechConfig": {}}}, "generationConfig.speechConfig"),
    (
        "/v1beta",
        "openai_chat",
        {"generation_config": {"response_modalities": ["IMAGE"]}},
        "generationConfig.responseModalities",
    ),
    (
        "/v1beta",
        "openai_chat",
        {"contents": [{"parts": [{"inlineData": {"mimeType": "video/mp4", "data": "AA=="}}]}]},
        "contents.0.parts.0",
    ),
]


def asked(surface: str, dialect: str) -> tuple[str, dict[str, Any]]:
    """A path and a body that are served."""
    if surface == "/v1beta":
        return f"/v1beta/models/{model(dialect)}:generateContent", {"contents": [{"parts": [{"text": "Read"}]}]}
    named = {"model": model(dialect), "stream": False}
    if surface == "/v1/embeddings":
        return surface, {"model": model(dialect), "input": "Read"}
    return surface, named | ({"prompt": "Read"} if surface == "/api/generate" else {"messages": TASK})


def message_in(surface: str, body: Any) -> str:
    return body["error"] if surface.startswith("/api/") else body["error"]["message"]


@pytest.mark.parametrize(("surface", "dialect", "more", "field"), REFUSED)
async def test_what_a_provider_s_api_lacks_is_refused_by_the_name_of_the_field(
    gateway: Gateway, surface: str, dialect: str, more: dict[str, Any], field: str
) -> None:
    path, body = asked(surface, dialect)
    response = await gateway.post(path, {**body, **more})
    assert response.status_code == 400, response.text
    assert f"`{field}`" in message_in(surface, response.json())
    assert not gateway.upstream.exchanges


async def test_values_that_are_an_api_s_own_ask_nothing_of_another(gateway: Gateway) -> None:
    """gemini-cli sends both with every request; OpenAI's responses know no `top_k`."""
    for config, status in (({"topK": 64, "topP": 0.95}, 200), ({"topK": 3}, 400)):
        says(gateway, "openai_responses", Said(text="ok"), stream=True)
        path, body = asked("/v1beta", "openai_responses")
        response = await gateway.post(path, {**body, "generationConfig": config})
        assert response.status_code == status, response.text
    assert "`top_k`" in message_in("/v1beta", response.json())
    for options, status in (({"top_k": 40}, 200), ({"top_k": 3}, 400)):
        says(gateway, "openai_responses", Said(text="ok"), stream=True)
        path, body = asked("/api/chat", "openai_responses")
        assert (await gateway.post(path, {**body, "options": options})).status_code == status


@pytest.mark.parametrize("more", [{"options": {"min_p": 0.0, "repeat_penalty": 1.1, "num_gpu": 1}}, {"keep_alive": -1}])
async def test_what_asks_for_nothing_is_no_reason_to_refuse(gateway: Gateway, more: dict[str, Any]) -> None:
    says(gateway, "openai_chat", Said(text="ok"), stream=True)
    path, body = asked("/api/chat", "openai_chat")
    assert (await gateway.post(path, {**body, **more})).json()["message"]["content"] == "ok"


STATUSES = [
    (401, {}, 403, "PERMISSION_DENIED"),
    (429, {"retry_after": "90"}, 429, "RESOURCE_EXHAUSTED"),
    (404, {}, 404, "NOT_FOUND"),
    (500, {"x_should_retry": "false"}, 502, "INTERNAL"),
    (529, {"x_should_retry": "false"}, 503, "UNAVAILABLE"),
]


@pytest.mark.parametrize("dialect", ["openai_chat", "gemini"])
@pytest.mark.parametrize(("status", "headers", "expected", "google"), STATUSES)
async def test_failures_are_told_in_the_client_s_words(
    gateway: Gateway, dialect: str, status: int, headers: dict[str, str], expected: int, google: str
) -> None:
    code = "model_not_found" if status == 404 else None
    said = json.dumps({"error": {"message": "because of sk-abcdefgh12345678", "code": code}})
    for surface in ("/api/chat", "/v1beta", "/v1/embeddings"):
        gateway.upstream.forget()
        gateway.upstream.will_fail(status, said, **headers)
        gateway.assistant.retry()
        path, body = asked(surface, dialect)
        response = await gateway.post(path, body)
        assert response.status_code == expected, response.text
        assert "because of" in message_in(surface, response.json())
        assert "sk-abcdefgh" not in response.text
        if surface == "/v1beta":
            error = response.json()["error"]
            assert (error["code"], error["status"]) == (expected, google)
            if status == 429:
                assert error["details"][0]["retryDelay"] in ("60s", "90s")
        if status == 429:
            assert response.headers["retry-after"] in ("60", "90")


async def test_the_sdks_raise_their_own_errors(gateway: Gateway, of_google: Any, of_ollama: ollama.AsyncClient) -> None:
    import ollama
    from google.genai import errors

    gateway.upstream.will_send(b"{}", kind="application/json")
    with pytest.raises(errors.ClientError, match="no-such-model") as google:
        await of_google.models.generate_content(model="no-such-model", contents="Read")
    assert google.value.code == 404
    with pytest.raises(ollama.ResponseError, match="no-such-model") as of_chat:
        await of_ollama.chat(model="no-such-model", messages=TASK)
    assert of_chat.value.status_code == 404


@pytest.mark.parametrize("dialect", ["openai_chat", "ollama", "gemini"])
async def test_what_breaks_off_in_the_middle_is_told_in_the_stream(gateway: Gateway, dialect: str) -> None:
    bodies = ANSWERS[dialect](Said(text="half"))
    answer = next(body for framing, body in bodies.items() if framing != "json")
    half = answer[: answer.index(b"\n", answer.index(b"half")) + 1]
    half += b"" if dialect == "ollama" else b"\n"
    for path, body in (
        ("/api/chat", {"model": model(dialect), "messages": TASK}),
        (f"/v1beta/models/{model(dialect)}:streamGenerateContent?alt=sse", asked("/v1beta", dialect)[1]),
        (f"/v1beta/models/{model(dialect)}:streamGenerateContent", asked("/v1beta", dialect)[1]),
    ):
        gateway.upstream.forget()
        gateway.upstream.will_send(half)
        gateway.assistant.retry()
        response = await gateway.post(path, body)
        assert response.status_code == 200
        assert "half" in response.text
        last = [line for line in response.text.splitlines() if line.strip(" ]")][-1]
        assert "error" in json.loads(last.removeprefix("data: ").removesuffix("]"))


@pytest.mark.parametrize("place", ["x-goog-api-key", "query", "authorization", "x-api-key"])
async def test_google_s_clients_may_send_the_token_in_their_ways(gateway: Gateway, place: str) -> None:
    says(gateway, "openai_chat", Said(text="ok"), stream=True)
    path, body = asked("/v1beta", "openai_chat")
    headers = {"content-type": "application/json", "authorization": ""}
    for token, status in ((gateway.token, 200), ("picode-wrong", 401)):
        sent = headers | ({} if place == "query" else {place: f"Bearer {token}" if place[0] == "a" else token})
        address = f"{path}?key={token}" if place == "query" else path
        response = await gateway.client.post(address, content=json.dumps(body), headers=sent)
        assert response.status_code == status
    if place == "query":
        other = f"/api/tags?key={gateway.token}"
        assert (await gateway.client.get(other, headers=headers)).status_code == 401


async def test_the_models_are_listed_in_both_shapes(
    gateway: Gateway, of_google: Any, of_ollama: ollama.AsyncClient
) -> None:
    gateway.upstream.will_send(b"{}", kind="application/json")
    tags = [each.model for each in (await of_ollama.list()).models]
    assert tags[0] == "default"
    google = [each.name async for each in await of_google.models.list()]
    assert google == [f"models/{name}" for name in tags]
    assert (await of_google.models.get(model="default")).name == "models/default"
    shown = await of_ollama.show(model("openai_chat"))
    assert {"completion", "tools", "insert"} <= set(shown.capabilities or ())
    assert (shown.modelinfo or {})["picode.context_length"] == 8192
    version = (await gateway.get("/api/version")).json()["version"]
    assert tuple(map(int, version.split("."))) >= (0, 6, 4), "the least that VS Code takes"
    assert (await gateway.get("/api/ps")).json() == {"models": []}


def variables(gateway: Gateway, client: str) -> dict[str, str]:
    """What `docs/clients.md` has users put into the environment for a client."""
    page = (Path(__file__).parent.parent.parent / "docs" / "clients.md").read_text("utf-8")
    block = page.partition(f"<!-- client {client} -->")[2].split("```")[1]
    block = block.replace("http://127.0.0.1:7426", gateway.url).replace("TOKEN", gateway.token)
    return dict(re.findall(r"^(\w+)=(\S+)$", block, re.MULTILINE))


async def test_the_variables_of_the_documentation_are_all_that_the_sdks_need(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ollama
    from google import genai

    for name, value in (variables(gateway, "ollama") | variables(gateway, "gemini")).items():
        monkeypatch.setenv(name, value)
    gateway.upstream.says_from_now_on("yes")
    answer = await ollama.AsyncClient().chat(model="default", messages=TASK)
    assert answer.message.content == "yes"
    google = genai.Client()
    of_gemini = await google.aio.models.generate_content(model=os.environ["GEMINI_MODEL"], contents="Say yes.")
    assert of_gemini.text == "yes"


async def test_loading_a_model_asks_none(gateway: Gateway, of_ollama: ollama.AsyncClient) -> None:
    gateway.upstream.will_send(b"{}", kind="application/json")
    assert (await of_ollama.generate(model="default:latest", prompt="")).done_reason == "load"
    assert (await of_ollama.chat(model="default", messages=[])).done_reason == "load"
    assert not [each for each in gateway.upstream.exchanges if b"prompt" in each.request.body]


@pytest.mark.parametrize("dialect", THREE)
async def test_ollama_s_generate_answers_a_question(
    gateway: Gateway, of_ollama: ollama.AsyncClient, dialect: str
) -> None:
    says(gateway, dialect, Said(text="Done."), stream=True)
    pieces = [
        piece.response
        async for piece in await of_ollama.generate(
            model=model(dialect), prompt="Read", system="Be brief.", images=[PNG], stream=True
        )
    ]
    assert "".join(pieces) == "Done."
    sent = gateway.upstream.last.request.body.decode()
    assert all(part in sent for part in ("Read", "Be brief.", PNG))


async def test_tokens_are_counted_by_the_provider_or_estimated(gateway: Gateway, of_google: Any) -> None:
    gateway.upstream.will_send(b'{"totalTokens": 4321}', kind="application/json")
    counted = await of_google.models.count_tokens(model=model("gemini"), contents="Read a.py")
    assert counted.total_tokens == 4321
    sent = gateway.upstream.last
    assert sent.request.url.endswith("/models/m:countTokens")
    assert sent.body["generateContentRequest"]["model"] == "models/m"
    assert sent.body["generateContentRequest"]["contents"][0]["parts"] == [{"text": "Read a.py"}]
    estimated = await of_google.models.count_tokens(model=model("openai_chat"), contents="Read a.py")
    assert estimated.total_tokens == len("Read a.py") // 4


# ------------------------------------------------------------------------------------------------------- embeddings

VECTORS = [[0.5, -0.25, 0.125], [1.0, 2.0, 3.0]]
EMBEDDINGS: dict[str, tuple[str, Any, Any]] = {
    "mistral_chat": (
        "/embeddings",
        {"model": "m", "input": ["a", "b"], "output_dimension": 3},
        {"data": [{"index": at, "embedding": VECTORS[at]} for at in (1, 0)], "usage": {"prompt_tokens": 7}},
    ),
    "ollama": (
        "/api/embed",
        {"model": "m", "input": ["a", "b"], "dimensions": 3},
        {"model": "m", "embeddings": VECTORS, "prompt_eval_count": 7},
    ),
    "gemini": (
        "/models/m:batchEmbedContents",
        {
            "requests": [
                {"model": "models/m", "content": {"parts": [{"text": text}]}, "outputDimensionality": 3}
                for text in "ab"
            ]
        },
        {"embeddings": [{"values": vector} for vector in VECTORS]},
    ),
    "openai_responses": (
        "/embeddings",
        {"model": "m", "input": ["a", "b"], "dimensions": 3, "encoding_format": "base64"},
        {
            "data": [
                {"index": at, "embedding": base64.b64encode(struct.pack("<3f", *VECTORS[at])).decode()} for at in (0, 1)
            ],
            "usage": {"prompt_tokens": 7},
        },
    ),
}


@pytest.mark.parametrize("dialect", EMBEDDINGS)
async def test_openai_s_sdk_gets_embeddings_of_any_provider_that_has_them(gateway: Gateway, dialect: str) -> None:
    path, expected, answer = EMBEDDINGS[dialect]
    gateway.upstream.will_send(json.dumps(answer).encode(), kind="application/json")
    async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.token, max_retries=0) as client:
        found = await client.embeddings.create(model=model(dialect), input=["a", "b"], dimensions=3)
    assert [row.embedding for row in found.data] == VECTORS
    assert gateway.upstream.last.request.url.endswith(path)
    assert gateway.upstream.last.body == expected
    assert gateway.assistant.usage.store.sent()[-1].feature == "gateway"


@pytest.mark.parametrize("dialect", EMBEDDINGS)
async def test_ollama_s_sdk_gets_them_too(gateway: Gateway, of_ollama: ollama.AsyncClient, dialect: str) -> None:
    path, _, answer = EMBEDDINGS[dialect]
    gateway.upstream.will_send(json.dumps(answer).encode(), kind="application/json")
    found = await of_ollama.embed(model=model(dialect), input=["a", "b"], dimensions=3)
    assert [list(vector) for vector in found.embeddings] == VECTORS
    assert gateway.upstream.last.request.url.endswith(path)
    assert (await of_ollama.embed(model="default", input=[])).embeddings == []


async def test_embeddings_of_the_same_api_go_through_byte_by_byte(gateway: Gateway) -> None:
    body = '{"input" : [[1, 2],[3]],\n "future":1,"model": "by-openai-chat/m"}'
    answer = b'{"object": "list",  "data": [{"index": 0, "embedding": [0.5]}], "usage": {"prompt_tokens": 3}}'
    gateway.upstream.will_send(answer, kind="application/json")
    response = await gateway.post("/v1/embeddings", body.encode())
    assert response.content == answer
    assert gateway.upstream.last.request.body.decode() == body.replace("by-openai-chat/m", "m")


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("default", {}, "No model that embeds is named"),
        (model("anthropic_messages"), {}, "has no embeddings"),
        (model("cohere"), {}, "has no embeddings"),
        (model("gemini"), {"input": [1, 2]}, "`input (tokens)`"),
        (model("ollama"), {"future": 1}, "`future`"),
        (model("openai_chat"), {"input": ["a", ""]}, "empty text"),
        (model("openai_chat"), {"input": []}, "input"),
    ],
)
async def test_what_cannot_be_embedded_is_refused(gateway: Gateway, name: str, more: dict[str, Any], said: str) -> None:
    gateway.upstream.will_send(b"{}", kind="application/json")
    answer = await gateway.post("/v1/embeddings", {"model": name, "input": "a", **more})
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]
    assert not [each for each in gateway.upstream.exchanges if "input" in each.body or "requests" in each.body]


async def test_an_answer_without_a_vector_for_each_text_is_none(gateway: Gateway) -> None:
    gateway.upstream.will_send(json.dumps({"embeddings": VECTORS[:1]}).encode(), kind="application/json")
    response = await gateway.post("/v1/embeddings", {"model": model("ollama"), "input": ["a", "b"]})
    assert response.status_code == 502, response.text
    dialect = dialect_of("ollama", None)
    assert dialect is not None
    for odd in ([], [["x"]], [[]], [None], [[True]], "x"):
        with pytest.raises(ServerFailure, match="without embeddings"):
            list(dialect.decode_whole({"embeddings": odd}, "P"))


async def test_a_secret_is_embedded_nowhere(gateway: Gateway) -> None:
    key = "glpat-Qz7canary4fS8aQ2wE6rT"
    for dialect in ("openai_chat", "gemini"):
        gateway.upstream.forget()
        gateway.upstream.will_fail(400, "{}")
        await gateway.post("/v1/embeddings", {"model": model(dialect), "input": f"my token is {key}"})
        assert key not in gateway.upstream.last.request.body.decode()


# ------------------------------------------------------------------------------------------------------------ parts


SCHEMAS: list[tuple[Any, Any]] = [
    ({"type": "STRING", "nullable": True}, {"type": ["string", "null"]}),
    (
        {"type": "ARRAY", "minItems": "2", "items": {"type": "INTEGER"}},
        {"type": "array", "minItems": 2, "items": {"type": "integer"}},
    ),
    (
        {"type": "OBJECT", "properties": {"type": {"type": "STRING"}}, "propertyOrdering": ["type"]},
        {"type": "object", "properties": {"type": {"type": "string"}}},
    ),
    ({"anyOf": [{"type": "NUMBER"}, {"enum": ["STRING"]}]}, {"anyOf": [{"type": "number"}, {"enum": ["STRING"]}]}),
]


@pytest.mark.parametrize(("given", "expected"), SCHEMAS)
async def test_google_s_schemas_are_json_schemas(given: Any, expected: Any) -> None:
    assert json_schema(given) == expected


async def test_names_in_arguments_and_schemas_are_the_program_s_own() -> None:
    body = {"system_instruction": {"parts": [{"function_call": {"args": {"snake_case": {"in_it": 1}}}}]}}
    assert in_camel_case(body) == {
        "systemInstruction": {"parts": [{"functionCall": {"args": {"snake_case": {"in_it": 1}}}}]}
    }


async def test_results_find_their_calls() -> None:
    pairs = CallPairs()
    assert [pairs.called("read"), pairs.called("write", "w1"), pairs.called("read")] == ["call_1", "w1", "call_3"]
    assert [pairs.answered("read"), pairs.answered("", "w1"), pairs.answered("read")] == ["call_1", "w1", "call_3"]
    assert pairs.answered("read") == "read"
    assert pairs.answered("read", "unknown") == "unknown"
    pairs.called("read")
    assert pairs.answered("") == "call_4"
