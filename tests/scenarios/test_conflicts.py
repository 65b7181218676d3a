"""Merge conflicts: offered where there is one, merged with the common ancestor before the model, and without a marker left."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from picode.core.conflicts import conflicts_in, resolved
from picode.core.edits.refusal import SYNTAX
from support.editor import LIVE, FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start

OURS, BASE, THEIRS = (f"def add(a, b):\n    return {each}\n" for each in ("a + b + 1", "a + b", "sum((a, b))"))
CONFLICT = (
    "x = 1\n<<<<<<< HEAD\ndef add(a, b):\n    return a + b + 1\n=======\n"
    "def add(a, b):\n    return sum((a, b))\n>>>>>>> theirs\ny = 2\n"
)
MERGED = "def add(a, b):\n    return sum((a, b)) + 1\n"


@pytest.mark.parametrize(
    ("text", "lines", "ours", "theirs"),
    [
        ("<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n", [(0, None, 2, 4)], "1\n", "2\n"),
        ("<<<<<<< a\n1\n||||||| c\n0\n=======\n2\n>>>>>>> b\n", [(0, 2, 4, 6)], "1\n", "2\n"),
        ("<<<<<<<\r\n=======\r\n2\r\n>>>>>>>\r\n", [(0, None, 1, 3)], "", "2\r\n"),
        ("<<<<<<< a\n1\n=======\n>>>>>>> b", [(0, None, 2, 3)], "1\n", ""),
        ("<<<<<<< a\n1\n=======\n2\n", [], "<<<<<<< a\n1\n=======\n2\n", "<<<<<<< a\n1\n=======\n2\n"),
        ("Title\n=======\n", [], "Title\n=======\n", "Title\n=======\n"),
        ("<<<<<<<<\n=======\n>>>>>>>>\n", [], "<<<<<<<<\n=======\n>>>>>>>>\n", "<<<<<<<<\n=======\n>>>>>>>>\n"),
        (
            "<<<<<<< a\n<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n",
            [(1, None, 3, 5)],
            "<<<<<<< a\n1\n",
            "<<<<<<< a\n2\n",
        ),
    ],
    ids=["merge", "diff3", "CRLF, no names, nothing of ours", "at the end", "half", "a title", "eight", "begun twice"],
)
def test_the_conflicts_of_a_text(text: str, lines: list[tuple[Any, ...]], ours: str, theirs: str) -> None:
    found = conflicts_in(text.splitlines(keepends=True))
    assert [(each.first, each.base, each.middle, each.last) for each in found] == lines
    assert (resolved(text, "ours"), resolved(text, "theirs")) == (ours, theirs)


def git(folder: Path, *arguments: str, fails: bool = False) -> None:
    own = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *own, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) is fails, done.stderr


@pytest.fixture
def merging(tmp_path: Path) -> Path:
    """A repository in the middle of a merge; the file with the conflict."""
    file = tmp_path / "a.py"
    git(tmp_path, "init", "-q", "-b", "main")
    for branch, text in (("main", BASE), ("theirs", THEIRS), ("main", OURS)):
        if branch != "main" or text != BASE:
            git(tmp_path, "checkout", "-q", *(["-b", branch] if branch == "theirs" else [branch]))
        file.write_text(f"x = 1\n{text}y = 2\n")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-qm", "Change")
    git(tmp_path, "merge", "-q", "theirs", fails=True)
    return file


@pytest.fixture
async def editor(start: Start, merging: Path) -> FakeEditor:
    options = {**SCRIPTED, "workspaceTrusted": True}
    editor = await start(options, LIVE, folder=str(merging.parent))
    text = merging.read_text()
    assert "<<<<<<<" in text
    editor.open(merging.as_uri(), text.replace("=======\n", "=======<cursor>\n", 1))
    return editor


async def test_both_sides_and_the_ancestor_make_the_smallest_edit(
    editor: FakeEditor, upstream: ScriptedUpstream
) -> None:
    (action,) = [each for each in await editor.actions() if each["title"] == "PiCode: Resolve Conflict"]
    upstream.will_say(f"```python\n{MERGED}```")
    await editor.choose(action)
    await editor.until(lambda: [each for each in editor.told("picode/edit") if each["state"] == "ready"], "the edit")
    asked = upstream.last.body["messages"][-1]["content"]
    assert "return a + b\n" in asked, "the common ancestor"
    assert "return sum((a, b))" in asked
    edit = editor.told("picode/edit")[-1]
    assert (await editor.run("picode.edit.accept", {"id": edit["id"]}))["applied"]
    assert editor._current.text == f"x = 1\n{MERGED}y = 2\n"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (f"```python\n<<<<<<< HEAD\n{OURS}=======\n{THEIRS}>>>>>>> theirs\n```", "markers of a merge conflict"),
        ("```python\n    return a * / b\n```", SYNTAX.reason),
    ],
    ids=["markers", "broken"],
)
async def test_an_answer_that_resolves_nothing_is_refused(
    editor: FakeEditor, upstream: ScriptedUpstream, answer: str, reason: str
) -> None:
    before = editor._current.text
    upstream.will_say(answer)
    result = await editor.slash("/resolve")
    assert result["edit"]["state"] == "refused"
    assert reason in result["edit"]["reason"]
    assert editor._current.text == before


async def test_where_there_is_no_conflict_it_is_not_offered_and_says_so(start: Start) -> None:
    editor = await start(client=LIVE)
    editor.open("a.py", CONFLICT.replace("y = 2", "y = <cursor>2"))
    assert not [each for each in await editor.actions() if "Conflict" in each["title"]]
    assert "There is no merge conflict here." in (await editor.slash("/resolve"))["problem"]
