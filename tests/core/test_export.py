"""Conversations as documents."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from picode.core.conversation import Conversation, Summary, Turn
from picode.core.export import as_json, as_markdown, closed, moment
from picode.core.messages import Usage

TURNS = (
    Turn("user", "What does `fold` do?\n", command="explain", at=1_764_000_000.0),
    Turn(
        "assistant",
        "It folds:\n```python\nfold(x)\n```\n",
        at=1_764_000_001.5,
        provider="ollama",
        model="qwen2.5-coder",
        usage=Usage(1200, 30, 64),
        cost=0.0125,
        shown=("a.py", "b.py"),
    ),
    Turn("user", "And then?"),
    Turn("assistant", "Then\n```python\nx =", state="failed", problem="ollama: it was\nreset. Try again."),
    Turn("assistant", "", state="partial", model="m"),
)
CONVERSATION = Conversation(
    Summary(
        "bcdfghjk", "What does fold do?", "/home/me/p", "editor", 1_764_000_000.0, 1_764_000_009.0, 5,
        Usage(1200, 30, 64), 0.0125,
    ),
    TURNS,
)  # fmt: skip

DOCUMENT = """\
# What does fold do?

2025-11-24 16:00:00 UTC · `/home/me/p` · 1,200 tokens in, 30 out · $0.0125

## You (/explain)

What does `fold` do?

## Answer (qwen2.5-coder, ollama)

It folds:
```python
fold(x)
```

> Shown to the model: `a.py`, `b.py`

## You

And then?

## Answer

Then
```python
x =
```

> Failed: ollama: it was reset. Try again.

## Answer (m)

> Broken off.
"""


def test_markdown_has_the_words_and_who_said_them() -> None:
    assert as_markdown(CONVERSATION) == DOCUMENT


def test_json_has_all_that_is_known() -> None:
    found = json.loads(json.dumps(as_json(CONVERSATION)))
    assert {key: found[key] for key in ("format", "id", "folder", "origin", "turnCount", "cost")} == {
        "format": 1,
        "id": "bcdfghjk",
        "folder": "/home/me/p",
        "origin": "editor",
        "turnCount": 5,
        "cost": 0.0125,
    }
    assert (found["begun"], found["changed"]) == ("2025-11-24T16:00:00Z", "2025-11-24T16:00:09Z")
    assert found["turns"][1] == {
        "role": "assistant",
        "text": TURNS[1].text,
        "at": "2025-11-24T16:00:01Z",
        "command": "",
        "provider": "ollama",
        "model": "qwen2.5-coder",
        "usage": {"inputTokens": 1200, "outputTokens": 30, "cachedTokens": 64},
        "cost": 0.0125,
        "state": "whole",
        "problem": "",
        "shown": ["a.py", "b.py"],
    }
    assert [turn["state"] for turn in found["turns"]] == ["whole", "whole", "whole", "failed", "partial"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("```\nx", "```\nx\n```"),
        ("```\nx\n```", "```\nx\n```"),
        ("~~~\n```\nx", "~~~\n```\nx\n~~~"),
        ("````\n```\nx\n```", "````\n```\nx\n```\n````"),
        ("``` inline ``` is no fence", "``` inline ``` is no fence"),
        ("```\n``` python", "```\n``` python\n```"),
        ("    ```\nx", "    ```\nx"),
    ],
)
def test_an_open_block_of_code_is_closed(text: str, expected: str) -> None:
    assert closed(text) == expected


@given(st.lists(st.text("`~ \nab>-", max_size=40), max_size=3))
def test_no_answer_swallows_the_heading_of_the_next(texts: list[str]) -> None:
    turns = tuple(Turn("assistant", text) for text in texts)
    tokens = MarkdownIt("commonmark").parse(as_markdown(Conversation(Summary("x", "title"), turns)))
    headings = [
        tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"
    ]
    assert headings.count("Answer") == len(texts)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, "1970-01-01T00:00:00Z"), (1e300, ""), (float("nan"), ""), (float("inf"), "")]
)
def test_a_moment(seconds: float, expected: str) -> None:
    assert moment(seconds) == expected
