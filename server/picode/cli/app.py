"""The commands of `picode`. Each is imported when it runs: see `picode.cli.groups`."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from typer.main import get_command

from picode import __version__
from picode.cli.groups import App, Row, lazy_group, lighten
from picode.cli.terminal import examples, print_text

EXIT_CODES = (
    "The exit code is 0 if all went well, 1 if not, 2 for a command that can't be, 3 for an answer that was cut or declined, "
    "and 130 after Ctrl-C."
)

_SINGLE = "picode.cli.single"

ROWS = {
    "init": Row(
        f"{_SINGLE}:init",
        "Set PiCode up: choose a provider, store its key, try it, and write the settings.",
        examples("picode init", "picode init ollama", "picode init openai --yes < key.txt"),
    ),
    "try": Row(
        f"{_SINGLE}:try_",
        "Ask for one suggestion, through the real language server, and show it in its place.",
        examples("picode try", "picode try main.py:12:5"),
    ),
    "chat": Row(
        "picode.cli.chat:chat",
        "Talk with a model, or ask it one question.",
        examples("picode chat", 'picode chat "how do I reverse a list?"', 'git diff | picode chat "review this"'),
    ),
    "command": Row(
        "picode.cli.command:command",
        "Run a slash command on a file, a stretch of one, or standard input.",
        examples(
            'picode command "/explain" app.py:10-20',
            'picode command "/fix the off-by-one error" app.py --write',
            'picode command "/commit"',
        ),
    ),
    "complete": Row(
        f"{_SINGLE}:complete",
        "Print one suggestion for a place in a file.",
        examples(
            "picode complete main.py:12:5",
            "picode complete main.py:12 --json",
            "picode complete main.py:3:9 --stdin < draft.py",
        ),
    ),
    "models": Row("picode.cli.models:app", "The models to choose from."),
    "provider": Row("picode.cli.provider:app", "The providers of models, and their keys."),
    "config": Row(
        "picode.cli.config:app", "The settings: which are in force here, where each comes from, and how to change them."
    ),
    "conversations": Row(
        "picode.cli.conversations:app", "What you asked and what was answered, in editors and in terminals."
    ),
    "stats": Row(
        f"{_SINGLE}:stats",
        "Show what became of suggestions, what models were used for, and what was saved.",
        examples("picode stats", "picode stats --days 7 --json", "picode stats --html stats.html"),
    ),
    "audit": Row(
        f"{_SINGLE}:audit",
        "Show what was sent where: when, to whom, about which files, and what was redacted.",
        examples("picode audit", "picode audit --days 1 --provider openai --json"),
    ),
    "cache": Row("picode.cli.cache:app", "The answers of models that are kept on this machine."),
    "trust": Row(
        f"{_SINGLE}:trust",
        "Trust a folder: its settings count in full, and /commit reads its repository.",
        examples("picode trust", "picode trust ~/work/project", "picode trust --list"),
    ),
    "untrust": Row(
        f"{_SINGLE}:untrust", "Trust a folder no longer.", examples("picode untrust", "picode untrust ~/work/project")
    ),
    "doctor": Row(
        f"{_SINGLE}:doctor",
        "Check providers, keys, network, folders, editors and PiCode itself, and name the fix for each problem.",
        examples("picode doctor", "picode doctor --json"),
    ),
    "lsp": Row(
        f"{_SINGLE}:lsp",
        "Run the language server.",
        examples("picode lsp", "picode lsp --tcp 127.0.0.1:2087"),
    ),
    "server": Row(
        "picode.cli.server:app",
        "An HTTP API for other programs: PiCode's own, OpenAI's and Anthropic's, in front of all your models.",
    ),
}
"""Every command, in the order of `--help`."""

app = App(
    name="picode",
    cls=lazy_group(ROWS),
    help="An AI coding assistant as a language server: any LLM, any editor, and a small model of its own.",
    no_args_is_help=True,
    add_completion=True,
)


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


def run() -> None:
    """Runs the command line."""
    command = get_command(app)
    lighten(command)
    command()
