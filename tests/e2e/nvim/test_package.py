"""The plugin as it is installed: as a package of Neovim, with nothing in init.lua but `vim.lsp.enable`; and its manual."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from e2e.nvim.conftest import SERVER, Start
from e2e.nvim.neovim import PLUGIN, Neovim

pytestmark = [pytest.mark.editor, pytest.mark.timeout(60)]

MANUAL = (PLUGIN / "doc" / "picode.txt").read_text()


@pytest.fixture(scope="module")
def installed(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Neovim:
    """Neovim with the plugin in its packages, and a program `picode` on the PATH."""
    home = tmp_path_factory.mktemp("installed")
    package = home / "data" / "nvim" / "site" / "pack" / "picode" / "start" / "picode"
    shutil.copytree(PLUGIN, package, ignore=shutil.ignore_patterns("tags"))
    program = home / "bin" / "picode"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {SERVER[0]} -m picode "$@"\n')
    program.chmod(0o755)
    return start("vim.lsp.enable('picode')", home=home, path=[program.parent])


def test_a_package_works_with_enable_alone(installed: Neovim, project: Path) -> None:
    installed.edit(project / "example.py")
    installed.wait_for_server()
    assert installed.lua("return vim.lsp.get_clients({ name = 'picode' })[1].config.cmd") == ["picode", "lsp"]
    assert installed.messages == []


def test_the_manual_has_its_tags(installed: Neovim) -> None:
    installed.command("helptags ALL")
    for tag in ("picode", ":PiCode", "picode-options", "picode.setup()", "<Plug>(picode-accept)", "hl-PiCodeGhost"):
        installed.command(f"help {tag}")
        assert tag in installed.line.decode()
    for link in set(re.findall(r"\|([^|\s]+)\|", MANUAL)):
        installed.command(f"help {link}")


def test_the_manual_names_all_that_there_is(fake: Neovim) -> None:
    options = fake.lua(
        "local options = require('picode.options').current return vim.list_extend(vim.tbl_keys(options), "
        "vim.tbl_keys(options.keymaps))"
    )
    commands = fake.lua("return vim.fn.getcompletion('PiCode ', 'cmdline')")
    assert [name for name in options if f"{name} " not in MANUAL] == []
    words = [name for name in commands if not name.startswith("/")]
    assert [name for name in words if f":PiCode {name}" not in MANUAL and name != "status"] == []
    assert [name for name in commands if name.startswith("/") and f"`{name}`" not in MANUAL] == []
    mapped = re.findall(r"<Plug>\(picode-[a-z-]+\)", fake.command("imap <Plug>(picode"))
    assert len(mapped) == 7
    assert [name for name in mapped if f"*{name}*" not in MANUAL] == []
