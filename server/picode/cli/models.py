"""`picode models`: the models to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from picode.cli import completion
from picode.cli.groups import App
from picode.cli.terminal import Yes, examples, print_error, print_json, print_text, progress_bar, require_yes

if TYPE_CHECKING:
    from picode.assistant.routing.models import Choice
    from picode.io.embedded.pulled_models import PulledModel

app = App(help="The models to choose from. Lists them if no command is named.", invoke_without_command=True)

Provider = Annotated[
    str,
    typer.Option(
        "--provider", metavar="NAME", help="Only the models of this provider.", autocompletion=completion.providers
    ),
]
Refresh = Annotated[bool, typer.Option("--refresh", help="Ask again for lists that are remembered, and wait for them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback(epilog=examples("picode models", "picode models --provider openai --json"))
def models(context: typer.Context, provider: Provider = "", refresh: Refresh = False, as_json: AsJson = False) -> None:
    """The models to choose from. Lists them if no command is named."""
    if context.invoked_subcommand is None:
        _list(provider, refresh, as_json)


@app.command("list", epilog=examples("picode models list", "picode models list --provider ollama --refresh"))
def list_(provider: Provider = "", refresh: Refresh = False, as_json: AsJson = False) -> None:
    """List the models of all providers that can be reached, and what the others lack. The current one has a star."""
    _list(provider, refresh, as_json)


@app.command(
    epilog=examples(
        "picode models pull SmolLM2-135M-Instruct",
        "picode models pull https://models.example/coder-1.5b.gguf --sha256 9f86d081884c7d65...",
        "picode models pull ./coder-1.5b.gguf --name coder",
    )
)
def pull(
    source: Annotated[
        str,
        typer.Argument(
            metavar="NAME|URL|PATH",
            help="A model that PiCode knows, an https address, or a GGUF file.",
            autocompletion=completion.packaged,
        ),
    ],
    sha256: Annotated[
        str, typer.Option("--sha256", metavar="HEX", help="What its SHA-256 has to be. An address needs it.")
    ] = "",
    name: Annotated[str, typer.Option("--name", help="What to call it; as its file is called if none is given.")] = "",
) -> None:
    """Bring a model for the embedded provider to this machine. A transfer that broke off goes on where it stopped."""

    import asyncio

    from picode.cli.session import resolved_here
    from picode.core.errors import PiCodeError
    from picode.io.embedded.pull import pull as fetch

    network = resolved_here().settings.network

    async def run() -> PulledModel:
        with progress_bar() as show:
            return await fetch(source, show, name=name, sha256=sha256, network=network)

    try:
        model = asyncio.run(run())
    except PiCodeError as error:
        print_error(error)
        raise typer.Exit(1) from None
    print_text(f"{model.name} is here: {model.path} ({model.size / 1e6:,.0f} MB, SHA-256 {model.sha256}).")
    print_text(
        f"Use it: picode config set embedded.modelPath {model.name}" if not _built_in(model) else "It is the usual one."
    )


@app.command(epilog=examples("picode models remove coder-1.5b"))
def remove(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="The model's name, as picode models list has it.", autocompletion=completion.pulled
        ),
    ],
    yes: Yes = False,
) -> None:
    """Remove a model of the embedded provider from this machine."""
    from picode.core.errors import PiCodeError
    from picode.io.embedded.pull import remove as take_away

    require_yes(f"the model {name}", yes=yes)

    try:
        model = take_away(name)
    except PiCodeError as error:
        print_error(error)
        raise typer.Exit(1) from None
    again = " It is fetched again when it is needed." if _built_in(model) else ""
    print_text(f"Removed {model.name}: {model.size / 1e6:,.0f} MB.{again}")


def _built_in(model: PulledModel) -> bool:
    from picode.io.embedded.model_file import BUILT_IN

    return model.name == BUILT_IN


def _list(provider: str, refresh: bool, as_json: bool) -> None:
    import asyncio

    from picode.core.errors import PiCodeError

    try:
        choices = asyncio.run(_choices(provider, refresh))
    except PiCodeError as error:
        print_error(error)
        raise typer.Exit(1) from None
    if as_json:
        print_json([choice.as_json() for choice in choices])
    elif choices:
        from picode.cli.session import columns

        print_text(columns([_row(choice) for choice in choices]))
    if provider and not any(choice.available for choice in choices):
        raise typer.Exit(1)


async def _choices(provider: str, refresh: bool) -> list[Choice]:
    from picode.assistant.routing.models import LIST_TIMEOUT_S
    from picode.cli.session import session

    async with session() as assistant:
        if provider:
            assistant.row(provider)  # complains if there is none
        return await assistant.models(only=provider, refresh=refresh, wait_s=None if refresh else LIST_TIMEOUT_S)


def _row(choice: Choice) -> tuple[str, ...]:
    mark = "*" if choice.current else "" if choice.available else "-"
    return mark, choice.provider, choice.model or "(its first)", choice.detail
