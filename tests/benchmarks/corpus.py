"""The files of real code that holes are made in: what is installed beside PiCode."""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass
from pathlib import Path

from picode.syntax.grammar import parse
from tests.benchmarks.holes import File

SITE = Path(sysconfig.get_paths()["purelib"])
CLIENT = Path(__file__).parents[2] / "client-vscode"
SMALLEST, LARGEST = 800, 40_000
MOST_FILES = 150


@dataclass(frozen=True, slots=True)
class Origin:
    """Where files of a language are: everything under `folder` that matches one of `patterns`."""

    language: str
    folder: Path
    patterns: tuple[str, ...]


ORIGINS = (
    *(
        Origin("python", SITE / package, ("**/*.py",))
        for package in "click rich tomlkit keyring pluggy packaging jsonschema anyio structlog typer".split()
    ),
    Origin("typescript", CLIENT / "src", ("**/*.ts",)),
    Origin("typescript", CLIENT / "node_modules" / "vscode-languageclient", ("**/*.d.ts",)),
    Origin("javascript", CLIENT / "node_modules" / "vscode-languageclient" / "lib", ("**/*.js",)),
)


def collect(languages: tuple[str, ...] = (), origins: tuple[Origin, ...] = ORIGINS) -> list[File]:
    """The files of `languages` (of all, if empty) that are sound and of a usual size, in a stable order."""
    found = []
    for origin in origins:
        if languages and origin.language not in languages:
            continue
        paths = sorted({path for pattern in origin.patterns for path in origin.folder.glob(pattern)})
        for path in paths:
            if path.is_file() and SMALLEST <= path.stat().st_size <= LARGEST and (file := read(path, origin)):
                found.append(file)
    return found


def read(path: Path, origin: Origin) -> File | None:
    """The file; None where it is not UTF-8, was made by a program, or has a syntax error."""
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    if max(map(len, text.split("\n"))) > 400 or "\0" in text or text.startswith("\ufeff"):
        return None
    root = parse(text, origin.language)
    if root is not None and root.has_error:
        return None
    return File(origin.language, f"{origin.folder.name}/{path.relative_to(origin.folder)}", text)
