"""A question that is asked again: in the place of an earlier one, by another model, or after a wait that says why."""

from __future__ import annotations

import re
from typing import Any

import pytest

from support.editor import LIVE, PLAIN, RICH, FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import Start

SOURCE = "def add(a, b):\n    <sel>return a - b</sel>\n"


@pytest.fixture
async def editor(start: Start, upstream: ScriptedUpstream) -> FakeEditor:
    """An editor with a conversation of three questions."""
    editor = await start(client=LIVE)
    editor.open("a.py", SOURCE)
    upstream.will_say("first", "second", "third")
    conversation = (await editor.slash("/explain"))["conversation"]
    await editor.slash("two?", conversation=conversation)
    await editor.slash("three?", conversation=conversation)
    upstream.says_from_now_on("another")
    return editor


def conversation_of(editor: FakeEditor) -> str:
    return str(editor.told("picode/answer")[-1]["conversation"])


async def kept(editor: FakeEditor, conversation: str) -> list[str]:
    shown = await editor.run("picode.conversation", {"id": conversation, "format": "json"})
    return [turn["text"].partition("\n")[0] for turn in shown["conversation"]["turns"]]


@pytest.mark.parametrize(
    ("keep", "history"),
    [
        (0, []),
        (1, ["/explain", "first"]),
        (2, ["/explain", "first", "two?", "second"]),
        (9, ["/explain", "first", "two?", "second", "three?", "third"]),
    ],
)
async def test_a_question_in_the_place_of_an_earlier_one_begins_a_branch(
    editor: FakeEditor, upstream: ScriptedUpstream, keep: int, history: list[str]
) -> None:
    old = conversation_of(editor)
    result = await editor.slash("instead?", conversation=old, keep=keep)
    assert result["conversation"] != old
    said = [
        message["content"].partition("\n")[0]
        for message in upstream.last.body["messages"]
        if message["role"] != "system"
    ]
    assert said[:-1] == history
    assert await kept(editor, result["conversation"]) == [*history, "instead?", "another"]
    assert await kept(editor, old) == ["/explain", "first", "two?", "second", "three?", "third"]


async def test_a_branch_of_a_conversation_that_is_gone_is_a_new_one(editor: FakeEditor) -> None:
    result = await editor.slash("instead?", conversation="nosuch", keep=2)
    assert (result["state"], result["text"]) == ("whole", "another")


async def test_a_question_that_was_not_answered_is_not_in_a_branch(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    old = conversation_of(editor)
    upstream.forget()
    upstream.will_fail(400)
    await editor.slash("four?", conversation=old)
    upstream.says_from_now_on("another")
    result = await editor.slash("five?", conversation=old, keep=3)
    assert "four?" not in await kept(editor, result["conversation"])


async def test_another_model_answers_one_question(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    result = await editor.slash("two?", conversation=conversation_of(editor), keep=1, provider="scripted", model="big")
    assert (result["model"], upstream.last.body["model"]) == ("big", "big")
    assert (await editor.slash("and?", conversation=result["conversation"]))["model"] == "scripted-model"


async def test_what_was_typed_is_told_without_the_code_that_went_with_it(editor: FakeEditor) -> None:
    asked = [each for each in editor.told("picode/answer") if each["state"] == "asked"]
    assert [each["typed"] for each in asked] == ["/explain", "two?", "three?"]
    assert "return a - b" in asked[0]["question"]
    shown = await editor.run("picode.conversation", {"id": conversation_of(editor), "format": "json"})
    turns = shown["conversation"]["turns"]
    assert [turn.get("typed", turn["text"]) for turn in turns if turn["role"] == "user"] == [
        "/explain",
        "two?",
        "three?",
    ]


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [(429, {"retry_after": "1"}, "rate limit of scripted"), (503, {"retry_after": "1"}, "scripted has failed")],
)
async def test_a_wait_says_why_and_how_long(
    start: Start, upstream: ScriptedUpstream, status: int, headers: dict[str, Any], reason: str
) -> None:
    editor = await start(client=LIVE)
    editor.open("a.py", SOURCE)
    upstream.will_fail(status, **headers)
    upstream.will_say("It subtracts.")
    result = await editor.slash("/explain")
    assert result["text"] == "It subtracts."
    told = editor.told("picode/answer")
    assert [each["state"] for each in told if each["state"] != "growing"] == ["asked", "waiting", "began", "whole"]
    wait = next(each["wait"] for each in told if each["state"] == "waiting")
    assert wait["reason"] == reason
    assert wait["seconds"] >= 1


WHOLE: dict[str, Any] = {**PLAIN, "window": {"workDoneProgress": True, "showDocument": {"support": True}}}


@pytest.mark.parametrize("client", [WHOLE, RICH], ids=["shown as a file", "shown in a virtual document"])
@pytest.mark.parametrize("command", ["/explain", "/fix"])
async def test_a_wait_is_reported_as_progress_by_editors_without_a_client_of_ours(
    start: Start, upstream: ScriptedUpstream, client: dict[str, Any], command: str
) -> None:
    editor = await start(client=client)
    editor.open("a.py", SOURCE)
    upstream.will_fail(429, retry_after="1")
    upstream.will_say("It subtracts.")
    await editor.slash(command)
    reports = [each["value"].get("message", "") for each in editor.told("$/progress")]
    assert [each for each in reports if re.fullmatch(r"waiting \d s: rate limit of scripted", each)], reports
