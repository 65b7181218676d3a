"""The keys that a set-up lacks: typed at a hidden prompt, or piped in, one a line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from picode.bootstrap import Assistant
from picode.cli.init.setup import Setup
from picode.cli.provider.typed import ask_hidden
from picode.cli.terminal import is_asked, print_text
from picode.core.errors import ConfigurationError
from picode.core.keys import Key, entry_name, require_sound
from picode.core.origins import is_loopback_url
from picode.io.keys.chain import Keychain
from picode.io.keys.vault import passphrase_in
from picode.providers.catalog import CATALOG, Provider, host_of

_PASSPHRASES = 3
"""How often the vault's passphrase may be typed."""


class Keys:
    """Asks for keys, gives them to the assistant for this session, and stores them at the end."""

    def __init__(self, assistant: Assistant, keychain: Keychain, *, in_vault: bool) -> None:
        self._assistant = assistant
        self._keychain = keychain
        self._in_vault = in_vault
        self._found_place = False
        self._piped = None if sys.stdin.isatty() else _lines_of_input()
        self._typed: dict[str, Key] = {}
        """By the name of the provider."""

    async def ask_missing(self, setup: Setup) -> None:
        """Asks for each that is missing. Raises `ConfigurationError` where a provider can't do without, and where keys could
        not be stored: that is found out before one is typed."""
        for name in setup.providers:
            row = self._assistant.row(name)
            if _may_want_key(row) and await self._assistant.routing.keychain.key(row) is None:
                await self._ask(row)

    async def ask_again(self, name: str) -> bool:
        """Asks for a key in place of one that was refused; whether there is another to try. One from a variable stays."""
        row = self._assistant.row(name)
        if self._piped is not None or self._assistant.routing.keychain.in_environment(row):
            return False
        self._typed.pop(name, None)
        await self._ask(row, again=True)
        return name in self._typed

    async def store(self) -> bool:
        """Stores the keys; whether all are stored. What can't be is said."""
        for name, key in self._typed.items():
            row = self._assistant.row(name)
            try:
                await self._store(entry_name(name, row.base_url), key)
            except ConfigurationError as error:
                command = f"picode provider key set {name}{' --vault' if self._in_vault else ''}"
                print_text(f"The key for {name} is not stored: {error} Later: {command}", err=True)
                return False
            print_text(f"The key for {name} is in the {'vault' if self._in_vault else 'system keyring'} now.", err=True)
        return True

    async def _store(self, entry: str, key: Key) -> None:
        try:
            await self._keychain.store(entry, key, in_vault=self._in_vault)
        except ConfigurationError as error:
            if self._in_vault:
                raise
            await self._use_vault(error)
            await self._keychain.store(entry, key, in_vault=True)

    async def _ask(self, row: Provider, *, again: bool = False) -> None:
        await self._find_place()
        if key := self._read(row, again=again):
            require_sound(key, row.title)
            self._typed[row.name] = key
            self._assistant.routing.keychain.give(entry_name(row.name, row.base_url), key)

    async def _find_place(self) -> None:
        if self._found_place:
            return
        if self._in_vault:
            await self._open_vault()
        else:
            try:
                await self._keychain.require_place(in_vault=False)
            except ConfigurationError as error:
                await self._use_vault(error)
        self._found_place = True

    async def _use_vault(self, error: ConfigurationError) -> None:
        print_text(f"{error.problem} The key will be in an encrypted file, the vault.", err=True)
        self._in_vault = True
        await self._open_vault()

    async def _open_vault(self) -> None:
        """Raises `ConfigurationError` where the vault does not open; a passphrase that is typed wrongly is asked for again."""
        for tries_left in reversed(range(_PASSPHRASES)):
            try:
                await self._keychain.require_place(in_vault=True)
                break
            except ConfigurationError as error:
                if not tries_left or not is_asked() or passphrase_in(os.environ):
                    raise
                print_text(error.problem, err=True)

    def _read(self, row: Provider, *, again: bool) -> Key:
        required = row.key_required and not again
        if self._piped is not None:
            key = next(self._piped, Key())
        else:
            host = host_of(row.base_url)
            if row.withheld and not again:
                print_text(f"{row.withheld_for}, and is not sent to {host}: name a key for that.", err=True)
            where = f" at {host}" if row.withheld or row.name not in CATALOG else ""
            what = f"{'Another key' if again else 'Key'} for {row.title}{where}"
            key = ask_hidden(f"{what}{'' if required else ' (Enter for none)'}: ")
        if required and not key:
            variable = " or ".join(row.key_names) or "the variable that --key-env names"
            raise ConfigurationError(f"{row.title} needs a key.", f"Set {variable}, or pipe the key into this command.")
        return key


def _may_want_key(row: Provider) -> bool:
    """Whether a key is asked for: a provider of the user's own may want one, and one at another server than its usual; a server
    on this machine hardly ever does."""
    if row.key_required or row.withheld:
        return True
    return row.name not in CATALOG and not is_loopback_url(row.base_url)


def _lines_of_input() -> Iterator[Key]:
    return (Key(each.strip()) for each in sys.stdin.read().lstrip("\ufeff").splitlines() if each.strip())
