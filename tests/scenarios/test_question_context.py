"""What goes with a question beside a selection: what is on the screen, lines of a file, and attached text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.editor import LIVE, FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start

LINES = "".join(f"line_{number} = {number}\n" for number in range(1, 31))


@pytest.fixture
async def editor(start: Start, upstream: ScriptedUpstream, tmp_path: Path) -> FakeEditor:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/far.py").write_text(LINES.replace("line", "far"))
    (tmp_path / "a.py").write_text(LINES)
    upstream.says_from_now_on("ok")
    editor = await start(SCRIPTED, LIVE, folder=str(tmp_path))
    editor.open((tmp_path / "a.py").as_uri(), LINES + "<cursor>")
    return editor


def visible(uri: str, first: int, last: int) -> dict[str, Any]:
    return {"uri": uri, "range": {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}}


async def test_what_is_on_the_screen_goes_with_a_question(
    editor: FakeEditor, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    uri = (tmp_path / "a.py").as_uri()
    result = await editor.run("picode.slash", {"text": "what is this?", "visible": visible(uri, 4, 8)})
    asked = upstream.last.body["messages"][-1]["content"]
    assert "line_5 = 5\n" in asked
    assert "line_9 = 9\n" in asked
    assert "line_4 " not in asked
    assert "line_10" not in asked
    assert result["shown"] == ["a.py:5-9 (visible in the editor)"]


@pytest.mark.parametrize("case", ["closed", "excluded", "blank"])
async def test_what_can_not_be_shown_is_left_out_and_the_question_is_asked(
    editor: FakeEditor, upstream: ScriptedUpstream, tmp_path: Path, case: str
) -> None:
    file = tmp_path / {"closed": "src/far.py", "excluded": ".env", "blank": "blank.py"}[case]
    if case != "closed":
        editor.open(file.as_uri(), "TOKEN=1\n<cursor>" if case == "excluded" else "\n\n<cursor>")
    result = await editor.run("picode.slash", {"text": "why?", "visible": visible(file.as_uri(), 0, 1)})
    assert (result["text"], result["shown"]) == ("ok", [])
    assert "TOKEN" not in str(upstream.last.body)


@pytest.mark.parametrize(
    ("name", "there", "not_there", "shown"),
    [
        ("#src/far.py:3-4", ["far_3 =", "far_4 ="], ["far_2 =", "far_5 ="], "src/far.py:3-4 (you named it)"),
        ("#src/far.py:7", ["far_7 ="], ["far_6 =", "far_8 ="], "src/far.py:7 (you named it)"),
        ('#"src/far.py:29-99"', ["far_29 =", "far_30 ="], ["far_28 ="], "src/far.py:29-30 (you named it)"),
        ("#src/far.py", ["far_1 =", "far_30 ="], [], "src/far.py (you named it)"),
    ],
)
async def test_lines_of_a_file_can_be_named(
    editor: FakeEditor, upstream: ScriptedUpstream, name: str, there: list[str], not_there: list[str], shown: str
) -> None:
    result = await editor.run("picode.slash", {"text": f"explain {name}"})
    asked = upstream.last.body["messages"][-1]["content"]
    assert [each in asked for each in there] == [True] * len(there)
    assert [each in asked for each in not_there] == [False] * len(not_there)
    assert shown in result["shown"]


async def test_attached_text_goes_with_a_question(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    result = await editor.run("picode.slash", {"text": "what failed?", "attached": "In the terminal:\n$ make\nno rule"})
    assert "no rule" in upstream.last.body["messages"][-1]["content"]
    asked = next(each for each in editor.told("picode/answer") if each["state"] == "asked")
    assert (result["text"], asked["typed"]) == ("ok", "what failed?")


PICTURE = {"mediaType": "image/png", "data": "iVBORw0KGgo="}


async def test_an_image_goes_with_a_question_and_is_not_kept(editor: FakeEditor, upstream: ScriptedUpstream) -> None:
    result = await editor.run("picode.slash", {"text": "what is this?", "images": [PICTURE]})
    text, image = upstream.last.body["messages"][-1]["content"]
    assert (text["type"], text["text"].endswith("what is this?")) == ("text", True)
    assert image == {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    assert result["shown"] == ["image 1 (you pasted it)"]
    asked = next(each for each in editor.told("picode/answer") if each["state"] == "asked")
    assert (asked["question"], asked["typed"]) == ("what is this?\n\n*With an image.*", "what is this?")
    await editor.run("picode.slash", {"text": "and why?", "conversation": result["conversation"]})
    assert "iVBORw0KGgo=" not in str(upstream.last.body)
    assert "*With an image.*" in str(upstream.last.body)


@pytest.mark.parametrize(
    "image",
    [
        PICTURE | {"mediaType": "image/svg+xml"},
        PICTURE | {"data": "https://example.org/p.png"},
        PICTURE | {"data": ""},
        PICTURE | {"url": "https://example.org/p.png"},
    ],
    ids=["a type that models do not take", "an address", "nothing", "a field that is not known"],
)
async def test_what_is_no_image_is_refused(
    editor: FakeEditor, upstream: ScriptedUpstream, image: dict[str, str]
) -> None:
    asked = len(upstream.exchanges)
    with pytest.raises(Exception, match="images"):
        await editor.run("picode.slash", {"text": "what is this?", "images": [image]})
    assert len(upstream.exchanges) == asked
