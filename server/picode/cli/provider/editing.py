"""`picode provider add` and `remove`: the user's own providers, in the user's settings file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from picode.cli.terminal import Yes, print_text, require_yes

if TYPE_CHECKING:
    from picode.settings.model import Settings

Name = Annotated[str, typer.Argument(metavar="NAME", help="A name of your choice, such as team.")]


def add(
    name: Name,
    base_url: Annotated[str, typer.Option(metavar="URL", help="Its address, such as https://models.example.org/v1.")],
    dialect: Annotated[
        str | None, typer.Option(help="The wire format of its chat; openai_chat if none is named.")
    ] = None,
    fill: Annotated[
        str | None, typer.Option(help="The wire format for suggestions; empty to ask for them through chat.")
    ] = None,
    key_env: Annotated[
        str | None, typer.Option(metavar="VARIABLE", help="The environment variable that holds its key.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The model to ask when no other is named.")] = None,
) -> None:
    """Add a provider of your own, or change one that PiCode knows, in your settings file."""
    from picode.core.errors import ConfigurationError
    from picode.io.config_editing import add_provider

    given = {"baseUrl": base_url, "dialect": dialect, "fill": fill, "keyEnv": key_env, "model": model}
    values = {key: value for key, value in given.items() if value is not None}
    try:
        _check(name, values)
        file = add_provider(name, values)
    except ConfigurationError as error:
        print_text(str(error), err=True)
        raise typer.Exit(1) from None
    print_text(f"{name} is in {file} now. Try it: picode provider test {name}")
    if not key_env:
        print_text(f"If it wants a key: picode provider key set {name}")


def remove(name: Name, yes: Yes = False) -> None:
    """Remove a provider of your own, or your changes to one that PiCode knows, from your settings file."""
    from picode.core.errors import ConfigurationError
    from picode.io.config_editing import remove_provider
    from picode.providers.catalog import CATALOG

    require_yes(f"what your settings say of the provider {name}", yes=yes)
    try:
        files = remove_provider(name)
    except ConfigurationError as error:
        print_text(str(error), err=True)
        raise typer.Exit(1) from None
    if not files:
        where = "It comes with PiCode and stays." if name in CATALOG else "See picode provider list."
        print_text(f"Your settings files say nothing of a provider {name}. {where}", err=True)
        raise typer.Exit(1)
    rest = f"{name} is as PiCode knows it again" if name in CATALOG else f"{name} is removed"
    print_text(f"{rest} ({', '.join(map(str, files))}).")


def _check(name: str, values: dict[str, str]) -> Settings:
    """The settings with nothing but this provider. Raises `ConfigurationError` where it could not be used."""
    import re

    from picode.assistant.routing.route import provider_named
    from picode.core.errors import ConfigurationError
    from picode.settings.layers import Layer, merge

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", name):
        raise ConfigurationError(
            f"{name[:60]!r} is no good name for a provider.",
            "Choose letters, digits, hyphens and underscores, 40 at most.",
        )
    resolved = merge([Layer("command line", "the command line", {"providers": {name: values}})])
    if resolved.problems:
        raise ConfigurationError(" ".join(str(problem) for problem in resolved.problems))
    provider_named(name, resolved.settings)
    return resolved.settings
