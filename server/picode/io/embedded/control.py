"""What a PiCode server and the model's process say to each other on the control connection: JSON, one object a line.

    server    {"nonce": a}
    process   {"proof": p(process, a), "nonce": b, "pid": 42}
    server    {"proof": p(server, b), "idle": 600}             a lease now, as long as the connection
    process   {"state": "loading", "done": 1, "total": 2} …    bytes of the model's file
    process   {"state": "ready", "url": "http://127.0.0.1:1234/v1"}, or {"state": "failed", "problem": "…"}
    server    {"ask": 7, "idle": 600}                          a request is coming: keep running
    process   {"awake": 7}
    process   {"state": "stopping"}                            no request during the idle time; the connection ends

Each side proves that it knows the key of the registry without showing it: the port of a process that died may have
been taken by another user's, which must neither read prompts nor write suggestions.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from picode import __version__
from picode.io.atomic import write_atomic

LINE_LIMIT = 8192
"""Bytes of the longest line."""

Role = Literal["process", "server"]


class Refused(ConnectionError):
    """The other side does not know the key, or does not speak this language."""


def make_nonce() -> str:
    return secrets.token_hex(16)


def prove(key: str, role: Role, nonce: str) -> str:
    """The proof that a `role` who was given `nonce` knows `key`."""
    return hmac.new(key.encode(), f"{role} {nonce}".encode(), "sha256").hexdigest()


def check(key: str, role: Role, nonce: str, line: dict[str, Any]) -> None:
    """Raises `Refused` unless `line` holds the proof."""
    if not hmac.compare_digest(prove(key, role, nonce).encode(), str(line.get("proof", "")).encode()):
        raise Refused("the other side does not know the key")


def encode(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


async def receive(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next line. Raises `ConnectionError` at the end, and `Refused` if it is none of ours."""
    try:
        line = await reader.readuntil(b"\n")
        value = json.loads(line)
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("the other side is gone") from error
    except (ValueError, asyncio.LimitOverrunError) as error:
        raise Refused("not a control line") from error
    if not isinstance(value, dict):
        raise Refused("not a control line")
    return value


@dataclass(frozen=True, slots=True)
class Registration:
    """A running process: its id, its control address on loopback, and the key to it."""

    pid: int
    port: int
    key: str = field(repr=False)


def registry_path(folder: Path, model: Path, context: int, threads: int) -> Path:
    """The file for processes that serve `model` in this way. Another model, window or PiCode version has another one."""
    facts = model.stat()
    identity = [__version__, str(model), facts.st_size, facts.st_mtime_ns, context, threads]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
    return folder / f"embedded-{digest}.json"


def read_registration(path: Path) -> Registration | None:
    """The process that is registered at `path`; None without one, or if another user could have read or written the file."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(handle, encoding="utf-8") as file:
            facts = os.fstat(handle)
            if hasattr(os, "getuid") and (facts.st_uid != os.getuid() or stat.S_IMODE(facts.st_mode) & 0o077):
                return None
            match json.load(file):
                case {"pid": int(pid), "port": int(port), "key": str(key)} if 0 < port < 65536 and key:
                    return Registration(pid, port, key)
    except (OSError, ValueError):
        pass
    return None


def write_registration(path: Path, registration: Registration) -> None:
    """Replaces whatever is at `path` in one step."""
    write_atomic(path, json.dumps(asdict(registration)))


def remove_registration(path: Path, pid: int) -> None:
    """Takes `pid` off the registry, and leaves a successor's entry alone."""
    registration = read_registration(path)
    if registration is not None and registration.pid == pid:
        with suppress(OSError):
            path.unlink()
