"""Names for what stands at the cursor: proposed by the model, chosen by the user."""

from __future__ import annotations

import pytest

from support.editor import LIVE, PLAIN, FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import Start

CODE = "def area(a, b):\n    x<cursor> = a * b\n    return x\n"
NAMES = "`surface` - what it is\n`x` - as it was\n`product` - how it is made\n"


async def action(editor: FakeEditor) -> dict[str, object]:
    (found,) = [each for each in await editor.actions() if each["title"] == "PiCode: Propose Names"]
    return dict(found)


async def test_names_are_proposed_for_the_name_at_the_cursor(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=LIVE)
    upstream.will_say(NAMES)
    editor.open("a.py", CODE)
    result = await editor.choose(await action(editor))
    assert result["names"] == [
        {"name": "surface", "reason": "what it is"},
        {"name": "product", "reason": "how it is made"},
    ]
    question = upstream.last.body["messages"][-1]["content"]
    assert question.endswith("`x`")
    assert "def area(a, b):" in question
    assert {params["state"] for params in editor.told("picode/answer")} == {"asked", "began", "whole"}


async def test_the_user_s_words_go_with_it(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=LIVE)
    upstream.will_say(NAMES)
    editor.open("a.py", CODE)
    await editor.slash("/rename it is in square metres")
    assert upstream.last.body["messages"][-1]["content"].endswith("`x` it is in square metres")


async def test_an_editor_without_more_than_the_protocol_shows_the_list(
    start: Start, upstream: ScriptedUpstream
) -> None:
    editor = await start(client={**PLAIN, "window": {"showDocument": {"support": True}}})
    upstream.will_say(NAMES)
    editor.open("a.py", CODE)
    await editor.choose(await action(editor))
    await editor.until(lambda: editor.requested("window/showDocument"), "the answer")


@pytest.mark.parametrize(
    "marked", ["x = <cursor>1\n", "# a <cursor>name\n", "<sel>a = b</sel>\n", "re<cursor>turn a\n"]
)
async def test_where_there_is_no_name_nothing_is_offered_and_the_command_says_so(
    start: Start, upstream: ScriptedUpstream, marked: str
) -> None:
    editor = await start(client=LIVE)
    editor.open("a.py", marked)
    assert "PiCode: Propose Names" not in [each["title"] for each in await editor.actions()]
    result = await editor.slash("/rename")
    assert result["state"] == "failed"
    assert result["problem"].startswith("There is no name at the cursor.")
    assert upstream.exchanges == []
