"""Rules for all tests: a home of their own, and no network beyond this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from faults import matrix
from picode.core.errors import ConfigurationError, NetworkFailure, ProviderTimeout
from picode.io.embedded.launch import require_runtime
from picode.io.embedded.model_file import find_model
from support.home import own_home

_IN_VSCODE = "e2e/vscode/"


# How long an example takes depends on what else the machine does: no test is about that.
hypothesis.settings.register_profile("picode", deadline=None)
hypothesis.settings.load_profile("picode")

# A shell's job in the background ignores Ctrl-C, and so would every process that a test starts. Here, before any test
# module is imported: pynvim takes the handler that it finds at its import for the one to restore.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """A run of the faults and attacks is one of their table, docs/reliability.md."""
    matrix.configure(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """VS Code's tests come first: they take the longest."""
    for item in items:
        # A real editor on a busy machine may draw, or lose the focus, at another moment than the test thinks. What fails twice
        # is wrong; what fails once is printed (R).
        if item.get_closest_marker("editor") or item.get_closest_marker("embedded"):
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=lambda item: _IN_VSCODE not in item.nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The tests of a file run in one worker, since they share what takes long to start; so do all of VS Code's. (The markers of
    `--dist loadgroup` have no effect with xdist 3.8 and pytest 9.2.)"""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _IN_VSCODE if _IN_VSCODE in nodeid else nodeid.partition("::")[0]

    return ByFile(config, log)


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the home of whoever runs it."""
    own_home(tmp_path_factory.mktemp("home"), monkeypatch)


@pytest.fixture(autouse=True)
def _only_loopback(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that would leave this machine fails. Fetching the embedded model is the one exception, and asks for it."""
    if request.node.get_closest_marker("embedded"):
        yield
        return
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if host is not None and not str(host).startswith(("127.", "::1", "localhost")):
            pytest.fail(f"a test wanted to connect to {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield


@pytest.fixture(scope="session")
def model() -> Path:
    """The embedded model's file, through the real code path: into the user's cache, where a second run finds it."""
    if given := os.environ.get("PICODE_TEST_MODEL"):
        return Path(given)
    try:
        require_runtime()
        return asyncio.run(find_model("", lambda progress: None))
    except (ConfigurationError, NetworkFailure, ProviderTimeout) as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"the embedded model is missing: {error}")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty workspace folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder
