"""VS Code with the extension installed from its package, as a user installs it, and the language server of this repository."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from e2e.nvim.upstream import ScriptedUpstream
from e2e.vscode import install, package
from e2e.vscode.editor import Browser, Window
from e2e.vscode.model import ScriptedModel
from e2e.vscode.server import Server

PICODE = [sys.executable, "-m", "picode"]

Serve = Callable[[Mapping[str, Any]], Server]
OpenWindow = Callable[..., Window]


@pytest.fixture(scope="session")
def tools() -> install.Toolchain:
    """VS Code and what drives it. What the machine lacks is a reason to skip, but not in CI."""
    try:
        return install.toolchain()
    except install.NotHere as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def wheel(tools: install.Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The language server as it is published."""
    return package.build_wheel(tools, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def vsix(tools: install.Toolchain, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension's package."""
    return package.build_vsix(tools, wheel, tmp_path_factory.mktemp("vsix"))


@pytest.fixture(scope="session")
def extensions(tools: install.Toolchain, vsix: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the installed extension."""
    folder = tmp_path_factory.mktemp("extensions")
    package.install_extension(tools, vsix, folder)
    return folder


@pytest.fixture(scope="session")
def serve(tools: install.Toolchain, extensions: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Gives a VS Code with these settings of the machine; the same settings give the same one again."""
    running: dict[str, Server] = {}

    def serve(settings: Mapping[str, Any]) -> Server:
        key = json.dumps(settings, sort_keys=True)
        if key not in running or not running[key].process.is_running():
            running[key] = Server(tools, extensions, tmp_path_factory.mktemp("vscode"), settings)
        return running[key]

    yield serve
    for server in running.values():
        server.stop()


@pytest.fixture(scope="session")
def browser(tools: install.Toolchain) -> Iterator[Browser]:
    browser = Browser(tools)
    yield browser
    browser.stop()


@pytest.fixture(scope="session")
def upstream() -> Iterator[ScriptedUpstream]:
    """A provider that writes what the test wants."""
    upstream = ScriptedUpstream()
    yield upstream
    upstream.close()


@pytest.fixture(scope="session")
def scripted(upstream: ScriptedUpstream) -> dict[str, Any]:
    """The machine's settings of a user whose suggestions come from `upstream`."""
    return {
        "picode.server.command": PICODE,
        "picode.providers": {"scripted": {"baseUrl": upstream.url, "fill": "openai_completions"}},
        "picode.cache.enabled": False,  # the model changes its mind from test to test
        "picode.inline.provider": "scripted",
        "picode.inline.model": "scripted-model",
    }


@pytest.fixture(scope="session")
def chat_model() -> Iterator[ScriptedModel]:
    """A model that answers in the words of the test."""
    model = ScriptedModel()
    yield model
    model.close()


@pytest.fixture(scope="session")
def asking(chat_model: ScriptedModel) -> dict[str, Any]:
    """The machine's settings of a user whose questions go to `chat_model`, and who wants no suggestions."""
    return {
        "picode.server.command": PICODE,
        "picode.providers": {"scripted": {"baseUrl": chat_model.url}},
        "picode.chat.provider": "scripted",
        "picode.chat.model": "scripted-model",
        "picode.inline.provider": "scripted",
        "picode.inline.languages": {"*": False},
    }


@pytest.fixture
def open_window(browser: Browser, serve: Serve, scripted: Mapping[str, Any], project: Path) -> Iterator[OpenWindow]:
    """Opens a window on the project, with a file of the given text, and waits until the language server is `ready`."""
    windows: list[Window] = []

    def open_window(
        text: str,
        *,
        file: str = "example.py",
        settings: Mapping[str, Any] = scripted,
        server: Server | None = None,
        trust: bool = False,
        ready: bool = True,
        **view: Any,
    ) -> Window:
        (project / file).write_text(text, "utf-8")
        server = server or serve(settings)
        server.reset_settings()
        window = Window(browser, server, project, file, **view)
        windows.append(window)
        if trust:
            window.trust()
        if ready:
            window.wait_for_status("sparkle", 90)
        return window

    yield open_window
    for window in windows:
        window.close()
