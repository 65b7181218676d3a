"""The commands that are no group: what each takes. What it does is in a module of its own, imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Named = Annotated[
    str,
    typer.Argument(metavar="[PROVIDER]", help="The provider to set up, such as ollama; asked for if none is named."),
]
BaseUrl = Annotated[
    str, typer.Option("--base-url", metavar="URL", help="Its address, for a server of your own and for Azure.")
]
Model = Annotated[str, typer.Option("--model", metavar="NAME", help="The model, if not the provider's usual one.")]
Suggestions = Annotated[
    str,
    typer.Option(
        "--suggestions", metavar="PROVIDER[/MODEL]", help="Who makes suggestions, if not the provider itself."
    ),
]
Fallback = Annotated[
    list[str] | None,
    typer.Option("--fallback", metavar="PROVIDER[/MODEL]", help="Who answers when the first fails. May be repeated."),
]
Proxy = Annotated[str, typer.Option("--proxy", metavar="URL", help="The proxy on the way to it.")]
CaFile = Annotated[
    str, typer.Option("--ca-file", metavar="FILE", help="A certificate authority of your own, as a PEM file.")
]
KeyEnv = Annotated[
    str, typer.Option("--key-env", metavar="VARIABLE", help="The environment variable that holds its key.")
]
InVault = Annotated[bool, typer.Option("--vault", help="Store keys in the encrypted file, not in the keyring.")]
Unasked = Annotated[
    bool, typer.Option("--yes", "-y", help="Ask nothing: take what is named, and the usual for the rest.")
]


def init(
    provider: Named = "",
    base_url: BaseUrl = "",
    model: Model = "",
    suggestions: Suggestions = "",
    fallback: Fallback = None,
    proxy: Proxy = "",
    ca_file: CaFile = "",
    key_env: KeyEnv = "",
    vault: InVault = False,
    yes: Unasked = False,
) -> None:
    """Set PiCode up: choose a provider, store its key, try it, and write the settings.

    Looks for model servers on this machine first. Nothing is written before a round trip has worked, or you have said that it
    shall be written all the same.
    """
    from picode.cli.init import Wishes, run

    wishes = Wishes(provider, base_url, model, suggestions, tuple(fallback or ()), proxy, ca_file, key_env, vault, yes)
    raise typer.Exit(run(wishes))


def lsp(
    tcp: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Listen there instead of on the standard streams.")
    ] = None,
    stdio: Annotated[bool, typer.Option("--stdio", hidden=True)] = False,
    client_process_id: Annotated[int | None, typer.Option("--clientProcessId", hidden=True)] = None,
) -> None:
    """Run the language server. Editors start it by themselves."""
    from picode.cli.lsp import serve

    raise typer.Exit(serve(_address(tcp) if tcp else None))


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise typer.BadParameter(f"{text!r} is not HOST:PORT, such as 127.0.0.1:2087.", param_hint="--tcp")
    return host.strip("[]") or "127.0.0.1", int(port)


def trust(
    folder: Annotated[str, typer.Argument(help="The folder; this one if none is named.")] = ".",
    listing: Annotated[bool, typer.Option("--list", help="List the folders that are trusted instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: print JSON.")] = False,
) -> None:
    """Trust a folder: its settings count in full, and /commit reads its repository.

    Its settings file may then set addresses, names of keys and paths. Trust only what you know.
    """
    from picode.cli.trust import list_trusted, trust

    if listing:
        list_trusted(as_json=as_json)
    else:
        trust(folder)


def untrust(folder: Annotated[str, typer.Argument(help="The folder; this one if none is named.")] = ".") -> None:
    """Trust a folder no longer."""
    from picode.cli.trust import untrust

    untrust(folder)


def stats(
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="How many days, today included.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with plots.")] = None,
) -> None:
    """Show what became of suggestions, what models were used for, and what was saved.

    All of it is counted on this machine, and sent nowhere.
    """
    from picode.cli.stats import show

    show(days, as_json=as_json, html=html)


def audit(
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="How many days, today included.")] = 7,
    provider: Annotated[str, typer.Option("--provider", metavar="NAME", help="Only what went to this provider.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what was sent where: when, to whom, about which files, and what was redacted. The texts are not kept."""
    from picode.cli.audit import show

    show(days, provider, as_json)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check providers, keys, network, folders, editors and PiCode itself, and name the fix for each problem.

    Each provider that your settings name is asked two questions of a few tokens, which it may charge for. Exits with 1 if
    there is a problem.
    """
    from picode.cli.doctor import examine

    raise typer.Exit(examine(as_json=as_json))


def complete(
    place: Annotated[str, typer.Argument(metavar="FILE:LINE:COL", help="Where; the line's end without COL.")],
    language: Annotated[
        str, typer.Option("--language", help="Its language, as editors name it; by the file's name if none is given.")
    ] = "",
    piped: Annotated[
        bool, typer.Option("--stdin", help="Read the text from standard input: what FILE would be if it were saved.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON: the text, who made it, and how long it took.")
    ] = False,
) -> None:
    """Print one suggestion for a place in a file: the text that belongs at the cursor. The file stays as it is."""
    from picode.cli.complete import run

    raise typer.Exit(run(place, language, piped, as_json))


def try_(
    place: Annotated[
        str | None,
        typer.Argument(metavar="FILE:LINE:COL", help="Where to ask for a suggestion; a small sample if none is named."),
    ] = None,
) -> None:
    """Ask for one suggestion, through the real language server, and show it in its place."""
    from picode.cli.try_ import run

    raise typer.Exit(run(place))
