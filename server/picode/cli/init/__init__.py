"""`picode init`: from nothing to a provider that answers.

What is chosen is tried with a round trip before anything is written: the settings go along as those of the command line, the
keys as those of the session.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Collection

import typer

from picode.bootstrap import Assistant
from picode.cli.init.keys import Keys
from picode.cli.init.questions import set_up
from picode.cli.init.setup import Setup, Wishes, leaves
from picode.cli.provider.editing import require_good_name
from picode.cli.provider.testing import step_line
from picode.cli.provider.typed import ask_passphrase
from picode.cli.session import session
from picode.cli.terminal import confirm, print_error, print_text
from picode.cli.waiting import WAITING
from picode.core.errors import AuthenticationError, ConfigurationError, PiCodeError
from picode.io.config_editing import set_value, unset_value
from picode.io.keys.chain import Keychain
from picode.providers.catalog import CATALOG

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
        print_error(error)
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
            keys = Keys(assistant, keychain, in_vault=wishes.vault)
            await keys.ask_missing(setup)
            worked = await _try(setup, assistant, keys)
            if not worked and (wishes.yes or not confirm("Write the settings all the same?")):
                print_text("Nothing was written.", err=True)
                return 1
            stored = await keys.store()
    finally:
        await keychain.close()
    _write(setup)
    return 0 if worked and stored else 1


def _require_usable(setup: Setup, assistant: Assistant) -> None:
    """Raises `ConfigurationError` for settings that can't be used, and `ProviderNotFound`."""
    if setup.provider not in CATALOG:
        require_good_name(setup.provider)
    if problems := [each for each in assistant.problems() if each.origin == "the command line"]:
        raise ConfigurationError(" ".join(f"{each.path} {each.complaint}." for each in problems))
    for name in setup.providers:
        assistant.row(name)


async def _try(setup: Setup, assistant: Assistant, keys: Keys) -> bool:
    """A round trip with each provider. Says how it went, and gives whether all did what they are chosen for. A key that is
    refused can be typed again."""
    worked = True
    for name, steps in setup.providers.items():
        errors = await _round_trip(name, steps, assistant)
        while any(isinstance(each, AuthenticationError) for each in errors) and await keys.ask_again(name):
            assistant.routing.router.forget()
            errors = await _round_trip(name, steps, assistant)
        worked = worked and not errors
    return worked


async def _round_trip(name: str, steps: Collection[str], assistant: Assistant) -> list[PiCodeError]:
    print_text(f"Asking {assistant.row(name).title}:", err=True)
    errors = []
    WAITING.show("Waiting for the model…")
    async for step in assistant.provider_test(name, steps=steps):
        errors += [step.error] if step.error is not None else []
        with WAITING.lifted():
            print_text(f"  {step_line(step)}", err=True)
    WAITING.clear()
    return errors


def _write(setup: Setup) -> None:
    """Writes the settings into the user's own file, and says which."""
    for stale in setup.stale():
        unset_value(stale)
    for path, value in leaves(setup.settings()):
        file = set_value(path, value)
        print_text(f"{'.'.join(path)} = {json.dumps(value, ensure_ascii=False)}", err=True)
    print_text(f"Written to {file}. Ask something: picode chat. Your editor takes it at once.")
