"""The commands of `picode`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from picode import __version__
from picode.cli.cache import app as cache
from picode.cli.chat import chat
from picode.cli.command import command
from picode.cli.config import app as config
from picode.cli.conversations import app as conversations
from picode.cli.models import app as models
from picode.cli.provider import app as provider
from picode.cli.server import app as server
from picode.cli.terminal import examples, print_text

EXIT_CODES = "The exit code is 0 if all went well, 1 if not, 2 for a command that can't be, and 130 after Ctrl-C."

app = typer.Typer(
    name="picode",
    help="An AI coding assistant as a language server: any LLM, any editor, and a small model of its own.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they may hold keys
)
app.add_typer(provider, name="provider")
app.add_typer(models, name="models")
app.add_typer(config, name="config")
app.add_typer(cache, name="cache")
app.add_typer(conversations, name="conversations")
app.add_typer(server, name="server")


def _print_version(wanted: bool) -> None:
    if wanted:
        print_text(f"picode {__version__}")
        raise typer.Exit


@app.callback(
    epilog=f"{EXIT_CODES}\n\n"
    + examples("picode try", "picode --config ./team.toml models", "picode --verbose provider test openai")
)
def _options(
    config: Annotated[
        str,
        typer.Option(
            "--config",
            metavar="FILE",
            help="A settings file (TOML or JSON) to use instead of your own.",
            show_default=False,
        ),
    ] = "",
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Write to standard error what is done. PICODE_LOG says it finer.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    # Variables, so that they reach the processes that a command starts too.
    if config:
        if not os.path.isfile(config):
            raise typer.BadParameter(f"There is no file {config}.", param_hint="--config")
        os.environ["PICODE_CONFIG_FILE"] = os.path.abspath(config)
    if verbose:
        os.environ.setdefault("PICODE_LOG", "debug")


app.command(
    epilog=examples("picode chat", 'picode chat "how do I reverse a list?"', 'git diff | picode chat "review this"')
)(chat)
app.command(
    epilog=examples(
        'picode command "/explain" app.py:10-20',
        'picode command "/fix the off-by-one error" app.py --write',
        'picode command "/commit"',
    )
)(command)


@app.command(epilog=examples("picode lsp", "picode lsp --tcp 127.0.0.1:2087"))
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


@app.command(epilog=examples("picode trust", "picode trust ~/work/project"))
def trust(folder: Annotated[str, typer.Argument(help="The folder; this one if none is named.")] = ".") -> None:
    """Let the settings file of a folder set addresses, keys' names and paths, and let /commit read its repository. Do so only
    for what you know."""
    from picode.cli.trust import trust

    trust(folder)


@app.command(epilog=examples("picode untrust ~/work/project"))
def untrust(folder: Annotated[str, typer.Argument(help="The folder; this one if none is named.")] = ".") -> None:
    """Take that back."""
    from picode.cli.trust import untrust

    untrust(folder)


@app.command(epilog=examples("picode stats", "picode stats --days 7 --json", "picode stats --html stats.html"))
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


@app.command(epilog=examples("picode audit", "picode audit --days 1 --provider openai --json"))
def audit(
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="How many days, today included.")] = 7,
    provider: Annotated[str, typer.Option("--provider", metavar="NAME", help="Only what went to this provider.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what was sent where: when, to whom, about which files, and what was redacted. The texts are not kept."""
    from picode.cli.audit import show

    show(days, provider, as_json)


@app.command(epilog=examples("picode doctor", "picode doctor --json"))
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check providers, keys, network, folders, editors and PiCode itself, and name the fix for each problem.

    Each provider that your settings name is asked two questions of a few tokens, which it may charge for. Exits with 1 if
    there is a problem.
    """
    from picode.cli.doctor import examine

    raise typer.Exit(examine(as_json=as_json))


@app.command(
    epilog=examples(
        "picode complete main.py:12:5",
        "picode complete main.py:12 --json",
        "picode complete main.py:3:9 --stdin < draft.py",
    )
)
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


@app.command("try", epilog=examples("picode try", "picode try main.py:12:5"))
def try_(
    place: Annotated[
        str | None,
        typer.Argument(metavar="FILE:LINE:COL", help="Where to ask for a suggestion; a small sample if none is named."),
    ] = None,
) -> None:
    """Ask for one suggestion, through the real language server, and show it in its place."""
    from picode.cli.try_ import run

    raise typer.Exit(run(place))
