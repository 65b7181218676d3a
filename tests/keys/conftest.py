"""A keychain of its own for each test, with a keyring that the test chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import keyring.core
import pytest
from keyring.backend import KeyringBackend

from keys.backends import HangingKeyring, MemoryKeyring
from picode.io.keys.chain import Keychain

Use = Callable[[KeyringBackend], KeyringBackend]


@pytest.fixture
def use() -> Iterator[Use]:
    """Makes a backend the system keyring."""
    before = keyring.core._keyring_backend
    used: list[KeyringBackend] = []

    def use(backend: KeyringBackend) -> KeyringBackend:
        keyring.set_keyring(backend)
        used.append(backend)
        return backend

    yield use
    for backend in used:
        if isinstance(backend, HangingKeyring):
            backend.released.set()
    keyring.core._keyring_backend = before


@pytest.fixture
def backend(use: Use) -> MemoryKeyring:
    """A system keyring that works."""
    backend = MemoryKeyring()
    use(backend)
    return backend


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The user's data folder, which does not exist yet."""
    return tmp_path / "data" / "picode"


@pytest.fixture
def environ() -> dict[str, str]:
    return {}


@pytest.fixture
def keychain(environ: dict[str, str], folder: Path, backend: MemoryKeyring) -> Keychain:
    return Keychain.of_user(environ, folder)
