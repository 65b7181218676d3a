"""A malicious clone is opened before it is trusted: no process is started, and no byte goes where it wants.

What is counted: the processes that the server's Python starts and the addresses that it connects to, as Python's own audit
events tell them (`audited.py`); its children, looked at all the time; canaries in the clone and in place of every usual program
on the PATH; and visitors at the address that the clone names.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from e2e.nvim.upstream import ScriptedUpstream as Upstream
from scenarios.conftest import SCRIPTED, Start, environ, start, upstream
from support.editor import BARE, FULL, LIVE, PLAIN, RICH, RpcError
from support.process import ServerProcess
from support.upstream import ScriptedUpstream

from .audited import CONNECTING, STARTING
from .clones import Canaries
from .malicious import PROGRAMS, SETTINGS, Stranger, folders_of, make_malicious

__all__ = ["environ", "start", "upstream"]  # fixtures

AUDITED = (sys.executable, str(Path(__file__).with_name("audited.py")), "lsp")

ASKED = (
    "/commit",
    "/explain",
    "/review",
    "/steal",
    "what is in #links/passwd.py?",
    "what is in #links/disk/etc/passwd?",
    "what is in #links/git.py and #.git/config?",
    "what is in #/etc/passwd?",
    "what is in #.picode.toml?",
)
"""What a user might ask in it, and what its files would have them ask."""


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    stranger = Stranger()
    yield stranger
    stranger.close()


@pytest.fixture
def clone(tmp_path: Path, canaries: Canaries, stranger: Stranger) -> Path:
    return make_malicious(tmp_path / "malicious", canaries, stranger.url)


class _Events:
    """What Python reports while it is listened to."""

    def __init__(self) -> None:
        self.heard: list[str] | None = None
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.heard is not None and (event in STARTING or event in CONNECTING):
            self.heard.append(f"{event} {arguments!r}")


EVENTS = _Events()


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Each process that is started and each connection that is made in this process."""
    EVENTS.heard = []
    yield EVENTS.heard
    EVENTS.heard = None


@pytest.mark.parametrize("client", [BARE, PLAIN, FULL, RICH, LIVE], ids=["bare", "plain", "full", "rich", "live"])
async def test_with_its_root_and_each_of_its_folders_as_workspace(
    start: Start,
    upstream: ScriptedUpstream,
    clone: Path,
    canaries: Canaries,
    stranger: Stranger,
    heard: list[str],
    client: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(canaries.folder))
    upstream.says_from_now_on("ok")
    folders = folders_of(clone)
    assert {clone, clone / "bare", clone / ".git", clone / "evil"} <= {*folders}
    telling = [clone, *(clone / name for name in ("bare", ".git", ".vscode", "evil", "links"))]
    for folder in folders if client is PLAIN else telling:
        editor = await start({**SCRIPTED, "workspaceTrusted": False}, client=client, folder=str(folder))
        known = {*PROGRAMS, *(SETTINGS if folder != clone else ())}
        files = [each for each in sorted(folder.iterdir()) if each.is_file() and each.name not in known]
        for file in files[:30] or [clone / "a.py"]:
            editor.open(file.as_uri(), "x = <sel>1</sel>\n")
            await editor.ghosts()
            await editor.actions()
        for words in ASKED:
            if words == "/steal":
                with pytest.raises(RpcError, match="/steal"):  # a command of its own is none before it is trusted
                    await editor.slash(words)
            else:
                await editor.slash(words)
    sent = b"".join(each.request.body for each in upstream.exchanges)
    assert sent, "the user's own provider is asked"
    assert b"root:x:" not in sent
    assert (heard, canaries.song(), stranger.visits) == ([], "", 0)


@pytest.mark.parametrize("folder", ["", "bare", "links", ".git"])
async def test_with_a_server_of_its_own_that_is_started_there(
    clone: Path, canaries: Canaries, stranger: Stranger, tmp_path: Path, folder: str
) -> None:
    user = Upstream()
    audit = tmp_path / "audit"
    for name in PROGRAMS:
        canaries.program(name)
    environment = {"PATH": str(canaries.folder), "PICODE_TEST_AUDIT": str(audit)}
    async with ServerProcess(AUDITED, cwd=clone / folder, **environment) as server:
        children = _Children(server.pid)
        options = {
            "inline": {"provider": "user", "model": "m", "debounceMs": 0},
            "providers": {"user": {"baseUrl": user.url, "fill": "openai_completions"}},
        }
        root = {"uri": (clone / folder).as_uri(), "name": "clone"}
        await server.initialize(options, folders=[root])
        uri = server.open(clone / "a.py", "x = \n")
        await server.suggest(uri, 0, 4, explicit=True)
        for words in ASKED:
            arguments = [{"text": words, "uri": uri}]
            await server.request("workspace/executeCommand", {"command": "picode.slash", "arguments": arguments})
        seen = children.stop()
        told = " ".join(str(each["params"]) for each in server.notifications if each["method"] == "window/showMessage")
    user.close()
    port = user.url.rpartition(":")[2].partition("/")[0]
    elsewhere = [line for line in audit.read_text().splitlines() if not (line.startswith("socket.") and port in line)]
    assert user.prompts, "the user's own provider is asked"
    assert "runs git only in folders that you trust" in told or folder == ".git"
    assert (elsewhere, seen, canaries.song(), stranger.visits) == ([], set(), "", 0)


async def test_what_is_counted_would_be_seen(
    clone: Path, canaries: Canaries, stranger: Stranger, heard: list[str]
) -> None:
    """Each of the counters, with what it is there for."""
    process = await asyncio.create_subprocess_exec(str(canaries.program("git")), "status")
    await process.wait()
    _, writer = await asyncio.open_connection("127.0.0.1", int(stranger.url.rpartition(":")[2].partition("/")[0]))
    writer.write(b"secret")
    await writer.drain()
    writer.close()
    await asyncio.sleep(0.1)
    assert any(event.startswith("subprocess.Popen") for event in heard)
    assert any(event.startswith("socket.connect") for event in heard)
    assert canaries.song() == "git status\n"
    assert (stranger.visits, stranger.bytes) == (1, 6)
    children = _Children(os.getpid())
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(0.3)")
    await process.wait()
    assert children.stop()


class _Children:
    """Looks at the children of a process all the time."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._seen: set[str] = set()
        self._ending = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()

    def stop(self) -> set[str]:
        """The command lines that were seen."""
        self._ending.set()
        self._looking.join()
        return self._seen

    def _look(self) -> None:
        while not self._ending.wait(0.01):
            try:
                for child in self._process.children(recursive=True):
                    self._seen.add(" ".join(child.cmdline()))
            except psutil.NoSuchProcess:
                continue
