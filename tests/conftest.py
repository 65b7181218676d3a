"""Rules for all tests: a home of their own, and no network beyond this machine."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from picode.core.errors import NetworkFailure, ProviderTimeout
from picode.io.embedded.model_file import find_model

_PRIVATE = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the settings of whoever runs it. The cache stays: the model is fetched once."""
    home = tmp_path_factory.mktemp("home")
    for name in _PRIVATE:
        folder = home / name.lower()
        folder.mkdir(mode=0o700)
        monkeypatch.setenv(name, str(folder))
    for name in list(os.environ):
        if (name.startswith("PICODE_") and not name.startswith(("PICODE_TEST", "PICODE_UPDATE"))) or name.endswith(
            "_API_KEY"
        ):
            monkeypatch.delenv(name)


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
    pytest.importorskip("xllamacpp", reason="llama.cpp is missing: uv sync --extra embedded")
    try:
        return asyncio.run(find_model("", lambda progress: None))
    except (NetworkFailure, ProviderTimeout) as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no model file: {error}")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty workspace folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder
