"""What is asked of a model for a question, and what becomes of the answer."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from picode.assistant.chat.command_request import Began, Piece
from picode.core.errors import ConfigurationError, PiCodeError, RateLimited
from picode.core.messages import Finish
from picode.io.config_files import ConfigFiles

from .conftest import Desk

ADD = "import math\n\n\ndef add(a, b):\n    <sel>return a - b</sel>\n\n\ndef area(r):\n    return math.pi * r\n"


def messages(desk: Desk) -> list[dict[str, Any]]:
    return desk.upstream.last.body["messages"]


def prompt(desk: Desk) -> str:
    """The user's last message, as the model reads it."""
    return str(messages(desk)[-1]["content"])


async def test_an_answer_arrives_piece_by_piece_and_is_kept(desk: Desk) -> None:
    desk.upstream.will_say("It subtracts.")
    reply = await desk.ask("/explain", desk.select("a.py", ADD))
    assert reply.pieces == reply.ended.text == "It subtracts."
    assert (reply.began.provider, reply.began.model) == ("scripted", "scripted-model")
    kept = await desk.assistant.conversations.read(reply.began.conversation)
    assert kept is not None
    assert [(turn.role, turn.state, turn.command) for turn in kept.turns] == [
        ("user", "whole", "explain"),
        ("assistant", "whole", "explain"),
    ]
    assert kept.turns[0].text == "/explain\n\n`a.py`, line 5:\n\n```python\nreturn a - b\n```"
    assert kept.turns[1].text == "It subtracts."
    assert kept.summary.title == "Explain a.py:5"


async def test_the_model_sees_the_selection_and_the_file_around_it(desk: Desk) -> None:
    desk.upstream.will_say("ok")
    reply = await desk.ask("/explain the sign", desk.select("a.py", ADD))
    asked = prompt(desk)
    assert "The selected code, `a.py`, line 5:\n```python\nreturn a - b\n```" in asked
    assert "def add(a, b):" in asked
    assert "return math.pi * r" in asked
    assert asked.endswith("the sign")
    assert [str(each) for each in reply.began.shown][:2] == ["a.py:5 (selected)", "a.py (the file around it)"]


@pytest.mark.parametrize(
    ("marked", "about"),
    [
        ("def one():\n    return 1\n\n\ndef two():\n    retu<cursor>rn 2\n", "def two():\n    return 2"),
        ("x = 1\ny = <cursor>2\n", "x = 1\ny = 2"),
        ("def f():\n    x = 1\n    <sel>y</sel> = 2\n", "y"),
    ],
    ids=["the definition around the cursor", "a short file, whole", "what is selected"],
)
async def test_what_is_explained(desk: Desk, marked: str, about: str) -> None:
    desk.upstream.will_say("ok")
    reply = await desk.ask("/explain", desk.select("a.py", marked))
    assert reply.began.selection is not None
    assert reply.began.selection.text == about


@pytest.mark.parametrize(
    ("marked", "about"),
    [
        ("def f():\n    x = <sel>1\n    y</sel> = 2\n", "    x = 1\n    y = 2"),
        ("<sel>x = 1\n</sel>y = 2\n", "x = 1"),
    ],
    ids=["lines that are begun", "a line and its end"],
)
async def test_an_edit_is_of_whole_lines(desk: Desk, marked: str, about: str) -> None:
    desk.upstream.will_say("ok")
    reply = await desk.ask("/fix", desk.select("a.py", marked))
    assert reply.began.selection is not None
    assert reply.began.selection.text == about
    assert "Answer with one fenced code block" in prompt(desk)


async def test_a_comment_is_carried_out(desk: Desk) -> None:
    desk.upstream.will_say("ok")
    marked = "x = 1\n# add one\n# to x<cursor>\ny = 2\n"
    reply = await desk.ask("/do", desk.select("a.py", marked))
    assert reply.began.selection is not None
    assert reply.began.selection.text == "# add one\n# to x"


async def test_a_conversation_goes_on(desk: Desk) -> None:
    desk.upstream.will_say("It subtracts.", "Because of the minus.")
    first = await desk.ask("/explain", desk.select("a.py", ADD))
    second = await desk.ask("why?", conversation=first.began.conversation)
    assert second.began.conversation == first.began.conversation
    roles = [message["role"] for message in messages(desk)]
    assert roles == ["system", "user", "assistant", "user"]
    assert "return a - b" in messages(desk)[1]["content"]
    assert prompt(desk) == "why?"


async def test_a_conversation_that_is_gone_is_named(desk: Desk) -> None:
    desk.upstream.will_say("ok")
    with pytest.raises(ConfigurationError, match="not there any more"):
        await desk.ask("why?", conversation="gone")
    assert not desk.upstream.exchanges


