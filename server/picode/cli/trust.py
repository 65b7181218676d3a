"""`picode trust` and `picode untrust`: which folders' settings files may set what a cloned repository must not."""

from __future__ import annotations

import os

import typer

from picode.core.errors import ConfigurationError
from picode.io.config_files import ConfigFiles


def trust(folder: str) -> None:
    """Trusts `folder` and all in it."""
    try:
        ConfigFiles().trusted_folders.trust(folder)
    except ConfigurationError as error:
        _fail(error)
    typer.echo(f"The settings files in {os.path.realpath(folder)} are trusted now.")


def untrust(folder: str) -> None:
    """Takes trust back."""
    try:
        ConfigFiles().trusted_folders.untrust(folder)
    except ConfigurationError as error:
        _fail(error)
    typer.echo(f"The settings files in {os.path.realpath(folder)} are not trusted.")


def _fail(error: ConfigurationError) -> None:
    typer.echo(str(error), err=True)
    raise typer.Exit(1)
