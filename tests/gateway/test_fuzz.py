"""Whatever is sent, nothing is answered with a 500, and every refusal has the shape of its API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from support.gateway import Gateway, running

EXAMPLES = 200

_ODD_TEXTS = ["default", "openai", "/", "a/b/c", "\x00", "\ud800", "é" * 300, "/explain", "//"]
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(_ODD_TEXTS),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
_NAMES = """
    model provider prompt suffix messages command code path language max_tokens max_completion_tokens temperature stop
    seed stream n stream_options tools tool_choice response_format logprobs echo best_of system stop_sequences
    conversation audio functions input instructions previous_response_id store text reasoning include thinking
    output_config top_p top_k frequency_penalty top_logprobs parallel_tool_calls metadata reasoning_effort unknown
    contents systemInstruction generationConfig generation_config toolConfig options images raw think format context
    template input_prefix input_suffix input_extra n_predict t_max_predict_ms response_fields dimensions
    encoding_format
""".split()
_KINDS = """
    text image image_url input_text refusal tool_use tool_result thinking function_call function_call_output reasoning message
""".split()
_PART = st.fixed_dictionaries(
    {},
    optional={
        "type": st.one_of(st.sampled_from(_KINDS), _VALUES),
        **dict.fromkeys(("text", "source", "image_url", "input", "content", "output", "arguments", "summary"), _VALUES),
        **dict.fromkeys(("inlineData", "functionCall", "functionResponse", "thought", "thoughtSignature"), _VALUES),
    },
)
_TOOL = st.fixed_dictionaries(
    {},
    optional={
        "type": st.one_of(st.sampled_from(["function", "custom", "namespace"]), _VALUES),
        **dict.fromkeys(("name", "function", "parameters", "input_schema", "tools", "format", "strict"), _VALUES),
        "functionDeclarations": st.lists(st.dictionaries(st.sampled_from(["name", "parameters"]), _VALUES), max_size=2),
    },
)
_TURN = st.fixed_dictionaries(
    {},
    optional={
        "role": st.one_of(st.sampled_from(["user", "assistant", "system", "developer", "tool"]), _VALUES),
        "content": st.one_of(st.text(max_size=20), st.lists(_PART, max_size=2), _VALUES),
        "tool_calls": st.one_of(st.lists(_TOOL, max_size=2), _VALUES),
        "parts": st.one_of(st.lists(_PART, max_size=3), _VALUES),
        "images": st.one_of(st.lists(st.text(max_size=8), max_size=2), _VALUES),
    },
)
_ASK = [{"role": "user", "content": "Say yes."}]
_SOUND: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "default", "messages": _ASK},
    "/v1/completions": {"model": "default", "prompt": "x = "},
    "/v1/messages": {"model": "default", "messages": _ASK, "max_tokens": 9},
    "/v1/responses": {"model": "default", "input": "Say yes."},
    "/v1/messages/count_tokens": {"messages": _ASK},
    "/api/completions": {"prompt": "x = "},
    "/v1/embeddings": {"model": "default", "input": "x"},
    "/infill": {"input_prefix": "x = "},
    "/api/chat": {"model": "default", "messages": _ASK},
    "/api/generate": {"model": "default", "prompt": "x"},
    "/api/show": {"model": "default"},
    "/v1beta/models/default:generateContent": {"contents": [{"parts": [{"text": "x"}]}]},
    "/v1beta/models/default:streamGenerateContent": {"contents": [{"parts": [{"text": "x"}]}]},
    "/v1beta/models/default:countTokens": {"contents": [{"parts": [{"text": "x"}]}]},
}
_CHANGES = st.one_of(
    st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=2),
    st.lists(_TURN, max_size=3).map(lambda turns: {"messages": turns, "contents": turns}),
    st.lists(st.one_of(_TURN, _PART), max_size=3).map(lambda items: {"input": items}),
    st.lists(_TOOL, max_size=3).map(lambda tools: {"tools": tools}),
    st.fixed_dictionaries({"stream": st.just(True), "stop": st.lists(st.text(max_size=3), max_size=3)}),
)


async def test_no_body_is_answered_with_a_500(tmp_path: Path) -> None:
    limits = {"gateway": {"requestsPerMinute": 0, "reuse": "never"}}
    bodies: list[tuple[str, bytes]] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(sorted(_SOUND)), st.one_of(_CHANGES, _CHANGES, st.binary(max_size=40), _VALUES))
    def collect(path: str, changes: Any) -> None:
        whole = {**_SOUND[path], **changes} if isinstance(changes, dict) else changes
        bodies.append((path, whole if isinstance(whole, bytes) else _encoded(whole)))

    collect()
    assert len(bodies) >= EXAMPLES
    statuses: dict[int, int] = {}
    async with running(tmp_path, limits) as gateway:
        gateway.upstream.will_say("one END two")
        for path, body in bodies:
            status = await answer(gateway, path, body)
            statuses[status] = statuses.get(status, 0) + 1
        assert (await gateway.get("/healthz")).status_code == 200
    assert set(statuses) <= {200, 400, 403, 404}, statuses
    assert statuses[200] > EXAMPLES // 10, "nearly all refused: too strange to find anything"


async def answer(gateway: Gateway, path: str, body: bytes) -> int:
    response = await gateway.post(path, body)
    if response.status_code != 200:
        fields = response.json()
        error = fields["error"]
        assert error if path in ("/api/chat", "/api/generate", "/api/show") else error["message"], (path, body)
        assert ("request_id" in fields) == path.startswith("/v1/messages")
    return response.status_code


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")
