"""The server's life as the user sees it: missing, started, killed, started again."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from e2e.nvim.conftest import FAKE_SERVER, Start, enabling, lua, scripted_settings
from e2e.nvim.neovim import Neovim, eventually
from e2e.nvim.upstream import ScriptedUpstream

ROOT = Path(__file__).parents[3]

pytestmark = [pytest.mark.editor, pytest.mark.timeout(60)]


def servers(nvim: Neovim) -> list[psutil.Process]:
    """The language servers that Neovim runs."""
    children = psutil.Process(nvim.process.pid).children()
    return [child for child in children if child.status() != psutil.STATUS_ZOMBIE and "lsp" in child.cmdline()]


def suggests(nvim: Neovim, upstream: ScriptedUpstream) -> None:
    upstream.will_write("return first")
    nvim.keys("<Esc>Go")
    nvim.type("ret")
    nvim.wait_for_ghost("urn first")
    nvim.keys("<Esc>")


def test_a_killed_server_is_started_again(start: Start, upstream: ScriptedUpstream, project: Path) -> None:
    nvim = start(enabling(scripted_settings(upstream.url)))
    nvim.edit(project / "example.py", "first = 1\n")
    nvim.wait_for_server()
    suggests(nvim, upstream)

    before = nvim.clients
    [old] = servers(nvim)
    nvim.keys("i")
    os.kill(old.pid, signal.SIGKILL)
    nvim.type("typing goes on")
    eventually(lambda: nvim.clients and nvim.clients != before, 20)
    suggests(nvim, upstream)
    # Neovim says itself that a server has ended.
    assert len(nvim.messages) == 1, nvim.messages

    [old] = servers(nvim)
    nvim.command("PiCode restart")
    eventually(lambda: nvim.clients and [each.pid for each in servers(nvim)] not in ([], [old.pid]), 20)
    suggests(nvim, upstream)
    assert len(servers(nvim)) == 1
    assert len(nvim.messages) == 1, nvim.messages


def test_a_server_that_keeps_dying_is_left_alone_until_the_user_restarts_it(fake: Neovim) -> None:
    def starts_after(lua: str) -> None:
        started = fake.lua("return Fake.started")
        fake.lua(lua)
        eventually(lambda: fake.lua("return Fake.started") > started and fake.clients)

    starts_after("vim.cmd('PiCode restart')")
    fake.command("messages clear")
    for _ in range(3):
        starts_after("Fake.crash()")
    fake.lua("Fake.crash()")
    eventually(lambda: any("the server keeps ending" in line for line in fake.messages))
    fake.settle()
    assert fake.clients == []
    assert len(fake.messages) == 5, fake.messages

    fake.keys("i")
    fake.type("typing goes on")
    fake.keys("<Esc>")
    fake.settle()
    assert len(fake.messages) == 5, fake.messages

    starts_after("vim.cmd('PiCode restart')")


def test_quitting_neovim_leaves_no_server(start: Start, upstream: ScriptedUpstream, project: Path) -> None:
    nvim = start(enabling(scripted_settings(upstream.url)))
    nvim.edit(project / "example.py")
    nvim.wait_for_server()
    running = servers(nvim)
    nvim.close()
    gone, alive = psutil.wait_procs(running, timeout=8)
    assert len(gone) == 1
    assert alive == []


def test_a_killed_neovim_leaves_no_server(start: Start, upstream: ScriptedUpstream, project: Path) -> None:
    nvim = start(enabling(scripted_settings(upstream.url)))
    nvim.edit(project / "example.py")
    nvim.wait_for_server()
    running = servers(nvim)
    nvim.process.kill()
    nvim.close()
    _, alive = psutil.wait_procs(running, timeout=8)
    assert alive == []


def test_a_missing_server_is_told_once_with_what_to_do(start: Start, project: Path) -> None:
    fake_server = f"dofile({lua(str(FAKE_SERVER))})\n"
    nvim = start(fake_server + enabling({}, ["picode-not-installed", "lsp"]))
    for name in ("one.py", "two.py", "three.txt"):
        (project / name).write_text("")
        nvim.api.command(f"edit {project / name}")
    eventually(lambda: nvim.messages)
    nvim.settle()
    assert len(nvim.messages) == 1
    assert 'the server is not installed (no "picode-not-installed")' in nvim.messages[0]
    assert f"uv tool install '{ROOT}[embedded]'" in nvim.messages[0]
    assert "not installed" in nvim.command("PiCode status")

    # Installed meanwhile:
    nvim.lua("vim.lsp.config('picode', { cmd = Fake.start })")
    nvim.command("PiCode restart")
    nvim.wait_for_server()


def test_nothing_is_said_where_nobody_asked_for_it(start: Start, project: Path) -> None:
    nvim = start("vim.lsp.config('picode', { cmd = { 'picode-not-installed', 'lsp' } })")
    nvim.edit(project / "example.py")
    nvim.settle()
    assert nvim.messages == []
    assert nvim.clients == []


def test_a_server_that_cannot_start_is_not_tried_again_and_again(start: Start, project: Path) -> None:
    nvim = start(enabling({}, ["false"]))
    nvim.edit(project / "example.py")
    eventually(lambda: any("the server did not start" in line for line in nvim.messages))
    nvim.settle()
    assert len(nvim.messages) == 2, nvim.messages
