"""Parts of an edit: each stretch of changed lines is accepted or left out by itself."""

from __future__ import annotations

from typing import Any

import pytest

from picode.core.edits import parts_of, text_with
from support.editor import LIVE, FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import Start

BEFORE = "def f():\n    one = 1\n    keep = 0\n    two = 2\n    keep = 0\n    three = 3\n"
SOURCE = f"<sel>{BEFORE}</sel>rest = 1\n"
ANSWER = "```python\ndef f():\n    one = 11\n    keep = 0\n    two = 22\n    more = 23\n    keep = 0\n```"
AFTER = "def f():\n    one = 11\n    keep = 0\n    two = 22\n    more = 23\n    keep = 0\n"


@pytest.mark.parametrize(
    ("taken", "text"),
    [
        (set(), "a\nb\nc\nd"),
        ({0}, "A\nb\nc\nd"),
        ({1}, "a\nb\nB\nc\nd"),
        ({2}, "a\nb\nc"),
        ({0, 1, 2}, "A\nb\nB\nc"),
    ],
)
def test_the_text_with_some_parts(taken: set[int], text: str) -> None:
    diff = (("-", "a"), ("+", "A"), (" ", "b"), ("+", "B"), (" ", "c"), ("-", "d"))
    assert len(parts_of(diff)) == 3
    assert text_with(diff, taken) == text


@pytest.fixture(params=["\n", "\r\n"], ids=["LF", "CRLF"])
def newline(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def editor(start: Start, upstream: ScriptedUpstream, newline: str) -> FakeEditor:
    editor = await start(client=LIVE)
    upstream.will_say(ANSWER)
    editor.open("a.py", SOURCE.replace("\n", newline))
    await editor.slash("/fix")
    return editor


def last_edit(editor: FakeEditor) -> dict[str, Any]:
    return editor.told("picode/edit")[-1]


async def decide(editor: FakeEditor, verb: str, part: int) -> Any:
    return await editor.run(f"picode.edit.{verb}", {"id": last_edit(editor)["id"], "part": part})


async def test_one_part_is_accepted_and_the_others_wait(editor: FakeEditor, newline: str) -> None:
    assert await decide(editor, "accept", 1) == {"applied": True, "reason": "", "left": True}
    buffer = editor._current
    expected = BEFORE.replace("    two = 2\n", "    two = 22\n    more = 23\n") + "rest = 1\n"
    assert buffer.text == expected.replace("\n", newline)
    left = last_edit(editor)
    assert left["state"] == "ready"
    assert [(line["kind"], line["text"]) for line in left["lines"] if line["kind"] != " "] == [
        ("-", "    one = 1"),
        ("+", "    one = 11"),
        ("-", "    three = 3"),
    ]
    await editor.run("picode.edit.accept", {"id": left["id"]})
    assert buffer.text == (AFTER + "rest = 1\n").replace("\n", newline)


async def test_what_is_left_out_is_not_applied_with_the_rest(editor: FakeEditor, newline: str) -> None:
    await decide(editor, "discard", 2)
    assert (await editor.run("picode.edit.accept", {"id": last_edit(editor)["id"]}))["applied"]
    assert editor._current.text == (AFTER + "    three = 3\nrest = 1\n").replace("\n", newline)


async def test_accepting_every_part_is_accepting_all(editor: FakeEditor, newline: str) -> None:
    assert (await decide(editor, "accept", 2))["left"]
    assert (await decide(editor, "accept", 0))["left"]
    assert await decide(editor, "accept", 0) == {"applied": True, "reason": "", "left": False}
    assert editor._current.text == (AFTER + "rest = 1\n").replace("\n", newline)
    assert not (await decide(editor, "accept", 0))["applied"]


async def test_leaving_out_every_part_is_discarding(editor: FakeEditor, newline: str) -> None:
    for _ in range(3):
        await decide(editor, "discard", 0)
    assert last_edit(editor)["state"] == "unchanged"
    assert editor._current.text == SOURCE.replace("<sel>", "").replace("</sel>", "").replace("\n", newline)


async def test_a_part_is_found_where_the_document_has_moved(editor: FakeEditor, newline: str) -> None:
    buffer = editor._current
    buffer.cursor = buffer.anchor = 0
    editor.type(f"import os{newline}")
    assert (await decide(editor, "accept", 0))["applied"]
    assert buffer.text.startswith(f"import os{newline}def f():{newline}    one = 11{newline}    keep")
    await editor.run("picode.edit.accept", {"id": last_edit(editor)["id"]})
    assert buffer.text == ("import os\n" + AFTER + "rest = 1\n").replace("\n", newline)


@pytest.mark.parametrize("part", [3, 99])
async def test_a_part_that_is_not_there_changes_nothing(editor: FakeEditor, part: int) -> None:
    before = editor._current.text
    assert not (await decide(editor, "accept", part))["applied"]
    assert editor._current.text == before