async def test_a_model_that_is_named_is_asked(desk: Desk) -> None:
    desk.upstream.will_say("ok")
    reply = await desk.ask("why?", model="another")
    assert reply.began.model == desk.upstream.last.body["model"] == "another"


async def test_a_model_that_is_chosen_is_asked_from_then_on(desk: Desk) -> None:
    desk.upstream.will_say("ok")
    chosen = await desk.ask("/model scripted/better")
    assert "`scripted/better`" in chosen.pieces
    assert (await desk.ask("why?")).began.model == "better"
    listed = await desk.ask("/model")
    assert "Asked now: `scripted/better`" in listed.pieces
    assert "`scripted/scripted-model`" in listed.pieces


async def test_help_names_every_command(desk: Desk) -> None:
    reply = await desk.ask("/help")
    for command in desk.assistant.commands().values():
        assert f"`{command.slash}" in reply.pieces
    assert "/fix the off-by-one error" in (await desk.ask("/help fix")).pieces
    assert not desk.upstream.exchanges


class TestWhatGoesWrong:
    async def test_a_failure_says_what_to_do_and_is_kept(self, desk: Desk) -> None:
        desk.upstream.will_fail(429, '{"error": {"message": "slow down"}}', retry_after="100000")
        with pytest.raises(RateLimited):
            await desk.ask("why?")
        (summary,) = await desk.assistant.conversations.list()
        kept = await desk.assistant.conversations.read(summary.id)
        assert kept is not None
        assert kept.turns[1].state == "failed"
        assert "slow down" in kept.turns[1].problem

    async def test_what_had_arrived_when_it_broke_off_is_kept(self, desk: Desk) -> None:
        desk.upstream.will_send(b'data: {"choices": [{"delta": {"content": "It sub"}}]}\n\n')
        with pytest.raises(PiCodeError):
            await desk.ask("why?")
        (summary,) = await desk.assistant.conversations.list()
        kept = await desk.assistant.conversations.read(summary.id)
        assert kept is not None
        assert (kept.turns[1].text, kept.turns[1].state) == ("It sub", "failed")

    async def test_closing_hangs_up_and_keeps_what_had_arrived(self, desk: Desk) -> None:
        desk.upstream.will_say("one two three four")
        async with aclosing(desk.assistant.asker.ask(desk.inquiry("why?"))) as events:
            async for event in events:
                if isinstance(event, Piece):
                    break
        assert desk.upstream.live == 0
        (summary,) = await desk.assistant.conversations.list()
        kept = await desk.assistant.conversations.read(summary.id)
        assert kept is not None
        assert (kept.turns[1].text, kept.turns[1].state) == ("one ", "partial")

    async def test_cancelling_before_the_first_word_hangs_up(self, desk: Desk) -> None:
        desk.upstream.will_never_answer()
        asking = asyncio.create_task(desk.ask("why?"))
        exchange = await desk.upstream.asked()
        asking.cancel()
        await asyncio.wait({asking})
        assert asking.cancelled()
        assert exchange.closed.is_set()

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("/explain", "no code to work on"),
            ("/ask", "as in: /ask why is this loop slow"),
            ("look at #missing/file.py", "There is no file #missing/file.py"),
            ("look at #.env", "falls under the built-in rule .env"),
            ("/commit", "no git repository"),
            ("/model nobody/x", "no provider named 'nobody'"),
            ("/help nothing", "no command /nothing"),
        ],
    )
    async def test_what_can_not_be_asked_says_why(self, desk: Desk, text: str, says: str) -> None:
        (desk.project / ".env").write_text("KEY=1")
        desk.upstream.will_say("ok")
        with pytest.raises(ConfigurationError, match=says):
            await desk.ask(text)
        assert not desk.upstream.exchanges

    async def test_an_excluded_file_is_shown_to_no_model(self, desk: Desk) -> None:
        (desk.project / ".picodeignore").write_text("secret.py\n")
        with pytest.raises(ConfigurationError, match=r"excluded by \.picodeignore"):
            await desk.ask("/explain", desk.select("secret.py", "x = <sel>1</sel>\n"))
        assert not desk.upstream.exchanges


class TestFiles:
    async def test_a_file_that_is_named_is_shown(self, desk: Desk) -> None:
        desk.upstream.will_say("ok")
        (desk.project / "lib").mkdir()
        (desk.project / "lib" / "b.py").write_text("B = 2\n")
        reply = await desk.ask("what is B in #lib/b.py?")
        assert "`lib/b.py`, line 1:\n```python\nB = 2\n```" in prompt(desk)
        assert [str(each) for each in reply.began.shown] == ["lib/b.py (you named it)"]

    async def test_a_file_that_is_open_is_shown_as_the_editor_has_it(self, desk: Desk) -> None:
        desk.upstream.will_say("ok")
        document = desk.open("b.py", "B = 2\n")
        document.lines = ["B = 3\n", ""]
        await desk.ask("what is B in #b.py?")
        assert "B = 3" in prompt(desk)


