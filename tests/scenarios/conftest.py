"""A fake editor and a scripted upstream, connected by the real server and the real assistant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.core
import pytest
from keyring.backend import KeyringBackend

from keys.backends import HangingKeyring
from picode.assistant.context.neighbours import Neighbourhood
from picode.lsp.server import PiCodeServer, build_assistant
from support.editor import FakeEditor
from support.upstream import ScriptedUpstream

SCRIPTED = {
    "inline": {"provider": "scripted", "model": "scripted-model", "debounceMs": 0},
    "providers": {"scripted": {"baseUrl": "http://127.0.0.1:9/v1", "fill": "openai_completions"}},
}
"""Settings with the scripted upstream as provider."""

Start = Callable[..., Awaitable[FakeEditor]]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look around a document parses all files that it wants, however busy this machine is."""
    monkeypatch.setattr(Neighbourhood.of, "__defaults__", (60.0,))


@pytest.fixture
def upstream() -> ScriptedUpstream:
    return ScriptedUpstream()


@pytest.fixture
def environ() -> dict[str, str]:
    """The environment that the server sees."""
    return {}


@pytest.fixture
async def start(upstream: ScriptedUpstream, environ: dict[str, str]) -> AsyncIterator[Start]:
    """Starts editors, each with a server of its own, and stops them at the end."""
    running: list[FakeEditor] = []

    async def start(
        options: dict[str, Any] | None = None,
        client: dict[str, Any] | None = None,
        folder: str | None = None,
        name: str = "fake editor",
    ) -> FakeEditor:
        server = PiCodeServer(lambda ls: build_assistant(ls, environ=environ, transport=upstream))
        editor = FakeEditor(server)
        editor.name = name
        running.append(editor)
        await editor.start(SCRIPTED if options is None else options, client, folder)
        return editor

    yield start
    for editor in running:
        await editor.stop()


@pytest.fixture
async def editor(start: Start) -> FakeEditor:
    """An editor like VS Code, with the scripted upstream as provider."""
    return await start()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data folder."""
    monkeypatch.setenv("PICODE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def backend(data: Path, request: pytest.FixtureRequest) -> Iterator[KeyringBackend]:
    """The system keyring, of the kind that the test names."""
    backend = request.param()
    before = keyring.core._keyring_backend
    keyring.set_keyring(backend)
    yield backend
    if isinstance(backend, HangingKeyring):
        backend.released.set()
    keyring.core._keyring_backend = before
