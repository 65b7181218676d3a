"""Bodies and answers that go through as they are: a thousand of each for every dialect that passes, whatever is in them."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from gateway.test_agents import TASK, WORDS, invented, written
from picode.core.generation import ClientBody
from picode.core.messages import Chat, Message, Request
from picode.wire import DIALECTS
from picode.wire.passthrough import RawReader, call_of, passes_through
from picode.wire.reading import AnswerReader
from wire.rich_answers import ANSWERS, CALL, Said

COUNT = 1000
FIELDS: dict[str, dict[str, Any]] = {
    "openai_chat": {"messages": TASK, "max_tokens": 9},
    "openai_responses": {"input": TASK},
    "anthropic_messages": {"messages": TASK, "max_tokens": 9},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "Read"}]}]},
    "ollama": {"messages": TASK},
}
PATHS = {"gemini": "/{model}:streamGenerateContent?alt=sse"}
ENDS = (b"\n\n", b"\r\n\r\n", b"\n\n: ping\n\n")


@pytest.mark.parametrize("dialect", FIELDS)
def test_a_thousand_requests_go_through_but_for_the_model(dialect: str) -> None:
    draw = random.Random(dialect)
    for at in range(COUNT):
        fields = {"model": "name-of-the-gateway", **FIELDS[dialect]} if dialect != "gemini" else {**FIELDS[dialect]}
        fields |= {f"{draw.choice(WORDS)}future{n}": invented(draw) for n in range(draw.randrange(4))}
        order = draw.sample(sorted(fields), len(fields))
        text = written(draw, {name: fields[name] for name in order})
        body = ClientBody(dialect, text, stream=True, path=PATHS.get(dialect, ""))
        request = Request(f"m{at}é", Chat((Message("user", "x"),)), 9, client_body=body)
        assert passes_through(request, dialect)
        call = call_of(request, body)
        assert call.text == text.replace('"name-of-the-gateway"', f'"m{at}é"')
        assert dialect != "gemini" or call.path == f"/models/m{at}%C3%A9:streamGenerateContent?alt=sse"


@pytest.mark.parametrize("dialect", FIELDS)
def test_a_thousand_answers_go_through_however_they_are_cut(dialect: str) -> None:
    draw = random.Random(dialect)
    for at in range(COUNT):
        calls = ((f"c{at}", "read_file", CALL),) if draw.random() < 0.3 else ()
        bodies = ANSWERS[dialect](Said(text=draw.choice(WORDS[4:]), calls=calls))
        framing = draw.choice(sorted(bodies))
        answer = bodies[framing]
        if framing == "sse":
            answer = answer.replace(b"\n\n", draw.choice(ENDS))
        elif framing == "json":
            answer = written(draw, {**json.loads(answer), "future": invented(draw)}).encode()
        reader = RawReader(AnswerReader(DIALECTS[dialect], framing, "P"), framing)
        cuts = sorted(draw.randrange(len(answer) + 1) for _ in range(draw.randrange(4)))
        chunks = []
        for start, end in zip([0, *cuts], [*cuts, len(answer)], strict=True):
            chunks += reader.feed(answer[start:end])
        chunks += reader.close()
        assert b"".join(chunk.raw for chunk in chunks) == answer
