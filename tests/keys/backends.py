"""Keyrings for tests: real backends of the library keyring, chosen as any other (`PYTHON_KEYRING_BACKEND`)."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, NoKeyringError, PasswordDeleteError


class MemoryKeyring(KeyringBackend):
    """Keeps what it is given, and counts what it is asked."""

    priority = 1  # type: ignore[assignment]

    def __init__(self, **entries: str) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.asked: list[str] = []

    def holds(self, name: str, key: str) -> MemoryKeyring:
        self.entries["picode", name] = key
        return self

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append(username)
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError("No such password!")


class FileKeyring(MemoryKeyring):
    """One for several processes, in the file that `TEST_KEYRING` names."""

    def __init__(self) -> None:
        super().__init__()
        self._file = Path(os.environ["TEST_KEYRING"])
        if self._file.exists():
            self.entries = {("picode", name): key for name, key in json.loads(self._file.read_text()).items()}

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password)
        self._save()

    def delete_password(self, service: str, username: str) -> None:
        super().delete_password(service, username)
        self._save()

    def _save(self) -> None:
        self._file.write_text(json.dumps({name: key for (_, name), key in self.entries.items()}))


class HangingKeyring(MemoryKeyring):
    """Answers nothing until it is released, as one does whose dialog nobody sees."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()
        self.left = threading.Semaphore(0)

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append(username)
        self.released.wait(60)
        self.left.release()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.get_password(service, username)


class RaisingKeyring(MemoryKeyring):
    """Fails with `error`, whatever it is asked, and quotes the key if it was given one."""

    error: type[BaseException] = RuntimeError

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append(username)
        raise self.error("no")

    def set_password(self, service: str, username: str, password: str) -> None:
        self.asked.append(username)
        raise self.error(f"can't store {password}")

    delete_password = get_password  # type: ignore[assignment]


class AbsentKeyring(RaisingKeyring):
    error = NoKeyringError


class LockedKeyring(RaisingKeyring):
    error = KeyringLocked


class ExitingKeyring(RaisingKeyring):
    error = SystemExit


class ForgetfulKeyring(MemoryKeyring):
    """Takes everything and keeps nothing, as the library's own null backend does."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass
