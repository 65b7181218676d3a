"""What a person does around a suggestion: completes words, repeats, names buffers, works in a small window."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.nvim.asking import answers, asked, close_answer, edit, reply, say
from e2e.nvim.neovim import PLUGIN, Neovim, eventually

pytestmark = [pytest.mark.editor, pytest.mark.timeout(60)]


@pytest.fixture
def nvim(fake: Neovim) -> Iterator[Neovim]:
    yield fake
    fake.keys("<C-Bslash><C-n>")
    fake.lua("vim.o.columns, vim.o.lines = 160, 24")


def will_suggest(nvim: Neovim, whole: str) -> None:
    """The server has in mind that the line is going to be `whole`."""
    nvim.lua(
        """
        local whole = ...
        Fake.answer = function(params, reply)
          local at = params.position
          local text = vim.api.nvim_buf_get_lines(0, at.line, at.line + 1, false)[1]
          local before = text:sub(1, at.character)
          local fits = whole:sub(1, #before) == before and before ~= ''
          reply({ items = fits and { Fake.item(at.line, 0, #text, whole) } or {} })
        end
        """,
        whole,
    )


@pytest.mark.parametrize("matches", ["a word", "two words, with a menu"])
def test_a_suggestion_accepted_while_a_word_is_completed_is_not_lost(nvim: Neovim, matches: str) -> None:
    """With one match there is no menu, and the completion goes on all the same."""
    above = ["perimeter = 1", *(["permission = 2"] if matches.startswith("two") else [])]
    nvim.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, ...)", [*above, ""])
    will_suggest(nvim, "perimeter = width + height")
    nvim.keys("Gi")
    nvim.type("per")
    nvim.keys("<C-n>")
    eventually(lambda: nvim.line == b"perimeter", explain=lambda: nvim.evidence)
    if matches.startswith("two"):
        nvim.keys("<C-y>")
    nvim.wait_for_ghost(" = width + height")
    nvim.keys("<Tab>")
    eventually(lambda: nvim.line == b"perimeter = width + height", explain=lambda: nvim.evidence)
    nvim.keys("<C-n><C-e>")
    nvim.type(";")
    nvim.keys("<Esc>")
    nvim.settle()
    assert nvim.line == b"perimeter = width + height;"


@pytest.mark.parametrize("whole", ["total = left + right", "if left:\n    return right"])
def test_a_dot_repeats_what_was_typed_and_accepted(nvim: Neovim, whole: str) -> None:
    will_suggest(nvim, whole)
    nvim.keys("i")
    nvim.type(whole[:3])
    nvim.wait_for_ghost(whole[3:])
    nvim.keys("<Tab>")
    nvim.type(" # end")
    nvim.keys("<Esc>")
    eventually(lambda: nvim.mode == "n")
    nvim.lua("Fake.answer = function(_, reply) reply({ items = {} }) end")
    nvim.keys("Go<Esc>")
    nvim.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, { '' })")
    assert nvim.text == ""
    will_suggest(nvim, whole)
    nvim.keys("i")
    nvim.type(whole[:3])
    nvim.wait_for_ghost(whole[3:])
    nvim.keys("<Tab>")
    nvim.type(" # end")
    nvim.keys("<Esc>")
    eventually(lambda: nvim.mode == "n")
    nvim.lua("vim.api.nvim_buf_set_lines(0, -1, -1, false, { '' })")
    nvim.keys("G.")
    eventually(lambda: nvim.text == f"{whole} # end\n{whole} # end", explain=lambda: nvim.text)


def test_lines_below_the_window_are_counted(nvim: Neovim) -> None:
    nvim.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.fn['repeat']({ 'x' }, 60))")
    will_suggest(nvim, "for each in all:\n    one()\n    two()\n    three()")
    nvim.keys("Go")
    nvim.type("for")
    frame = nvim.screen.wait_for(lambda frame: "↓3" in str(frame))
    assert any(line.startswith("for each in all: ↓3") for line in frame.lines), str(frame)
    nvim.keys("<Esc>uggO")
    nvim.type("for")
    frame = nvim.screen.wait_for(lambda frame: "    three()" in frame.lines)
    assert "↓" not in str(frame)


def documents(nvim: Neovim) -> list[str]:
    """The URIs that are open at the server."""
    return nvim.lua("return vim.tbl_keys(Fake.documents)")


def test_a_buffer_with_another_name_is_open_under_that(nvim: Neovim, project: Path) -> None:
    before = (project / "example.txt").as_uri()
    assert before in documents(nvim)
    nvim.keys("iab<Esc>")
    nvim.command(f"file {project / 'other.txt'}")
    eventually(lambda: (project / "other.txt").as_uri() in documents(nvim), explain=lambda: str(documents(nvim)))
    assert before not in documents(nvim)
    will_suggest(nvim, "abcdef")
    nvim.keys("A")
    nvim.type("c")
    nvim.wait_for_ghost("def")
    assert nvim.lua("return Fake.documents[vim.uri_from_bufnr(0)]").startswith("abc")


def type_for_the_first_ghost(nvim: Neovim) -> None:
    """Types into an empty buffer, for which the server is started first."""
    will_suggest(nvim, "abcdef")
    nvim.keys("i")
    nvim.type("a")
    nvim.wait_for_server()
    nvim.type("b")
    nvim.wait_for_ghost("cdef")


def test_an_unnamed_buffer_gets_suggestions_and_keeps_them_when_it_is_named(nvim: Neovim, project: Path) -> None:
    nvim.command("enew")
    type_for_the_first_ghost(nvim)
    nvim.keys("<Esc>")
    nvim.command(f"silent write! {project / 'named.txt'}")
    eventually(lambda: nvim.clients, explain=lambda: nvim.evidence)
    eventually(lambda: (project / "named.txt").as_uri() in documents(nvim), explain=lambda: str(documents(nvim)))
    assert "file://" not in documents(nvim)
    nvim.keys("A")
    nvim.type("c")
    nvim.wait_for_ghost("def")


def test_an_edit_of_an_unnamed_buffer_is_shown_and_made_there(nvim: Neovim) -> None:
    nvim.command("enew")
    nvim.keys("ione<Esc>")
    nvim.wait_for_server()
    buffers = nvim.lua("return #vim.api.nvim_list_bufs()")
    nvim.keys(":PiCode /fix<CR>")
    identifier = answers(nvim, "/fix")
    edit(nvim, identifier, "ready", ["-one", "+two"], 0)
    nvim.screen.wait_for(lambda frame: "two" in str(frame))
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 3}}
    change = {"textDocument": {"uri": "file://", "version": 1}, "edits": [{"range": whole, "newText": "two"}]}
    nvim.lua("Fake.ask('workspace/applyEdit', ...)", {"edit": {"documentChanges": [change]}})
    eventually(lambda: nvim.lua("return Fake.answered ~= nil"))
    assert nvim.lua("return Fake.answered[1]") == {"applied": False, "failureReason": "The buffer has changed since."}
    change["textDocument"]["version"] = None
    nvim.lua("Fake.ask('workspace/applyEdit', ...)", {"edit": {"documentChanges": [change]}})
    eventually(lambda: nvim.text == "two", explain=lambda: str(nvim.lua("return Fake.answered")))
    assert nvim.lua("return #vim.api.nvim_list_bufs()") == buffers
    nvim.keys("u")
    eventually(lambda: nvim.text == "one")
    nvim.keys("gX")
    eventually(lambda: "two" not in str(nvim.screen.now))


def test_a_file_without_a_type_gets_suggestions(nvim: Neovim, project: Path) -> None:
    nvim.edit(project / "NOTES")
    assert nvim.lua("return vim.bo.filetype") == ""
    type_for_the_first_ghost(nvim)


def test_a_file_without_a_type_can_be_asked_about_at_once(nvim: Neovim, project: Path) -> None:
    nvim.edit(project / "NOTES", "milk\n")
    nvim.keys(":PiCode ask what is missing?<CR>")
    eventually(lambda: len(asked(nvim)) == 1, explain=lambda: nvim.evidence)
    assert asked(nvim)[0]["uri"] == (project / "NOTES").as_uri()
    close_answer(nvim)


@pytest.mark.parametrize("name", ["", "NOTES"], ids=["unnamed", "named"])
def test_a_user_who_names_file_types_gets_no_others(nvim: Neovim, project: Path, name: str) -> None:
    nvim.lua("vim.lsp.config('picode', { filetypes = { 'text' } })")
    try:
        if name:
            nvim.edit(project / name)
        else:
            nvim.command("enew")
        nvim.keys("iabc")
        nvim.settle()
        assert nvim.clients == []
    finally:
        nvim.lua("vim.lsp.config._configs.picode.filetypes = nil vim.lsp.config('picode', {})")


def test_of_two_unnamed_buffers_one_is_open(nvim: Neovim) -> None:
    """They have one URI: what is typed into one would be taken for a change of the other."""
    nvim.command("enew")
    nvim.keys("ifirst<Esc>")
    nvim.wait_for_server()
    nvim.command("hide enew")
    nvim.keys("isecond<Esc>")
    nvim.settle()
    assert nvim.clients == []
    eventually(lambda: (nvim.lua("return Fake.documents['file://']") or "").startswith("first"))


def test_a_refused_question_asks_for_no_key_and_loses_nothing(nvim: Neovim) -> None:
    nvim.keys(":PiCode ask what is the meaning of this?<CR>")
    eventually(lambda: len(asked(nvim)) == 1)
    reasons = [f"reason number {number} is one" for number in range(20)]
    problem = f"The question was refused, since {' and '.join(reasons)} ({uuid.uuid4()})"  # nothing is told twice
    nvim.lua("Fake.asked[1].refuse(...)", f"{problem}\nand more")
    frame = nvim.screen.wait_for(lambda frame: "PiCode: The question was refused" in frame.lines[-1])
    assert "…" in frame.lines[-1]
    assert problem in " ".join(nvim.messages)
    assert "and more" in " ".join(nvim.messages)
    assert nvim.screen.interruptions == []
    close_answer(nvim)
    nvim.keys(":<Up>")
    nvim.screen.wait_for(lambda frame: ":PiCode ask what is the meaning of this?" in frame.lines[-1])
    nvim.keys("<Esc>")


def test_progress_leaves_the_command_line_when_it_ends(nvim: Neovim) -> None:
    def progress(**value: object) -> None:
        nvim.lua("Fake.say('$/progress', { token = 'model', value = vim.json.decode(...) })", json.dumps(value))

    progress(kind="begin", title="PiCode", message="Downloading the model", percentage=0)
    progress(kind="report", message="Downloading the model", percentage=40)
    nvim.screen.wait_for(lambda frame: "Downloading the model 40%" in frame.lines[-1])
    progress(kind="end")
    nvim.screen.wait_for(lambda frame: "Downloading" not in frame.lines[-1])


def test_progress_is_shown_to_somebody_who_types_and_waits(nvim: Neovim) -> None:
    """The command line has "-- INSERT --"."""

    def progress(**value: object) -> None:
        nvim.lua("Fake.say('$/progress', { token = 'model', value = vim.json.decode(...) })", json.dumps(value))

    nvim.keys("i")
    nvim.type("abc")
    progress(kind="begin", title="PiCode", message="Fetching the embedded model", percentage=0)
    progress(kind="report", message="Fetching the embedded model", percentage=40)
    nvim.screen.wait_for(lambda frame: frame.lines[0] == "abc PiCode: Fetching the embedded model 40%")
    will_suggest(nvim, "abcdef")
    nvim.type("d")
    nvim.wait_for_ghost("ef")
    progress(kind="report", message="Loading", percentage=80)  # of another model: the suggestion stays
    nvim.settle()
    assert nvim.screen.now.lines[0] == "abcdef"
    will_suggest(nvim, "")
    nvim.type("x")
    nvim.wait_for_no_ghost()
    progress(kind="report", message="Loading", percentage=90)
    nvim.screen.wait_for(lambda frame: frame.lines[0] == "abcdx PiCode: Loading 90%")
    progress(kind="end")
    nvim.screen.wait_for(lambda frame: frame.lines[0] == "abcdx")


COLOURS = """
local function grey(group) return vim.api.nvim_get_hl(0, { name = group, link = false }).ctermfg end
local seen = { grey('PiCodeGhost'), grey('PiCodeEditPending') }
vim.cmd('hi clear | hi Comment ctermfg=3 | doautocmd ColorScheme')
table.insert(seen, grey('PiCodeGhost'))
vim.cmd('hi clear | hi PiCodeGhost ctermfg=5 | doautocmd ColorScheme')
table.insert(seen, grey('PiCodeGhost'))
vim.cmd('hi clear | hi clear PiCodeGhost | doautocmd ColorScheme')
table.insert(seen, grey('PiCodeGhost'))
return seen
"""


def test_ghost_text_is_no_text_in_a_terminal_of_256_colours(nvim: Neovim) -> None:
    """Neovim's own colours have none there for comments; a colour scheme's, and the user's, are kept."""
    assert nvim.lua(COLOURS) == [244, 244, 3, 5, 244]


def test_an_answer_is_legible_at_60_columns(nvim: Neovim) -> None:
    nvim.lua("vim.o.columns = 60")
    nvim.keys(":PiCode ask why?<CR>")
    identifier = answers(nvim, "why?")
    text = "Because it is what was asked for, and nothing else will do."
    say(nvim, identifier, "began", provider="provider", model="a-model-with-a-long-name", shown=[], note="")
    say(nvim, identifier, "whole", text=text)
    reply(nvim, state="whole", text=text)
    frame = nvim.screen.wait_for(lambda frame: "asks on · q closes" in str(frame))
    [bar] = [line for line in frame.lines if "asks on" in line]
    assert "Ask why?" in bar
    assert "· done i asks on" in bar
    window = [line for line in frame.lines if "│" in line]
    assert all(len(line) <= 60 for line in frame.lines)
    assert max(len(line.strip()) for line in window) >= 58, str(frame)
    assert "done" in str(frame)
    close_answer(nvim)


STAND_INS = """
package.loaded['blink.cmp'] = { setup = function(options) Recipe = options.keymap['<Tab>'][1] end }
package.loaded['cmp'] = {
  setup = function(options) Recipe = options.mapping['<Tab>'] end,
  mapping = function(run) return function() run(function() Fell_back = true end) end end,
  abort = function() Aborted = true end,
}
"""


def recipes() -> list[str]:
    """The Lua of the chapter on plugins that complete, in the help."""
    help_text = (PLUGIN / "doc" / "picode.txt").read_text("utf-8")
    chapter = help_text.partition("*picode-completion*")[2].partition("There are keys of normal mode")[0]
    return [block.partition("\n<")[0] for block in chapter.split(">lua\n")[1:]]


@pytest.mark.parametrize("number", [0, 1], ids=["blink.cmp", "nvim-cmp"])
def test_a_plugin_that_completes_shares_its_key(nvim: Neovim, number: int) -> None:
    """As the help has it; stand-ins play the two plugins."""
    nvim.lua(STAND_INS)
    nvim.lua(recipes()[number])
    try:
        will_suggest(nvim, "abcdef")
        nvim.keys("i")
        nvim.type("abc")
        nvim.wait_for_ghost("def")
        nvim.lua("Recipe()")
        eventually(lambda: nvim.line == b"abcdef")
        nvim.keys("x")
        nvim.wait_for_no_ghost()
        assert nvim.lua("return Recipe()") in (False, None)  # blink.cmp goes on to its next action
        assert nvim.lua("return Fell_back == true") is (number == 1)
    finally:
        nvim.lua("require('picode').setup({}) Recipe, Fell_back, Aborted = nil, nil, nil")
