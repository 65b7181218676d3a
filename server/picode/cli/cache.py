"""`picode cache`: the answers that are kept on this machine."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from picode.cli.groups import App
from picode.cli.terminal import examples, print_json, print_text

app = App(help="The answers of models that are kept on this machine.", no_args_is_help=True)


@app.command(epilog=examples("picode cache info", "picode cache info --json"))
def info(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Tell where they are, how many there are, and how much space they take."""

    import asyncio

    from picode.cli.session import session

    async def ask() -> dict[str, object]:
        async with session() as assistant:
            return asdict(await assistant.answers.info())

    found = asyncio.run(ask())
    if as_json:
        print_json(found)
    else:
        print_text(f"{found['folder']}: {found['entries']} answers, {int(str(found['bytes'])) / 1e6:.1f} MB")


@app.command(epilog=examples("picode cache clear", "picode cache clear --workspace ."))
def clear(
    workspace: Annotated[
        str, typer.Option("--workspace", metavar="FOLDER", help="Only those made for files of this folder.")
    ] = "",
) -> None:
    """Forget them."""

    import asyncio

    from picode.cli.session import session

    async def forget() -> int:
        async with session() as assistant:
            return await assistant.answers.clear(workspace)

    removed = asyncio.run(forget())
    print_text(f"Forgot {removed} answer{'' if removed == 1 else 's'}.")
