"""`picode provider add` and `remove`: the user's own providers, in the user's settings file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from picode.cli.terminal import Yes, confirm, is_asked, print_text, require_yes

if TYPE_CHECKING:
    from picode.providers.catalog import Provider

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
    use: Annotated[bool, typer.Option("--use", help="Ask it from now on, for suggestions and for questions.")] = False,
) -> None:
    """Add a provider of your own, or change one that PiCode knows, in your settings file.

    On a terminal, its key can be stored and the provider chosen right away.
    """
    from picode.core.errors import ConfigurationError
    from picode.io.config_editing import add_provider

    given = {"baseUrl": base_url, "dialect": dialect, "fill": fill, "keyEnv": key_env, "model": model}
    values = {key: value for key, value in given.items() if value is not None}
    try:
        row = _check(name, values)
        file = add_provider(name, values)
        print_text(f"{name} is in {file} now.")
        if not key_env:
            _offer_key(row)
        _offer_use(name, use=use)
    except ConfigurationError as error:
        print_text(str(error), err=True)
        raise typer.Exit(1) from None
    print_text(f"Try it: picode provider test {name}")


def _offer_key(row: Provider) -> None:
    """Says how the provider gets a key; on a terminal, offers to take it. Raises `ConfigurationError`."""
    from picode.cli.provider.key import store_typed
    from picode.providers.catalog import host_of

    host = host_of(row.base_url)
    if row.withheld:
        print_text(f"No key is sent to {host}: {row.withheld_for}.")
    if is_asked() and confirm(f"Does {host} want a key, which you have at hand?"):
        print_text(store_typed(row.name))
    else:
        print_text(
            f"If it wants one: picode provider key set {row.name}, or name the variable that holds it: "
            f"picode config set providers.{row.name}.keyEnv VARIABLE"
        )


def _offer_use(name: str, *, use: bool) -> None:
    """Says how the provider is chosen; chooses it with `use`, or where the user says so on a terminal."""
    from picode.io.config_editing import set_value, unset_value

    if use or (is_asked() and confirm(f"Ask {name} from now on, for suggestions and for questions?")):
        for table in ("inline", "chat"):
            set_value((table, "provider"), name)
            unset_value((table, "model"))  # a model of the provider before
        print_text(f"Suggestions and answers come from {name} now.")
        return
    print_text(
        f"Ask it once: picode chat --model {name}. Always: picode config set inline.provider {name} (suggestions), "
        f"picode config set chat.provider {name} (questions)."
    )


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


def require_good_name(name: str) -> None:
    """Raises `ConfigurationError` for a name that a provider of the user's own can't have."""
    import re

    from picode.core.errors import ConfigurationError

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", name):
        raise ConfigurationError(
            f"{name[:60]!r} is no good name for a provider.",
            "Choose letters, digits, hyphens and underscores, 40 at most.",
        )


def _check(name: str, values: dict[str, str]) -> Provider:
    """The provider that the values make. Raises `ConfigurationError` where it could not be used."""
    from picode.assistant.routing.route import provider_named
    from picode.core.errors import ConfigurationError
    from picode.settings.layers import Layer, merge

    require_good_name(name)
    resolved = merge([Layer("command line", "the command line", {"providers": {name: values}})])
    if resolved.problems:
        raise ConfigurationError(" ".join(f"{each.path} {each.complaint}." for each in resolved.problems))
    return provider_named(name, resolved.settings)
