"""What the model has said, or is saying, serves more than one key."""

from __future__ import annotations

import asyncio

import pytest

from support.editor import FakeEditor
from support.upstream import ScriptedUpstream


async def test_typing_what_is_suggested_asks_nobody(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("total = price * count")
    editor.open("a.py", "x = 1; <cursor>\n")
    assert await editor.ghost() == "total = price * count"
    for number, key in enumerate("total = price", 1):
        editor.type(key)
        assert await editor.ghost() == "total = price * count"[number:].rstrip()
    assert len(upstream.exchanges) == 1


async def test_a_backspace_finds_what_was_shown_before(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("total")
    upstream.will_say("something else")
    buffer = editor.open("a.py", "x = <cursor>\n")
    assert await editor.ghost() == "total"
    editor.type("to")
    assert await editor.ghost() == "tal"
    editor.edit(buffer.cursor - 2, buffer.cursor, "")
    assert await editor.ghost() == "total"
    assert len(upstream.exchanges) == 1


async def test_a_running_stream_serves_the_next_key(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    gate = asyncio.Event()
    upstream.will_say("total", after=gate)
    editor.open("a.py", "x = <cursor>\n")
    older = editor.ask(explicit=False)
    await upstream.asked()
    editor.type("to")
    newer = editor.ask(explicit=False)
    assert await older is None
    gate.set()
    assert editor.shown((await newer)["items"][0]) == "tal"
    assert len(upstream.exchanges) == 1


async def test_a_stream_survives_the_moment_between_cancelling_and_asking_again(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    gate = asyncio.Event()
    upstream.will_say("total", after=gate)
    editor.open("a.py", "x = <cursor>\n")
    older = editor.ask(explicit=False)
    older.add_done_callback(asyncio.Future.exception)
    await upstream.asked()
    editor.cancel(editor.last_id)
    editor.type("t")
    await asyncio.sleep(0.03)
    newer = editor.ask(explicit=False)
    gate.set()
    assert editor.shown((await newer)["items"][0]) == "otal"
    assert len(upstream.exchanges) == 1


async def test_typing_something_else_asks_anew_and_drops_the_stream(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    upstream.will_say("total")
    upstream.will_say("ice")
    editor.open("a.py", "x = <cursor>\n")
    assert await editor.ghost() == "total"
    editor.type("pr")
    assert await editor.ghost() == "ice"
    assert upstream.last.body["prompt"] == "x = pr"


async def test_a_stream_that_says_nothing_is_given_up_after_a_while(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    upstream.will_never_answer()
    upstream.will_say("tal")
    editor.open("a.py", "x = <cursor>\n")
    editor.ask(explicit=False)
    first = await upstream.asked()
    editor.type("to")
    assert await editor.ghost() == "tal"
    assert first.closed.is_set()


async def test_an_edit_elsewhere_nearby_counts_as_another_place(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("total")
    buffer = editor.open("a.py", "a = 1\nx = <cursor>\n")
    assert await editor.ghost() == "total"
    cursor = buffer.cursor
    editor.edit(0, 1, "b")
    buffer.cursor = cursor
    assert await editor.ghost() == "total"
    assert len(upstream.exchanges) == 2


@pytest.mark.parametrize("typed", ["re", "return", "return a"])
async def test_a_block_stays_a_block_while_its_first_line_is_typed(
    editor: FakeEditor, upstream: ScriptedUpstream, typed: str
) -> None:
    upstream.will_say("    return a\n    return b\n\n")
    editor.open("a.py", "def f():\n    <cursor>\n")
    assert await editor.ghost() == "return a\n    return b"
    editor.type(typed)
    assert await editor.ghost() == "return a\n    return b".removeprefix(typed)
    assert len(upstream.exchanges) == 1


async def test_other_settings_forget_what_the_other_model_said(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("total")
    editor.open("a.py", "x = <cursor>\n")
    await editor.ghost()
    settings = {
        "inline": {"provider": "scripted", "model": "another", "debounceMs": 0},
        "providers": {"scripted": {"baseUrl": "http://127.0.0.1:9/v1", "fill": "openai_completions"}},
    }
    editor.notify("workspace/didChangeConfiguration", {"settings": {"picode": settings}})
    await editor.run("picode.status")
    await editor.ghost()
    assert upstream.last.body["model"] == "another"
