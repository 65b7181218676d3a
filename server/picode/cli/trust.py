"""`picode trust` and `picode untrust`: whose settings files count in full, and where git is asked about changes."""

from __future__ import annotations

import os

import typer

from picode.cli.terminal import print_json, print_text
from picode.core.errors import ConfigurationError
from picode.io.config_files import ConfigFiles


def trust(folder: str) -> None:
    """Trusts `folder` and all in it."""
    try:
        ConfigFiles().trusted_folders.trust(folder)
    except ConfigurationError as error:
        _fail(error)
    print_text(
        f"{os.path.realpath(folder)} is trusted now: its settings, its commands, and its repository for /commit."
    )


def list_trusted(*, as_json: bool) -> None:
    """Prints the folders that are trusted, one a line."""
    found = ConfigFiles().trusted_folders.folders()
    if as_json:
        print_json(found)
        return
    for folder in found:
        print_text(folder if os.path.isdir(folder) else f"{folder}  (not there)")
    if not found:
        print_text("No folder is trusted. Trust one with picode trust FOLDER.", err=True)


def untrust(folder: str) -> None:
    """Takes trust back."""
    try:
        ConfigFiles().trusted_folders.untrust(folder)
    except ConfigurationError as error:
        _fail(error)
    print_text(f"{os.path.realpath(folder)} is not trusted any more.")


def _fail(error: ConfigurationError) -> None:
    print_text(str(error), err=True)
    raise typer.Exit(1)
