"""What the model has said, or is saying, serves more than one key."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from scenarios.conftest import SCRIPTED
from support.editor import FakeEditor
from support.upstream import ScriptedUpstream, completion_stream


async def test_typing_what_is_suggested_asks_nobody(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("total = price * count")
    editor.open("a.py", "x = 1; <cursor>\n")
    assert await editor.ghost() == "total = price * count"
    for number, key in enumerate("total = price", 1):
        editor.type(key)
        assert await editor.ghost() == "total = price * count"[number:].rstrip()
    await upstream.asked(2)
    assert [exchange.prompt for exchange in upstream.exchanges[1:]] == [
        "x = 1; total = price * count\n"
    ]  # the next line


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
    upstream.will_never_answer()
    editor.open("a.py", "x = <cursor>\n")
    older = editor.ask(explicit=False)
    await upstream.asked()
    editor.type("to")
    newer = editor.ask(explicit=False)
    assert await older is None
    gate.set()
    assert editor.shown((await newer)["items"][0]) == "tal"


async def test_a_stream_survives_the_moment_between_cancelling_and_asking_again(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    gate = asyncio.Event()
    upstream.will_say("total", after=gate)
    upstream.will_never_answer()
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
    await asyncio.wait_for(first.closed.wait(), 5)


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
    assert all(exchange.prompt.endswith("    return b\n") for exchange in upstream.exchanges[1:])


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


class TestAhead:
    """What comes after a suggestion is asked for while the user is still following it."""

    async def test_the_next_line_is_there_when_the_user_gets_to_it(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say("    total = 1", "    return total")
        editor.open("a.py", "def f():\n    <cursor>\n")
        assert await editor.ghost() == "total = 1"
        editor.type("total")
        assert await editor.ghost() == " = 1"
        await upstream.asked(2)
        editor.type(" = 1")
        assert await editor.ghost() == ""
        buffer = editor.buffer
        assert buffer is not None
        editor.edit(buffer.cursor, buffer.cursor, "\n    ")
        assert await editor.ghost() == "return total"
        assert len(upstream.exchanges) == 2

    @pytest.mark.parametrize("indent", ["", "    ", "        "])
    async def test_how_deep_the_next_line_is_is_for_the_model_to_say(
        self, editor: FakeEditor, upstream: ScriptedUpstream, indent: str
    ) -> None:
        upstream.will_say("        total = 1", f"{indent}go_on()")
        buffer = editor.open("a.py", "def f():\n    if x:\n        <cursor>\n")
        assert await editor.ghost() == "total = 1"
        editor.type("total")
        assert await editor.ghost() == " = 1"
        ahead = await upstream.asked(2)
        assert ahead.prompt.endswith("        total = 1\n")
        editor.type(" = 1")
        editor.edit(buffer.cursor, buffer.cursor, f"\n{indent}")
        assert await editor.ghost() == "go_on()"
        assert len(upstream.exchanges) == 2

    async def test_where_the_user_begins_the_line_elsewhere_the_model_is_asked_again(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say("        total = 1", "go_on()", "    return total")
        buffer = editor.open("a.py", "def f():\n    if x:\n        <cursor>\n")
        await editor.ghost()
        editor.type("total")
        await editor.ghost()
        await upstream.asked(2)
        editor.type(" = 1")
        editor.edit(buffer.cursor, buffer.cursor, "\n    ")
        assert await editor.ghost() == "return total"
        assert len(upstream.exchanges) == 3

    async def test_whoever_does_not_follow_is_not_asked_for_ahead(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say("total = 1", "ip")
        editor.open("a.py", "x = <cursor>\n")
        await editor.ghost()
        editor.type("tot")
        await editor.ghost()
        assert len(upstream.exchanges) == 1

    @pytest.mark.parametrize("inline", [{"prefetch": False}, {"pace": "metered"}])
    async def test_nothing_is_asked_ahead_where_that_is_not_wanted(
        self, start: Any, upstream: ScriptedUpstream, inline: dict[str, Any]
    ) -> None:
        editor = await start({**SCRIPTED, "inline": {**SCRIPTED["inline"], **inline}})
        upstream.will_say("total = 1")
        editor.open("a.py", "x = <cursor>\n")
        await editor.ghost()
        editor.type("total")
        assert await editor.ghost() == " = 1"
        assert len(upstream.exchanges) == 1


class TestPace:
    """Requests are let to land; never are more than two under way for a document."""

    async def test_a_second_request_is_made_while_the_first_is_silent(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_never_answer()
        editor.open("a.py", "x = <cursor>\n")
        for number, key in enumerate("total", 1):
            editor.ask(explicit=False)
            await upstream.asked(min(number, 2))
            await asyncio.sleep(0.01)
            editor.type(key)
        assert [exchange.prompt for exchange in upstream.exchanges] == ["x =", "x = t"]
        assert not any(exchange.closed.is_set() for exchange in upstream.exchanges)

    async def test_what_lands_and_does_not_fit_makes_room_for_the_next(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        gate = asyncio.Event()
        upstream.will_say("other", after=gate)
        upstream.will_never_answer()
        upstream.will_say("ice")
        editor.open("a.py", "x = <cursor>\n")
        editor.ask(explicit=False)
        await upstream.asked(1)
        editor.type("p")
        editor.ask(explicit=False)
        await upstream.asked(2)
        editor.type("r")
        waiting = editor.ask(explicit=False)
        await asyncio.sleep(0.01)
        assert len(upstream.exchanges) == 2
        gate.set()
        assert editor.shown((await waiting)["items"][0]) == "ice"

    async def test_what_is_being_written_for_this_place_is_not_asked_again(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        gate = asyncio.Event()
        upstream.will_begin("total = pri", "ce * count", gate)
        upstream.will_never_answer()
        editor.open("a.py", "x = 1; <cursor>\n")
        editor.ask(explicit=False)
        await upstream.asked()
        for key in "tot":
            editor.type(key)
            waiting = editor.ask(explicit=False)
            await asyncio.sleep(0.02)
        gate.set()
        assert editor.shown((await waiting)["items"][0]) == "al = price * count"
        assert len(upstream.exchanges) == 1

    async def test_a_stream_that_falls_silent_is_given_up(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        upstream.will_begin("total", "", asyncio.Event())
        upstream.will_say("tal = 1")
        editor.open("a.py", "x = 1; <cursor>\n")
        editor.ask(explicit=False)
        await upstream.asked()
        editor.type("to")
        assert await editor.ghost() == "tal = 1"
        assert len(upstream.exchanges) == 2

    async def test_metered_lets_one_request_land_before_the_next(self, start: Any, upstream: ScriptedUpstream) -> None:
        editor = await start({**SCRIPTED, "inline": {**SCRIPTED["inline"], "pace": "metered"}})
        upstream.will_never_answer()
        editor.open("a.py", "<cursor>\nx\n")
        editor.ask(explicit=False)
        await upstream.asked(1)
        editor.type("ab")
        editor.ask(explicit=False)
        await asyncio.sleep(0.4)
        assert len(upstream.exchanges) == 1

    async def test_a_fast_typist_gets_suggestions_too(self, start: Any, upstream: ScriptedUpstream) -> None:
        editor = await start({**SCRIPTED, "inline": {**SCRIPTED["inline"], "debounceMs": 100}})
        upstream.will_say("something else")
        buffer = editor.open("a.py", "x = <cursor>\n")
        while not upstream.exchanges and buffer.version < 200:  # no pause of 100 ms among them
            editor.type("a")
            editor.ask(explicit=False)
            await asyncio.sleep(0.01)
        assert upstream.exchanges
        assert buffer.version > 10  # neither was it asked at every key

    async def test_where_the_model_has_nothing_to_say_it_is_asked_once(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say("")
        editor.open("a.py", "x = 1<cursor>\n")
        assert await editor.ghost() == ""
        assert await editor.ghost() == ""
        assert len(upstream.exchanges) == 1

    async def test_inside_a_word_a_pause_or_asking_by_hand_asks(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say("tal = ")
        editor.open("a.py", "to<cursor>ward = 1\n")
        assert await editor.ghost() == "tal = "
        assert await editor.ghosts() == ["tal = "]

    async def test_inside_a_word_typing_asks_nothing(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        upstream.will_say("tal = ")
        editor.open("a.py", "t<cursor>ward = 1\n")
        editor.ask(explicit=False)
        editor.type("o")
        assert await editor.ghost() == "tal = "
        assert len(upstream.exchanges) == 1


async def test_a_bracket_that_the_editor_closes_is_no_other_place(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    upstream.will_say("print(total)")
    buffer = editor.open("a.py", "x = 1; <cursor>\n")
    assert await editor.ghost() == "print(total)"
    editor.type("print")
    editor.edit(buffer.cursor, buffer.cursor, "()")
    buffer.cursor -= 1
    assert await editor.ghost() == "total"
    assert len([exchange for exchange in upstream.exchanges if not exchange.prompt.endswith("\n")]) == 1


async def test_other_indentation_is_the_same_place(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("        return total")
    buffer = editor.open("a.py", "def f():\n    if x:\n        <cursor>\n")
    assert await editor.ghost() == "return total"
    editor.edit(buffer.cursor - 4, buffer.cursor, "")
    assert await editor.ghost() == "    return total"
    editor.type("    re")
    assert await editor.ghost() == "turn total"
    assert len(upstream.exchanges) == 1


class TestAfterARestart:
    """Finished answers are on the disk."""

    async def test_an_answer_is_there_without_asking(self, start: Any, upstream: ScriptedUpstream) -> None:
        upstream.will_say("total")
        upstream.will_be_unreachable()
        for _ in range(2):
            editor = await start()
            editor.open("a.py", "x = <cursor>\n")
            assert await editor.ghost() == "total"
            await editor.stop()
        assert len(upstream.exchanges) == 1

    async def test_another_model_gives_its_own(self, start: Any, upstream: ScriptedUpstream) -> None:
        upstream.will_say("total", "other")
        for model, said in (("scripted-model", "total"), ("another", "other")):
            editor = await start({**SCRIPTED, "inline": {**SCRIPTED["inline"], "model": model}})
            editor.open("a.py", "x = <cursor>\n")
            assert await editor.ghost() == said
            await editor.stop()
        assert len(upstream.exchanges) == 2

    async def test_what_was_cut_off_is_not_kept(self, start: Any, upstream: ScriptedUpstream) -> None:
        upstream.will_send(*completion_stream("total")[:1])
        upstream.will_send(*completion_stream("total"))
        for said in ("", "total"):
            editor = await start({**SCRIPTED, "advanced": {"inline": {"retries": 0}}})
            editor.open("a.py", "x = <cursor>\n")
            assert await editor.ghost() == said
            await editor.stop()
        assert len(upstream.exchanges) == 2

    async def test_nothing_is_kept_where_that_is_turned_off(self, start: Any, upstream: ScriptedUpstream) -> None:
        upstream.will_say("total")
        for _ in range(2):
            editor = await start({**SCRIPTED, "cache": {"enabled": False}})
            editor.open("a.py", "x = <cursor>\n")
            assert await editor.ghost() == "total"
            await editor.stop()
        assert len(upstream.exchanges) == 2
