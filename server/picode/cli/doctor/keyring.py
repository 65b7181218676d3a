"""The system keyring and the vault: where keys are, and whether they can be had."""

from __future__ import annotations

from picode.cli.doctor.finding import Circumstances, Finding, note, problem, well
from picode.core.errors import ConfigurationError
from picode.io.keys.chain import Keychain

_PROBE = "picode-doctor"
"""No entry has this name: asking for it shows whether the keyring answers."""

_VAULT = "store keys in an encrypted file instead: `picode provider key set NAME --vault`."


async def check(circumstances: Circumstances) -> list[Finding]:
    """What the keyring says, and whether the vault can be read."""
    keychain = Keychain.of_user(circumstances.environ)
    try:
        return [await _keyring(keychain), *_vault(keychain)]
    finally:
        await keychain.close()


async def _keyring(keychain: Keychain) -> Finding:
    await keychain.keyring.key(_PROBE)
    trouble = keychain.keyring.trouble
    try:
        stored = keychain.keyring.register.names()
    except ConfigurationError as error:
        return problem("keyring", error.problem, error.remedy)
    if not trouble:
        return well("keyring", f"answers; {_keys(len(stored))} of yours in it.")
    if keychain.keyring.absent and not stored:
        return note("keyring", "There is none on this machine; environment variables and the vault hold keys too.")
    if keychain.keyring.absent:
        return problem("keyring", f"{trouble}, and should hold {_keys(len(stored))}.", f"Start it, or {_VAULT}")
    return problem("keyring", f"{trouble}.", f"Unlock it and try again, or {_VAULT}")


def _vault(keychain: Keychain) -> list[Finding]:
    try:
        names = keychain.vault.names()
    except ConfigurationError as error:
        return [problem("vault", error.problem, error.remedy)]
    return [well("vault", f"{_keys(len(names))} in {keychain.vault.file}.")] if names else []


def _keys(count: int) -> str:
    return "1 key" if count == 1 else f"{count} keys"
