"""Refusals of parameters, in the words of providers, and the requests that are sent instead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from picode.wire.corrections import Correction, correct, find_correction

CHAT: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "user", "content": "stop"}],
    "max_tokens": 4096,
    "temperature": 0.0,
    "stop": ["x"],
    "seed": 1,
    "stream": True,
    "stream_options": {"include_usage": True},
}
GEMINI: dict[str, Any] = {"contents": [], "generationConfig": {"temperature": 0, "maxOutputTokens": 100, "seed": 2}}


def openai(message: str, **more: str) -> str:
    return json.dumps({"error": {"message": message, "type": "invalid_request_error", **more}})


REFUSALS: list[tuple[str, dict[str, Any], Correction | None]] = [
    (
        openai(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        ),
        CHAT,
        Correction("max_tokens", "max_completion_tokens"),
    ),
    (
        openai(
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) is supported."
        ),
        CHAT,
        Correction("temperature"),
    ),
    (openai("Unsupported parameter: 'stop' is not supported with this model."), CHAT, Correction("stop")),
    (openai("Unrecognized request argument supplied: stream_options"), CHAT, Correction("stream_options")),
    (
        '{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}',
        CHAT,
        Correction("stream_options"),
    ),
    ('{"message":"property \'seed\' is unsupported","code":"wrong_api_format"}', CHAT, Correction("seed")),
    ('{"object":"error","message":"temperature: Extra inputs are not permitted"}', CHAT, Correction("temperature")),
    (
        openai("max_tokens is too large: 4096. This model supports at most 2048 completion tokens."),
        CHAT,
        Correction("max_tokens", limit=2048),
    ),
    (openai("`max_tokens` must be less than or equal to `1024`"), CHAT, Correction("max_tokens", limit=1024)),
    (
        '{"error":{"message":"Invalid JSON payload received. Unknown name \\"seed\\" at \'generation_config\': no field"}}',
        GEMINI,
        Correction("seed"),
    ),
    (
        openai("Unknown parameter: 'max_completion_tokens'."),
        {"max_completion_tokens": 9},
        Correction("max_completion_tokens", "max_tokens"),
    ),
    (openai("Please stop sending so much text about a seed."), CHAT, None),
    (openai("The model `temperature-x` is not available."), CHAT, None),
    (openai("messages: at least one message is required"), CHAT, None),
    ("", CHAT, None),
    ("<html>temperature</html>", CHAT, None),
    (openai("'top_p' is not supported"), CHAT, None),
]


@pytest.mark.parametrize(("refusal", "body", "expected"), REFUSALS, ids=[each[0][:60] for each in REFUSALS])
def test_a_refusal_says_what_to_change(refusal: str, body: dict[str, Any], expected: Correction | None) -> None:
    assert find_correction(refusal, body) == expected


@pytest.mark.parametrize(
    ("body", "correction", "expected"),
    [
        ({"a": 1, "seed": 2}, Correction("seed"), {"a": 1}),
        ({"max_tokens": 9}, Correction("max_tokens", "max_completion_tokens"), {"max_completion_tokens": 9}),
        ({"max_tokens": 9}, Correction("max_tokens", limit=4), {"max_tokens": 4}),
        ({"max_tokens": 3}, Correction("max_tokens", limit=4), {"max_tokens": 3}),
        (GEMINI, Correction("seed"), {"contents": [], "generationConfig": {"temperature": 0, "maxOutputTokens": 100}}),
        ({"messages": [{"stop": 1}]}, Correction("stop"), {"messages": [{"stop": 1}]}),
    ],
)
def test_a_correction_changes_one_field(body: dict[str, Any], correction: Correction, expected: dict[str, Any]) -> None:
    before = json.dumps(body)
    assert correct(body, [correction]) == expected
    assert json.dumps(body) == before
