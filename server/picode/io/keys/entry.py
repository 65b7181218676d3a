"""A key that the user enters in the editor: it is tried first, then stored in the system keyring; where there is none, the
editor keeps it and gives it to each session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, Literal

from picode.assistant.routing.provider_test import Step
from picode.core.errors import AuthenticationError, ConfigurationError, PiCodeError
from picode.core.keys import Key, entry_name, flaw
from picode.io import log_lines
from picode.io.keys.chain import Keychain
from picode.providers.catalog import Provider

PATIENCE_S: Final = 30.0
"""Seconds that the test of a key may take. A key that can't be tried by then is kept."""

_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a key. `place` is where it is kept: empty if the provider refuses it, which `problem` says then;
    `session`: only as long as this server runs, so the editor has to keep it, under the name `entry`. `note` says why it
    could not be tried."""

    entry: str
    place: Literal["keyring", "session", ""] = ""
    problem: str = ""
    note: str = ""


async def enter_key(
    keychain: Keychain, provider: Provider, text: str, test: Callable[[], AsyncIterator[Step]]
) -> Entered:
    """Tries the key `text` and keeps it unless the provider refuses it. `test` makes requests with the key that is in force."""
    key = Key(text.strip())
    entry = entry_name(provider.name, provider.base_url)
    if not entry:
        return Entered(
            entry, problem=f"Set picode.providers.{provider.name}.baseUrl first: the key is for that address."
        )
    if words := flaw(key):
        return Entered(entry, problem=f"The key {words}. Copy it again, without anything around it.")
    log_lines.hide(key)
    before = keychain.given(entry)
    keychain.give(entry, key)
    problem, note = await _try(test)
    if problem:
        keychain.give(entry, before)
        return Entered(entry, problem=problem)
    if not keychain.in_environment(provider):  # else the variable would come before the keyring
        try:
            await keychain.store(entry, key, in_vault=False)
        except ConfigurationError:
            return Entered(entry, "session", note=note)
        keychain.give(entry, None)
        return Entered(entry, "keyring", note=note)
    return Entered(entry, "session", note=note)


async def _try(test: Callable[[], AsyncIterator[Step]]) -> tuple[str, str]:
    """Why the key is refused, and why it could not be tried; both empty if it works."""
    refused: list[PiCodeError] = []
    failed: list[PiCodeError] = []
    worked = False
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for step in test():
                if isinstance(step.error, AuthenticationError):
                    refused.append(step.error)
                elif step.error is not None:
                    failed.append(step.error)
                worked = worked or (step.error is None and not step.skipped)
                if step.name == "chat":
                    break
    except TimeoutError:
        failed.append(ConfigurationError("The provider has not answered in time."))
    except PiCodeError as error:
        failed.append(error)
    # Without a right (403) a key may still do: not every key may list models, or use the model that was tried.
    certain = next((each for each in refused if getattr(each, "status", None) == _UNAUTHORIZED), None)
    if certain is not None or (refused and not worked):
        return str(certain or refused[0]), ""
    return "", str(failed[-1]) if failed else ""
