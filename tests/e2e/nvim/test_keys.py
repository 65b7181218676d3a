"""Keys: what they do where there is ghost text, and that they do what they did before where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.nvim.conftest import FAKE_SERVER, Start, lua
from e2e.nvim.neovim import Neovim, eventually
from e2e.nvim.upstream import ScriptedUpstream

pytestmark = [pytest.mark.editor, pytest.mark.timeout(30)]


SCRIPT = """
function! s:key() abort
  return 'script'
endfunction
inoremap <expr> <Tab> <SID>key()
"""


@pytest.mark.parametrize(
    ("mapping", "result"),
    [
        ("", "    "),
        ("inoremap <Tab> global<lt>", "global<"),
        ("inoremap <expr> <Tab> 'expr' .. mode()", "expri"),
        (r'inoremap <expr> <Tab> "a\<C-v>u20ac"', "a€"),
        ("imap <expr> <Tab> pumvisible() ? '<C-n>' : '<Tab>x'", "    x"),
        ("execute 'imap abc remapped' | imap <Tab> abc", "remapped"),
        ("source script.vim", "script"),
        ("lua vim.keymap.set('i', '<Tab>', function() return 'lua<lt>' end, { expr = true })", "lua<"),
        ("lua vim.keymap.set('i', '<Tab>', function() vim.api.nvim_put({ 'put' }, 'c', false, true) end)", "put"),
        ("inoremap <Tab> <Cmd>call setline('.', 'command')<CR>", "command"),
    ],
    ids=["none", "text", "expr", "keys", "itself", "remapped", "script", "lua expr", "lua", "command"],
)
def test_tab_does_what_it_did_where_there_is_no_ghost_text(
    nvim: Neovim, upstream: ScriptedUpstream, mapping: str, result: str
) -> None:
    upstream.will_write("")
    (nvim.folder / "script.vim").write_text(SCRIPT)
    nvim.command("setlocal expandtab softtabstop=4")
    nvim.command(mapping)
    try:
        nvim.keys("i<Tab>")
        eventually(lambda: nvim.text == result, explain=lambda: repr(nvim.text))
    finally:
        nvim.keys("<Esc>")
        nvim.lua("for _, lhs in ipairs({ '<Tab>', 'abc' }) do pcall(vim.keymap.del, 'i', lhs) end")


def test_keys_typed_ahead_stay_behind_tab(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write("")
    nvim.command("setlocal noexpandtab")
    nvim.keys("ia<Tab>b<Tab>c")
    eventually(lambda: nvim.text == "a\tb\tc", explain=lambda: repr(nvim.text))


def test_a_mapping_of_the_buffer_is_fallen_back_to_and_given_back(
    nvim: Neovim, upstream: ScriptedUpstream, project: Path
) -> None:
    upstream.will_write("")
    path = project / "mapped.py"
    nvim.lua(
        "vim.api.nvim_create_autocmd('BufReadPost', { pattern = 'mapped.py', once = true, "
        "command = 'inoremap <buffer> <Tab> mine' })"
    )
    nvim.edit(path)
    nvim.wait_for_server()
    nvim.keys("i<Tab>")
    eventually(lambda: nvim.text == "mine")
    nvim.keys("<Esc>")

    nvim.lua("vim.lsp.buf_detach_client(0, ...)", nvim.clients[0])
    eventually(lambda: nvim.lua("return vim.fn.maparg('<Tab>', 'i')") == "mine")
    assert "PiCode" not in nvim.command("imap <buffer>")


def test_keys_can_be_chosen_and_turned_off(start: Start, project: Path) -> None:
    nvim = start(
        f"dofile({lua(str(FAKE_SERVER))})\n"
        "Fake.answer = function(_, reply) reply({ items = { Fake.item(0, 0, 3, 'return first') } }) end\n"
        "require('picode').setup({ keymaps = { accept = '<C-y>', dismiss = false }, highlight = { fg = '#ff0000' } })\n"
        "vim.keymap.set('i', '<C-f>', '<Plug>(picode-accept-word)')"
    )
    nvim.edit(project / "example.txt")
    nvim.wait_for_server()
    mapped = nvim.command("imap <buffer>")
    assert "accept the suggestion" in mapped
    assert "dismiss" not in mapped
    assert "accept a word" not in mapped

    nvim.keys("i")
    nvim.type("ret")
    nvim.wait_for_ghost("urn first")
    nvim.lua("Fake.answer = function() end")
    nvim.keys("<C-f>")
    nvim.wait_for_ghost(" first")
    nvim.keys("<C-y>")
    eventually(lambda: nvim.text == "return first")
    assert nvim.lua("return vim.api.nvim_get_hl(0, { name = 'PiCodeGhost' }).fg") == 0xFF0000

    nvim.lua("require('picode').setup({ keymaps = false })")
    assert "PiCode" not in nvim.command("imap <buffer>")


def test_wrong_options_are_named_and_the_rest_holds(start: Start, project: Path) -> None:
    nvim = start("require('picode').setup({ keymap = {}, ghost = 'pink', automatic = false, enable = false })")
    eventually(lambda: len(nvim.messages) >= 2)
    assert any('no option "keymap"' in line for line in nvim.messages)
    assert any('cannot use ghost = "pink"' in line for line in nvim.messages)
    assert nvim.lua("return require('picode.options').current.automatic") is False
    assert nvim.lua("return require('picode.options').current.ghost") == "auto"
