"""What an answer is kept under."""

from __future__ import annotations

from typing import Any

import pytest

from picode.core.cachekey import key_of

BODY: dict[str, Any] = {"model": "m", "prompt": "x = ", "max_tokens": 64, "stop": ["\n"], "temperature": 0.0}


def key(body: dict[str, Any] = BODY, origin: str = "https://a", dialect: str = "d", path: str = "/p") -> str:
    return key_of(origin, dialect, path, body)


def test_it_is_the_same_on_every_machine_and_in_every_release() -> None:
    assert key() == "4c37fe46fefcf9c55e0bdac0d5a13df8019eaae09d78e20efa7cc5065a24c0e7"


@pytest.mark.parametrize(
    "other",
    [
        key({**BODY, "model": "n"}),
        key({**BODY, "prompt": "x =  "}),
        key({**BODY, "max_tokens": 65}),
        key({**BODY, "stop": []}),
        key({**BODY, "temperature": 0.1}),
        key({**BODY, "seed": 1}),
        key({**BODY, "suffix": "\n"}),
        key(origin="https://b"),
        key(dialect="e"),
        key(path="/q"),
    ],
)
def test_whatever_shapes_the_answer_changes_it(other: str) -> None:
    assert other != key()


@pytest.mark.parametrize(
    "same",
    [dict(reversed(BODY.items())), {**BODY, "stream": True}, {**BODY, "stream": False, "stream_options": {"x": 1}}],
)
def test_what_does_not_leaves_it(same: dict[str, Any]) -> None:
    assert key(same) == key()


def test_any_text_has_a_key() -> None:
    assert len(key({"prompt": "\ud800é\0"})) == 64
