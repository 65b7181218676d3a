"""The language server as a process: found, missing, crashing, left behind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from e2e.nvim.upstream import ScriptedUpstream
from e2e.vscode import install
from e2e.vscode.conftest import PICODE, OpenWindow
from e2e.vscode.server import Server, wait_until

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]  # the first test installs VS Code


def test_a_killed_server_is_replaced(open_window: OpenWindow, upstream: ScriptedUpstream) -> None:
    upstream.will_write("return left + right")
    window = open_window("def add(left, right):\n")
    window.type("    ret")
    window.wait_for_ghost_text()
    before = window.server.language_servers()
    window.press("Escape")
    for process in before:
        process.kill()
    wait_until(lambda: set(window.server.language_servers()) - set(before), 20, "another language server")
    window.wait_for_status("sparkle")
    window.type("u")
    assert window.wait_for_ghost_text() == "rn left + right"
    assert window.messages == []


def test_a_server_that_keeps_crashing_is_given_up_with_a_button_to_restart(
    open_window: OpenWindow, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    program = f"import sys; {str(starts)!r}; 'lsp' in sys.argv and open({str(starts)!r}, 'a').write('x') or print('picode 9.9')"
    window = open_window("x = 1\n", ready=False, settings={"picode.server.command": [sys.executable, "-c", program]})
    window.wait_for_message("crashed 5 times", 40)
    assert window.wait_for_status("error") == "PiCode, The language server keeps crashing."
    assert starts.read_text() == "xxxxx"
    window.screenshot("crashes")
    window.press_button("Restart")
    wait_until(lambda: len(starts.read_text()) > 5, 20, "a new start")


def test_a_missing_server_is_told_with_buttons_that_help(
    open_window: OpenWindow, tools: install.Toolchain, extensions: Path, tmp_path: Path
) -> None:
    # Whoever runs the tests may have PiCode where installers put it in their home.
    server = Server(tools, extensions, tmp_path / "vscode", {}, environment={"HOME": str(tmp_path)})
    try:
        window = open_window("x = 1\n", ready=False, server=server)
        message = window.wait_for_message("found none on this machine")
        assert message == "PiCode needs its language server, and found none on this machine."
        window.screenshot("missing-server")
        window.press_button("Install…")
        dialog = window.wait_for_message("These commands will run")
        assert "picode[embedded] @ file://" in dialog
        window.screenshot("install")
        window.press_button("Cancel")
        assert "not installed" in window.wait_for_status("error")
        window.click_status()
        assert "Install…" in window.wait_for_rows("Install…")[0]
    finally:
        server.stop()


def test_a_chosen_program_that_is_not_picode_is_told_and_can_be_chosen_anew(open_window: OpenWindow) -> None:
    window = open_window("x = 1\n", ready=False, settings={"picode.server.command": ["/no/such/picode"]})
    window.wait_for_message("picode.server.command does not run PiCode: there is no such program")
    window.press_button("Choose Server…")
    window.wait_for_text("Picode › Server: Command")
    window.screenshot("choose-server")


@pytest.mark.embedded
@pytest.mark.parametrize("victim", ["the extension host", "all of VS Code"])
def test_no_language_server_and_no_model_is_left_when_vscode_is_killed(
    victim: str,
    tools: install.Toolchain,
    extensions: Path,
    model: Path,
    tmp_path: Path,
    open_window: OpenWindow,
) -> None:
    settings = {"picode.server.command": PICODE, "picode.embedded.modelPath": str(model)}
    server = Server(tools, extensions, tmp_path / "vscode", settings)
    try:
        window = open_window("def factorial(n):\n    if n == 0:\n        return 1\n", server=server)
        window.type("    return ")
        window.wait_for_ghost_text(30)
        ours = [*server.language_servers(), *server.model_processes()]
        assert len(ours) == 2, ours
        whole = [process for process in server.family() if process not in ours]
        for process in whole if victim == "all of VS Code" else server.extension_hosts():
            process.kill()
        wait_until(lambda: not any(process.is_running() for process in ours), 5, f"the end of {ours}")
    finally:
        server.stop()
