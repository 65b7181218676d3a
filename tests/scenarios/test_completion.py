"""Suggestions in the list of completions, for editors without ghost text."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from picode.io.config_files import config_directory
from picode.lsp.features.completion import TIMEOUT_S
from support.editor import BARE, FULL, FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start

WANTED = {**SCRIPTED, "inline": {**SCRIPTED["inline"], "completion": True}}
DYNAMIC = {**FULL, "textDocument": {**FULL["textDocument"], "completion": {"dynamicRegistration": True}}}


TYPED, BY_TRIGGER = {"triggerKind": 1}, {"triggerKind": 2, "triggerCharacter": "."}
"""Contexts of requests. That of a list which the user requests by a key is the same as that of one which opens while typing."""


async def listed(editor: FakeEditor, context: dict[str, Any] | None = None) -> dict[str, Any]:
    buffer = editor.buffer
    assert buffer is not None
    position = buffer.position(buffer.cursor)
    params = {"textDocument": {"uri": buffer.uri}, "position": position, **({"context": context} if context else {})}
    request = editor.request("textDocument/completion", params)
    answer: dict[str, Any] = await asyncio.wait_for(request, 5)
    return answer


async def entries(editor: FakeEditor) -> list[dict[str, Any]]:
    """Asks as an editor does whose user types on, until there is something."""
    for _ in range(100):
        answer = await listed(editor)
        assert answer["isIncomplete"]
        if answer["items"]:
            items: list[dict[str, Any]] = answer["items"]
            return items
        await asyncio.sleep(0.01)
    return []


READS_MARKDOWN = {
    "textDocument": {"completion": {"completionItem": {"documentationFormat": ["plaintext", "markdown"]}}}
}


async def test_an_entry_stands_in_the_place_of_the_word(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(WANTED, client=READS_MARKDOWN)
    upstream.will_say("urn left + right")
    editor.open("a.py", "def add(left, right):\n    ret<cursor>\n")
    [item] = await entries(editor)
    assert item["label"] == "return left + right"
    assert item["filterText"] == "ret"
    assert item["detail"] == "PiCode"
    assert item["textEdit"] == {
        "range": {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 7}},
        "newText": "return left + right",
    }
    assert item["documentation"]["value"] == "```python\nreturn left + right\n```"


@pytest.mark.parametrize("declared", [None, [], ["plaintext"]], ids=str)
async def test_a_client_that_renders_no_markdown_gets_none(
    start: Start, upstream: ScriptedUpstream, declared: list[str] | None
) -> None:
    """Kate would show the fence."""
    item = {} if declared is None else {"documentationFormat": declared}
    editor = await start(WANTED, client={"textDocument": {"completion": {"completionItem": item}}})
    upstream.will_say("urn left + right")
    editor.open("a.py", "def add(left, right):\n    ret<cursor>\n")
    [entry] = await entries(editor)
    assert entry["documentation"] == {"kind": "plaintext", "value": "return left + right"}


async def test_of_several_lines_the_first_is_the_label(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(WANTED, client=BARE)
    upstream.will_say("    total = left + right\n    return total")
    editor.open("a.py", "def add(left, right):\n    <cursor>")
    [item] = await entries(editor)
    assert item["label"] == "total = left + right…"
    assert item["filterText"] == "total = left + right"
    assert item["textEdit"]["newText"] == "total = left + right\n    return total"


async def test_positions_are_in_the_clients_units(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(WANTED, client=BARE)
    upstream.will_say(" + 1")
    editor.open("a.py", "x = '🙂'; y = größe<cursor>\n")
    [item] = await entries(editor)
    place = item["textEdit"]["range"]
    assert (place["start"]["character"], place["end"]["character"]) == (14, 19)


async def test_it_waits_for_no_model_but_has_its_answer_at_the_next_key(
    start: Start, upstream: ScriptedUpstream
) -> None:
    editor = await start(WANTED, client=BARE)
    written = asyncio.Event()
    upstream.will_say("urn left", after=written)
    editor.open("a.py", "    re<cursor>\n")
    editor.type("t")
    assert await listed(editor) == {"isIncomplete": True, "items": []}
    await upstream.asked()
    written.set()
    await upstream.last.closed.wait()
    editor.type("u")
    [item] = await entries(editor)
    assert item["textEdit"]["newText"] == "return left"
    assert len(upstream.exchanges) == 1


async def by_hand(
    editor: FakeEditor, upstream: ScriptedUpstream, context: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The entries of one request whose model answers only after the time that a list waits while one types."""
    written = asyncio.Event()
    upstream.will_say("urn left", after=written)
    request = asyncio.ensure_future(listed(editor, context))
    await upstream.asked()
    await asyncio.sleep(3 * TIMEOUT_S)
    assert not request.done()
    written.set()
    entries: list[dict[str, Any]] = (await request)["items"]
    return entries


@pytest.mark.parametrize("context", [TYPED, None], ids=["a context", "ALE sends none"])
async def test_a_list_by_hand_waits_for_the_model(
    start: Start, upstream: ScriptedUpstream, context: dict[str, Any] | None
) -> None:
    editor = await start(WANTED, client=BARE)
    editor.open("a.py", "    ret<cursor>\n")
    [item] = await by_hand(editor, upstream, context)
    assert item["textEdit"]["newText"] == "return left"


