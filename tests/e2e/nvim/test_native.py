"""Neovim 0.12 draws ghost text itself, for those who want it to (`ghost = 'native'`). No such Neovim can be installed for the
tests yet: a stand-in plays
`vim.lsp.inline_completion`, with the functions that its documentation names. So these tests show what the plugin asks of
it, and not that it does it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.nvim.conftest import FAKE_SERVER, Start, lua
from e2e.nvim.neovim import Neovim, eventually

pytestmark = [pytest.mark.editor, pytest.mark.timeout(30)]

STAND_IN = """
Native = { enabled = {}, item = nil }
vim.lsp.inline_completion = {
  enable = function(enable, filter) Native.enabled[filter.bufnr] = enable end,
  get = function(options)
    local item = Native.item
    if not item then return false end
    vim.schedule(function()
      Native.item = nil
      options.on_accept(item)
    end)
    return true
  end,
}
"""

SETTLED = "{ start = { row = 0, col = 0 }, end_ = { row = 0, col = 2 } }"
FLAT = "{ start_row = 0, start_col = 0, end_row = 0, end_col = 2 }"


@pytest.fixture(scope="module")
def native_nvim(start: Start) -> Neovim:
    return start(f"{STAND_IN}\ndofile({lua(str(FAKE_SERVER))})\nrequire('picode').setup({{ ghost = 'native' }})")


@pytest.fixture
def nvim(native_nvim: Neovim, project: Path) -> Neovim:
    native_nvim.edit(project / "example.txt")
    native_nvim.wait_for_server()
    native_nvim.lua("Native.item = nil Fake.questions, Fake.calls = {}, {}")
    return native_nvim


def show(nvim: Neovim, text: str, area: str = SETTLED) -> None:
    """Neovim shows this suggestion."""
    client = nvim.clients[0]
    nvim.lua(
        f"Native.item = {{ client_id = {client}, insert_text = ..., range = {area}, "
        "command = { title = 'accepted', command = 'picode.accepted', arguments = { 'id' } } }",
        text,
    )


def test_neovim_is_told_to_draw_and_the_plugin_does_not_ask_itself(nvim: Neovim) -> None:
    assert nvim.lua("return Native.enabled[vim.api.nvim_get_current_buf()]") is True
    nvim.keys("i")
    nvim.type("abc")
    nvim.settle()
    assert nvim.lua("return #Fake.questions") == 0
    assert "drawn by  Neovim" in nvim.command("PiCode status")


def test_the_plugin_draws_unless_neovim_is_to(nvim: Neovim) -> None:
    """Neovim 0.12.4 keeps what no longer fits until it has an answer, and paints over what stands to the right."""
    drawn = "require('picode.options').set(...) return require('picode.suggestions').is_native()"
    assert nvim.lua(drawn, {}) is False
    assert nvim.lua(drawn, {"ghost": "extmarks"}) is False
    assert nvim.lua(drawn, {"ghost": "native"}) is True


@pytest.mark.parametrize("area", [SETTLED, FLAT], ids=["start and end_", "flat"])
def test_tab_accepts_whole(nvim: Neovim, area: str) -> None:
    nvim.keys("i")
    nvim.type("on")
    show(nvim, "one\ntwo", area)
    nvim.keys("<Tab>")
    eventually(lambda: nvim.text == "one\ntwo")
    eventually(lambda: nvim.lua("return #Fake.calls") == 1)
    assert nvim.cursor == (2, 3)


def test_a_part_is_accepted_without_the_command(nvim: Neovim) -> None:
    nvim.keys("i")
    nvim.type("on")
    show(nvim, "one two")
    nvim.keys("<M-Right>")
    eventually(lambda: nvim.text == "one")
    nvim.settle()
    assert nvim.lua("return Fake.calls") == []


def test_dismissing_leaves_the_text(nvim: Neovim) -> None:
    nvim.keys("i")
    nvim.type("on")
    show(nvim, "one two")
    nvim.keys("<C-]>")
    eventually(lambda: nvim.lua("return Native.item == nil"))
    nvim.settle()
    assert nvim.text == "on"


def test_tab_falls_back_where_nothing_is_shown(nvim: Neovim) -> None:
    nvim.keys("ia<Tab>b")
    eventually(lambda: nvim.text == "a\tb")


def test_all_candidates_are_asked_for_and_drawn_by_the_plugin(nvim: Neovim) -> None:
    nvim.lua(
        "Fake.answer = function(params, reply) "
        "reply({ items = { Fake.item(0, 0, 2, 'one'), Fake.item(0, 0, 2, 'only') } }) end"
    )
    nvim.keys("i")
    nvim.type("on")
    show(nvim, "one")
    nvim.keys("<M-]>")
    nvim.wait_for_ghost("ly 2/2")
    assert nvim.lua("return Native.item == nil")
    assert nvim.lua("return Fake.questions[1].params.context.triggerKind") == 1
    nvim.keys("<M-[>")
    nvim.wait_for_ghost("e 1/2")
    nvim.keys("<Tab>")
    eventually(lambda: nvim.text == "one")

    nvim.keys(r" on<M-\>")
    nvim.settle()
    nvim.type("x")
    nvim.wait_for_no_ghost()


def test_a_buffer_is_left_out_and_taken_in_again(nvim: Neovim) -> None:
    enabled = "return Native.enabled[vim.api.nvim_get_current_buf()]"
    nvim.command("PiCode disable buffer")
    assert nvim.lua(enabled) is False
    nvim.command("PiCode enable buffer")
    assert nvim.lua(enabled) is True
