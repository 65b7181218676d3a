"""`:checkhealth picode`."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.nvim.conftest import Start, enabling
from e2e.nvim.neovim import Neovim, eventually

ROOT = Path(__file__).parents[3]

pytestmark = [pytest.mark.editor, pytest.mark.timeout(60)]


def health(nvim: Neovim) -> str:
    nvim.command("PiCode health")
    eventually(lambda: "PiCode ~" in nvim.text, 20)
    return nvim.text


def test_a_healthy_set_up_is_described(nvim: Neovim) -> None:
    report = health(nvim)
    nvim.command("bwipeout!")
    assert "OK Neovim 0.11.4" in report
    assert ": picode 0." in report
    assert "OK Running in " in report
    assert "The embedded model can" in report, report
    assert "Ghost text is drawn by the plugin (extmarks)" in report
    assert "<Tab> accepts a suggestion" in report
    assert "Answers are highlighted by treesitter" in report
    assert "too old for slash commands" not in report
    assert "ERROR" not in report


def test_a_taken_key_is_found(nvim: Neovim) -> None:
    nvim.command("inoremap <buffer> <Tab> mine")
    report = health(nvim)
    assert "WARNING <Tab> is mapped to mine in " in report


def test_a_missing_server_is_an_error_with_the_command_that_installs_it(start: Start) -> None:
    nvim = start(enabling({}, ["picode-not-installed", "lsp"]))
    report = health(nvim)
    assert 'ERROR The server is not installed: "picode-not-installed" is not executable.' in report
    assert f"uv tool install '{ROOT}[embedded]'" in report
    assert "WARNING No buffer uses the server." in report


def test_a_broken_server_is_an_error_with_what_it_said(start: Start) -> None:
    nvim = start(enabling({}, ["python3", "-c", "raise SystemExit('no module named picode')", "lsp"]))
    report = health(nvim)
    assert "no module named picode" in report
    assert "--reinstall" in report
