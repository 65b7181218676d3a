"""Secrets that the user types, or pipes in. They are not echoed."""

from __future__ import annotations

import getpass
import os
import sys
import warnings

from picode.core.errors import ConfigurationError
from picode.core.keys import LONGEST, Key, require_sound
from picode.io.keys.vault import passphrase_in

_PIPED = 4 * LONGEST  # bytes: more is no key, whatever its encoding


def read_key(owner: str) -> Key:
    """A key from the terminal, or from standard input where that is none. `owner` is what it is for.

    Raises `ConfigurationError` where it is none that a provider gives out.
    """
    key = ask_hidden(f"Key for {owner}: ") if sys.stdin.isatty() else _piped()
    require_sound(key, owner)
    return key


def ask_passphrase(new: bool) -> Key:
    """The vault's passphrase: the environment's, else one from the terminal, even where standard input is not one. A new
    one is asked for twice. Empty where standard input is no terminal. Raises `ConfigurationError` where the two differ."""
    if passphrase := passphrase_in(os.environ):
        return passphrase
    try:
        if not new:
            return ask_hidden("Passphrase of the vault: ")
        first = ask_hidden("New passphrase for the vault (without it, its keys are lost): ")
        if first and first != ask_hidden("The same again: "):
            raise ConfigurationError("The two passphrases differ.", "Try again.")
    except getpass.GetPassWarning:
        return Key()
    return first


def _piped() -> Key:
    # A byte order mark comes from some shells of Windows.
    return Key(sys.stdin.buffer.read(_PIPED).decode("utf-8-sig", "replace").strip())


def ask_hidden(prompt: str) -> Key:
    """What is typed, without the white space around it. Raises `GetPassWarning` where it could not be hidden."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        return Key(getpass.getpass(prompt).strip())
