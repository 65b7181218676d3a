"""The keyring of the operating system: Keychain, Credential Manager, Secret Service, KWallet.

It may be absent, locked behind a dialog that is not visible, or not answer at all. So each question runs in a daemon thread,
which can be left behind, and the keyring is not asked again once it has failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from picode.core.errors import ConfigurationError
from picode.core.keys import Key
from picode.io.keys.register import Register
from picode.io.workers import in_daemon_thread

SERVICE = "picode"

TIMEOUT_S = 2.0
"""Seconds that a question may take."""

_IMPORT_PATIENCE = 30.0
"""Seconds that importing the library may take. It contacts no keyring, but reading it from a busy disk may be slow."""

_REMEDY = "Use --vault for an encrypted file instead, or an environment variable."


class SystemKeyring:
    """Answers one question at a time. For use in one event loop."""

    def __init__(self, register: Register, timeout_s: float = TIMEOUT_S) -> None:
        self.register = register
        self.trouble = ""
        """Why the keyring is left alone, in words that follow "the system keyring"; empty while it is not."""
        self.absent = False
        """Whether that is because there is none."""
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()
        self._last: asyncio.Future[_Outcome] | None = None

    async def key(self, name: str) -> Key | None:
        """The key of an entry. None too where the keyring does not answer; then `trouble` says why."""
        key: Key | None = (await self._ask(lambda: _get(name))).value
        return key

    async def require_answer(self) -> None:
        """Raises `ConfigurationError` where the keyring does not answer."""
        await self._ask(lambda: _get("picode"))
        if self.trouble:
            raise ConfigurationError(f"The system keyring {self.trouble}.", _REMEDY)

    async def store(self, name: str, key: Key) -> None:
        """Stores a key. Raises `ConfigurationError` where the keyring does not take it."""
        kept = (await self._ask(lambda: _set(name, key))).value
        if self.trouble:
            raise ConfigurationError(f"The system keyring {self.trouble}.", _REMEDY)
        if not kept:  # it may be disabled: then it takes everything and keeps nothing
            raise ConfigurationError("The system keyring has not kept the key.", _REMEDY)
        await self.register.add(name)

    async def delete(self, name: str) -> bool:
        """Deletes an entry; False where there is none. Raises `ConfigurationError` where the keyring does not answer, or is
        missing here and now and should hold the entry."""
        deleted = bool((await self._ask(lambda: _delete(name))).value)
        if self.trouble and not (self.absent and name not in self.register.names()):
            raise ConfigurationError(f"The system keyring {self.trouble}.", "Try again when it can be used.")
        await self.register.remove(name)
        return deleted

    def forget(self) -> None:
        """Ask it again, unless it still owes an answer."""
        if self._last is None or self._last.done():
            self.trouble, self.absent = "", False

    async def _ask(self, question: Callable[[], Any]) -> _Outcome:
        async with self._turn:
            if self.trouble:
                return _Outcome()
            outcome = await self._wait(_load, _IMPORT_PATIENCE)
            if not outcome.trouble:
                outcome = await self._wait(question, self._timeout_s)
            self.trouble, self.absent = outcome.trouble, outcome.absent
            return outcome

    async def _wait(self, question: Callable[[], Any], seconds: float) -> _Outcome:
        self._last = in_daemon_thread(lambda: _outcome(question), "keyring")
        done, _ = await asyncio.wait({self._last}, timeout=seconds)
        return self._last.result() if done else _Outcome(trouble=f"has not answered for {seconds:g} s")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of a question. Errors of a keyring are turned into words where they occur: with their traceback, which leads
    through frames that hold a key, they go no further."""

    value: Any = None
    trouble: str = ""
    absent: bool = False


def _outcome(question: Callable[[], Any]) -> _Outcome:
    try:
        return _Outcome(question())
    except BaseException as error:
        return _explain(error)


def _explain(error: BaseException) -> _Outcome:
    """An error's kind, never its text: backends come from anywhere and may quote what they were given."""
    with suppress(ImportError):  # then that is the error
        from keyring.errors import KeyringLocked, NoKeyringError

        if isinstance(error, NoKeyringError):
            return _Outcome(trouble="is missing on this machine", absent=True)
        if isinstance(error, _SwitchedOff):
            return _Outcome(trouble="is switched off on this machine", absent=True)
        if isinstance(error, KeyringLocked):
            return _Outcome(trouble="is locked")
    return _Outcome(trouble=f"fails ({type(error).__name__})")


def _load() -> None:
    import keyring  # noqa: F401


class _SwitchedOff(Exception):
    """The library's null backend is chosen, which takes everything and keeps nothing."""


def _backend() -> Any:
    import keyring
    from keyring.backends import null

    if isinstance(keyring.get_keyring(), null.Keyring):
        raise _SwitchedOff
    return keyring


def _get(name: str) -> Key | None:
    keyring = _backend()
    return Key(key.strip()) if (key := keyring.get_password(SERVICE, name)) else None


def _set(name: str, key: Key) -> bool:
    keyring = _backend()
    keyring.set_password(SERVICE, name, key)
    return _get(name) == key


def _delete(name: str) -> bool:
    keyring = _backend()
    if keyring.get_password(SERVICE, name) is None:
        return False
    keyring.delete_password(SERVICE, name)
    return True
