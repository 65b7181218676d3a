"""`picode provider key`: gives, deletes and looks for keys. No command shows one."""

from __future__ import annotations

import os
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from picode.cli import completion
from picode.cli.groups import App
from picode.cli.session import resolved_here
from picode.cli.terminal import Yes, confirm, examples, is_asked, print_json, print_text, require_yes

if TYPE_CHECKING:
    from picode.core.errors import ConfigurationError
    from picode.io.keys.chain import Keychain
    from picode.providers.catalog import Provider

T = TypeVar("T")

app = App(help="Give a provider its key, delete it, or see where it is.", no_args_is_help=True)

_TIMEOUT_S = 120.0
"""Seconds that the keyring has where its user is there to unlock it."""

_NOTICE_AFTER = 2.0

ProviderName = Annotated[
    str,
    typer.Argument(
        metavar="PROVIDER", help="The provider's name, such as openai.", autocompletion=completion.providers
    ),
]
Origin = Annotated[
    str | None,
    typer.Option(metavar="URL", help="The server that the key is for, if not the one of the settings."),
]


# A key that was given as an argument is in the shell's history and in the list of processes. The usual message would
# quote it too.
@app.command(
    "set",
    context_settings={"allow_extra_args": True},
    epilog=examples("picode provider key set openai", "pass show openai | picode provider key set openai --vault"),
)
def set_(
    context: typer.Context,
    provider: ProviderName,
    vault: Annotated[bool, typer.Option("--vault", help="Use the encrypted file instead of the keyring.")] = False,
    origin: Origin = None,
) -> None:
    """Store a provider's key, typed at a hidden prompt or piped in."""
    if context.args:
        raise typer.BadParameter(
            "A key is never an argument: others could see it. Type it at the prompt, or pipe it in."
        )
    from picode.core.errors import ConfigurationError

    try:
        stored = store_typed(provider, vault=vault, origin=origin)
    except ConfigurationError as error:
        _fail(error)
    print_text(stored)
    _mention_variable(provider, f"{{}} is set in the environment and comes first for {provider}.")


def store_typed(provider: str, *, vault: bool = False, origin: str | None = None) -> str:
    """Stores a key that is typed or piped in, and gives a sentence that says where. Raises `ConfigurationError`, also before
    the key is typed in vain."""
    from picode.cli.provider.typed import ask_passphrase, read_key
    from picode.io.keys.chain import Keychain

    name = _entry(provider, origin)
    keychain = Keychain.of_user(os.environ, ask_passphrase=ask_passphrase, timeout_s=_TIMEOUT_S)
    vault = _place(keychain, vault=vault)
    key = read_key(_words(name))
    _run(keychain.store(name, key, in_vault=vault))
    return f"The key for {_words(name)} is in the {'vault' if vault else 'system keyring'} now."


def _place(keychain: Keychain, *, vault: bool) -> bool:
    """Whether the key goes into the vault: by the option, or where there is no keyring and the user agrees. Raises
    `ConfigurationError` where it could not be stored."""
    from picode.core.errors import ConfigurationError

    if not vault:
        try:
            _run(keychain.require_place(in_vault=False))
        except ConfigurationError as error:
            if not (is_asked() and confirm(f"{error.problem} Store the key in an encrypted file, the vault?")):
                raise
            vault = True
    if vault:
        _run(keychain.require_place(in_vault=True))
    return vault


@app.command(epilog=examples("picode provider key delete openai"))
def delete(provider: ProviderName, origin: Origin = None, yes: Yes = False) -> None:
    """Delete a provider's key from the keyring and the vault."""
    from picode.core.errors import ConfigurationError
    from picode.io.keys.chain import Keychain

    try:
        name = _entry(provider, origin)
        require_yes(f"the key for {_words(name)}", yes=yes)
        deleted = _run(Keychain.of_user(os.environ, timeout_s=_TIMEOUT_S).delete(name))
    except ConfigurationError as error:
        _fail(error)
    _mention_variable(provider, "{} is set in the environment, where only you can delete it.")
    if not deleted:
        print_text(f"No key is stored for {_words(name)}.", err=True)
        raise typer.Exit(1)
    print_text(f"The key for {_words(name)} is deleted.")


@app.command(epilog=examples("picode provider key status", "picode provider key status openai --json"))
def status(
    provider: Annotated[str | None, typer.Argument(help="The provider; all of them if none is named.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show where keys are, never the keys. Exits with 1 if the provider that is named needs one and has none."""

    import asyncio

    from picode.cli.provider.key_status import find, table
    from picode.core.errors import ConfigurationError

    try:
        rows = [_named(provider)] if provider else None
        report = asyncio.run(find(rows or _all(), os.environ))
    except ConfigurationError as error:
        _fail(error)
    lines = [state.as_json() for state in report.states]
    if as_json:
        print_json(lines)
    else:
        print_text(table(report.states))
    for trouble in report.troubles:
        print_text(trouble, err=True)
    if rows and not report.states[0].well:
        raise typer.Exit(1)


def _all() -> list[Provider]:
    from picode.assistant.routing.route import providers

    return list(providers(resolved_here().settings).values())


def _named(provider: str) -> Provider:
    from picode.assistant.routing.route import provider_named

    return provider_named(provider, resolved_here().settings)


def _entry(provider: str, url: str | None) -> str:
    """The name of the entry for a provider at its address, or at `url`. Raises `ConfigurationError`."""
    from picode.core.errors import ConfigurationError
    from picode.core.keys import entry_name

    if url is None:
        row = _named(provider)
        if row.name == "embedded":
            raise ConfigurationError(f"{row.title}: it runs on this machine and needs no key.")
        return entry_name(provider, row.base_url)
    name = entry_name(provider, url) if url.lower().startswith(("http://", "https://")) else ""
    if not name:
        raise typer.BadParameter(f"{url!r} is no address, such as https://api.example.com/v1.", param_hint="--origin")
    return name


def _words(name: str) -> str:
    provider, _, origin = name.rpartition("@")
    return f"{provider} at {origin}"


def _mention_variable(provider: str, text: str) -> None:
    """Tells of the environment variable that holds a key for the provider, if one does."""
    from picode.io.keys.chain import environment_key

    names = next((row.key_names for row in _all() if row.name == provider), ())
    if found := environment_key(os.environ, names):
        print_text(text.format(found[0]), err=True)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work`, and says what it waits for if it takes long."""

    import asyncio

    async def watched() -> T:
        text = "Waiting for the system keyring. It may ask to be unlocked in another window."
        notice = asyncio.get_running_loop().call_later(_NOTICE_AFTER, lambda: print_text(text, err=True))
        try:
            return await work
        finally:
            notice.cancel()

    return asyncio.run(watched())


def _fail(error: ConfigurationError) -> NoReturn:
    print_text(str(error), err=True)
    raise typer.Exit(1)
