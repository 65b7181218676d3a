"""What is offered where, and where not. Nothing of it asks a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from picode.core.slash import COMMANDS
from support.editor import BARE, LIVE, PLAIN, RICH, FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start

SELECTED = "def add(a, b):\n    <sel>return a - b</sel>\n"
PROBLEM = {
    "range": {"start": {"line": 1, "character": 11}, "end": {"line": 1, "character": 16}},
    "severity": 1,
    "message": "it should add",
}


TYPING = {**RICH, "experimental": {"picode": {"input": True}}}
"""An editor that has the user type the words that a command needs."""


def titles(actions: list[Any]) -> list[str]:
    return [action["title"].removeprefix("PiCode: ") for action in actions]


@pytest.mark.parametrize(
    ("marked", "asked", "offered"),
    [
        (SELECTED, {}, "Ask…, Explain, Fix, Document, Write Tests, Refactor, Optimize, Review, Edit…"),
        ("x = <cursor>1\n", {}, "Ask…, Explain, Document, Write Tests, Refactor, Optimize, Review, Edit…"),
        (
            "x = <cursor>1\n",
            {"automatic": True},
            "Ask…, Explain, Document, Write Tests, Refactor, Optimize, Review, Edit…",
        ),
        (SELECTED, {"only": ["quickfix"]}, "Fix"),
        (SELECTED, {"only": ["refactor.rewrite"]}, "Document, Refactor, Optimize, Edit…"),
        (SELECTED, {"only": ["source"]}, ""),
        (SELECTED, {"only": ["source.organizeImports"]}, ""),
        ("x = <cursor>1\n", {"only": ["quickfix"]}, ""),
        ("x = <cursor>1\n", {"only": ["quickfix"], "diagnostics": [PROBLEM]}, "Fix"),
        (
            "# add <cursor>one\n",
            {"only": ["refactor.rewrite"]},
            "Document, Refactor, Optimize, Do What This Comment Says, Edit…",
        ),
        ("<cursor>\n", {"automatic": True}, ""),
    ],
)
async def test_what_is_offered(
    start: Start, upstream: ScriptedUpstream, marked: str, asked: dict[str, Any], offered: str
) -> None:
    editor = await start(client=TYPING)
    editor.open("a.py", marked)
    assert ", ".join(titles(await editor.actions(**asked))) == offered
    assert not upstream.exchanges


@pytest.mark.parametrize("client", [RICH, PLAIN], ids=["rich", "plain"])
async def test_what_needs_words_is_not_offered_where_there_is_no_place_to_type_them(
    start: Start, client: dict[str, Any]
) -> None:
    editor = await start(client=client)
    editor.open("a.py", SELECTED)
    offered = titles(await editor.actions())
    assert offered
    assert not [title for title in offered if title.endswith("…")]


CHOOSING = {**PLAIN, "window": {"showMessage": {"messageActionItem": {"additionalPropertiesSupport": False}}}}
"""An editor that has no place to type words, but lets the user choose an action of a message."""


async def test_where_words_can_be_chosen_a_question_is_offered(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=CHOOSING)
    editor.open("a.py", SELECTED)
    (ask,) = [action for action in await editor.actions() if action["title"] == "PiCode: Ask…"]
    editor.chooses = "What can go wrong"
    upstream.will_say("Both may be strings.")
    assert (await editor.choose(ask))["text"] == "Both may be strings."
    (question,) = editor.requested("window/showMessageRequest")
    assert [each["title"] for each in question["actions"]] == list(COMMANDS["ask"].choices)
    assert "What can go wrong here?" in upstream.last.body["messages"][-1]["content"]


async def test_a_question_that_is_not_chosen_asks_nothing(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=CHOOSING)
    editor.open("a.py", SELECTED)
    (ask,) = [action for action in await editor.actions() if action["title"] == "PiCode: Ask…"]
    assert (await editor.choose(ask))["state"] == "stopped"
    assert editor.messages() == []
    assert upstream.exchanges == []


async def test_kinds_are_those_of_the_table(start: Start) -> None:
    editor = await start(client=RICH)
    editor.open("a.py", SELECTED)
    kinds = {action["title"].removeprefix("PiCode: "): action["kind"] for action in await editor.actions()}
    assert kinds == {each.title: each.kind for each in COMMANDS.values() if each.title in kinds}
    assert set(kinds.values()) == {"quickfix", "refactor", "refactor.rewrite"}


async def test_a_fix_carries_the_problem(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=RICH)
    upstream.will_say("```python\ndef add(a, b):\n    return a + b\n```")
    buffer = editor.open("a.py", "def add(a, b):\n    return <cursor>a - b\n")
    (fix,) = await editor.actions(only=["quickfix"], diagnostics=[PROBLEM])
    assert [each["message"] for each in fix["diagnostics"]] == ["it should add"]
    await editor.choose(fix)
    assert "- line 2: error: it should add" in upstream.last.body["messages"][-1]["content"]
    await editor.until(lambda: buffer.text == "def add(a, b):\n    return a + b\n", "the edit")


async def test_an_action_that_can_not_be_done_says_why(start: Start) -> None:
    editor = await start(client=RICH)
    editor.open("a.py", "x = 1\n<sel>   </sel>\n")
    reasons = {action["disabled"]["reason"] for action in await editor.actions(only=["refactor"])}
    assert reasons == {"Only blanks are selected."}


async def test_where_no_reason_can_be_shown_nothing_is_offered(start: Start) -> None:
    editor = await start(client=PLAIN)
    editor.open("a.py", "x = 1\n<sel>   </sel>\n")
    assert await editor.actions(only=["refactor"]) == []


@pytest.mark.parametrize(
    "marked", ["def f():\n<sel> </sel>   return 1\n", "x =<sel> </sel>1\n", "def f():\n<sel>    </sel>return 1\n"]
)
async def test_a_blank_of_a_line_of_code_is_a_cursor(start: Start, upstream: ScriptedUpstream, marked: str) -> None:
    """ALE sends the character at the cursor."""
    editor = await start(client=PLAIN)
    upstream.will_say("It is code.")
    editor.open("a.py", marked)
    explain = next(action for action in await editor.actions() if action["title"] == "PiCode: Explain")
    place = explain["command"]["arguments"][0]["range"]
    assert place["start"] == place["end"]
    assert (await editor.choose(explain))["state"] == "whole"


async def test_an_excluded_file_says_so(start: Start, upstream: ScriptedUpstream, project: Path) -> None:
    (project / ".picodeignore").write_text("*.py\n")
    editor = await start(client=RICH, folder=str(project))
    editor.open(f"file://{project}/a.py", SELECTED)
    reasons = {action["disabled"]["reason"] for action in await editor.actions()}
    assert len(reasons) == 1
    assert reasons.pop().startswith("a.py is excluded by .picodeignore")


@pytest.mark.parametrize(
    ("client", "show", "by_command"),
    [
        (LIVE, "live", True),
        (LIVE, "preview", False),
        (RICH, "live", False),
        (PLAIN, "live", False),
        (BARE, "live", True),
    ],
)
async def test_an_edit_is_resolved_where_the_editor_can(
    start: Start, client: dict[str, Any], show: str, by_command: bool
) -> None:
    editor = await start({**SCRIPTED, "edits": {"show": show}}, client=client)
    editor.open("a.py", SELECTED)
    (fix,) = await editor.actions(only=["quickfix"])
    assert ("command" in fix) is by_command
    assert ("data" in fix) is not by_command
    (explain,) = [each for each in await editor.actions() if each["title"] == "PiCode: Explain"]
    assert explain["command"]["command"] == "picode.slash"


async def test_a_model_s_work_is_marked_where_the_editor_knows_the_mark(start: Start) -> None:
    for client, tags in ((RICH, [1]), (PLAIN, None)):
        editor = await start(client=client)
        editor.open("a.py", SELECTED)
        assert {str(action.get("tags")) for action in await editor.actions()} == {str(tags)}


async def test_a_preview_comes_with_the_edit(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=RICH)
    upstream.will_say("```python\nreturn a + b\n```")
    buffer = editor.open("a.py", SELECTED)
    (fix,) = await editor.actions(only=["quickfix"])
    await editor.choose(fix)
    (edit,) = editor.requested("workspace/applyEdit")
    assert [each["needsConfirmation"] for each in edit["changeAnnotations"].values()] == [True]
    await editor.until(lambda: "a + b" in buffer.text, "the edit")


async def test_an_edit_that_fails_leaves_everything_and_says_why(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=RICH)
    upstream.will_fail(500, "{}")
    upstream.will_fail(500, "{}")
    buffer = editor.open("a.py", SELECTED)
    (fix,) = await editor.actions(only=["quickfix"])
    await editor.choose(fix)
    assert buffer.text == SELECTED.replace("<sel>", "").replace("</sel>", "")
    assert any("Scripted" in text or "scripted" in text for text in editor.messages())


class TestLenses:
    async def found(self, editor: FakeEditor) -> list[tuple[int, str]]:
        assert editor.buffer is not None
        lenses = await editor.request("textDocument/codeLens", {"textDocument": {"uri": editor.buffer.uri}})
        return [(each["range"]["start"]["line"], each["command"]["title"]) for each in lenses]

    async def test_none_unless_they_are_wanted(self, editor: FakeEditor) -> None:
        editor.open("a.py", SELECTED)
        assert await self.found(editor) == []

    async def test_above_definitions(self, start: Start) -> None:
        editor = await start({**SCRIPTED, "codeLens": {"enabled": True}}, client=RICH)
        editor.open("a.py", "X = 1\n\n\ndef f():\n    return 1\n")
        assert await self.found(editor) == [(3, "Explain"), (3, "Document"), (3, "Write tests")]
