"""`picode models`: the models to choose from."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from picode.assistant.models import Choice

app = typer.Typer(help="The models to choose from. Lists them if no command is named.", invoke_without_command=True)

Provider = Annotated[str, typer.Option("--provider", metavar="NAME", help="Only the models of this provider.")]
Refresh = Annotated[bool, typer.Option("--refresh", help="Ask again for lists that are remembered, and wait for them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def models(context: typer.Context, provider: Provider = "", refresh: Refresh = False, as_json: AsJson = False) -> None:
    """The models to choose from. Lists them if no command is named."""
    if context.invoked_subcommand is None:
        _list(provider, refresh, as_json)


@app.command("list")
def list_(provider: Provider = "", refresh: Refresh = False, as_json: AsJson = False) -> None:
    """List the models of all providers that can be reached, and what the others lack. The current one has a star."""
    _list(provider, refresh, as_json)


def _list(provider: str, refresh: bool, as_json: bool) -> None:
    from picode.core.errors import PiCodeError

    try:
        choices = asyncio.run(_choices(provider, refresh))
    except PiCodeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if as_json:
        print(json.dumps([choice.as_json() for choice in choices], indent=2))
    elif choices:
        from picode.cli.session import columns

        print(columns([_row(choice) for choice in choices]))
    if provider and not any(choice.available for choice in choices):
        raise typer.Exit(1)


async def _choices(provider: str, refresh: bool) -> list[Choice]:
    from picode.assistant.models import PATIENCE
    from picode.cli.session import session

    async with session() as assistant:
        if provider:
            assistant.row(provider)  # complains if there is none
        return await assistant.models(only=provider, refresh=refresh, patience=None if refresh else PATIENCE)


def _row(choice: Choice) -> tuple[str, ...]:
    mark = "*" if choice.current else "" if choice.available else "-"
    return mark, choice.provider, choice.model or "(its first)", choice.detail
