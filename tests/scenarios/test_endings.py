"""Reasoning is kept apart from answers, and answers that are empty or cut say why, in every way to show one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from support.editor import BARE, LIVE, RICH, FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import Start

SOURCE = "def add(a, b):\n    <sel>return a - b</sel>\n"


def chat_stream(*deltas: dict[str, str], finish: str = "stop") -> list[bytes]:
    """An answer of the chat API, a delta an event."""
    events: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    return [f"data: {json.dumps(event)}\n\n".encode() for event in events] + [b"data: [DONE]\n\n"]


def shown(editor: FakeEditor) -> tuple[str, str]:
    """Text and reasoning of the answer so far, as a client has them that adds up what is new."""
    text = reasoning = ""
    for params in editor.told("picode/answer"):
        text = params.get("text", text) + params.get("delta", "")
        reasoning += params.get("reasoningDelta", "")
    return text, reasoning


REASONED = {
    "its own field": chat_stream({"reasoning_content": "A minus."}, {"content": "It subtracts."}),
    "a tag": chat_stream({"content": "<thi"}, {"content": "nk>A minus.</think>\n\nIt sub"}, {"content": "tracts."}),
    "a tag that the template opened": chat_stream({"content": "A min"}, {"content": "us.</think>\n\nIt subtracts."}),
    "harmony": chat_stream(
        {"content": "<|channel|>analysis<|message|>A minus.<|end|><|start|>assistant<|channel|>fi"},
        {"content": "nal<|message|>It subtracts."},
    ),
}


class TestReasoning:
    @pytest.mark.parametrize("spelling", REASONED)
    async def test_is_told_apart(self, start: Start, upstream: ScriptedUpstream, spelling: str) -> None:
        editor = await start(client=LIVE)
        upstream.will_send(*REASONED[spelling])
        editor.open("a.py", SOURCE)
        result = await editor.slash("/explain")
        assert (result["text"], result["reasoning"]) == ("It subtracts.", "A minus.")
        last = editor.told("picode/answer")[-1]
        assert (last["text"], last["reasoning"]) == ("It subtracts.", "A minus.")

    async def test_text_that_was_reasoning_is_taken_back(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start(client=LIVE)
        second, third = asyncio.Event(), asyncio.Event()
        first, *rest = chat_stream(
            {"content": "A minus,"}, {"content": " I see.</think>\n\nIt "}, {"content": "subtracts."}
        )
        upstream.will_send(first, second, rest[0], third, *rest[1:])  # type: ignore[arg-type]
        editor.open("a.py", SOURCE)
        running = asyncio.create_task(editor.slash("/explain"))
        await editor.until(lambda: shown(editor) == ("A minus,", ""), "the text so far")
        second.set()
        await editor.until(lambda: shown(editor) == ("It ", "A minus, I see."), "the reasoning")
        third.set()
        await running
        assert editor.told("picode/answer")[-1]["reasoning"] == "A minus, I see."

    @pytest.mark.parametrize("spelling", REASONED)
    @pytest.mark.parametrize("client", [RICH, BARE], ids=["documents", "messages"])
    async def test_plain_clients_are_not_shown_it(
        self, start: Start, upstream: ScriptedUpstream, spelling: str, client: dict[str, Any]
    ) -> None:
        editor = await start(client=client)
        upstream.will_send(*REASONED[spelling])
        editor.open("a.py", SOURCE)
        assert (await editor.slash("/explain"))["text"] == "It subtracts."
        texts = editor.messages()
        for each in editor.requested("window/showDocument"):
            texts.append((await editor.request("workspace/textDocumentContent", {"uri": each["uri"]}))["text"])
        assert any("It subtracts." in text for text in texts)
        assert not any("minus" in text for text in texts)

    @pytest.mark.parametrize("spelling", REASONED)
    async def test_is_not_sent_back(self, start: Start, upstream: ScriptedUpstream, spelling: str) -> None:
        editor = await start(client=LIVE)
        upstream.will_send(*REASONED[spelling])
        editor.open("a.py", SOURCE)
        first = await editor.slash("/explain")
        upstream.says_from_now_on("Because.")
        await editor.slash("why?", conversation=first["conversation"])
        messages = upstream.last.body["messages"]
        assert [each["role"] for each in messages] == ["system", "user", "assistant", "user"]
        assert messages[2]["content"] == "It subtracts."
        assert "A minus" not in json.dumps(messages)

    @pytest.mark.parametrize("spelling", REASONED)
    async def test_is_kept_with_the_conversation(self, start: Start, upstream: ScriptedUpstream, spelling: str) -> None:
        editor = await start(client=LIVE)
        upstream.will_send(*REASONED[spelling])
        editor.open("a.py", SOURCE)
        identifier = (await editor.slash("/explain"))["conversation"]
        kept = await editor.run("picode.conversation", {"id": identifier, "format": "json"})
        turn = kept["conversation"]["turns"][1]
        assert (turn["text"], turn["reasoning"]) == ("It subtracts.", "A minus.")
        assert "minus" not in (await editor.run("picode.conversation", {"id": identifier}))["text"]

    @pytest.mark.parametrize("before", ["<think>Use + then.</think>\n", "Use + then.\n</think>\n"])
    async def test_is_in_no_edit(self, start: Start, upstream: ScriptedUpstream, before: str) -> None:
        editor = await start(client=RICH)
        upstream.will_say(f"{before}```python\n    return a + b\n```")
        editor.open("a.py", SOURCE)
        await editor.slash("/fix")
        assert editor.buffer is not None
        assert editor.buffer.text == "def add(a, b):\n    return a + b\n"

    async def test_is_in_no_commit_message(self, start: Start, upstream: ScriptedUpstream) -> None:
        from picode.core.commit import commit_message

        assert commit_message("We add.\n</think>\n\nAdd numbers") == "Add numbers"
        assert commit_message("[THINK]We add.[/THINK]Add numbers") == "Add numbers"


THOUGHT = {"reasoning_content": "Hm."}
ENDINGS = {
    # name: (deltas, finish reason, state, words of the problem)
    "whole": ([{"content": "It adds."}], "stop", "whole", ""),
    "cut": ([{"content": "It"}], "length", "cut", "cut at its longest length"),
    "all tokens for reasoning": ([THOUGHT], "length", "cut", "for its reasoning and wrote no answer"),
    "all tokens, unseen": ([], "length", "cut", "without an answer"),
    "filtered": ([], "content_filter", "refused", "content filter"),
    "filtered later": ([{"content": "It"}], "content_filter", "refused", "declined"),
    "empty": ([], "stop", "failed", "was empty"),
    "only reasoning": ([THOUGHT], "stop", "failed", "ended after its reasoning"),
}


class TestEndings:
    @pytest.mark.parametrize("name", ENDINGS)
    async def test_our_clients_are_told(self, start: Start, upstream: ScriptedUpstream, name: str) -> None:
        deltas, finish, state, problem = ENDINGS[name]
        editor = await start(client=LIVE)
        upstream.will_send(*chat_stream(*deltas, finish=finish))
        editor.open("a.py", SOURCE)
        result = await editor.slash("/explain")
        last = editor.told("picode/answer")[-1]
        assert result["state"] == last["state"] == state
        assert problem in last["problem"]
        assert bool(last["problem"]) == bool(problem)
        assert result.get("problem", "") == last["problem"]

    @pytest.mark.parametrize("client", [RICH, BARE], ids=["documents", "messages"])
    @pytest.mark.parametrize("name", ENDINGS)
    async def test_plain_clients_are_told(
        self, start: Start, upstream: ScriptedUpstream, name: str, client: dict[str, Any]
    ) -> None:
        deltas, finish, _, problem = ENDINGS[name]
        editor = await start(client=client)
        upstream.will_send(*chat_stream(*deltas, finish=finish))
        editor.open("a.py", SOURCE)
        await editor.slash("/explain")
        texts = editor.messages()
        for each in editor.requested("window/showDocument"):
            texts.append((await editor.request("workspace/textDocumentContent", {"uri": each["uri"]}))["text"])
        assert any(problem in text for text in texts)

    @pytest.mark.parametrize("client", [LIVE, RICH], ids=["ours", "rich"])
    @pytest.mark.parametrize("name", [name for name in ENDINGS if name not in ("whole", "filtered later")])
    async def test_an_edit_says_why_there_is_none(
        self, start: Start, upstream: ScriptedUpstream, name: str, client: dict[str, Any]
    ) -> None:
        deltas, finish, _, problem = ENDINGS[name]
        code = [{"content": "```python\n    return ("}] if name == "cut" else deltas
        editor = await start(client=client)
        upstream.will_send(*chat_stream(*code, finish=finish))
        editor.open("a.py", SOURCE)
        result = await editor.slash("/fix")
        assert result["edit"]["state"] == "refused"
        assert problem in result["edit"]["reason"]
        assert any(problem in message for message in editor.messages())
        assert editor.buffer is not None
        assert editor.buffer.text == "def add(a, b):\n    return a - b\n"

    @pytest.mark.parametrize("name", ["all tokens for reasoning", "filtered", "empty", "only reasoning"])
    async def test_a_question_without_an_answer_is_not_sent_again(
        self, start: Start, upstream: ScriptedUpstream, name: str
    ) -> None:
        deltas, finish, _, _ = ENDINGS[name]
        editor = await start(client=LIVE)
        upstream.will_say("Yes.")
        editor.open("a.py", "x = 1\n<cursor>")
        first = await editor.slash("is it python?", uri=None, range=None, version=None)
        upstream.forget()
        upstream.will_send(*chat_stream(*deltas, finish=finish))
        await editor.slash("and the first lost question?", conversation=first["conversation"])
        upstream.forget()
        upstream.will_fail(500, "down")
        await editor.slash("and the second?", conversation=first["conversation"])
        upstream.says_from_now_on("Yes.")
        await editor.slash("and this?", conversation=first["conversation"])
        said = [each["content"] for each in upstream.last.body["messages"][1:]]
        assert said == ["is it python?", "Yes.", "and this?"]
        kept = await editor.run("picode.conversation", {"id": first["conversation"], "format": "json"})
        empty = kept["conversation"]["turns"][3]
        assert (empty["state"], empty["text"]) == ("failed", "")
        assert empty["problem"]
