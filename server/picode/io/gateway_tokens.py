"""The tokens with which programs may use the gateway: in a file for the user's eyes alone, and in the environment.

A token is 256 random bits. The file is read again when it changes, so that a token that was replaced is worth nothing at once,
in every worker.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Hashable, Mapping
from pathlib import Path

from picode.core.errors import ConfigurationError
from picode.io.folders import data_folder
from picode.io.keys.files import changing, read_file, replace_file, stamp
from picode.io.log_lines import hide
from picode.io.secret_files import secret_in

VARIABLE = "PICODE_GATEWAY_TOKEN"
USUAL = "default"
_SHORTEST = 16
_UNREAD = object()


class GatewayTokens:
    """The tokens in `file`, by name, and the one that the environment gives. Raises `ConfigurationError` where that one is no
    secret."""

    def __init__(self, file: Path | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self.file = file or data_folder() / "gateway-tokens.json"
        self._given = secret_in(environ, VARIABLE)
        if self._given and len(self._given) < _SHORTEST:
            raise ConfigurationError(
                f"{VARIABLE} is too short to be a secret.", f"Give it at least {_SHORTEST} characters, or leave it out."
            )
        self._stamp: Hashable = _UNREAD
        self._digests: dict[str, bytes] = {}

    async def ensure(self) -> str:
        """The usual token, made if there is none. Raises `ConfigurationError`."""
        if self._given:
            return self._given
        async with changing(self.file):
            tokens = await asyncio.to_thread(self._read)
            if USUAL not in tokens:
                tokens[USUAL] = _new()
                await asyncio.to_thread(self._write, tokens)
            return tokens[USUAL]

    async def rotate(self, name: str = USUAL) -> str:
        """A new token in place of the one of that name, or beside the others. Raises `ConfigurationError`."""
        async with changing(self.file):
            tokens = await asyncio.to_thread(self._read)
            tokens[name] = _new()
            await asyncio.to_thread(self._write, tokens)
            return tokens[name]

    async def remove(self, name: str) -> bool:
        """Whether there was one of that name, which is worth nothing from now on. Raises `ConfigurationError`."""
        async with changing(self.file):
            tokens = await asyncio.to_thread(self._read)
            gone = tokens.pop(name, None) is not None
            if gone:
                await asyncio.to_thread(self._write, tokens)
            return gone

    async def all(self) -> Mapping[str, str]:
        """The tokens of the file, by name. Raises `ConfigurationError`."""
        return await asyncio.to_thread(self._read)

    async def refresh(self) -> None:
        """Takes note of changes of the file. Raises `ConfigurationError` where it can't be read: then none of it counts."""
        try:
            await asyncio.to_thread(self._refresh)
        except ConfigurationError:
            self._digests, self._stamp = self._of({}), _UNREAD
            raise

    def whose(self, token: str) -> str | None:
        """The name of `token`, as of the last `refresh`; None where it is none of ours. Takes the same time for all."""
        digest, found = _digest(token), None
        for name, known in self._digests.items():
            if hmac.compare_digest(digest, known):
                found = name
        return found

    def _refresh(self) -> None:
        found = stamp(self.file)
        if found != self._stamp:
            self._digests, self._stamp = self._of(self._read()), found

    def _of(self, tokens: Mapping[str, str]) -> dict[str, bytes]:
        whole = {**tokens, **({"environment": self._given} if self._given else {})}
        for token in whole.values():
            hide(token)
        return {name: _digest(token) for name, token in whole.items()}

    def _read(self) -> dict[str, str]:
        text = read_file(self.file)
        if text is not None:
            _refuse_readable(self.file)
        try:
            found = json.loads(text) if text is not None else {}
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(
                f"{self.file} is damaged.", "Remove it: new tokens are made, and programs must be given those."
            ) from error
        pairs = found.items() if isinstance(found, dict) else ()
        return {name: token for name, token in pairs if isinstance(token, str) and len(token) >= _SHORTEST}

    def _write(self, tokens: Mapping[str, str]) -> None:
        replace_file(self.file, json.dumps(dict(tokens), indent=2) + "\n")


def _refuse_readable(file: Path) -> None:
    """Raises `ConfigurationError` for a file of tokens that other users of this machine can read or have made."""
    if os.name != "posix":
        return
    found = file.stat()
    if found.st_uid not in (os.getuid(), 0):
        raise ConfigurationError(
            f"{file} belongs to another user, who knows its tokens.", "Remove it: new tokens are made."
        )
    if mode := stat.S_IMODE(found.st_mode) & 0o077:
        raise ConfigurationError(
            f"{file} holds tokens, and other users can {'read' if mode & 0o044 else 'change'} it.",
            f"Run `chmod 600 '{file}'`, then replace each token: `picode server token NAME --rotate`.",
        )


def _new() -> str:
    return f"picode-{secrets.token_urlsafe(32)}"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
