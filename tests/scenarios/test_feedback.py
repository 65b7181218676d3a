"""What the editor tells of suggestions, and what it may ask about them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from picode.assistant.usage import statistics
from picode.assistant.usage.rows import UsageRow
from picode.assistant.usage.statistics import ENOUGH
from picode.bootstrap import Assistant
from support.editor import FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start


async def counts(editor: FakeEditor) -> dict[str, int]:
    """What is counted by now, but for times."""
    await editor.run("picode.status")  # everything sent before has been heard
    assistant: Assistant = await editor.server.assistant()
    rows: list[UsageRow] = await assistant.usage.store.rows(1)
    return {each.outcome: each.count for each in rows if each.kind == "suggestion" and each.outcome != "made"}


async def suggested(editor: FakeEditor, upstream: ScriptedUpstream) -> Any:
    upstream.will_say("total = 1")
    editor.open("a.py", "x = 1; <cursor>\n")
    return (await editor.ask(explicit=False))["items"][0]


async def test_an_item_that_is_shown_is_counted(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    item = await suggested(editor, upstream)
    editor.notify("textDocument/didShowCompletion", {"item": item})
    editor.notify("textDocument/didShowCompletion", {"item": item})
    assert await counts(editor) == {"shown": 1}


async def test_an_item_is_off_screen_when_the_user_is_elsewhere(
    editor: FakeEditor, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a walk through fifty documents would end in suggestions that come a second late."""
    monkeypatch.setattr(statistics, "VISIBLE", 0.2)
    upstream.will_say("total = 1")
    for name in ("a.py", "b.py", "c.py"):
        editor.open(name, "x = 1; <cursor>\n")
        await editor.ask(explicit=False)
    await asyncio.sleep(0.4)
    assert await counts(editor) == {"shown": 1}


async def test_an_item_that_is_taken_is_counted(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    await editor.accept(await suggested(editor, upstream))
    assert await counts(editor) == {"shown": 1, "accepted": 1}


async def test_a_part_that_is_taken_is_counted(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    item = await suggested(editor, upstream)
    editor.notify("textDocument/didPartiallyAcceptCompletion", {"item": item, "acceptedLength": 5})
    assert await counts(editor) == {"shown": 1, "partly": 1}


@pytest.mark.parametrize(
    "item",
    [
        None,
        {},
        {"command": None},
        {"command": {"arguments": []}},
        {"command": {"arguments": [5]}},
        "x",
        {"command": {"arguments": ["unknown"]}},
    ],
)
async def test_an_item_of_somebody_else_is_ignored(editor: FakeEditor, upstream: ScriptedUpstream, item: Any) -> None:
    await suggested(editor, upstream)
    editor.notify("textDocument/didShowCompletion", {"item": item})
    editor.notify("textDocument/didPartiallyAcceptCompletion", {"item": item, "acceptedLength": 1})
    editor.notify("textDocument/didFocus", {})
    editor.notify("textDocument/didFocus", {"textDocument": {"uri": "file:///elsewhere"}})
    assert await counts(editor) == {}
    assert "error" not in dict(editor.notifications)


async def test_nothing_is_counted_where_that_is_turned_off(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start({**SCRIPTED, "statistics": {"enabled": False}})
    await editor.accept(await suggested(editor, upstream))
    assert await counts(editor) == {}


@pytest.mark.parametrize(("adapt", "asked"), [(True, 1), (False, 2)])
async def test_where_nothing_is_ever_taken_it_becomes_quieter(
    start: Start, upstream: ScriptedUpstream, adapt: bool, asked: int
) -> None:
    editor = await start({**SCRIPTED, "advanced": {"inline": {"adapt": adapt}}})
    item = await suggested(editor, upstream)
    assistant: Assistant = await editor.server.assistant()
    assistant.statistics._unwanted["python"] = ENOUGH
    editor.type("y")
    pending = editor.ask(explicit=False)
    pending.add_done_callback(lambda done: done.exception())
    if adapt:
        await asyncio.sleep(0.2)  # of a second
        assert len(upstream.exchanges) == 1
    else:
        await upstream.asked(2)
    await editor.run("picode.accepted", item["command"]["arguments"][0])
    editor.type("z")
    editor.ask(explicit=False)
    await upstream.asked(asked + 1)


class TestExplain:
    async def test_what_was_sent_is_told_to_the_letter(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        item = await suggested(editor, upstream)
        told = await editor.run("picode.explainSuggestion", item["command"]["arguments"][0])
        assert told["body"] == upstream.exchanges[0].body
        assert (told["provider"], told["model"], told["dialect"]) == (
            "scripted",
            "scripted-model",
            "openai_completions",
        )
        assert (told["origin"], told["path"]) == ("model", "/completions")
        assert told["text"].endswith("total = 1")

    async def test_without_an_id_it_is_the_last(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        await suggested(editor, upstream)
        editor.type("to")
        await editor.ghost()
        told = await editor.run("picode.explainSuggestion")
        assert told["origin"] == "reuse"
        assert told["body"]["prompt"] == "x = 1;"

    async def test_what_is_not_known_is_null(self, editor: FakeEditor) -> None:
        assert await editor.run("picode.explainSuggestion", "unknown") is None
        assert await editor.run("picode.explainSuggestion") is None


class TestCopilotClients:
    async def test_they_hear_of_the_status_in_their_own_words(self, start: Start, upstream: ScriptedUpstream) -> None:
        info = {"editorInfo": {"name": "e", "version": "1"}, "editorPluginInfo": {"name": "p", "version": "1"}}
        editor = await start({**SCRIPTED, **info})
        await suggested(editor, upstream)
        told = [params for method, params in editor.notifications if method == "didChangeStatus"]
        assert {"message": "", "kind": "Normal", "busy": True} in told
        assert told[-1] == {"message": "", "kind": "Normal", "busy": False}

    async def test_others_do_not(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        await suggested(editor, upstream)
        assert "didChangeStatus" not in dict(editor.notifications)
