"""The vault's cryptography, and the form of its file. Touches no file.

    {"format": 1, "salt": "…", "check": {"nonce": "…", "sealed": "…"},
     "entries": {"openai@https://api.openai.com": {"nonce": "…", "sealed": "…"}}}

Bytes are in base64. Format 1 is AES-256-GCM, with a fresh random nonce of 96 bits for each entry each time it is written
(NIST SP 800-38D, section 8.2.2), under a key that scrypt makes of the passphrase (RFC 7914; n = 2**15, r = 8, p = 1: each
guess costs 32 MB and 0.1 to 0.3 s). The associated data is the entry's name, so entries can't be swapped or renamed.
`check` seals nothing: it tells a wrong passphrase from a damaged entry.
"""

from __future__ import annotations

import json
import os
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from picode.core.keys import Key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = 1
SALT_BYTES = 16
NONCE_BYTES = 12
_TAG_BYTES = 16
_KEY_BYTES = 32
_COST, _BLOCK, _LANES = 2**15, 8, 1  # scrypt's n, r and p

CHECK = "vault"
"""The name that `check` is sealed under. Every entry's name has an `@` in it."""


class Malformed(Exception):
    """The bytes are no vault of this format. Says why, in words that follow "the vault"."""


class NewerFormat(Malformed):
    """A later PiCode has written it."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Encrypted text."""

    nonce: bytes
    text: bytes


@dataclass(frozen=True, slots=True)
class Contents:
    """A vault as it lies in its file."""

    salt: bytes
    check: Sealed
    entries: Mapping[str, Sealed]


def derive(passphrase: Key, salt: bytes) -> AESGCM:
    """The cipher for a passphrase. Takes long, on purpose, and lets other threads run meanwhile."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    # One passphrase may reach us composed from a terminal and decomposed from a file.
    typed = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogateescape")
    return AESGCM(Scrypt(salt, _KEY_BYTES, _COST, _BLOCK, _LANES).derive(typed))


def seal(cipher: AESGCM, name: str, text: str) -> Sealed:
    """`text` encrypted with the passphrase's key, and bound to `name`: under another name it can't be opened."""
    nonce = os.urandom(NONCE_BYTES)
    return Sealed(nonce, cipher.encrypt(nonce, text.encode(), name.encode("utf-8", "surrogatepass")))


def unseal(cipher: AESGCM, name: str, sealed: Sealed) -> Key | None:
    """The text; None where the passphrase or the name is another, or a bit was changed."""
    from cryptography.exceptions import InvalidTag

    try:
        return Key(cipher.decrypt(sealed.nonce, sealed.text, name.encode("utf-8", "surrogatepass")).decode())
    except InvalidTag:
        return None


def render(contents: Contents) -> str:
    """The file's text."""
    text = json.dumps(
        {
            "format": FORMAT,
            "salt": b64encode(contents.salt).decode(),
            "check": _as_json(contents.check),
            "entries": {name: _as_json(contents.entries[name]) for name in sorted(contents.entries)},
        },
        indent=2,
    )
    return text + "\n"


def parse(data: bytes) -> Contents:
    """The contents of a file. Raises `Malformed` and `NewerFormat`."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise Malformed("is not valid JSON") from None
    version = found.get("format") if isinstance(found, dict) else None
    if type(version) is not int or version < 1:
        raise Malformed("is not a vault of PiCode")
    if version > FORMAT:
        raise NewerFormat(f"was written by a newer PiCode (format {version})")
    try:
        salt = b64decode(found["salt"], validate=True)
        check = _from_json(found["check"])
        entries = {name: _from_json(entry) for name, entry in found["entries"].items()}
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Malformed("is damaged") from None
    if len(salt) != SALT_BYTES:
        raise Malformed("is damaged")
    return Contents(salt, check, entries)


def _as_json(sealed: Sealed) -> dict[str, str]:
    return {"nonce": b64encode(sealed.nonce).decode(), "sealed": b64encode(sealed.text).decode()}


def _from_json(entry: Any) -> Sealed:
    nonce, text = b64decode(entry["nonce"], validate=True), b64decode(entry["sealed"], validate=True)
    if len(nonce) != NONCE_BYTES or len(text) < _TAG_BYTES:
        raise ValueError
    return Sealed(nonce, text)
