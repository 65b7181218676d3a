"""Ghost text in a real Neovim: when it is there, how it looks, what accepting it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.nvim.neovim import Neovim, eventually
from e2e.nvim.screen import Frame
from e2e.nvim.upstream import ScriptedUpstream

pytestmark = [pytest.mark.editor, pytest.mark.timeout(30)]


def begin(nvim: Neovim, above: str, typed: str) -> None:
    """A line typed below what is there already."""
    nvim.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(..., '\\n'))", above)
    nvim.keys("Go")
    nvim.type(typed)


def test_a_suggestion_appears_while_typing_behind_the_cursor_in_another_colour(
    nvim: Neovim, upstream: ScriptedUpstream
) -> None:
    upstream.will_write("    return first + second")
    begin(nvim, "def add(first, second):", "return")  # Neovim indents

    frame = nvim.wait_for_ghost(" first + second")

    assert frame.lines[1] == "    return first + second"
    assert frame.cursor == (1, len("    return"))
    assert frame.highlight(" first + second") not in (None, frame.highlight("    return"))
    assert nvim.text == "def add(first, second):\n    return"


def test_tab_accepts_and_one_undo_takes_it_back(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write("total = first + second")
    begin(nvim, "first, second = 1, 2", "tot")
    nvim.wait_for_ghost("al = first + second")

    nvim.keys("<Tab>")
    nvim.wait_for_no_ghost()
    assert nvim.text == "first, second = 1, 2\ntotal = first + second"
    assert nvim.cursor == (2, len("total = first + second"))

    nvim.type("  # sum")
    nvim.keys("<Esc>u")
    eventually(lambda: nvim.text.endswith("second"))
    nvim.keys("u")
    eventually(lambda: nvim.text == "first, second = 1, 2\ntot")
    nvim.keys("u")
    eventually(lambda: nvim.text == "first, second = 1, 2")
    nvim.keys("<C-r><C-r><C-r>")
    eventually(lambda: nvim.text == "first, second = 1, 2\ntotal = first + second  # sum")


def test_a_suggestion_of_several_lines_stands_below_the_cursor_and_is_accepted_whole(
    nvim: Neovim, upstream: ScriptedUpstream, photograph
) -> None:
    body = "    for item in items:\n        total += item\n    return total"
    upstream.will_write(body)
    nvim.lua(
        "vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'def add(items):', '    total = 0', '', '', 'print(add)' })"
    )
    nvim.keys("3GA    ")

    frame = nvim.wait_for_ghost("for item in items:\n        total += item\n    return total")
    photograph(nvim)
    assert frame.lines[2:6] == ["    for item in items:", "        total += item", "    return total", ""]
    assert frame.cursor == (2, 4)

    nvim.keys("<Tab>")
    nvim.wait_for_no_ghost()
    assert nvim.text == f"def add(items):\n    total = 0\n{body}\n\nprint(add)"
    assert nvim.cursor == (5, len("    return total"))

    nvim.keys("<Esc>u")
    eventually(lambda: nvim.text == "def add(items):\n    total = 0\n    \n\nprint(add)")


def test_a_suggestion_can_be_accepted_word_by_word(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write('message = greet(name, "hello")')
    begin(nvim, "name = 'x'", "mess")
    nvim.wait_for_ghost('age = greet(name, "hello")')

    for line in ("message", "message =", "message = greet", "message = greet(", "message = greet(name"):
        nvim.keys("<M-Right>")
        eventually(lambda line=line: nvim.line.decode() == line, explain=lambda: nvim.text)
        assert nvim.cursor[1] == len(line)
    nvim.wait_for_ghost(', "hello")')

    nvim.keys("<Tab>")
    eventually(lambda: nvim.line.decode() == 'message = greet(name, "hello")')
    nvim.keys("<Esc>u")
    eventually(lambda: nvim.line.decode() == "message = greet(name")


def test_a_suggestion_can_be_accepted_line_by_line(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write("if ready:\n    start()\n    wait()")
    begin(nvim, "ready = True", "if ready:")
    nvim.wait_for_ghost("\n    start()\n    wait()")

    nvim.keys("<M-Down>")
    eventually(lambda: nvim.text == "ready = True\nif ready:\n    start()", explain=lambda: nvim.text)
    nvim.wait_for_ghost("\n    wait()")

    nvim.keys("<M-Down>")
    eventually(lambda: nvim.text == "ready = True\nif ready:\n    start()\n    wait()")
    assert nvim.cursor == (4, len("    wait()"))
    nvim.wait_for_no_ghost()


def test_what_is_typed_through_stays_without_a_flicker(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write("return first + second")
    begin(nvim, "first, second = 1, 2", "ret")
    nvim.wait_for_ghost("urn first + second")

    upstream.hold()
    nvim.screen.forget()
    for typed in "urn first":
        nvim.type(typed)
    nvim.wait_for_ghost(" + second")

    def whole(frame: Frame) -> bool:
        return frame.lines[1] == "return first + second"

    assert len(nvim.screen.frames) >= len("urn first")
    assert all(whole(frame) for frame in nvim.screen.frames), "\n\n".join(map(str, nvim.screen.frames))
    upstream.release()


def test_a_line_break_typed_through_leaves_the_lines_below(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write("if ready:\n    start()")
    begin(nvim, "ready = True", "if ready:")
    nvim.wait_for_ghost("\n    start()")

    upstream.hold()
    nvim.keys("<CR>")
    nvim.wait_for_ghost("start()")
    assert nvim.text == "ready = True\nif ready:\n    "
    upstream.release()


def test_backspace_shows_more_of_the_suggestion(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write("return first")
    begin(nvim, "first = 1", "return")
    nvim.wait_for_ghost(" first")
    upstream.hold()
    nvim.keys("<BS><BS>")
    nvim.wait_for_ghost("rn first")
    upstream.release()


def test_what_does_not_fit_disappears_at_once(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write("return first")
    begin(nvim, "first = 1", "ret")
    nvim.wait_for_ghost("urn first")
    upstream.hold()
    nvim.type("x")
    nvim.wait_for_no_ghost()
    nvim.screen.wait_for(lambda frame: frame.lines[1] == "retx")
    upstream.release()


@pytest.mark.parametrize("keys", ["<Esc>", "<Up>", "<Left>", "<C-w>"])
def test_moving_away_clears_it(nvim: Neovim, upstream: ScriptedUpstream, keys: str) -> None:
    upstream.will_write("return first")
    begin(nvim, "first = 1", "ret")
    nvim.wait_for_ghost("urn first")
    upstream.hold()
    nvim.keys(keys)
    if keys == "<C-w>":
        # The word is taken back, and all of the suggestion fits again.
        nvim.wait_for_ghost("return first")
    else:
        nvim.wait_for_no_ghost()
        nvim.screen.wait_for(lambda frame: "urn first" not in str(frame))
    nvim.keys("<Esc>")
    nvim.wait_for_no_ghost()
    upstream.release()


def test_dismissed_stays_away_until_the_next_key(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write("return first")
    begin(nvim, "first = 1", "ret")
    nvim.wait_for_ghost("urn first")
    nvim.keys("<C-]>")
    nvim.wait_for_no_ghost()
    nvim.settle()
    assert nvim.ghost is None
    assert nvim.text == "first = 1\nret"

    nvim.type("u")
    nvim.wait_for_ghost("rn first")


def test_other_candidates_come_when_asked_for_and_are_counted(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write("return first", "return second", "return third")
    begin(nvim, "first = 1", "ret")
    nvim.wait_for_ghost("urn first")

    seen = []
    for position in ("2/3", "3/3", "1/3", "2/3"):
        nvim.keys("<M-]>")
        nvim.screen.wait_for(lambda frame, position=position: f" {position}" in str(frame))
        seen.append(nvim.ghost)
    assert {text.split()[1] for text in seen} == {"first", "second", "third"}
    assert seen[2] == "urn first 1/3"
    assert seen[3] == seen[0]

    nvim.keys("<M-[>")
    eventually(lambda: nvim.ghost == "urn first 1/3")
    nvim.keys("<M-[>")
    eventually(lambda: nvim.ghost == seen[1])
    nvim.keys("<Tab>")
    eventually(lambda: nvim.line.decode() == "ret" + seen[1].removesuffix(" 3/3"))


def test_the_last_suggestion_is_explained(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write("    return first + second")
    begin(nvim, "def add(first, second):", "return")
    nvim.wait_for_ghost(" first + second")
    nvim.keys("<Esc>")
    nvim.command("PiCode explain-suggestion")

    text = "return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\\n')"
    eventually(lambda: nvim.lua("return vim.bo.filetype") == "markdown")
    shown = nvim.lua(text)
    nvim.command("close")
    assert "return first + second" in shown
    assert "It came from scripted scripted-model" in shown
    assert any(prompt.rstrip() in shown for prompt in upstream.prompts)  # some were asked on the way, or ahead


def test_what_is_wrong_near_the_cursor_is_told(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write("total = 1")
    nvim.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'größe = ', 'far = 1', '', '', 'farther = 1' })")
    nvim.lua(
        """
        vim.diagnostic.set(vim.api.nvim_create_namespace('test'), 0, {
          { lnum = 0, col = 8, severity = vim.diagnostic.severity.ERROR, message = 'Expected expression' },
          { lnum = 4, col = 0, severity = vim.diagnostic.severity.WARN, message = 'Unused' },
        })
        """
    )
    nvim.keys("otot")
    nvim.wait_for_ghost("al = 1")
    assert any("line 1: error: Expected expression" in prompt for prompt in upstream.prompts)
    assert not any("Unused" in prompt for prompt in upstream.prompts)


def test_the_text_right_of_the_cursor_moves_aside(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write('print("hello", name')
    nvim.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'name = 1', 'print()  # greet' })")
    nvim.keys('2G6|a"h')
    frame = nvim.wait_for_ghost('ello", name')
    assert frame.lines[1] == 'print("hello", name)  # greet'
    assert frame.cursor == (1, len('print("h'))
    nvim.keys("<Tab>")
    eventually(lambda: nvim.line.decode() == 'print("hello", name)  # greet', explain=lambda: nvim.text)
    assert nvim.cursor == (2, len('print("hello", name'))


@pytest.mark.parametrize(
    ("typed", "rest"),
    [
        ('größe = "', 'übergroß: 12 €"'),
        ('smile = "😀', ' 👍🏽 🇪🇺 😅"'),
        ("日本語 = ", "'漢字と仮名'"),
        ("\tindented = ", "1\t# tab"),
    ],
    ids=["latin", "emoji", "wide", "tab"],
)
def test_columns_are_right_in_any_script(nvim: Neovim, upstream: ScriptedUpstream, typed: str, rest: str) -> None:
    nvim.command("setlocal noexpandtab")
    upstream.will_write((typed + rest).lstrip("\t"))
    begin(nvim, "x = 1", typed)
    eventually(lambda: nvim.ghost, explain=lambda: str(upstream.prompts))
    expected = nvim.line.decode() + rest
    nvim.keys("<Tab>")
    eventually(lambda: nvim.line.decode() == expected, explain=lambda: nvim.line.decode())
    assert nvim.cursor[1] == len(expected.encode())


def test_a_file_with_crlf_keeps_its_line_ends(nvim: Neovim, upstream: ScriptedUpstream, project: Path) -> None:
    path = project / "dos.py"
    nvim.edit(path, "ready = True\r\nif ready:\r\n")
    nvim.wait_for_server()
    assert nvim.api.current.buffer.options["fileformat"] == "dos"
    upstream.will_write("    start()\n    wait()")
    nvim.keys("Go")  # Neovim indents by eight
    nvim.keys("<C-u>    ")
    nvim.wait_for_ghost("start()\n    wait()")
    nvim.keys("<Tab>")
    eventually(lambda: nvim.text.endswith("wait()"))
    nvim.keys("<Esc>:silent write<CR>")
    eventually(lambda: path.read_bytes() == b"ready = True\r\nif ready:\r\n    start()\r\n    wait()\r\n")


def test_the_menu_of_completions_hides_it(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write("return first")
    begin(nvim, "retain = 1\nretract = 2", "ret")
    nvim.wait_for_ghost("urn first")
    nvim.keys("<C-n>")
    nvim.screen.wait_for(lambda frame: "retract" in frame.lines[4] and "urn first" not in str(frame))
    nvim.keys("<C-e>")
    nvim.wait_for_ghost("urn first")


@pytest.mark.parametrize(
    "command",
    ["help help", "new | setlocal buftype=nofile filetype=python", "terminal", "copen"],
    ids=["help", "scratch", "terminal", "quickfix"],
)
def test_special_buffers_are_left_alone(nvim: Neovim, command: str) -> None:
    nvim.command(f"silent {command}")
    nvim.settle()
    assert nvim.clients == []
    assert not any("PiCode" in (each.get("desc") or "") for each in nvim.api.current.buffer.api.get_keymap("i"))


def test_a_file_without_a_workspace_is_served(nvim: Neovim, upstream: ScriptedUpstream, tmp_path: Path) -> None:
    upstream.will_write("return first")
    nvim.edit(tmp_path / "alone.py")
    nvim.wait_for_server()
    begin(nvim, "first = 1", "ret")
    nvim.wait_for_ghost("urn first")
