"""What a PiCode server and the model's process say to each other on the control connection: JSON, one object a line.

    server    {"nonce": a}
    process   {"proof": p(process, a), "nonce": b, "pid": 42}
    server    {"proof": p(server, b), "idle": 600}             a lease now, as long as the connection
    process   {"state": "loading", "done": 1, "total": 2} …    bytes of the model's file
    process   {"state": "ready", "url": "http://127.0.0.1:1234/v1"}, or {"state": "failed", "problem": "…"}
    server    {"ask": 7, "idle": 600}                          somebody asks: keep running
    process   {"awake": 7}
    process   {"state": "stopping"}                            nobody asked for the idle time; the connection ends

Each side proves that it knows the key of the registry without showing it: the port of a process that died may have
been taken by another user's, which must neither read prompts nor write suggestions.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from typing import Any, Literal

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
