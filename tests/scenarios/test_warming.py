"""A model on this machine gets ready when a file is opened."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.editor import FakeEditor
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start

LOCAL = {"inline": {"provider": "lmstudio", "model": "any", "debounceMs": 0}}
CODE = "def add(left, right):\n    return left + right\n"


async def settled(editor: FakeEditor, upstream: ScriptedUpstream) -> int:
    """How many requests there are once all that an opened file sets off has had its time."""
    await editor.server.assistant()
    for _ in range(20):
        await asyncio.sleep(0.01)
    return len(upstream.exchanges)


async def test_a_local_model_is_asked_for_one_word(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(LOCAL)
    upstream.will_say("x")
    editor.open("a.py", CODE)
    asked = await upstream.asked()
    assert asked.body["max_tokens"] == 1
    assert asked.prompt.startswith("def add(left, right):")


async def test_once_is_enough(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(LOCAL)
    upstream.will_say("x")
    editor.open("a.py", CODE)
    assert await settled(editor, upstream) == 1
    editor.open("b.py", CODE)
    assert await settled(editor, upstream) == 1


@pytest.mark.parametrize(
    "settings",
    [
        SCRIPTED,  # somebody else's machine, for all that is known
        {"inline": {**LOCAL["inline"], "enabled": False}},
        {**LOCAL, "enabled": False},
        {"inline": {**LOCAL["inline"], "languages": {"python": False}}},
        {"inline": {"provider": "nobody"}},
    ],
)
async def test_nobody_else_is_asked(start: Start, upstream: ScriptedUpstream, settings: dict[str, Any]) -> None:
    editor = await start(settings)
    editor.open("a.py", CODE)
    assert await settled(editor, upstream) == 0
    assert editor.messages() == []


async def test_an_excluded_file_is_not_shown_for_it(start: Start, upstream: ScriptedUpstream, project: Path) -> None:
    editor = await start(LOCAL, folder=str(project))
    editor.open((project / ".env").as_uri(), "KEY=1\n")
    assert await settled(editor, upstream) == 0


async def test_whoever_types_goes_first(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(LOCAL)
    upstream.will_never_answer()
    upstream.will_say("left + right")
    editor.open("a.py", "def add(left, right):\n    return <cursor>\n")
    warming = await upstream.asked()
    assert await editor.ghost(explicit=True) == "left + right"
    await asyncio.wait_for(warming.closed.wait(), 5)


async def test_a_failure_is_not_worth_a_word(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(LOCAL)
    upstream.will_be_unreachable()
    editor.open("a.py", CODE)
    await settled(editor, upstream)
    assert editor.messages() == []
    assert all(status["kind"] != "error" for status in editor.statuses())


FIRST_REQUEST = """
import asyncio, json, sys
from picode.lsp.server import PiCodeServer, build_assistant
from support.editor import FakeEditor
from support.provider import Provider

async def main():
    async with Provider() as provider:
        provider.says = "left + right"
        editor = FakeEditor(PiCodeServer(lambda ls: build_assistant(ls, environ={})))
        settings = {
            "inline": {"provider": "stub", "model": "m", "debounceMs": 0, "prefetch": False},
            "providers": {"stub": {"baseUrl": provider.base_url, "fill": "openai_completions"}},
        }
        await editor.start(settings)
        editor.open("a.py", "import os\\ndef add(left, right):\\n    return <cursor>\\n")
        warmer = (await editor.server.assistant()).suggester._warmer
        while not warmer._prepared:
            await asyncio.sleep(0.01)
        await asyncio.wait(warmer._prepared.values())
        before = set(sys.modules)
        assert await editor.ghost() == "left + right"
        print(json.dumps(sorted(name for name in set(sys.modules) - before if not name.startswith("encodings"))))
        await editor.stop()

asyncio.run(main())
"""


def test_a_document_that_is_opened_leaves_nothing_to_import_for_the_first_suggestion(tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
    }
    command = [sys.executable, "-c", FIRST_REQUEST]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


class TestAhead:
    """A prompt begins at the same place until so much has been typed that it moves on; then all of it has to be read anew."""

    LINES = "".join(f"value_{number:04} = compute({number:04})\n" for number in range(329))
    """8,883 characters; it moves at 9,000."""

    async def test_the_next_beginning_is_read_before_it_is_needed(
        self, start: Start, upstream: ScriptedUpstream
    ) -> None:
        editor = await start({"inline": {**LOCAL["inline"], "prefetch": False}})
        upstream.will_say("x", "total + 1")
        editor.open("a.py", self.LINES)
        await settled(editor, upstream)
        editor.type("value = " + "a + " * 10)
        assert await editor.ghost() == "total + 1"
        reading = await upstream.asked(3)
        assert reading.body["max_tokens"] == 1
        before, after = upstream.exchanges[1].prompt, reading.prompt
        assert before.startswith("value_0000")
        assert not after.startswith("value_0000")
        assert before.endswith(after)
        editor.type("t")
        assert await editor.ghost() == "otal + 1"
        assert len(upstream.exchanges) == 3  # once is enough

    async def test_nothing_is_read_where_it_stays(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start({"inline": {**LOCAL["inline"], "prefetch": False}})
        upstream.will_say("x")
        editor.open("a.py", self.LINES[:-1000])
        await settled(editor, upstream)
        editor.type("\nvalue = ")
        await editor.ghost()
        assert await settled(editor, upstream) == 2
