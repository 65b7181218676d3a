"""What a command imports before it does anything: what is slow to import is left to those that need it."""

from __future__ import annotations

import subprocess
import sys
import typing

import pytest
from typer.main import get_command

from picode.cli.app import ROWS, app
from picode.cli.groups import Group

LIBRARIES = (
    "pydantic",
    "httpx2",
    "pygls",
    "lsprotocol",
    "rich",
    "asyncio",
    "cryptography",
    "keyring",
    "prompt_toolkit",
)

RUNS = {
    ("config", "path"): {"httpx2", "pygls", "keyring", "asyncio", "cryptography", "rich"},
    ("config", "show"): {"httpx2", "pygls", "keyring", "asyncio", "cryptography"},
    ("conversations", "list"): {"httpx2", "pygls", "keyring", "cryptography", "rich"},
    ("cache", "info"): {"httpx2", "pygls", "keyring", "cryptography", "rich"},
    ("trust", "--list"): {"httpx2", "pygls", "keyring", "asyncio", "cryptography", "rich"},
    ("stats",): {"httpx2", "pygls", "keyring", "cryptography"},
}
"""Commands that ask no model, and what they must not import."""


def imported(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "picode", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    names = (line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:"))
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), *((name, "--help") for name in ROWS)], ids=" ".join)
def test_help_imports_no_more_than_typer(arguments: tuple[str, ...]) -> None:
    assert imported(*arguments) & set(LIBRARIES) == set()


@pytest.mark.parametrize("arguments", RUNS, ids=" ".join)
def test_what_asks_no_model_imports_no_way_to_one(arguments: tuple[str, ...]) -> None:
    assert imported(*arguments) & RUNS[arguments] == set()


@pytest.mark.parametrize("name", ROWS)
def test_the_row_of_a_command_says_what_the_command_says(name: str) -> None:
    root = typing.cast("Group", get_command(app))
    said = " ".join((root.commands[name].help or "").split())
    assert said.startswith(ROWS[name].help.rstrip(".")), "the first sentence of its help"