async def test_a_list_some_time_after_the_last_edit_is_one_by_hand(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(WANTED, client=BARE)
    editor.open("a.py", "    re<cursor>\n")
    editor.type("t")
    document = editor.server.session.documents.get(editor.buffer.uri if editor.buffer else "")
    assert document is not None
    document.edited_at -= 1.0
    [item] = await by_hand(editor, upstream)
    assert item["textEdit"]["newText"] == "return left"


@pytest.mark.parametrize("again_as", [TYPED, {"triggerKind": 3}], ids=["Eglot", "lsp-mode: the list was incomplete"])
async def test_a_list_that_is_requested_again_at_its_place_is_one_by_hand(
    start: Start, upstream: ScriptedUpstream, again_as: dict[str, Any]
) -> None:
    editor = await start(WANTED, client=BARE)
    written = asyncio.Event()
    upstream.will_say("urn left", after=written)
    editor.open("a.py", "    re<cursor>\n")
    editor.type("t")
    assert (await listed(editor, TYPED))["items"] == []
    again = asyncio.ensure_future(listed(editor, again_as))
    await upstream.asked()
    await asyncio.sleep(3 * TIMEOUT_S)
    assert not again.done()
    written.set()
    assert [item["textEdit"]["newText"] for item in (await again)["items"]] == ["return left"]


@pytest.mark.parametrize("context", [TYPED, BY_TRIGGER, None])
async def test_a_list_while_one_types_does_not_wait(
    start: Start, upstream: ScriptedUpstream, context: dict[str, Any] | None
) -> None:
    editor = await start(WANTED, client=BARE)
    upstream.will_say("urn left", after=asyncio.Event())
    editor.open("a.py", "    re<cursor>\n")
    editor.type("t")
    assert (await listed(editor, context))["items"] == []


async def test_a_list_by_hand_waits_no_longer_than_is_set(start: Start, upstream: ScriptedUpstream) -> None:
    settings = {**WANTED, "inline": {**WANTED["inline"], "timeoutSeconds": 0.5}}
    editor = await start(settings, client=BARE)
    upstream.will_say("urn left", after=asyncio.Event())
    editor.open("a.py", "    ret<cursor>\n")
    assert (await listed(editor, TYPED))["items"] == []


async def test_accepting_an_entry_is_counted(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(WANTED, client=BARE)
    upstream.will_say("urn 1")
    editor.open("a.py", "ret<cursor>\n")
    [item] = await entries(editor)
    await editor.run(item["command"]["command"], *item["command"]["arguments"])
    assistant = await editor.server.assistant()
    assert {each.outcome for each in await assistant.usage.store.rows(1)} >= {"accepted"}


async def test_ghost_text_and_the_list_do_not_disturb_each_other(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(WANTED)
    written = asyncio.Event()
    upstream.will_say("urn 1", after=written)
    editor.open("a.py", "re<cursor>\n")
    editor.type("t")
    ghost = editor.ask(explicit=False)
    await upstream.asked()
    await listed(editor)
    written.set()
    assert [editor.shown(item) for item in (await asyncio.wait_for(ghost, 5))["items"]] == ["urn 1"]


@pytest.mark.parametrize(("settings", "client"), [(SCRIPTED, BARE), (SCRIPTED, FULL), (WANTED, DYNAMIC)])
async def test_it_is_not_announced_unless_it_is_wanted_at_once(
    start: Start, settings: dict[str, Any], client: dict[str, Any]
) -> None:
    editor = await start(settings, client=client)
    assert "completionProvider" not in editor.capabilities


async def test_it_is_announced_where_it_is_wanted(start: Start) -> None:
    editor = await start(WANTED, client=BARE)
    assert "completionProvider" in editor.capabilities


USER_FILE = """
[inline]
provider = "scripted"
model = "scripted-model"
completion = %s

[providers.scripted]
baseUrl = "http://127.0.0.1:9/v1"
fill = "openai_completions"
"""


@pytest.mark.parametrize(
    ("in_file", "in_editor", "announced"),
    [
        ("true", {}, True),
        ("false", {}, False),
        ("true", {"inline": {"completion": False}}, False),
        ("false", {"inline": {"completion": True}}, True),
        ('"yes please"', {}, False),
    ],
)
async def test_the_users_own_file_is_heeded_before_anything_is_announced(
    start: Start, in_file: str, in_editor: dict[str, Any], announced: bool
) -> None:
    file = config_directory() / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(USER_FILE % in_file)
    editor = await start(in_editor, client=BARE)
    assert ("completionProvider" in editor.capabilities) is announced


async def test_a_client_without_registration_completes_by_the_users_own_file(
    start: Start, upstream: ScriptedUpstream
) -> None:
    file = config_directory() / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(USER_FILE % "true")
    editor = await start({}, client=BARE)
    upstream.will_say("urn left")
    editor.open("a.py", "    ret<cursor>\n")
    [item] = await entries(editor)
    assert item["textEdit"]["newText"] == "return left"


async def test_a_client_that_can_be_told_is_told_when_the_setting_changes(start: Start) -> None:
    editor = await start(SCRIPTED, client={**DYNAMIC, "workspace": {}})
    change = {"settings": {"picode": WANTED}}
    editor.notify("workspace/didChangeConfiguration", change)
    await editor.until(lambda: "textDocument/completion" in [each["method"] for each in editor.registrations])


async def test_turned_off_there_is_nothing(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(SCRIPTED)
    editor.open("a.py", "ret<cursor>\n")
    assert await listed(editor) == {"isIncomplete": False, "items": []}
    assert upstream.exchanges == []


async def test_a_document_that_is_not_open_has_none(start: Start) -> None:
    editor = await start(WANTED, client=BARE)
    position = {"line": 0, "character": 0}
    answer = await editor.request(
        "textDocument/completion", {"textDocument": {"uri": "file:///x"}, "position": position}
    )
    assert answer["items"] == []
