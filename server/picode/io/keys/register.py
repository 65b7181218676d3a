"""Which entries PiCode has put into the system keyring, in `keyring.json`: names only, no key.

A keyring can't be asked for a list, and asking it takes long. So a provider that can do without a key is looked up
there only if it is on this list; and a running server sees by the file that a key was stored.
"""

from __future__ import annotations

import json
from pathlib import Path

from picode.io.keys.files import changing, read_file, replace_file

FILE_NAME = "keyring.json"


class Register:
    """The list in one folder."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE_NAME

    def names(self) -> frozenset[str]:
        """The entries. A file that is no list counts as an empty one: it is written anew with the next key.

        Raises `ConfigurationError` where the file can't be read.
        """
        try:
            listed = json.loads(read_file(self.file) or b"{}")["entries"]
            return frozenset(name for name in listed if isinstance(name, str))
        except (ValueError, LookupError, TypeError, RecursionError):
            return frozenset()

    async def add(self, name: str) -> None:
        """Adds an entry, or notes that it has a new key. Raises `ConfigurationError`."""
        async with changing(self.file):
            self._write(self.names() | {name})

    async def remove(self, name: str) -> None:
        """Takes an entry off the list. Raises `ConfigurationError`."""
        async with changing(self.file):
            if name in self.names():
                self._write(self.names() - {name})

    def _write(self, names: frozenset[str]) -> None:
        replace_file(self.file, json.dumps({"format": 1, "entries": sorted(names)}, indent=2) + "\n")
