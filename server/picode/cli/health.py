"""`picode server health`: whether the gateway that runs here answers, by the exit code.

A container's engine asks every few seconds, so this imports next to nothing: the gateway has written where it listens.
"""

from __future__ import annotations

import os
import socket
import sys

FILE = "gateway-address"
"""In the runtime folder: host and port, parted by a space."""

SECONDS = 3.0


def check() -> int:
    """0 where the gateway is ready, 1 where it is not, or none has started here."""
    try:
        host, port = _address()
        status = ask(host, port)
    except (OSError, ValueError) as error:
        print(f"No answer from a gateway here ({error}).", file=sys.stderr)
        return 1
    print("ok" if status == 200 else f"not ready ({status})")
    return 0 if status == 200 else 1


def ask(host: str, port: int) -> int:
    """The status of `/readyz`. Raises `OSError`, and `ValueError` for what is no answer in HTTP."""
    with socket.create_connection((host, port), timeout=SECONDS) as connection:
        connection.sendall(f"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n".encode())
        version, status, *_ = connection.recv(256).split(None, 2)
    if not version.startswith(b"HTTP/"):
        raise ValueError("another program listens there")
    return int(status)


def reachable(host: str) -> str:
    """The address at which a gateway that listens at `host` is reached from its own machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  what is looked for, not what is bound


def _address() -> tuple[str, int]:
    folder = os.environ.get("PICODE_RUNTIME_DIR") or _usual_folder()
    with open(os.path.join(folder, FILE), encoding="utf-8") as file:
        host, port = file.read().split()
    return reachable(host), int(port)


def _usual_folder() -> str:
    from picode.io.folders import runtime_folder

    return str(runtime_folder())
