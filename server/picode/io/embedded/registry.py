"""How servers find the model's process: one small file per model and set of parameters, for the user's eyes only."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from picode import __version__
from picode.io.atomic import write_atomic


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
    """Who is registered at `path`; None if nobody is, or if others could have read or written the file."""
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
