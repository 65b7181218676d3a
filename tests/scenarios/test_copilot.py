"""Clients of GitHub Copilot's language server, which ask PiCode in its place. The requests are those that these clients send:
copilot.lua and copilot.vim of each generation, copilot.el, Neovim's own configuration."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.editor import FakeEditor, RpcError
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start
from .test_feedback import counts

INFO = {
    "editorInfo": {"name": "Neovim", "version": "0.11.4"},
    "editorPluginInfo": {"name": "copilot.lua", "version": "1.507.0"},
}
LUA: dict[str, Any] = {"workspace": {"workspaceFolders": True}, "window": {"showDocument": {"support": True}}}
"""The capabilities of copilot.lua, as far as they matter."""


def doc(editor: FakeEditor, **more: Any) -> dict[str, Any]:
    """`doc` as copilot.lua sends it."""
    buffer = editor.buffer
    assert buffer is not None
    return {
        "uri": buffer.uri,
        "version": buffer.version,
        "relativePath": "a.py",
        "insertSpaces": True,
        "tabSize": 4,
        "indentSize": 4,
        "position": buffer.position(buffer.cursor),
        **more,
    }


@pytest.fixture
async def editor(start: Start) -> FakeEditor:
    return await start({**SCRIPTED, **INFO}, client=LUA)


@pytest.mark.parametrize(
    ("method", "params", "result"),
    [
        ("checkStatus", {"_": True}, {"status": "OK", "user": "PiCode"}),
        ("checkStatus", {"options": {"localChecksOnly": True}}, {"status": "OK", "user": "PiCode"}),
        ("checkStatus", None, {"status": "OK", "user": "PiCode"}),
        ("signIn", {}, {"status": "AlreadySignedIn", "user": "PiCode"}),
        ("signInInitiate", {"dummy": "signInInitiate"}, {"status": "AlreadySignedIn", "user": "PiCode"}),
        ("signInConfirm", {"userCode": "1234-5678"}, {"status": "OK", "user": "PiCode"}),
        ("signOut", {}, {"status": "NotSignedIn"}),
        ("setEditorInfo", INFO, "OK"),
        ("notifyRejected", {"uuids": ["gone"]}, "OK"),
        ("notifyShown", {"uuid": "gone"}, "OK"),
        ("notifyAccepted", {"uuid": "gone", "acceptedLength": 3}, "OK"),
    ],
)
async def test_what_every_client_asks_is_answered(editor: FakeEditor, method: str, params: Any, result: Any) -> None:
    assert await asyncio.wait_for(editor.request(method, params), 10) == result


async def test_the_version_is_told(editor: FakeEditor) -> None:
    assert (await editor.request("getVersion", {}))["version"]


async def test_an_introduction_is_no_setting(editor: FakeEditor) -> None:
    await editor.run("picode.status")
    assert editor.messages() == []
    assert editor.told("didChangeStatus")[-1]["kind"] == "Normal"
    assert editor.told("statusNotification")[-1]["status"] == "Normal"
    assert editor.statuses() == []


async def test_the_settings_of_copilot_are_none_of_ours(editor: FakeEditor) -> None:
    theirs = {"telemetry": {"telemetryLevel": "all"}, "github": {"copilot": {"selectedCompletionModel": ""}}}
    editor.notify("workspace/didChangeConfiguration", {"settings": theirs})
    await editor.run("picode.status")
    assert editor.messages() == []


async def test_the_first_clients_introduce_themselves_later(start: Start, upstream: ScriptedUpstream) -> None:
    """Without `processId`, with capabilities of null, and without `initialized`."""
    editor = await start(SCRIPTED)
    other = type(editor)(type(editor.server)(editor.server.session._build))
    await other.request("initialize", {"capabilities": None})
    assert await other.request("setEditorInfo", {**INFO, "networkProxy": {"host": "localhost", "port": 1}}) == "OK"
    await other.until(lambda: other.told("statusNotification"))
    await other.stop()


async def test_completions_as_they_were_requested_before_there_was_a_standard(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    upstream.will_say("urn left + right")
    editor.open("a.py", "def add(left, right):\n    ret<cursor>\n")
    answer = await editor.request("getCompletions", {"doc": doc(editor), "_": True})
    (completion,) = answer["completions"]
    assert completion.pop("uuid")
    assert completion == {
        "text": "    return left + right",
        "displayText": "urn left + right",
        "range": {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 7}},
        "position": {"line": 1, "character": 7},
        "docVersion": 1,
    }


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        ("x = '🙂'; y = <cursor>\n", "value"),
        ("def f():\n\t<cursor>\n", "\treturn 1"),
        ("f(<cursor>)\n", "value"),
        ("x = 1\n<cursor>\n", "y = 2"),
        (f"x = {'a' * 3000} + <cursor>\n", "value"),
    ],
)
async def test_a_completion_begins_where_its_line_does(
    editor: FakeEditor, upstream: ScriptedUpstream, marked: str, said: str
) -> None:
    upstream.will_say(said)
    buffer = editor.open("a.py", marked)
    (completion,) = (await editor.request("getCompletions", {"doc": doc(editor)}))["completions"]
    start, end = (buffer.offset(completion["range"][each]) for each in ("start", "end"))
    assert completion["range"]["start"]["character"] == 0
    assert completion["text"] == buffer.text[start : buffer.cursor] + completion["displayText"]
    assert end >= buffer.cursor


async def test_all_candidates_are_told_apart(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("one", "two", "three")
    editor.open("a.py", "x = <cursor>\n")
    found = (await editor.request("getCompletionsCycling", {"doc": doc(editor)}))["completions"]
    assert {each["displayText"] for each in found} == {"one", "two", "three"}
    assert len({each["uuid"] for each in found}) == 3


async def test_a_panel_is_filled(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("one", "two", "three")
    editor.open("a.py", "x = <cursor>\n")
    answer = await editor.request("getPanelCompletions", {"doc": doc(editor), "panelId": "1:copilot:///a.py"})
    assert answer == {"solutionCountTarget": 3}
    solutions = editor.told("PanelSolution")
    assert {each["completionText"] for each in solutions} == {"x = one", "x = two", "x = three"}
    assert {each["panelId"] for each in solutions} == {"1:copilot:///a.py"}
    assert editor.told("PanelSolutionsDone") == [{"panelId": "1:copilot:///a.py", "status": "OK"}]


async def test_a_panel_of_todays_clients_is_filled(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("one", "two", "three")
    buffer = editor.open("a.py", "x = <cursor>\n")
    place = {"textDocument": {"uri": buffer.uri}, "position": buffer.position(buffer.cursor), "partialResultToken": 7}
    answer = await editor.request("textDocument/copilotPanelCompletion", place)
    assert {each["insertText"] for each in answer["items"]} == {"x = one", "x = two", "x = three"}
    assert all(each["command"]["arguments"] for each in answer["items"])


async def test_edits_elsewhere_are_none(editor: FakeEditor) -> None:
    buffer = editor.open("a.py", "x = <cursor>\n")
    place = {"textDocument": {"uri": buffer.uri, "version": 1}, "position": {"line": 0, "character": 4}}
    assert await editor.request("textDocument/copilotInlineEdit", place) == {"edits": []}


async def test_models_are_listed(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("one")  # model servers are looked for under other addresses too
    upstream.offers("scripted-model", "other")
    models = await editor.request("copilot/models", {})
    assert "scripted/scripted-model" in [each["id"] for each in models]
    assert all(each["scopes"] == ["completion"] for each in models)


async def test_a_document_that_comes_with_the_request_is_opened(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("1")
    where = {"uri": "file:///b.py", "version": 3, "languageId": "python", "position": {"line": 0, "character": 4}}
    answer = await editor.request("getCompletions", {"doc": {**where, "source": "x = \n", "path": "/b.py"}})
    assert [each["text"] for each in answer["completions"]] == ["x = 1"]


async def test_a_document_that_has_changed_since_gets_nothing(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    editor.open("a.py", "x = <cursor>\n")
    assert await editor.request("getCompletions", {"doc": doc(editor, version=99)}) == {"completions": []}


@pytest.mark.parametrize("params", [None, [], {}, {"doc": 1}, {"doc": {}}, {"doc": {"uri": "file:///a.py"}}])
async def test_what_names_no_place_is_refused(editor: FakeEditor, params: Any) -> None:
    with pytest.raises(RpcError) as refused:
        await editor.request("getCompletions", params)
    assert refused.value.code == -32602


@pytest.mark.parametrize(
    ("taken", "expected"),
    [(3, {"shown": 1, "partly": 1}), (7, {"shown": 1, "accepted": 1}), (None, {"shown": 1, "accepted": 1})],
)
async def test_what_becomes_of_a_completion_is_counted(
    editor: FakeEditor, upstream: ScriptedUpstream, taken: int | None, expected: dict[str, int]
) -> None:
    upstream.will_say("one")
    editor.open("a.py", "x = <cursor>\n")
    (completion,) = (await editor.request("getCompletions", {"doc": doc(editor)}))["completions"]
    await editor.request("notifyShown", {"uuid": completion["uuid"]})
    length = {} if taken is None else {"acceptedLength": taken}
    await editor.request("notifyAccepted", {"uuid": completion["uuid"], **length})
    assert await counts(editor) == expected


async def test_todays_clients_use_the_standard(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    """copilot.vim and copilot.el: `version` and `formattingOptions`, and the item's command as it stands."""
    upstream.will_say("one")
    buffer = editor.open("a.py", "x = <cursor>\n")
    answer = await editor.request(
        "textDocument/inlineCompletion",
        {
            "textDocument": {"uri": buffer.uri, "version": 1},
            "position": buffer.position(buffer.cursor),
            "formattingOptions": {"insertSpaces": True, "tabSize": 4},
            "context": {"triggerKind": 2},
        },
    )
    (item,) = answer["items"]
    assert item["range"]["start"]["character"] == 0
    editor.notify("textDocument/didShowCompletion", {"item": item})
    assert await editor.request("workspace/executeCommand", item["command"]) is None
    assert await counts(editor) == {"shown": 1, "accepted": 1}
