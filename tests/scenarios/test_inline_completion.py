"""Ghost text, as an editor sees it: what is asked upstream, what is shown, and when nothing is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.editor import FakeEditor, RpcError
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start

CANCELLED = -32800


async def test_ghost_text_continues_the_line(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("    return a + b\n\nprint(add(1, 2))")
    editor.open("sum.py", "def add(a, b):\n    <cursor>\n")
    assert await editor.ghost() == "return a + b"
    assert upstream.last.request.url == "http://127.0.0.1:9/v1/completions"
    assert upstream.last.body["prompt"].endswith("def add(a, b):\n   ")
    assert upstream.last.body["model"] == "scripted-model"


async def test_the_range_starts_at_the_line_s_start_and_survives_typing(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    upstream.will_say("turn a + b")
    editor.open("sum.py", "def add(a, b):\n    re<cursor>\n")
    (item,) = (await editor.ask(explicit=False))["items"]
    assert item["range"] == {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 6}}
    assert item["insertText"] == item["filterText"] == "    return a + b"


async def test_on_a_long_line_the_range_starts_at_the_word(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("sult")
    editor.open("a.py", "x = '" + "y" * 2000 + "' + re<cursor>")
    (item,) = (await editor.ask(explicit=False))["items"]
    assert item["insertText"] == "result"
    assert item["range"]["start"]["character"] == 2010 - 1


async def test_accepting_inserts_the_text(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("turn a + b")
    buffer = editor.open("sum.py", "def add(a, b):\n    re<cursor>\n")
    (item,) = (await editor.ask(explicit=False))["items"]
    await editor.accept(item)
    assert buffer.marked == "def add(a, b):\n    return a + b<cursor>\n"


async def test_an_explicit_trigger_gives_several_candidates_without_doubles(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    upstream.will_say("alpha", "beta", "alpha")
    editor.open("a.py", "x = <cursor>")
    assert sorted(await editor.ghosts(explicit=True)) == ["alpha", "beta"]
    assert sorted(exchange.body.get("seed", 0) for exchange in upstream.exchanges) == [0, 1, 2]
    assert upstream.most_live <= 2


async def test_what_was_shown_is_the_first_candidate(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("alpha", "beta", "gamma")
    editor.open("a.py", "x = <cursor>")
    assert await editor.ghost() == "alpha"
    candidates = await editor.ghosts(explicit=True)
    assert candidates[0] == "alpha"
    assert sorted(candidates[1:]) == ["beta", "gamma"]
    assert len(upstream.exchanges) == 3


async def test_an_automatic_trigger_asks_for_one(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("alpha")
    editor.open("a.py", "x = <cursor>")
    assert await editor.ghosts(explicit=False) == ["alpha"]
    assert len(upstream.exchanges) == 1
    assert upstream.last.body["temperature"] == 0


async def test_an_automatic_trigger_waits_for_a_pause_and_an_explicit_one_does_not(
    start: Start, upstream: ScriptedUpstream
) -> None:
    editor = await start({**SCRIPTED, "inline": {**SCRIPTED["inline"], "debounceMs": 5000}})
    upstream.will_say("alpha")
    editor.open("a.py", "x = <cursor>")
    waiting = editor.ask(explicit=False)
    assert await editor.ghosts(explicit=True) == ["alpha"]
    assert await waiting is None
    assert len(upstream.exchanges) == 3


async def test_the_start_of_a_line_does_not_wait(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start({**SCRIPTED, "inline": {**SCRIPTED["inline"], "debounceMs": 5000}})
    upstream.will_say("    return 1")
    editor.open("a.py", "def f():\n    <cursor>")
    assert await editor.ghost() == "return 1"


@pytest.mark.parametrize(
    ("marked", "said", "shown"),
    [
        ("x = <cursor>\n", "total\ny", "total"),
        ("def f():\n    <cursor>\n", "    a()\n    b()\nc()\n", "a()\n    b()"),
        ("def f():\n    <cursor>\n", "    a()\n\n    b()\n\n\nc()\n", "a()\n\n    b()"),
        ("def f():\n    if x:<cursor>\n", "\n        a()\n    b()\n", "\n        a()"),
    ],
)
async def test_the_model_is_stopped_as_soon_as_more_could_change_nothing(
    editor: FakeEditor, upstream: ScriptedUpstream, marked: str, said: str, shown: str
) -> None:
    upstream.will_begin(said, "and so on", asyncio.Event())
    editor.open("a.py", marked)
    assert await editor.ghost() == shown
    await asyncio.wait_for(upstream.exchanges[0].closed.wait(), 1)
    assert not upstream.exchanges[0].finished


@pytest.mark.parametrize("explicit", [False, True])
@pytest.mark.parametrize("said", [" return 1", "    return 1", "return 1"])
async def test_a_suggestion_that_is_asked_for_is_the_one_that_comes_by_itself(
    editor: FakeEditor, upstream: ScriptedUpstream, said: str, explicit: bool
) -> None:
    upstream.will_say(*[said] * 3)
    editor.open("a.py", "def f():\n    <cursor>\n")
    found = await editor.ask(explicit=explicit)
    assert {editor.shown(item) for item in found["items"]} == {"return 1"}


@pytest.mark.parametrize("explicit", [False, True])
async def test_what_the_editor_has_closed_is_replaced(
    editor: FakeEditor, upstream: ScriptedUpstream, explicit: bool
) -> None:
    upstream.will_say(*["w, h):\n    return w * h"] * 3)
    editor.open("a.py", "def area(<cursor>)\n")
    item = (await editor.ask(explicit=explicit))["items"][0]
    assert item["insertText"] == "def area(w, h):\n    return w * h"
    assert item["range"] == {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 10}}


async def test_whoever_wants_one_line_gets_one(start: Any, upstream: ScriptedUpstream) -> None:
    editor = await start({**SCRIPTED, "inline": {**SCRIPTED["inline"], "multiline": "never"}})
    upstream.will_say("\n    a()\n    b()", "    a()\n    b()")
    editor.open("a.py", "def f():\n    <cursor>\n")
    assert "\n" not in (await editor.ghost() or "")
    await editor.stop()


async def test_nothing_to_suggest_is_an_empty_list(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say("")
    editor.open("a.py", "x = <cursor>")
    assert await editor.ask(explicit=False) == {"items": []}


@pytest.mark.parametrize("text", ["<cursor>", "   <cursor>", "\n\n<cursor>\n"])
async def test_an_empty_document_asks_nobody(editor: FakeEditor, upstream: ScriptedUpstream, text: str) -> None:
    editor.open("a.py", text)
    assert await editor.ask(explicit=False) == {"items": []}
    assert upstream.exchanges == []


async def test_a_document_that_is_not_open_is_not_read_from_the_disk(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    editor.open("a.py", "x = <cursor>")
    editor.buffer.uri = "file:///etc/hostname"
    assert await editor.ask() == {"items": []}
    assert upstream.exchanges == []


class TestSupersede:
    """A newer request makes the older one of the same document pointless."""

    async def test_the_older_request_is_answered_null_and_its_question_upstream_dropped(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_never_answer()
        upstream.will_say("turn a + b")
        editor.open("sum.py", "def add(a, b):\n    <cursor>")
        older = editor.ask(explicit=False)
        first = await upstream.asked()
        editor.type("re")
        newer = editor.ask(explicit=False)
        assert await older is None
        await asyncio.wait_for(first.closed.wait(), 3)
        assert editor.shown((await newer)["items"][0]) == "turn a + b"

    async def test_another_document_s_request_goes_on(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        gate = asyncio.Event()
        upstream.will_say("alpha", "beta", after=gate)
        editor.open("a.py", "x = <cursor>")
        one = editor.ask(explicit=False)
        await upstream.asked(1)
        editor.open("b.py", "y = <cursor>")
        other = editor.ask(explicit=False)
        await upstream.asked(2)
        gate.set()
        assert [len((await each)["items"]) for each in (one, other)] == [1, 1]

    async def test_of_a_hundred_requests_at_most_two_are_live_upstream(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        gate = asyncio.Event()
        upstream.will_say("done", after=gate)
        editor.open("a.py", "x = <cursor>")
        requests = []
        for number in range(100):
            editor.type("abcdefghij"[number % 10])
            requests.append(editor.ask(explicit=False))
            await asyncio.sleep(0.002)
        await upstream.asked()
        gate.set()
        answers = await asyncio.gather(*requests)
        assert answers[:-1] == [None] * 99
        assert len(answers[-1]["items"]) == 1
        assert upstream.most_live <= 2
        assert upstream.live == 0

    async def test_an_answer_for_text_that_has_changed_is_dropped(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        gate = asyncio.Event()
        upstream.will_say("alpha", after=gate)
        editor.open("a.py", "x = <cursor>")
        ghost = editor.ask(explicit=False)
        await upstream.asked()
        editor.type("z")
        gate.set()
        assert await ghost is None

    async def test_closing_the_document_drops_the_question(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_never_answer()
        editor.open("a.py", "x = <cursor>")
        ghost = editor.ask()
        exchange = await upstream.asked()
        editor.notify("textDocument/didClose", {"textDocument": {"uri": editor.buffer.uri}})
        assert await ghost is None
        await asyncio.wait_for(exchange.closed.wait(), 0.2)


@pytest.mark.parametrize("explicit", [True, False])
async def test_cancelling_is_answered_at_once_and_reaches_upstream(
    editor: FakeEditor, upstream: ScriptedUpstream, explicit: bool
) -> None:
    upstream.will_never_answer()
    editor.open("a.py", "x = <cursor>")
    ghost = editor.ask(explicit)
    exchange = await upstream.asked()
    editor.cancel(editor.last_id)
    with pytest.raises(RpcError) as cancelled:
        await asyncio.wait_for(ghost, 0.05)
    assert cancelled.value.code == CANCELLED
    await asyncio.wait_for(exchange.closed.wait(), 0.2)


class TestSelectedCompletion:
    """With an entry of the completion list selected, items extend it and keep its range."""

    INFO: dict[str, Any] = {
        "range": {"start": {"line": 0, "character": 3}, "end": {"line": 0, "character": 4}},
        "text": "path",
    }

    async def test_the_entry_counts_as_typed(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        upstream.will_say('.join("a", "b")')
        editor.open("a.py", "os.p<cursor>")
        (item,) = (await editor.ask(explicit=False, selected=self.INFO))["items"]
        assert upstream.last.body["prompt"] == "os.path"
        assert item["insertText"] == 'path.join("a", "b")'
        assert item["range"] == self.INFO["range"]

    async def test_what_does_not_extend_it_is_not_shown(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        upstream.will_say("")
        editor.open("a.py", "os.p<cursor>")
        assert await editor.ask(explicit=False, selected=self.INFO) == {"items": []}


class TestDocuments:
    """The document upstream is the document in the editor."""

    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    async def test_line_ends_are_kept(self, editor: FakeEditor, upstream: ScriptedUpstream, newline: str) -> None:
        upstream.will_say("    a()\n    b()")
        editor.open("a.py", f"def f():{newline}    <cursor>{newline}")
        assert await editor.ghost() == f"a(){newline}    b()"

    @pytest.mark.parametrize("odd", ["\u2028", "\x0c", "\x0b", "\x85", "😀", "é"])
    async def test_edits_behind_odd_characters_land_where_the_editor_made_them(
        self, editor: FakeEditor, upstream: ScriptedUpstream, odd: str
    ) -> None:
        upstream.will_say("1")
        buffer = editor.open("a.py", f"a = '{odd}'\r\nb = '{odd}{odd}'; c<cursor>\r\n")
        editor.type(" =😀")
        editor.edit(buffer.cursor - 1, buffer.cursor, "= ")
        await editor.ghost()
        assert upstream.last.body["prompt"] == buffer.text[: buffer.cursor].rstrip(" ")

    async def test_a_newer_change_that_comes_before_an_older_one_wins(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say("1")
        buffer = editor.open("a.py", "x = <cursor>")
        editor.type("12")
        old = {"uri": buffer.uri, "version": 1}
        editor.notify("textDocument/didChange", {"textDocument": old, "contentChanges": [{"text": "lost"}]})
        await editor.ghost()
        assert upstream.last.body["prompt"] == "x = 12"

    async def test_an_untitled_buffer_gets_suggestions(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        upstream.will_say("1")
        editor.open("untitled:Untitled-1", "x =<cursor>")
        assert await editor.ghost() == "1"

    async def test_a_notebook_cell_gets_suggestions(self, editor: FakeEditor, upstream: ScriptedUpstream) -> None:
        upstream.will_say("turn 2")
        cell = "vscode-notebook-cell:/project/book.ipynb#W0"
        notebook = {"uri": "file:///project/book.ipynb", "notebookType": "jupyter-notebook", "version": 1, "cells": []}
        item = {"uri": cell, "languageId": "python", "version": 1, "text": "def f():\n"}
        editor.notify("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": [item]})
        insertion = {
            "range": {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}},
            "text": "  re",
        }
        change = {"cells": {"textContent": [{"document": {"uri": cell, "version": 2}, "changes": [insertion]}]}}
        identifier = {"uri": notebook["uri"], "version": 2}
        editor.notify("notebookDocument/didChange", {"notebookDocument": identifier, "change": change})
        where = {"textDocument": {"uri": cell}, "position": {"line": 1, "character": 4}, "context": {"triggerKind": 2}}
        (answer,) = (await editor.request("textDocument/inlineCompletion", where))["items"]
        assert answer["insertText"] == "  return 2"
        closing = {"notebookDocument": {"uri": notebook["uri"]}, "cellTextDocuments": [{"uri": cell}]}
        editor.notify("notebookDocument/didClose", closing)
        assert await editor.request("textDocument/inlineCompletion", where) == {"items": []}

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-32"])
    async def test_positions_are_in_the_negotiated_encoding(
        self, start: Start, upstream: ScriptedUpstream, encoding: str
    ) -> None:
        editor = await start(client={"general": {"positionEncodings": [encoding]}})
        upstream.will_say("ll")
        editor.open("a.py", "é😀 = nu")
        width = len("é😀 = nu".encode(encoding + "-le" if encoding != "utf-8" else encoding))
        width //= 4 if encoding == "utf-32" else 1
        where = {
            "textDocument": {"uri": editor.buffer.uri},
            "position": {"line": 0, "character": width},
            "context": {"triggerKind": 2},
        }
        (item,) = (await editor.request("textDocument/inlineCompletion", where))["items"]
        assert item["insertText"] == "é😀 = null"
        assert item["range"]["end"]["character"] == width

    async def test_the_additions_of_other_clients_are_kept(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say("1")
        editor.open("a.py", "x = <cursor>")
        where = {
            "textDocument": {"uri": editor.buffer.uri, "version": 1},
            "position": {"line": 0, "character": 4},
            "context": {"triggerKind": 2},
            "formattingOptions": {"tabSize": 4, "insertSpaces": True},
        }
        assert len((await editor.request("textDocument/inlineCompletion", where))["items"]) == 1

    async def test_a_request_for_a_version_that_is_gone_is_superseded(
        self, editor: FakeEditor, upstream: ScriptedUpstream
    ) -> None:
        upstream.will_say("1")
        editor.open("a.py", "x = <cursor>")
        editor.type("y")
        where = {
            "textDocument": {"uri": editor.buffer.uri, "version": 1},
            "position": {"line": 0, "character": 4},
            "context": {"triggerKind": 2},
        }
        assert await editor.request("textDocument/inlineCompletion", where) is None
        assert upstream.exchanges == []


async def test_azure_is_asked_for_the_version_that_the_user_names(
    start: Start, upstream: ScriptedUpstream, environ: dict[str, str]
) -> None:
    environ["AZURE_OPENAI_API_KEY"] = "0123456789abcdef"
    upstream.will_say("1")
    azure = {"baseUrl": "https://mine.openai.azure.com/openai", "query": "api-version=2025-03-01-preview"}
    editor = await start(
        {
            "inline": {"provider": "azure-deployments", "model": "my-deployment", "debounceMs": 0},
            "providers": {"azure-deployments": azure},
        }
    )
    editor.open("a.py", "x = <cursor>")
    await editor.ghost()
    request = upstream.last.request
    assert request.url.startswith("https://mine.openai.azure.com/openai/deployments/my-deployment/chat/completions")
    assert request.url.endswith("?api-version=2025-03-01-preview")
    assert request.headers["api-key"] == "0123456789abcdef"


class TestChatModels:
    """A provider whose models only hold conversations can fill in code as well."""

    SETTINGS = {
        "inline": {"provider": "talker", "model": "talkative", "debounceMs": 0},
        "providers": {"talker": {"baseUrl": "http://127.0.0.1:9/v1", "fill": ""}},
    }

    async def test_it_is_asked_in_a_conversation(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start(self.SETTINGS)
        upstream.will_say("```python\nreturn a + b\n```")
        editor.open("sum.py", "def add(a, b):\n    <cursor>\n")
        assert await editor.ghost() == "return a + b"
        assert upstream.last.request.url.endswith("/chat/completions")
        assert "<|cursor|>" in upstream.last.body["messages"][-1]["content"]

    async def test_the_line_is_asked_for_from_its_beginning(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start(self.SETTINGS)
        upstream.will_say("return a + b")
        editor.open("sum.py", "def add(a, b):\n    ret<cursor>\n")
        assert await editor.ghost() == "urn a + b"
        assert [message["role"] for message in upstream.last.body["messages"]][-1] == "user"

    async def test_a_model_that_goes_on_from_its_own_words_is_given_them(
        self, start: Start, upstream: ScriptedUpstream
    ) -> None:
        settings = {**self.SETTINGS, "inline": {**self.SETTINGS["inline"], "model": "mistral-large"}}
        editor = await start(settings)
        upstream.will_say("urn a + b")
        editor.open("sum.py", "def add(a, b):\n    ret<cursor>\n")
        assert await editor.ghost() == "urn a + b"
        last = upstream.last.body["messages"][-1]
        assert (last["role"], last["content"]) == ("assistant", "ret")
