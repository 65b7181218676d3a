"""A completion that replaces text right of the cursor: the item's range covers it, wherever its text comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from picode.assistant.completion.request import Completion, ModelView
from picode.assistant.completion.session_cache import ModelAnswer
from support.editor import BARE, FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start

CODE = "def area(<cursor>):\n    pass\n"
ANSWER = "width, height):"


@pytest.fixture
def closing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Post-processing that lets `):` replace what stands right of the cursor."""
    fit = ModelView.complete

    def complete(view: ModelView, answer: ModelAnswer, *arguments: Any, **options: Any) -> Completion:
        completion = fit(view, answer, *arguments, **options)
        rest = answer.rest(arguments[0] if arguments else "")
        return replace(completion, text=rest, replaced_after=2) if completion.text and rest else completion

    monkeypatch.setattr(ModelView, "complete", complete)


async def items(editor: FakeEditor, *, explicit: bool = False) -> list[dict[str, Any]]:
    answer = await editor.ask(explicit=explicit)
    found: list[dict[str, Any]] = answer["items"]
    return found


@pytest.mark.usefixtures("closing")
@pytest.mark.parametrize("explicit", [True, False])
async def test_the_item_replaces_what_the_editor_closed(
    start: Start, upstream: ScriptedUpstream, explicit: bool
) -> None:
    editor = await start({**SCRIPTED, "inline": {**SCRIPTED["inline"], "candidates": 1, "prefetch": False}})
    upstream.will_say(ANSWER)
    buffer = editor.open("a.py", CODE)
    [item] = await items(editor, explicit=explicit)
    assert item["range"] == {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 11}}
    await editor.accept(item)
    assert buffer.text == "def area(width, height):\n    pass\n"


@pytest.mark.usefixtures("closing")
async def test_typed_through_it_still_does(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say(ANSWER)
    buffer = editor.open("a.py", CODE)
    await items(editor)
    editor.type("wid")
    [item] = await items(editor)
    assert item["range"]["end"] == {"line": 0, "character": 14}
    await editor.accept(item)
    assert buffer.text == "def area(width, height):\n    pass\n"


@pytest.mark.usefixtures("closing")
async def test_with_an_entry_selected_it_does_too(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    upstream.will_say(", height):")
    buffer = editor.open("a.py", "def area(w<cursor>):\n    pass\n")
    place = {"start": {"line": 0, "character": 9}, "end": {"line": 0, "character": 10}}
    answer = await editor.ask(explicit=False, selected={"range": place, "text": "width"})
    await editor.accept(answer["items"][0])
    assert buffer.text == "def area(width, height):\n    pass\n"


@pytest.mark.usefixtures("closing")
async def test_an_entry_of_the_list_replaces_it(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start({**SCRIPTED, "inline": {**SCRIPTED["inline"], "completion": True}}, client=BARE)
    upstream.will_say(ANSWER)
    buffer = editor.open("a.py", CODE)
    position = {"textDocument": {"uri": buffer.uri}, "position": buffer.position(buffer.cursor)}
    listed: list[dict[str, Any]] = []
    while not listed:
        listed = (await editor.request("textDocument/completion", position))["items"]
    editor.take([listed[0]["textEdit"]])
    assert buffer.text == "def area(width, height):\n    pass\n"