class TestCommit:
    @pytest.fixture(autouse=True)
    def _repository(self, project: Path) -> None:
        def git(*arguments: str) -> None:
            own = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
            subprocess.run(["git", *own, *arguments], cwd=project, check=True, capture_output=True)

        self.git = git
        git("init", "-q")
        (project / "a.py").write_text("x = 1\n")
        git("add", ".")
        git("commit", "-qm", "Say x")
        ConfigFiles().trusted_folders.trust(project)

    async def test_a_repository_that_the_user_does_not_trust_is_not_looked_into(self, desk: Desk) -> None:
        ConfigFiles().trusted_folders.untrust(desk.project)
        (desk.project / "a.py").write_text("x = 2\n")
        self.git("add", ".")
        with pytest.raises(ConfigurationError, match="run `picode trust"):
            await desk.ask("/commit")
        assert not desk.upstream.exchanges

    async def test_the_staged_changes_are_shown_with_earlier_subjects(self, desk: Desk) -> None:
        (desk.project / "a.py").write_text("x = 2\n")
        self.git("add", ".")
        (desk.project / "a.py").write_text("x = 3\n")
        desk.upstream.will_say("Double x")
        await desk.ask("/commit")
        assert "-x = 1\n+x = 2" in prompt(desk)
        assert "x = 3" not in prompt(desk)
        assert "- Say x" in prompt(desk)

    async def test_nothing_has_changed(self, desk: Desk) -> None:
        with pytest.raises(ConfigurationError, match="no staged changes, and none in the working tree"):
            await desk.ask("/commit")

    async def test_nothing_is_staged(self, desk: Desk) -> None:
        (desk.project / "a.py").write_text("x = 2\n")
        desk.upstream.will_say("Double x")
        reply = await desk.ask("/commit")
        assert "-x = 1\n+x = 2" in prompt(desk)
        assert "- Say x" in prompt(desk)
        assert reply.began.note == "Nothing is staged: the message is about the changes of the working tree."
        assert [str(each) for each in reply.began.shown] == ["git diff (the unstaged changes)"]

    async def test_excluded_files_are_not_in_the_changes(self, desk: Desk) -> None:
        (desk.project / "a.py").write_text("x = 2\n")
        (desk.project / ".env").write_text("KEY=hunter22\n")
        self.git("add", "-f", ".")
        desk.upstream.will_say("ok")
        await desk.ask("/commit")
        assert "x = 2" in prompt(desk)
        assert "hunter22" not in prompt(desk)
        assert ".env" not in prompt(desk)

    async def test_a_repository_can_make_git_run_nothing(self, desk: Desk) -> None:
        trap = desk.project / "trap.sh"
        trap.write_text(f"#!/bin/sh\ntouch {desk.project}/caught\n")
        trap.chmod(0o755)
        for name in ("core.fsmonitor", "diff.external", "core.pager", "diff.evil.textconv", "gpg.program"):
            self.git("config", name, str(trap))
        (desk.project / ".gitattributes").write_text("*.py diff=evil\n")
        (desk.project / "a.py").write_text("x = 2\n")
        subprocess.run(["git", "-c", "core.fsmonitor=false", "add", "."], cwd=desk.project, check=True)
        desk.upstream.will_say("ok")
        await desk.ask("/commit")
        assert "x = 2" in prompt(desk)
        assert not (desk.project / "caught").exists()


async def test_a_long_answer_is_cut_and_says_so(desk: Desk) -> None:
    desk.upstream.will_send(
        b'data: {"choices": [{"delta": {"content": "and so on"}, "finish_reason": "length"}]}\n\n', b"data: [DONE]\n\n"
    )
    reply = await desk.ask("tell me everything")
    assert reply.ended.finish is Finish.LENGTH


async def test_the_first_event_says_who_answers(desk: Desk) -> None:
    desk.upstream.will_say("x")
    reply = await desk.ask("hello")
    assert isinstance(reply.events[0], Began)


async def test_a_model_that_says_the_same_for_ever_is_stopped(desk: Desk) -> None:
    desk.upstream.will_say("Well. " + "It is so. " * 2000)
    reply = await desk.ask("hello")
    assert reply.ended.text.rstrip() == "Well. It is so"
    assert reply.ended.finish is Finish.LENGTH
    assert "repeat" in reply.ended.note
    assert len(reply.pieces) < 4000
    assert desk.upstream.live == 0


async def test_a_long_answer_that_does_not_repeat_itself_is_whole(desk: Desk) -> None:
    text = "".join(f"{number} is {number * number}.\n" for number in range(500)) + "-" * 300
    desk.upstream.will_say(text)
    assert (await desk.ask("squares")).ended.text == text
