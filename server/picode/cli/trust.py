"""`picode trust` and `picode untrust`: whose settings files count in full, and where git is asked about changes."""

from __future__ import annotations

import os

import typer

from picode.cli.terminal import print_text
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
