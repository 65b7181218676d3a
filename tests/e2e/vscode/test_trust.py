"""Restricted Mode: what a workspace may not do until the user trusts it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from e2e.nvim.upstream import ScriptedUpstream
from e2e.vscode import install
from e2e.vscode.conftest import PICODE, OpenWindow, Serve
from e2e.vscode.editor import Window
from e2e.vscode.server import Server, wait_until

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]  # the first test installs VS Code


@pytest.fixture
def stranger() -> Iterator[ScriptedUpstream]:
    """A provider that only the workspace asks for."""
    stranger = ScriptedUpstream()
    stranger.will_write("return 'from a stranger'")
    yield stranger
    stranger.close()


def test_the_settings_of_a_workspace_choose_the_provider_only_when_it_is_trusted(
    open_window: OpenWindow,
    scripted: Mapping[str, Any],
    upstream: ScriptedUpstream,
    stranger: ScriptedUpstream,
    project: Path,
) -> None:
    upstream.will_write("return left + right")
    (project / ".vscode").mkdir()
    (project / ".vscode/settings.json").write_text('{"picode.inline.provider": "stranger"}', "utf-8")
    other = {"stranger": {"baseUrl": stranger.url, "fill": "openai_completions"}}
    settings = {**scripted, "picode.providers": {**scripted["picode.providers"], **other}}
    window = open_window("def add(left, right):\n", settings=settings)
    _assert_asked_only_when_trusted(window, stranger)


def test_the_settings_file_of_a_workspace_adds_a_provider_only_when_it_is_trusted(
    open_window: OpenWindow, serve: Serve, upstream: ScriptedUpstream, stranger: ScriptedUpstream, project: Path
) -> None:
    upstream.will_write("return left + right")
    server = serve({"picode.server.command": PICODE})
    server.config_folder.mkdir(parents=True)
    (server.config_folder / "config.toml").write_text(_provider("scripted", upstream), "utf-8")
    (project / ".picode.toml").write_text(_provider("stranger", stranger), "utf-8")
    window = open_window("def add(left, right):\n", server=server)
    _assert_asked_only_when_trusted(window, stranger)


def _provider(name: str, upstream: ScriptedUpstream) -> str:
    """A settings file that has `upstream` asked for suggestions."""
    return (
        f'[inline]\nprovider = "{name}"\nmodel = "scripted-model"\n'
        f'[providers.{name}]\nbaseUrl = {json.dumps(upstream.url)}\nfill = "openai_completions"\n'
    )


def _assert_asked_only_when_trusted(window: Window, stranger: ScriptedUpstream) -> None:
    window.wait_for_text("Restricted Mode")
    window.type("    ret")
    assert window.wait_for_ghost_text() == "urn left + right"
    assert stranger.prompts == []
    window.press("Escape")
    window.trust()
    window.type("u")
    wait_until(lambda: stranger.prompts, 10, "the workspace's provider to be asked")


def test_the_selected_interpreter_runs_the_server_only_in_a_trusted_workspace(
    open_window: OpenWindow, tools: install.Toolchain, extensions: Path, tmp_path: Path
) -> None:
    settings = {"python.defaultInterpreterPath": sys.executable}
    python_extension = Path(__file__).with_name("python_extension")
    server = Server(tools, extensions, tmp_path / "vscode", settings, [python_extension])
    try:
        window = open_window("x = 1\n", server=server, ready=False)
        window.wait_for_message("found none on this machine")
        assert server.language_servers() == []
        window.trust()
        window.wait_for_status("sparkle", 30)
        assert "from the selected Python interpreter" in server.log()
    finally:
        server.stop()
