"""A Neovim that is too old says so once, and nothing else happens."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from e2e.nvim.neovim import PLUGIN, Neovim

pytestmark = [pytest.mark.editor, pytest.mark.timeout(30)]

COMPLAINT = "PiCode needs Neovim 0.11 or newer, and this is {version}. Install a newer Neovim (https://neovim.io), "


def test_a_real_old_neovim_says_so_and_works_on(old_program: str, tmp_path: Path) -> None:
    script = tmp_path / "script.vim"
    script.write_text(
        f"set runtimepath^={PLUGIN}\n"
        "runtime plugin/picode.lua\n"
        "lua require('picode').setup({ automatic = false })\n"
        "edit example.py\n"
        "sleep 50m\n"
        "echo exists(':PiCode')\n"
        "checkhealth picode\n"
        "silent write! health\n"
        "messages\n"
        "quitall!\n"
    )
    ran = subprocess.run(
        [old_program, "--clean", "--headless", "-S", str(script)],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TERM": "dumb"},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    said = ran.stdout + ran.stderr
    assert "Error" not in said
    assert "E5108" not in said
    assert COMPLAINT.split(" and this")[0] in said
    assert "PiCode needs Neovim 0.11" in (tmp_path / "health").read_text()


def test_the_version_is_asked_before_anything_else(fake: Neovim) -> None:
    code = """
    local version, said = require('picode.version'), {}
    local notify = vim.notify
    vim.notify = function(text) table.insert(said, text) end
    local function has_not() return 0 end
    local refused = { version.refuse(has_not), version.refuse(has_not) }
    vim.wait(1000, function() return #said > 0 end)
    vim.notify = notify
    return { refused, said }
    """
    refused, said = fake.lua(code)
    assert refused == [True, True]
    assert len(said) == 1
    assert said[0].startswith(COMPLAINT.format(version="0.11.4"))
