"""The first minutes: a machine without a server, the walkthrough, a model that only completes, a provider's key."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from e2e.vscode import install
from e2e.vscode.chat import Chat
from e2e.vscode.conftest import PICODE, OpenWindow, Serve
from e2e.vscode.editor import Browser, Window
from e2e.vscode.server import Server, wait_until

pytestmark = [pytest.mark.editor, pytest.mark.timeout(600)]  # the first test installs VS Code

CODE = "def add(left, right):\n    return left - right\n"
DEFAULTS = {"workbench.startupEditor": "none", "window.commandCenter": False}
KEY = "sk-right-0123456789"
WELCOME = "document.querySelector('.welcome')?.innerText ?? ''"
BOX = "document.querySelector('.quick-input-widget')?.innerText ?? ''"


class KeyedModel:
    """A model server that answers whoever has the right key."""

    def __init__(self) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({"data": [{"id": "keyed-model"}]})

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self._answer({"choices": [{"message": {"content": "It subtracts."}, "finish_reason": "stop"}]})

            def _answer(self, body: dict[str, Any]) -> None:
                right = self.headers["Authorization"] == f"Bearer {KEY}"
                self.send_response(200 if right else 401)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(body if right else {"error": {"message": "wrong key"}}).encode())

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def keyed_model() -> Iterator[KeyedModel]:
    model = KeyedModel()
    yield model
    model.close()


@pytest.fixture(scope="module")
def keyless(keyed_model: KeyedModel) -> dict[str, Any]:
    """The machine's settings of a user who has chosen nothing; a provider of theirs wants a key."""
    return {
        "picode.server.command": PICODE,
        "picode.providers": {"team": {"baseUrl": keyed_model.url, "keyEnv": "TEAM_KEY", "model": "keyed-model"}},
    }


@pytest.fixture(scope="module")
def desk(
    browser: Browser, serve: Serve, keyless: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Window]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "example.py").write_text(CODE, "utf-8")
    server = serve(keyless)
    server.reset_settings()
    window = Window(browser, server, folder, "example.py")
    window.wait_for_status("sparkle", 60)
    yield window
    window.close()


def test_the_built_in_model_says_what_it_is_and_a_key_makes_another_answer(desk: Window) -> None:
    chat = Chat(desk)
    chat.open()
    only_completes = "The built-in model completes code; choose a model for questions."
    chat.wait_for(f"({WELCOME}).includes({only_completes!r})", "what the built-in model is")
    desk.screenshot("start-chat-empty")
    chat.ask("why?")
    assert only_completes in chat.wait_for_state("failed")
    assert chat.wait_for("document.querySelector('.problem code')?.textContent", "the setting") == "chat.provider"
    assert desk.messages == []

    chat.click("button:has-text('Choose a model')")
    first, *_ = desk.wait_for_rows("OpenAI")
    assert "Embedded" not in first, "what answers no questions is not offered first"
    desk.screenshot("start-choose-model")
    desk.fill_box("team")
    desk.pick("team")
    desk.wait_for_text("PiCode: Key for team")
    desk.fill_box("sk-wrong-0123456789")
    desk.press("Enter")
    desk.wait_for(f"({BOX}).includes('refused the key')", "the refusal")
    desk.screenshot("start-key-refused")
    desk.press("Control+a")
    desk.fill_box(KEY)
    desk.press("Enter")
    desk.wait_for_message("the key for team is in VS Code's secret storage. It works.")
    chat.wait_for("document.querySelector('#model').textContent === 'keyed-model'", "the model's name")
    chat.click("button:has-text('Try Again')")
    chat.wait_for_answer("It subtracts.")
    assert [each.split("\n")[0] for each in chat.questions] == ["why?"]  # in the place of the one that was not answered
    desk.screenshot("start-key-works")
    assert KEY not in desk.server.log()

    desk.run_command("PiCode: Restart Language Server")
    desk.wait_for_status("sparkle", 30)
    chat.ask("still?")
    chat.wait_for("document.querySelectorAll('article[data-state=whole]').length === 2", "an answer with the kept key")


def test_the_walkthrough_opens_and_tries_a_suggestion(desk: Window) -> None:
    desk.run_command("PiCode: Get Started")
    desk.wait_for_text("Type, and take a suggestion")
    desk.wait_for_text("Choose a model for questions and edits")
    desk.screenshot("walkthrough")
    desk.click(".monaco-button:has-text('Try a Suggestion')")
    desk.wait_for_text("The n-th Fibonacci number")


def test_a_chat_without_a_server_offers_to_install_the_one_in_the_package(
    open_window: OpenWindow, tools: install.Toolchain, extensions: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    downloads = subprocess.run([tools.uv, "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
    environment = {"HOME": str(home), "UV_CACHE_DIR": downloads}
    server = Server(tools, extensions, tmp_path / "vscode", DEFAULTS, environment=environment)
    try:
        window = open_window(CODE, server=server, ready=False)
        window.wait_for_message("found none on this machine")
        window.run_command("Notifications: Clear All Notifications")
        window.run_command("PiCode: New Chat")
        chat = Chat(window)
        chat.wait_for(f"({WELCOME}).includes('The language server is not installed.')", "the reason", 60)
        window.screenshot("start-chat-without-server")
        chat.click("button:has-text('Install…')")
        window.wait_for_message("These commands will run")
        window.press_button("Install")
        window.wait_for_status("sparkle", 240)
        chat.wait_for(f"({WELCOME}).includes('completes code')", "the built-in model", 60)
        assert any("/server/bin/python" in " ".join(each.cmdline()) for each in server.language_servers())
    finally:
        server.stop()


@pytest.mark.parametrize("place", [".local/bin", "their/own/bin"], ids=["uv tool and pip --user", "PIPX_BIN_DIR"])
def test_a_server_is_found_where_installers_put_it(
    place: str, open_window: OpenWindow, tools: install.Toolchain, extensions: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "home" / place
    folder.mkdir(parents=True)
    program = folder / "picode"
    program.write_text(f'#!/bin/sh\nexec {PICODE[0]} -m picode "$@"\n')
    program.chmod(0o755)
    environment = {"HOME": str(tmp_path / "home"), "PIPX_BIN_DIR": str(tmp_path / "home/their/own/bin")}
    server = Server(tools, extensions, tmp_path / "vscode", DEFAULTS, environment=environment)
    try:
        open_window(CODE, server=server)
        wait_until(lambda: f"from {folder}" in server.log(), 20, "the place in the log")
    finally:
        server.stop()
