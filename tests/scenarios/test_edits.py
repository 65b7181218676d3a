"""Edits: from the model's answer into the document, and back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.editor import LIVE, PLAIN, RICH, FakeEditor, RpcError
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start

SOURCE = "import math\n\n\ndef add(a, b):\n    <sel>return a - b</sel>\n\n\nprint(add(1, 2))\n"
FIXED = SOURCE.replace("<sel>return a - b</sel>", "return a + b")
BEFORE = SOURCE.replace("<sel>", "").replace("</sel>", "")
ANSWER = "```python\nreturn a + b\n```"


async def test_an_edit_is_the_smallest_one_and_one_step(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=RICH)
    upstream.will_say(ANSWER)
    buffer = editor.open("a.py", SOURCE)
    result = await editor.slash("/fix")
    assert (result["edit"]["state"], result["edit"]["added"], result["edit"]["removed"]) == ("applied", 1, 1)
    await editor.until(lambda: buffer.text == FIXED, "the edit")
    (edit,) = editor.requested("workspace/applyEdit")
    (change,) = edit["documentChanges"]
    assert change["textDocument"] == {"uri": buffer.uri, "version": 1}
    (only,) = change["edits"]
    assert only["newText"] == "+"
    editor.undone()
    assert buffer.text == BEFORE


async def test_an_editor_that_can_ask_is_to_ask_first(start: Start, upstream: ScriptedUpstream) -> None:
    upstream.will_say(ANSWER)
    for show, asks in (("live", True), ("preview", True), ("apply", False)):
        editor = await start({**SCRIPTED, "edits": {"show": show}}, client=RICH)
        editor.open("a.py", SOURCE)
        await editor.slash("/fix")
        edit = editor.requested("workspace/applyEdit")[-1]
        annotations = edit.get("changeAnnotations") or {}
        assert [each["needsConfirmation"] for each in annotations.values()] == ([True] if asks else [])
        assert all(("annotationId" in each) is asks for each in edit["documentChanges"][0]["edits"])


@pytest.mark.parametrize(("name", "answered_first"), [("", True), ("Eglot", True), ("emacs", True), ("Helix", False)])
async def test_emacs_has_the_response_before_it_asks_its_user_about_the_edit(
    start: Start, upstream: ScriptedUpstream, name: str, answered_first: bool
) -> None:
    """The response would take its question away."""
    editor = await start(client=PLAIN, name=name)
    upstream.will_say(ANSWER)
    buffer = editor.open("a.py", SOURCE)
    editor.timeline.clear()
    result = await editor.slash("/fix")
    await editor.until(lambda: buffer.text == FIXED, "the edit")
    order = [each for each in editor.timeline if each in ("response", "workspace/applyEdit")]
    assert order == (["response", "workspace/applyEdit"] if answered_first else ["workspace/applyEdit", "response"])
    assert (result is None) is answered_first


async def test_an_editor_that_only_takes_edits_gets_a_plain_one(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=PLAIN)
    upstream.will_say(ANSWER)
    buffer = editor.open("a.py", SOURCE)
    (fix,) = [each for each in await editor.actions() if each["title"] == "PiCode: Fix"]
    assert "command" not in fix
    assert not upstream.exchanges
    await editor.choose(fix)
    await editor.until(lambda: buffer.text == FIXED, "the edit")
    assert "documentChanges" not in editor.requested("workspace/applyEdit")[-1]


async def test_an_answer_that_is_no_edit_is_shown_with_the_reason(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=RICH)
    upstream.will_say(
        "I would rather not touch this function, since it is called from elsewhere and changing it is risky."
    )
    buffer = editor.open("a.py", SOURCE)
    result = await editor.slash("/fix")
    assert result["edit"]["state"] == "refused"
    assert buffer.text == BEFORE
    (shown,) = editor.requested("window/showDocument")
    text = (await editor.request("workspace/textDocumentContent", {"uri": shown["uri"]}))["text"]
    assert "I would rather not touch this function" in text
    assert result["edit"]["reason"] in text


async def test_nothing_to_change(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=RICH)
    upstream.will_say("```python\nreturn a - b\n```")
    editor.open("a.py", SOURCE)
    assert (await editor.slash("/fix"))["edit"]["state"] == "unchanged"
    assert not editor.requested("workspace/applyEdit")
    assert not editor.requested("window/showDocument")


async def test_an_edit_that_breaks_the_code_is_not_made(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=RICH)
    upstream.will_say("```python\nreturn a + + ) (\n```")
    buffer = editor.open("a.py", SOURCE)
    result = await editor.slash("/fix")
    assert result["edit"]["state"] == "refused"
    assert "syntax error" in result["edit"]["reason"]
    assert buffer.text == BEFORE


@pytest.mark.parametrize("name", [".git/config", ".vscode/settings.json", ".picode.toml"])
async def test_files_that_could_make_something_run_are_never_edited(
    start: Start, upstream: ScriptedUpstream, name: str
) -> None:
    editor = await start(client=RICH)
    upstream.will_say("```\nx = 2\n```")
    buffer = editor.open(name, "<sel>x = 1</sel>\n", "plaintext")
    result = await editor.slash("/edit set x to 2")
    assert buffer.text == "x = 1\n"
    assert not editor.requested("workspace/applyEdit")
    assert result["state"] == "failed" or result["edit"]["state"] == "refused"


class TestTheDocumentMoves:
    async def asked_meanwhile(self, editor: FakeEditor, upstream: ScriptedUpstream, held: asyncio.Event) -> Any:
        upstream.will_say(ANSWER, after=held)
        editor.open("a.py", SOURCE)
        asked = editor.arguments("/fix")
        running = editor.request("workspace/executeCommand", {"command": "picode.slash", "arguments": [asked]})
        await upstream.asked()
        return running

    async def test_the_code_is_found_again(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor, held = await start(client=RICH), asyncio.Event()
        running = await self.asked_meanwhile(editor, upstream, held)
        editor.edit(0, 0, "# a line\n# more\n")
        held.set()
        assert (await running)["edit"]["state"] == "applied"
        assert editor.buffer is not None
        await editor.until(lambda: editor.buffer and editor.buffer.text == "# a line\n# more\n" + FIXED, "the edit")

    async def test_code_that_is_not_there_any_more_is_left_alone(
        self, start: Start, upstream: ScriptedUpstream
    ) -> None:
        editor, held = await start(client=RICH), asyncio.Event()
        running = await self.asked_meanwhile(editor, upstream, held)
        assert editor.buffer is not None
        at = editor.buffer.text.index("a - b")
        editor.edit(at, at + 5, "b * a")
        text = editor.buffer.text
        held.set()
        result = await running
        assert result["edit"]["state"] == "refused"
        assert editor.buffer.text == text
        assert editor.requested("window/showDocument"), "the answer is not lost"

    async def test_a_document_that_was_closed(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor, held = await start(client=RICH), asyncio.Event()
        running = await self.asked_meanwhile(editor, upstream, held)
        assert editor.buffer is not None
        editor.notify("textDocument/didClose", {"textDocument": {"uri": editor.buffer.uri}})
        held.set()
        assert (await running)["edit"]["reason"] == "The document is closed."


class TestAfterwards:
    async def edited(
        self, start: Start, upstream: ScriptedUpstream, client: dict[str, Any] = RICH
    ) -> tuple[FakeEditor, str]:
        editor = await start(client=client)
        upstream.will_say(ANSWER)
        buffer = editor.open("a.py", SOURCE)
        result = await editor.slash("/fix")
        await editor.until(lambda: buffer.text == FIXED, "the edit")
        return editor, result["id"]

    async def lenses(self, editor: FakeEditor) -> list[str]:
        assert editor.buffer is not None
        found = await editor.request("textDocument/codeLens", {"textDocument": {"uri": editor.buffer.uri}})
        return [each["command"]["title"] for each in found]

    async def test_the_lenses_offer_what_can_be_done(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor, identifier = await self.edited(start, upstream)
        assert await self.lenses(editor) == ["Keep", "Undo", "Try again", "Compare"]
        assert editor.requested("workspace/codeLens/refresh")
        await editor.run("picode.edit.keep", {"id": identifier})
        assert await self.lenses(editor) == []

    async def test_it_is_taken_back_even_when_the_document_has_moved(
        self, start: Start, upstream: ScriptedUpstream
    ) -> None:
        editor, identifier = await self.edited(start, upstream)
        editor.edit(0, 0, "# more\n")
        assert await editor.run("picode.edit.undo", {"id": identifier}) == {"applied": True, "reason": ""}
        await editor.until(lambda: editor.buffer and editor.buffer.text == "# more\n" + BEFORE, "the undo")
        assert await self.lenses(editor) == []

    async def test_what_was_changed_since_is_not_taken_back(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor, identifier = await self.edited(start, upstream)
        assert editor.buffer is not None
        at = editor.buffer.text.index("a + b")
        editor.edit(at, at + 5, "sum((a, b))")
        undone = await editor.run("picode.edit.undo", {"id": identifier})
        assert not undone["applied"]
        assert "sum((a, b))" in editor.buffer.text

    async def test_it_is_compared(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor, identifier = await self.edited(start, upstream)
        compared = await editor.run("picode.edit.compare", {"id": identifier})
        before = await editor.request("workspace/textDocumentContent", {"uri": compared["before"]})
        after = await editor.request("workspace/textDocumentContent", {"uri": compared["after"]})
        assert (before["text"], after["text"]) == (BEFORE, FIXED)
        shown = editor.requested("window/showDocument")[-1]["uri"]
        changes = await editor.request("workspace/textDocumentContent", {"uri": shown})
        assert "-    return a - b\n+    return a + b\n" in changes["text"]

    async def test_it_is_tried_again(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor, identifier = await self.edited(start, upstream)
        upstream.forget()
        upstream.will_say("```python\nreturn b + a\n```")
        result = await editor.run("picode.edit.again", {"id": identifier})
        assert result["edit"]["state"] == "applied"
        await editor.until(lambda: editor.buffer and "return b + a" in editor.buffer.text, "the second edit")

    async def test_the_client_names_the_progress_of_another_try(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor, identifier = await self.edited(start, upstream)
        upstream.will_say("```python\nreturn b + a\n```")
        await editor.run("picode.edit.again", {"id": identifier, "workDoneToken": "mine"})
        told = [each["value"]["kind"] for each in editor.told("$/progress") if each["token"] == "mine"]
        assert told == ["begin", "end"]

    async def test_an_edit_that_is_not_known(self, editor: FakeEditor) -> None:
        with pytest.raises(RpcError, match="no edit 'nothing'"):
            await editor.run("picode.edit.undo", {"id": "nothing"})


class TestLive:
    async def test_it_is_shown_while_it_is_written_and_changes_nothing(
        self, start: Start, upstream: ScriptedUpstream
    ) -> None:
        editor = await start(client=LIVE)
        upstream.will_say(ANSWER)
        buffer = editor.open("a.py", SOURCE)
        result = await editor.slash("/fix")
        assert result["edit"]["state"] == "proposed"
        assert buffer.text == BEFORE
        assert not editor.requested("workspace/applyEdit")
        last = editor.told("picode/edit")[-1]
        assert last["state"] == "ready"
        assert last["lines"] == [
            {"kind": "-", "text": "    return a - b"},
            {"kind": "+", "text": "    return a + b"},
        ]
        assert last["range"] == {"start": {"line": 4, "character": 0}, "end": {"line": 4, "character": 16}}

    async def test_it_is_accepted(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start(client=LIVE)
        upstream.will_say(ANSWER)
        buffer = editor.open("a.py", SOURCE)
        identifier = (await editor.slash("/fix"))["id"]
        editor.edit(0, 0, "# more\n")
        assert await editor.run("picode.edit.accept", {"id": identifier}) == {"applied": True, "reason": ""}
        await editor.until(lambda: buffer.text == "# more\n" + FIXED, "the edit")
        assert not (await editor.run("picode.edit.accept", {"id": identifier}))["applied"], "once is enough"

    async def test_it_is_discarded(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start(client=LIVE)
        upstream.will_say(ANSWER)
        buffer = editor.open("a.py", SOURCE)
        identifier = (await editor.slash("/fix"))["id"]
        await editor.run("picode.edit.discard", {"id": identifier})
        assert not (await editor.run("picode.edit.accept", {"id": identifier}))["applied"]
        assert buffer.text == BEFORE

    async def test_one_that_breaks_off_is_over(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start(client=LIVE)
        upstream.will_send(b'data: {"choices": [{"delta": {"content": "```python\\nreturn a +"}}]}\n\n')
        buffer = editor.open("a.py", SOURCE)
        result = await editor.slash("/fix")
        assert result["state"] == editor.told("picode/edit")[-1]["state"] == "failed"
        assert buffer.text == BEFORE
        assert not (await editor.run("picode.edit.accept", {"id": result["id"]}))["applied"]
