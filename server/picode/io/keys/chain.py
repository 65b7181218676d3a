"""The key of a provider: from the editor's session, else from the environment, the system keyring or the vault."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from picode.assistant.routing.upstream import key_remedy
from picode.core.errors import ConfigurationError
from picode.core.keys import Key, entry_name, flaw, require_sound
from picode.io.folders import data_folder
from picode.io.keys.files import stamp
from picode.io.keys.keyring import TIMEOUT_S, SystemKeyring
from picode.io.keys.register import Register
from picode.io.keys.vault import AskPassphrase, Vault, passphrase_in
from picode.io.secret_files import secret_in, variable_of
from picode.providers.catalog import Provider

log = logging.getLogger(__name__)

INTERVAL = 2.0
"""Seconds between two looks at the files that list the keys. A look costs one `stat` for each."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key is. `variable` is the environment variable that holds it, empty elsewhere."""

    kind: Literal["environment", "keyring", "vault"]
    variable: str = ""
    flaw: str = ""
    """What makes the key useless, in words that follow "the key"; empty if nothing does, or the vault would have to be
    opened to know."""


@dataclass(frozen=True, slots=True)
class Found:
    """A key, and which it is, in words that follow "the key is"."""

    key: Key
    origin: str


class Keychain:
    """Finds keys and remembers them, also that there is none, until a file says that another was stored or `forget` is
    called. For use in one event loop."""

    def __init__(self, environ: Mapping[str, str], keyring: SystemKeyring, vault: Vault) -> None:
        self.keyring = keyring
        self.vault = vault
        self._environ = environ
        self._given: dict[str, Key] = {}
        """Keys that the editor has given for this session, by their entries' names."""
        self._lookups: dict[str, asyncio.Task[Found | None]] = {}
        self._running: set[asyncio.Task[Found | None]] = set()
        self._listed: frozenset[str] = frozenset()
        self._stamp: Hashable = ()
        self._logged = ""

    @classmethod
    def of_user(
        cls,
        environ: Mapping[str, str],
        folder: Path | None = None,
        ask_passphrase: AskPassphrase | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> Keychain:
        """The user's own keys. Without `ask_passphrase`, the vault's passphrase is the environment's."""
        folder = folder or data_folder()
        vault = Vault(folder, ask_passphrase or (lambda new: passphrase_in(environ)))
        return cls(environ, SystemKeyring(Register(folder), timeout_s), vault)

    async def key(self, provider: Provider) -> Key | None:
        """The key that `find` finds."""
        found = await self.find(provider)
        return found.key if found else None

    async def find(self, provider: Provider) -> Found | None:
        """The key for the server at the provider's address; None where there is none.

        Neither the keyring nor the vault is asked for a provider that can do without a key, unless one was stored for it.
        Callers at the same time share one look-up, which goes on when a caller is cancelled. Raises
        `ConfigurationError` where there is a key that can't be used.
        """
        name = entry_name(provider.name, provider.base_url)
        if (given := self._given.get(name)) is not None:
            return Found(given, "the one that you have entered")
        if (found := environment_key(self._environ, provider.key_names)) is not None:
            require_sound(found[1], f"{provider.title} in {found[0]}")
            return Found(found[1], f"the one in the environment variable {variable_of(self._environ, found[0])}")
        stored = self._stored()
        if not name or not (provider.key_required or name in stored):
            return None
        lookup = self._lookups.get(name) or self._begin(name, provider)
        await asyncio.wait({lookup})  # not the task itself: it outlives this caller
        return None if lookup.cancelled() else lookup.result()

    def expects(self, provider: Provider) -> bool:
        """Whether there should be a key for the provider. Asks neither the keyring nor the vault."""
        name = entry_name(provider.name, provider.base_url)
        if name in self._given or self.in_environment(provider):
            return True
        return name in self._stored() or _has_found(self._lookups.get(name))

    def in_environment(self, provider: Provider) -> bool:
        """Whether a variable holds a key for the provider, or something that is none."""
        try:
            return environment_key(self._environ, provider.key_names) is not None
        except ConfigurationError:  # the look-up of the key says so
            return True

    def given(self, name: str) -> Key | None:
        """The key that the editor has given for an entry."""
        return self._given.get(name)

    def give(self, name: str, key: Key | None) -> None:
        """Takes an entry's key for this session only, before any other; None takes it away."""
        if key is None:
            self._given.pop(name, None)
        else:
            self._given[name] = key
        self._lookups.clear()

    async def place(self, provider: Provider) -> Place | None:
        """Where the key for the provider's address is; None where there is none. Does not open the vault.

        Where the keyring does not answer, its `trouble` says so. Raises `ConfigurationError` where a file can't be read.
        """
        if (found := environment_key(self._environ, provider.key_names)) is not None:
            return Place("environment", found[0], flaw(found[1]))
        name = entry_name(provider.name, provider.base_url)
        asked = provider.key_required or name in self.keyring.register.names()
        if name and asked and (key := await self.keyring.key(name)) is not None:
            return Place("keyring", flaw=flaw(key))
        return Place("vault") if name in self.vault.names() else None

    async def require_place(self, *, in_vault: bool) -> None:
        """Raises `ConfigurationError` where a key could not be stored: there is no keyring that answers, or the vault does not
        open. Asks for the vault's passphrase."""
        if in_vault:
            await self.vault.require_open()
        else:
            await self.keyring.require_answer()

    async def store(self, name: str, key: Key, *, in_vault: bool) -> None:
        """Stores a key as an entry, in one place only: one that is left in the keyring would come before one in the vault.

        Raises `ConfigurationError`.
        """
        if in_vault:
            await self.vault.store(name, key)
            if name in self.keyring.register.names():
                await self._leave_keyring(name)
        else:
            await self.keyring.store(name, key)
            await self.vault.delete(name)
        self._lookups.clear()

    async def delete(self, name: str) -> bool:
        """Deletes an entry wherever it is stored; False where it is nowhere. Raises `ConfigurationError`."""
        was_in_vault = await self.vault.delete(name)
        was_in_keyring = await self.keyring.delete(name)
        self._lookups.clear()
        return was_in_vault or was_in_keyring

    def forget(self) -> None:
        """Look for every key anew: the user asks to try again."""
        self._lookups.clear()
        self.keyring.forget()

    async def watch(self, on_change: Callable[[], None]) -> None:
        """Calls `on_change` whenever a key has been stored or deleted, be it by another process, until it is cancelled."""
        seen = self._stamps()
        while True:
            await asyncio.sleep(INTERVAL)
            if (now := self._stamps()) != seen:
                log.info("the stored keys have changed")
                seen = now
                on_change()

    async def close(self) -> None:
        """Gives up what is being looked for."""
        for lookup in self._running:
            lookup.cancel()
        if self._running:
            await asyncio.wait(self._running)

    def _stored(self) -> frozenset[str]:
        """The names of all entries, by the files that list them. If those have changed, nothing is remembered."""
        current = self._stamps()
        if current != self._stamp:
            self._stamp = current
            self._lookups.clear()
            self._listed = _readable(self.keyring.register.names) | _readable(self.vault.names)
        return self._listed

    def _stamps(self) -> Hashable:
        return stamp(self.keyring.register.file), stamp(self.vault.file)

    async def _leave_keyring(self, name: str) -> None:
        try:
            await self.keyring.delete(name)
        except ConfigurationError:
            if not self.keyring.absent:
                raise
            await self.keyring.register.remove(name)  # there is no keyring any more, as in a container or over SSH

    def _begin(self, name: str, provider: Provider) -> asyncio.Task[Found | None]:
        lookup = self._lookups[name] = asyncio.create_task(self._look_up(name, provider))
        self._running.add(lookup)
        lookup.add_done_callback(self._ended)
        return lookup

    def _ended(self, lookup: asyncio.Task[Found | None]) -> None:
        self._running.discard(lookup)
        if not lookup.cancelled():
            lookup.exception()  # marks it as retrieved: every caller may have been cancelled

    async def _look_up(self, name: str, provider: Provider) -> Found | None:
        key, origin = await self.keyring.key(name), "the one in the system keyring"
        self._log_trouble()
        if key is None:
            key, origin = await self.vault.key(name), "the one in the vault"
        if key is not None:
            require_sound(key, provider.title)
        elif self.keyring.trouble and name in self.keyring.register.names():
            remedy = key_remedy(provider, "--vault")
            raise ConfigurationError(
                f"The key for {provider.title} is in the system keyring, which {self.keyring.trouble}.",
                f"Unlock the keyring and try again, or {remedy[0].lower()}{remedy[1:]}",
            )
        return Found(key, origin) if key is not None else None

    def _log_trouble(self) -> None:
        trouble = self.keyring.trouble
        if trouble and trouble != self._logged:
            level = logging.DEBUG if self.keyring.absent else logging.WARNING
            log.log(level, "the system keyring %s; keys are looked for without it", trouble)
        self._logged = trouble


def _has_found(lookup: asyncio.Task[Found | None] | None) -> bool:
    if lookup is None or not lookup.done() or lookup.cancelled():
        return False
    return lookup.exception() is None and lookup.result() is not None


def _readable(names: Callable[[], frozenset[str]]) -> frozenset[str]:
    """The names; none where the list can't be read. Providers without a key still work; the others report it when asked."""
    try:
        return names()
    except ConfigurationError as error:
        log.warning("%s", error)
        return frozenset()


def environment_key(environ: Mapping[str, str], names: Iterable[str]) -> tuple[str, Key] | None:
    """The first of the variables that is set, in itself or by a file (`NAME_FILE`), and its key without the white space around
    it. A blank one is not set. Raises `ConfigurationError` for a file that can't be read."""
    return next(((name, key) for name in names if (key := Key(secret_in(environ, name)))), None)
