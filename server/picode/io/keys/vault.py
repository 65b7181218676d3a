"""Keys in an encrypted file, `vault.json`, for machines without a keyring."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from picode.core.errors import ConfigurationError
from picode.core.keys import Key
from picode.io.keys import sealing
from picode.io.keys.files import changing, read_file, replace_file
from picode.io.keys.sealing import Contents, Malformed, NewerFormat, Sealed
from picode.io.secret_files import secret_in

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FILE_NAME = "vault.json"
PASSPHRASE = "PICODE_VAULT_PASSPHRASE"  # noqa: S105 (the variable's name)

AskPassphrase = Callable[[bool], Key]
"""Gives the passphrase, empty where there is none. Its argument says whether it is for a new vault."""


def passphrase_in(environ: Mapping[str, str]) -> Key:
    """The passphrase that the environment holds; empty if none."""
    return Key(environ.get(PASSPHRASE, "") or secret_in(environ, PASSPHRASE))


class Vault:
    """The vault in one folder. Its file is never written over while it can't be understood.

    The passphrase is asked for once, and only if an entry is there to be opened or stored. All raise
    `ConfigurationError`, which says what to do.
    """

    def __init__(self, folder: Path, ask_passphrase: AskPassphrase) -> None:
        self.file = folder / FILE_NAME
        self._ask_passphrase = ask_passphrase
        self._passphrase = Key()
        self._cipher: tuple[bytes, AESGCM] | None = None
        self._opening = asyncio.Lock()

    def names(self) -> frozenset[str]:
        """The entries. They are no secret: this takes no passphrase."""
        contents = self._read()
        return frozenset(contents.entries if contents else ())

    async def key(self, name: str) -> Key | None:
        """The key of an entry; None where there is no such entry."""
        contents = self._read()
        if contents is None or name not in contents.entries:
            return None
        self._need_passphrase(new=False)
        key = sealing.unseal(await self._open(contents), name, contents.entries[name])
        if key is None:
            raise ConfigurationError(
                f"The entry {name} in {self.file} was changed from outside.", "Delete it and store the key again."
            )
        return key

    async def require_open(self) -> None:
        """Raises `ConfigurationError` where the vault does not open with the passphrase that is asked for. A new one is made
        when a key is stored."""
        contents = self._read()
        self._need_passphrase(new=contents is None)
        if contents is not None:
            await self._open(contents)

    async def store(self, name: str, key: Key) -> None:
        """Stores a key. Makes the vault if there is none."""
        self._need_passphrase(new=self._read() is None)
        async with changing(self.file):
            contents = self._read() or await self._new()
            sealed = sealing.seal(await self._open(contents), name, key)
            self._write(contents, {**contents.entries, name: sealed})

    async def delete(self, name: str) -> bool:
        """Deletes an entry; False where there is none. Takes no passphrase, as deleting the file takes none."""
        if name not in self.names():
            return False
        async with changing(self.file):
            contents = self._read()
            if contents is None or name not in contents.entries:
                return False
            self._write(contents, {other: sealed for other, sealed in contents.entries.items() if other != name})
        return True

    def _need_passphrase(self, *, new: bool) -> None:
        self._passphrase = self._passphrase or self._ask_passphrase(new)
        if not self._passphrase:
            raise ConfigurationError(
                f"The vault {self.file} needs its passphrase.", f"Set {PASSPHRASE} in the environment."
            )

    def _read(self) -> Contents | None:
        data = read_file(self.file)
        try:
            return None if data is None else sealing.parse(data)
        except Malformed as error:
            remedy = (
                "Update PiCode."
                if isinstance(error, NewerFormat)
                else "Restore it from a backup, or move it away and store the keys again."
            )
            raise ConfigurationError(f"The vault {self.file} {error}.", remedy) from None

    async def _new(self) -> Contents:
        salt = os.urandom(sealing.SALT_BYTES)
        return Contents(salt, sealing.seal(await self._derive(salt), sealing.CHECK, ""), {})

    async def _open(self, contents: Contents) -> AESGCM:
        cipher = await self._derive(contents.salt)
        if sealing.unseal(cipher, sealing.CHECK, contents.check) is None:
            self._passphrase, self._cipher = Key(), None  # ask again
            raise ConfigurationError(
                f"The passphrase does not open the vault {self.file}.",
                f"Check {PASSPHRASE}. If it is lost, move the file away and store the keys again.",
            )
        return cipher

    async def _derive(self, salt: bytes) -> AESGCM:
        async with self._opening:
            if self._cipher is None or self._cipher[0] != salt:
                self._cipher = (salt, await asyncio.to_thread(sealing.derive, self._passphrase, salt))
            return self._cipher[1]

    def _write(self, contents: Contents, entries: Mapping[str, Sealed]) -> None:
        replace_file(self.file, sealing.render(replace(contents, entries=entries)))
