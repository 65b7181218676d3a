"""The models that the user has pulled: GGUF files by name, each beside a note of where it came from."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from picode.io.folders import data_folder

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
"""What a model may be called."""


@dataclass(frozen=True, slots=True)
class PulledModel:
    """A model on this machine. `size` is in bytes, `source` the address or path that it came from."""

    name: str
    path: Path
    size: int
    sha256: str = ""
    source: str = ""


def folder() -> Path:
    """The folder for them; it need not exist yet."""
    return data_folder() / "models"


def all_of_them() -> list[PulledModel]:
    """All that are there, by name."""
    with contextlib.suppress(OSError):
        files = sorted(folder().glob("*.gguf"), key=lambda file: file.name.lower())
        return [found for file in files if (found := _of(file)) is not None]
    return []


def find(name: str) -> PulledModel | None:
    """The model of that name, in whatever case; with or without `.gguf` at its end."""
    wanted = name.lower().removesuffix(".gguf")
    return next((each for each in all_of_them() if each.name.lower() == wanted), None) if NAME.fullmatch(name) else None


def note_of(model: Path) -> Path:
    """The note beside a model's file."""
    return model.with_suffix(".json")


def _of(file: Path) -> PulledModel | None:
    try:
        size = file.stat().st_size
    except OSError:  # removed just now
        return None
    note = _note(note_of(file))
    return PulledModel(file.stem, file, size, str(note.get("sha256", "")), str(note.get("source", "")))


def _note(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
