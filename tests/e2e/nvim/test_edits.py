"""Edits: shown over the text while they are written, in the buffer when the user takes them, gone when not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from e2e.nvim.asking import answers, asked, edit, reply
from e2e.nvim.neovim import Neovim, eventually

pytestmark = [pytest.mark.editor, pytest.mark.timeout(30)]

CODE = "import math\n\ndef area(w, h):\n    total = w + h\n    return total\n"
STREAMING = [" def area(w, h):", "-    total = w + h", "+    total = w * h", "?    return total"]
READY = [*STREAMING[:3], "     return total"]


@pytest.fixture
def nvim(fake: Neovim) -> Iterator[Neovim]:
    fake.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(..., '\\n'))", CODE.rstrip("\n"))
    fake.command("set laststatus=2")
    yield fake
    fake.lua("for _, edit in ipairs(require('picode.edits').of(0)) do require('picode.edits').discard() end")


def fix(nvim: Neovim) -> str:
    nvim.keys(":3,5PiCode /fix<CR>")
    return answers(nvim, "/fix")


def accepting(nvim: Neovim) -> None:
    """The server applies what it is told to accept: `Fake.edit` is the edit."""
    nvim.lua(
        """
        Fake.commands['picode.edit.accept'] = function(argument, reply)
          Fake.ask('workspace/applyEdit', { edit = Fake.edit })
          reply({ applied = Fake.answered[1].applied, reason = '' })
        end
        """
    )


def change(nvim: Neovim, *edits: tuple[int, int, int, str]) -> None:
    """What the server will apply: (line, first column, last column, text) each."""
    nvim.lua(
        """
        local edits = ...
        Fake.edit = { documentChanges = { {
          textDocument = { uri = vim.uri_from_bufnr(0) },
          edits = vim.tbl_map(function(e)
            local first, last = { line = e[1], character = e[2] }, { line = e[1], character = e[3] }
            return { newText = e[4], range = { start = first, ['end'] = last } }
          end, edits),
        } } }
        """,
        edits,
    )


def marks(nvim: Neovim) -> int:
    return nvim.lua(
        "return #vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_get_namespaces()['picode.edits'], 0, -1, {})"
    )


def settled(nvim: Neovim) -> list[tuple[str, Any]]:
    """What the server was told of edits."""
    calls = nvim.lua("return Fake.calls")
    return [
        (each["command"], each["arguments"][0]["id"]) for each in calls if each["command"].startswith("picode.edit.")
    ]


def test_an_edit_is_drawn_while_it_is_written_and_changes_nothing(
    nvim: Neovim, photograph: Callable[[Neovim], None]
) -> None:
    identifier = fix(nvim)
    edit(nvim, identifier, "streaming", [f"?{line}" for line in CODE.splitlines()[2:]], 2)
    frame = nvim.screen.wait_for(lambda frame: "Fix … gX discards" in str(frame))
    assert frame.highlight("    return total") != frame.highlight("import math")  # dimmed

    edit(nvim, identifier, "streaming", STREAMING, 2)
    frame = nvim.screen.wait_for(lambda frame: "    total = w * h" in frame.lines)
    photograph(nvim)
    at = frame.lines.index("    total = w + h")
    assert frame.lines[at + 1] == "    total = w * h"
    colours = [frame.highlight(text) for text in ("total = w + h", "total = w * h", "return total", "import math")]
    assert None not in colours
    assert len(set(colours)) == 4
    assert nvim.text == CODE.rstrip("\n")
    assert "[+]" in str(frame)  # only what the test wrote
    assert nvim.lua("return #vim.api.nvim_list_wins()") == 1


def test_accepting_lets_the_server_apply_it_in_one_undo_step(
    nvim: Neovim, photograph: Callable[[Neovim], None]
) -> None:
    accepting(nvim)
    change(nvim, (3, 14, 15, "*"), (4, 4, 10, "return  "))
    nvim.keys("ggO# note<Esc>u")
    identifier = fix(nvim)
    edit(nvim, identifier, "ready", READY, 2)
    reply(nvim, state="whole", text="", edit={"state": "proposed", "reason": "", "added": 1, "removed": 1})
    nvim.screen.wait_for(lambda frame: "ga accepts · gX discards · gA tries again · gC compares" in str(frame))
    photograph(nvim)
    nvim.keys("ga")
    eventually(lambda: "w * h" in nvim.text)
    assert settled(nvim) == [("picode.edit.accept", identifier)]
    eventually(lambda: marks(nvim) == 0)
    assert "return   total" in nvim.text

    nvim.keys("ix<Esc>u")
    eventually(lambda: "w * h" in nvim.text and "x" not in nvim.text)
    nvim.keys("u")
    eventually(lambda: nvim.text == CODE.rstrip("\n"), explain=lambda: nvim.text)


def test_discarding_leaves_the_text_as_it_is(nvim: Neovim) -> None:
    identifier = fix(nvim)
    edit(nvim, identifier, "ready", READY, 2)
    nvim.screen.wait_for(lambda frame: "ga accepts" in str(frame))
    nvim.keys("gX")
    eventually(lambda: marks(nvim) == 0)
    assert settled(nvim) == [("picode.edit.discard", identifier)]
    assert nvim.text == CODE.rstrip("\n")


def test_discarding_what_is_being_written_hangs_up(nvim: Neovim) -> None:
    identifier = fix(nvim)
    edit(nvim, identifier, "streaming", STREAMING, 2)
    nvim.screen.wait_for(lambda frame: "gX discards" in str(frame))
    nvim.keys("ga")
    nvim.screen.wait_for(lambda frame: "still being written" in str(frame))
    nvim.keys("gX")
    token = asked(nvim)[0]["workDoneToken"]
    eventually(
        lambda: (
            {"method": "window/workDoneProgress/cancel", "params": {"token": token}} in nvim.lua("return Fake.notified")
        )
    )
    assert marks(nvim) == 0


def test_keys_are_borrowed_only_while_an_edit_waits(nvim: Neovim) -> None:
    nvim.command("nnoremap <buffer> gX :echo 'mine'<CR>")
    identifier = fix(nvim)
    edit(nvim, identifier, "ready", READY, 2)
    eventually(lambda: "accept the edit" in nvim.command("nmap <buffer> ga"))
    assert "discard the edit" in nvim.command("nmap <buffer> gX")
    nvim.command("PiCode discard")
    eventually(lambda: "mine" in nvim.command("nmap <buffer> gX"))
    assert "No mapping found" in nvim.command("nmap <buffer> ga")
    nvim.command("nunmap <buffer> gX")


def test_own_keys_take_the_place_of_the_usual_ones(nvim: Neovim) -> None:
    nvim.command("nmap gy <Plug>(picode-discard-edit)")
    identifier = fix(nvim)
    edit(nvim, identifier, "ready", READY, 2)
    eventually(lambda: marks(nvim) > 0)
    assert "No mapping found" in nvim.command("nmap <buffer> gX")
    nvim.keys("gy")
    eventually(lambda: marks(nvim) == 0)
    nvim.command("nunmap gy")


def test_the_edit_at_the_cursor_is_meant_where_there_are_several(nvim: Neovim) -> None:
    first = fix(nvim)
    nvim.command("1PiCode /doc")
    second = answers(nvim, "/doc", number=2)
    edit(nvim, first, "ready", READY, 2)
    edit(nvim, second, "ready", ["+# shapes", " import math"], 0, title="Document")
    frame = nvim.screen.wait_for(lambda frame: "# shapes" in str(frame) and "total = w * h" in str(frame))
    assert frame.lines.index("# shapes") < frame.lines.index("    total = w * h")

    nvim.keys("gggX")
    eventually(lambda: settled(nvim) == [("picode.edit.discard", second)])
    nvim.screen.wait_for(lambda frame: "# shapes" not in str(frame) and "total = w * h" in str(frame))
    nvim.keys("gX")
    eventually(lambda: settled(nvim)[1:] == [("picode.edit.discard", first)])


def test_an_edit_moves_with_its_lines_and_finds_them_again(nvim: Neovim) -> None:
    identifier = fix(nvim)
    edit(nvim, identifier, "streaming", STREAMING, 2)
    nvim.screen.wait_for(lambda frame: "total = w * h" in str(frame))
    nvim.keys("ggOimport os<Esc>")
    # The server still speaks of the text as it was.
    edit(nvim, identifier, "ready", READY, 2)
    frame = nvim.screen.wait_for(lambda frame: "ga accepts" in str(frame))
    assert frame.lines[4:6] == ["    total = w + h", "    total = w * h"]

    nvim.keys("5GA  # changed<Esc>")
    nvim.lua("vim.wait(20)")
    edit(nvim, identifier, "ready", READY, 2)
    nvim.screen.wait_for(lambda frame: "total = w * h" not in str(frame))


def test_an_edit_that_cannot_be_applied_stays_and_says_why(nvim: Neovim) -> None:
    nvim.lua(
        "Fake.commands['picode.edit.accept'] = function(_, reply) "
        "reply({ applied = false, reason = 'The text has changed there.' }) end"
    )
    identifier = fix(nvim)
    edit(nvim, identifier, "ready", READY, 2)
    eventually(lambda: marks(nvim) > 0)
    nvim.keys("ga")
    nvim.screen.wait_for(lambda frame: "not applied: The text has changed there." in str(frame))
    nvim.screen.wait_for(lambda frame: "total = w * h" in str(frame))


def test_lines_above_the_first_are_seen(nvim: Neovim) -> None:
    nvim.command("set tabstop=4")
    identifier = fix(nvim)
    edit(nvim, identifier, "ready", ["+# shapes", "+\tx", " import math"], 0)
    frame = nvim.screen.wait_for(lambda frame: "# shapes" in frame.lines)
    assert frame.lines[:3] == [
        "# shapes",
        "    x",
        "import math   Fix  ga accepts · gX discards · gA tries again · gC compares",
    ]


def test_trying_again_asks_for_another(nvim: Neovim) -> None:
    identifier = fix(nvim)
    edit(nvim, identifier, "ready", READY, 2)
    reply(nvim, state="whole", edit={"state": "proposed", "reason": ""})
    eventually(lambda: marks(nvim) > 0)
    nvim.keys("gA")
    eventually(lambda: settled(nvim) == [("picode.edit.again", identifier)])
    assert marks(nvim) == 0
    second = asked(nvim)[1]["workDoneToken"]
    nvim.lua(
        "Fake.say('picode/answer', { id = 'again', state = 'asked', command = 'fix', question = '', token = ... })",
        second,
    )
    edit(nvim, "again", "ready", READY, 2)
    nvim.screen.wait_for(lambda frame: "ga accepts" in str(frame))
    assert nvim.lua("return require('picode').status()") == "PiCode /fix …"
    reply(nvim, 2, state="whole", edit={"state": "proposed", "reason": ""})
    eventually(lambda: nvim.lua("return require('picode').status()") == "PiCode")


def test_comparing_shows_both_texts_in_a_tab(nvim: Neovim, photograph: Callable[[Neovim], None]) -> None:
    identifier = fix(nvim)
    edit(nvim, identifier, "ready", READY, 2)
    eventually(lambda: marks(nvim) > 0)
    after = CODE.replace("w + h", "w * h")
    nvim.lua("Fake.contents = { ['picode:/1'] = select(1, ...), ['picode:/2'] = select(2, ...) }", CODE, after)
    nvim.lua(
        "Fake.commands['picode.edit.compare'] = function(_, reply) "
        "reply({ before = 'picode:/1', after = 'picode:/2', title = 'Fix' }) end"
    )
    nvim.keys("gC")
    frame = nvim.screen.wait_for(lambda frame: "w + h" in str(frame) and "w * h" in str(frame) and "1" in str(frame))
    eventually(lambda: nvim.lua("return vim.wo.diff") is True)
    photograph(nvim)
    assert nvim.lua("return #vim.api.nvim_list_tabpages()") == 2, str(frame)
    nvim.keys("q")
    eventually(lambda: nvim.lua("return #vim.api.nvim_list_tabpages()") == 1)
    assert marks(nvim) > 0


def test_an_answer_that_is_no_edit_can_be_read(nvim: Neovim) -> None:
    identifier = fix(nvim)
    edit(nvim, identifier, "refused", [], 2, reason="It would add a syntax error.")
    reason = "The answer would add a syntax error; it was not applied."
    reply(
        nvim, state="whole", text="```python\ndef area(:\n```", edit={"state": "refused", "reason": reason, "added": 0}
    )
    frame = nvim.screen.wait_for(lambda frame: "def area(:" in str(frame))
    assert reason in str(frame)


@pytest.mark.parametrize("state", ["unchanged", "stopped", "failed"])
def test_an_edit_that_comes_to_nothing_leaves_nothing(nvim: Neovim, state: str) -> None:
    identifier = fix(nvim)
    edit(nvim, identifier, "streaming", STREAMING, 2)
    eventually(lambda: marks(nvim) > 0)
    edit(nvim, identifier, state, [], 2)
    eventually(lambda: marks(nvim) == 0)
    assert "No mapping found" in nvim.command("nmap <buffer> ga")


def test_edits_go_with_their_server(nvim: Neovim) -> None:
    identifier = fix(nvim)
    edit(nvim, identifier, "ready", READY, 2)
    eventually(lambda: marks(nvim) > 0)
    nvim.lua("Fake.crash()")
    eventually(lambda: marks(nvim) == 0)
    assert nvim.text == CODE.rstrip("\n")
    eventually(lambda: nvim.lua("return #vim.lsp.get_clients({ name = 'picode' })") == 1)
