"""`picode init`: from nothing to a provider that answers.

What is chosen is tried with a round trip before anything is written: the settings go along as those of the command line, the
key in a variable of this process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping

import typer

from picode.bootstrap import Assistant
from picode.cli.init.questions import set_up
from picode.cli.init.setup import Setup, Wishes, leaves
from picode.cli.provider.testing import step_line
from picode.cli.provider.typed import ask_hidden, ask_passphrase
from picode.cli.session import session
from picode.cli.terminal import confirm, print_text
from picode.cli.waiting import WAITING
from picode.core.errors import ConfigurationError, PiCodeError
from picode.core.keys import Key, entry_name, require_sound
from picode.core.origins import is_loopback_url
from picode.io.config_editing import set_value, unset_value
from picode.io.keys.chain import Keychain
from picode.providers.catalog import CATALOG, Provider

__all__ = ["Wishes", "run"]


def run(wishes: Wishes) -> int:
    """Gives the exit code: 0 where a round trip has worked, or was not asked to."""
    if not wishes.yes and not sys.stdin.isatty():
        command = f"picode init {wishes.provider or 'openai'} … --yes"
        print_text(f"This is no terminal to ask in. Say --yes, so that nothing is asked: {command}", err=True)
        return 2
    try:
        return asyncio.run(_run(wishes))
    except PiCodeError as error:
        print_text(str(error), err=True)
        return 1
    except typer.Abort:
        print_text("Nothing was written.", err=True)
        return 130


async def _run(wishes: Wishes) -> int:
    WAITING.show("Looking for model servers on this machine…")
    async with session() as assistant:
        found = await assistant.providers()
    WAITING.clear()
    setup = set_up(wishes, found)
    keychain = Keychain.of_user(os.environ, ask_passphrase=ask_passphrase, timeout_s=120.0)
    try:
        async with session(setup.settings()) as assistant:
            _require_usable(setup, assistant)
            keys = await _Keys(assistant, keychain, wishes.vault).missing(setup)
        worked = await _try(setup, keys.typed)
        if not worked and (wishes.yes or not confirm("Write the settings all the same?")):
            print_text("Nothing was written.", err=True)
            return 1
        await keys.store()
    finally:
        await keychain.close()
    _write(setup)
    return 0 if worked else 1


def _require_usable(setup: Setup, assistant: Assistant) -> None:
    """Raises `ConfigurationError` for settings that can't be used, and `ProviderNotFound`."""
    if problems := [each for each in assistant.problems() if each.origin == "the command line"]:
        raise ConfigurationError(" ".join(f"{each.path} {each.complaint}." for each in problems))
    for name in setup.providers:
        assistant.row(name)


class _Keys:
    """The keys that a set-up lacks: typed at a hidden prompt, or piped in, one a line."""

    def __init__(self, assistant: Assistant, keychain: Keychain, in_vault: bool) -> None:
        self._assistant = assistant
        self._keychain = keychain
        self._in_vault = in_vault
        self._piped = None if sys.stdin.isatty() else _lines_of_input()
        self.typed: dict[str, Key] = {}
        """By the name of the provider."""
        self._entries: dict[str, str] = {}

    async def missing(self, setup: Setup) -> _Keys:
        """Asks for each. Where it could not be stored is found out before."""
        for name in setup.providers:
            row = self._assistant.row(name)
            if not _may_want_key(row) or await self._assistant.routing.keychain.key(row) is not None:
                continue
            if not self.typed:
                await self._find_place()
            if key := self._read(row):
                require_sound(key, row.title)
                self.typed[name], self._entries[name] = key, entry_name(name, row.base_url)
        return self

    async def store(self) -> None:
        """Stores them."""
        for name, key in self.typed.items():
            await self._keychain.store(self._entries[name], key, in_vault=self._in_vault)
            print_text(f"The key for {name} is in the {'vault' if self._in_vault else 'system keyring'} now.", err=True)

    async def _find_place(self) -> None:
        if not self._in_vault:
            try:
                await self._keychain.require_place(in_vault=False)
            except ConfigurationError as error:
                print_text(f"{error.problem} The key will be in an encrypted file, the vault.", err=True)
                self._in_vault = True
        if self._in_vault:
            await self._keychain.require_place(in_vault=True)

    def _read(self, row: Provider) -> Key:
        if self._piped is not None:
            key = next(self._piped, Key())
        else:
            key = ask_hidden(f"Key for {row.title}{'' if row.key_required else ' (Enter for none)'}: ")
        if row.key_required and not key:
            variable = " or ".join(row.key_names) or "the variable that --key-env names"
            raise ConfigurationError(f"{row.title} needs a key.", f"Set {variable}, or pipe the key into this command.")
        return key


def _may_want_key(row: Provider) -> bool:
    """Whether a key is asked for: a provider of the user's own may want one, a server on this machine hardly ever does."""
    return row.key_required or (row.name not in CATALOG and not is_loopback_url(row.base_url))


def _lines_of_input() -> Iterator[Key]:
    return (Key(each.strip()) for each in sys.stdin.read().lstrip("\ufeff").splitlines() if each.strip())


async def _try(setup: Setup, keys: Mapping[str, Key]) -> bool:
    """A round trip with each provider. Says how it went, and gives whether all did what they are chosen for."""
    settings, environ = setup.settings(), dict(os.environ)
    for at, (name, key) in enumerate(keys.items()):
        variable = f"PICODE_INIT_{at}_KEY"
        environ[variable] = key
        settings.setdefault("providers", {}).setdefault(name, {})["keyEnv"] = variable
    worked = True
    async with session(settings, environ) as assistant:
        for name, steps in setup.providers.items():
            print_text(f"Asking {assistant.row(name).title}:", err=True)
            WAITING.show("Waiting for the model…")
            async for step in assistant.provider_test(name, steps=steps):
                worked = worked and step.error is None
                with WAITING.lifted():
                    print_text(f"  {step_line(step)}", err=True)
            WAITING.clear()
    return worked


def _write(setup: Setup) -> None:
    """Writes the settings into the user's own file, and says which."""
    for stale in setup.stale():
        unset_value(stale)
    for path, value in leaves(setup.settings()):
        file = set_value(path, value)
        print_text(f"{'.'.join(path)} = {json.dumps(value, ensure_ascii=False)}", err=True)
    print_text(f"Written to {file}. Ask something: picode chat. Your editor takes it at once.")
